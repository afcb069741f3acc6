/**
 * The only way text is changed by conditioning: ranges turned into blanks, or a keyword over a longer word.
 *
 * Invariant: every edit keeps the length and all line breaks, and is recorded with its reason.
 */

/** A changed range in UTF-16 offsets and why it was changed. */
export interface ConditionedSpan {
  start: number;
  end: number;
  reason: string;
}

export interface Edits {
  blank(start: number, end: number, reason: string): void;
  /** Writes `keyword` at `start` and blanks up to `end`; only blanks where it does not fit on the line. */
  keyword(start: number, end: number, keyword: string, reason: string): void;
  finish(): { text: string; spans: ConditionedSpan[] };
}

interface Edit extends ConditionedSpan {
  keyword: string;
}

const BREAK = /[\r\n\u2028\u2029]/;
const SOLID = /[^\r\n\u2028\u2029]/g;

/** Collects edits of `text`; nothing is changed before `finish`. */
export function editsOf(text: string): Edits {
  const edits: Edit[] = [];
  const add = (start: number, end: number, keyword: string, reason: string) => {
    if (end <= start) return;
    const covered = text.slice(start, Math.min(end, start + keyword.length));
    const fits = covered.length === keyword.length && !BREAK.test(covered);
    edits.push({ start, end, reason, keyword: fits ? keyword : '' });
  };
  return {
    blank: (start, end, reason) => add(start, end, '', reason),
    keyword: add,
    finish: () => apply(text, edits),
  };
}

/** Where edits overlap, the one that starts first wins and the rest of the other is blanked. */
function apply(text: string, edits: Edit[]): { text: string; spans: ConditionedSpan[] } {
  const sorted = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || b.edit.end - a.edit.end || a.order - b.order);
  const parts: string[] = [];
  const spans: ConditionedSpan[] = [];
  let done = 0;
  for (const { edit } of sorted) {
    const start = Math.max(edit.start, done);
    if (edit.end <= start) continue;
    const keyword = start === edit.start ? edit.keyword : '';
    parts.push(text.slice(done, start), keyword, blankOf(text, start + keyword.length, edit.end));
    spans.push({ start, end: edit.end, reason: edit.reason });
    done = edit.end;
  }
  parts.push(text.slice(done));
  return { text: parts.join(''), spans };
}

function blankOf(text: string, start: number, end: number): string {
  return text.slice(start, end).replace(SOLID, ' ');
}

/**
 * Where a keyword for the word at `from` begins that is longer than the word: in the blanks before it, as far as those
 * part it from nothing else and hold no semicolon that a macro before them may have got. `from` where there is no room.
 */
export function startWithRoom(text: string, from: number, to: number, keyword: string): number {
  let start = from;
  while (to - start < keyword.length && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  const isFree = to - start >= keyword.length && !/[\w)]/.test(text[start - 1] ?? '');
  return isFree ? start : from;
}
