/**
 * The attributes of a declaration, which conditioning takes out of the text that is parsed.
 */
import type { Conditioned } from '../condition';

/** Reasons of spans that hold attributes or macros that stand for attributes. */
const MARKS: ReadonlySet<string> = new Set([
  'attribute',
  'attribute macro',
  'macro without content',
  'macro at file level',
  'calling convention',
  'alignment',
]);

/**
 * The attributes of the declaration between two UTF-16 offsets as they are written, those in front of it
 * included: `__attribute__((noreturn))`, `[[nodiscard]]`, `MACRO`. `text` is the text before conditioning.
 */
export function marksOf(text: string, conditioned: Conditioned, start: number, end: number): string[] {
  const { spans } = conditioned;
  let first = firstFrom(spans, start);
  let from = start;
  for (; first > 0; first--) {
    const span = spans[first - 1];
    if (!span || !MARKS.has(span.reason) || conditioned.text.slice(span.end, from).trim() !== '') break;
    from = span.start;
  }
  const marks: string[] = [];
  for (let index = first; index < spans.length; index++) {
    const span = spans[index];
    if (!span || span.start >= end) break;
    if (MARKS.has(span.reason)) marks.push(text.slice(span.start, span.end));
  }
  return marks;
}

/** Index of the first span that starts at `offset` or behind it. */
function firstFrom(spans: Conditioned['spans'], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.start ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
