/**
 * Code frames: source lines with their numbers and the range underlined.
 */
import type { Range } from '../../service/api';

export interface FrameStyle {
  gutter: (text: string) => string;
  mark: (text: string) => string;
}

/** In UTF-16 units: lines beyond it are shown around the range only. */
const WIDEST_LINE = 160;

/**
 * The lines of a frame: the range's first line with its underline, and `context` lines before and after it.
 * Empty where the range lies outside the text.
 */
export function codeFrame(
  lines: readonly string[],
  range: Range,
  style: FrameStyle,
  context: number,
): string[] {
  const { line } = range.start;
  if (lines[line] === undefined) return [];
  const first = Math.max(0, line - context);
  const last = Math.min(lines.length - 1, line + context);
  const width = String(last + 1).length;
  const frame: string[] = [];
  for (let at = first; at <= last; at++) {
    const text = lines[at] ?? '';
    if (at !== line && text.trim() === '') continue;
    const end = range.end.line === line ? range.end.character : text.trimEnd().length;
    const shown = at === line ? window(text, range.start.character, end) : window(text, 0, 0);
    const number = style.gutter(`${String(at + 1).padStart(width)} |`);
    frame.push(`${number} ${harmless(shown.text)}`.trimEnd());
    if (at === line) frame.push(`${style.gutter(`${' '.repeat(width)} |`)} ${underline(shown, style.mark)}`);
  }
  return frame;
}

interface Window {
  text: string;
  start: number;
  end: number;
}

/** The part of a long line that holds the range, with ellipses where it is cut. */
function window(text: string, start: number, end: number): Window {
  if (text.length <= WIDEST_LINE) return { text, start, end };
  const from = Math.max(0, Math.min(start - 40, text.length - WIDEST_LINE));
  const to = from + WIDEST_LINE;
  const head = from > 0 ? '…' : '';
  const tail = to < text.length ? '…' : '';
  const shift = head.length - from;
  return {
    text: head + text.slice(from, to) + tail,
    start: start + shift,
    end: Math.min(end, to) + shift,
  };
}

/** Tabs before the range are repeated, so the mark stands below it whatever a tab's width is. */
function underline({ text, start, end }: Window, mark: (text: string) => string): string {
  const indent = text.slice(0, start).replace(/[^\t]/g, ' ');
  const length = Math.max(1, end - start);
  return indent + mark(`^${'~'.repeat(length - 1)}`);
}

/** On one line, and without the control sequences that a source file could send to the terminal. */
export function harmless(text: string): string {
  return (
    text
      .replace(/[\r\n]+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters meant
      .replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
  );
}
