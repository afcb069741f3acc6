/**
 * The active tokens of a text with their brackets, as the conditioning passes see and change them.
 */
import type { Edits } from './edits';
import { filterTokens, IDENT, type Tokens } from './tokens';
import { NAME } from './words';

export const HASH = 35;
export const AMPERSAND = 38;
export const OPEN = 40;
export const CLOSE = 41;
export const STAR = 42;
export const COMMA = 44;
export const COLON = 58;
export const SEMICOLON = 59;
export const LESS = 60;
export const EQUALS = 61;
export const GREATER = 62;
export const SQUARE = 91;
export const SQUARE_END = 93;
export const BRACE = 123;
export const BRACE_END = 125;
export const TILDE = 126;

export interface Code {
  text: string;
  language: 'c' | 'cpp';
  tokens: Tokens;
  edits: Edits;
  /** Index of the partner of each bracket, -1 where it has none and for all other tokens. */
  match: Int32Array;
  /** Index of the bracket each token stands in, -1 at file level. */
  up: Int32Array;
  /** 1 for an opening bracket with a semicolon directly inside. */
  holdsSemicolon: Uint8Array;
  dropped: Uint8Array;
  /** For a dropped token, one before it that was kept when it was dropped. */
  kept: Int32Array;
  /** 1 for an opening parenthesis whose content is to be left as it is. */
  settled: Uint8Array;
  changed: boolean;
}

/** The view of `tokens` on which the passes work; `edits` receives what they change. */
export function codeOf(text: string, language: 'c' | 'cpp', tokens: Tokens, edits: Edits): Code {
  const none = new Int32Array(0);
  const code: Code = {
    text,
    language,
    tokens,
    edits,
    match: none,
    up: none,
    holdsSemicolon: new Uint8Array(0),
    dropped: new Uint8Array(tokens.count),
    kept: new Int32Array(tokens.count),
    settled: new Uint8Array(tokens.count),
    changed: false,
  };
  matchBrackets(code);
  return code;
}

/** Kind of the token at `index`; 0 outside. */
export function kindOf(code: Code, index: number): number {
  return code.tokens.kind[index] ?? 0;
}

/** What the token at `index` is as a word of the language, see words.ts. */
export function wordOf(code: Code, index: number): number {
  return code.tokens.word[index] ?? NAME;
}

/** True for an identifier that is no word of the language. */
export function isName(code: Code, index: number): boolean {
  return code.tokens.kind[index] === IDENT && code.tokens.word[index] === NAME;
}

/** The token at `index` as it is written; empty outside. */
export function textOf(code: Code, index: number): string {
  return code.text.slice(code.tokens.start[index], code.tokens.end[index]);
}

/** True when a line break stands between this token and the one before. */
export function startsLine(code: Code, index: number): boolean {
  if (index <= 0) return true;
  const from = code.tokens.end[index - 1] ?? 0;
  const to = code.tokens.start[index] ?? 0;
  for (let at = from; at < to; at++) if (code.text.charCodeAt(at) === 10) return true;
  return false;
}

/** Column of a token with tabs to the next multiple of eight, or -1 on a line too long to matter. */
export function columnOf(code: Code, index: number): number {
  const at = code.tokens.start[index] ?? 0;
  let line = at;
  while (line > 0 && code.text.charCodeAt(line - 1) !== 10) {
    line--;
    if (at - line > 400) return -1;
  }
  let column = 0;
  for (; line < at; line++) column = code.text.charCodeAt(line) === 9 ? (column | 7) + 1 : column + 1;
  return column;
}

/** A name in capitals, or one reserved for the implementation: most likely a macro. */
export function isLoud(code: Code, index: number): boolean {
  const from = code.tokens.start[index] ?? 0;
  if (code.text.charCodeAt(from) === 95 && code.text.charCodeAt(from + 1) === 95) return true;
  return isCapital(code, index);
}

/** A name of at least two characters without small letters. */
export function isCapital(code: Code, index: number): boolean {
  const from = code.tokens.start[index] ?? 0;
  const to = code.tokens.end[index] ?? 0;
  if (to - from < 2) return false;
  for (let at = from; at < to; at++) {
    const char = code.text.charCodeAt(at);
    if (char >= 97 && char <= 122) return false;
  }
  return true;
}

/** Blanks the tokens `from` … `to - 1` with what stands between them. */
export function drop(code: Code, from: number, to: number, reason: string): void {
  if (to <= from) return;
  code.edits.blank(code.tokens.start[from] ?? 0, code.tokens.end[to - 1] ?? 0, reason);
  code.dropped.fill(1, from, to);
  code.kept.fill(code.dropped[from - 1] === 1 ? (code.kept[from - 1] ?? -1) : from - 1, from, to);
  code.changed = true;
}

/** Index of the last token before `index` that is not dropped; -1 for none. */
export function previous(code: Code, index: number): number {
  let at = index - 1;
  while (at >= 0 && code.dropped[at] === 1) at = code.kept[at] ?? -1;
  return at;
}

/** Index of the partner of an opening bracket, or the index itself where it has none or is no such bracket. */
export function jump(code: Code, index: number): number {
  return Math.max(code.match[index] ?? index, index);
}

/** Takes the dropped tokens away and matches brackets anew. */
export function settle(code: Code): void {
  if (!code.changed) return;
  filterTokens(code.tokens, (index) => code.dropped[index] !== 1);
  code.dropped = new Uint8Array(code.tokens.count);
  code.kept = new Int32Array(code.tokens.count);
  code.settled = new Uint8Array(code.tokens.count);
  code.changed = false;
  matchBrackets(code);
}

/** A bracket without partner matches nothing; a brace closes whatever parentheses are still open in it. */
function matchBrackets(code: Code): void {
  const { kind, count } = code.tokens;
  const match = new Int32Array(count).fill(-1);
  const up = new Int32Array(count);
  const holdsSemicolon = new Uint8Array(count);
  const stack = new Int32Array(count + 1);
  let depth = 0;
  let braces = 0;
  for (let index = 0; index < count; index++) {
    const what = kind[index] ?? 0;
    if (what === CLOSE || what === SQUARE_END) {
      const top = depth > 0 ? (stack[depth - 1] ?? -1) : -1;
      if (top >= 0 && kind[top] === (what === CLOSE ? OPEN : SQUARE)) {
        depth--;
        match[top] = index;
        match[index] = top;
      }
    } else if (what === BRACE_END && braces > 0) {
      while (depth > 0 && kind[stack[depth - 1] ?? 0] !== BRACE) depth--;
      const top = stack[--depth] ?? 0;
      braces--;
      match[top] = index;
      match[index] = top;
    }
    const outer = depth > 0 ? (stack[depth - 1] ?? -1) : -1;
    up[index] = outer;
    if (what === SEMICOLON && outer >= 0) holdsSemicolon[outer] = 1;
    if (what === OPEN || what === SQUARE || what === BRACE) {
      stack[depth++] = index;
      if (what === BRACE) braces++;
    }
  }
  code.match = match;
  code.up = up;
  code.holdsSemicolon = holdsSemicolon;
}
