/**
 * A lexer for C and C++ that never fails: tokens in flat arrays, comments dropped, directives set aside.
 *
 * Invariant: linear in the text. Strings and character literals that are not closed end at their line.
 */
import { NAME, WORDS } from './words';

/** Kinds below 256 are the character code of a punctuator. */
export const END = 0;
export const IDENT = 256;
export const NUMBER = 257;
export const STRING = 258;
export const CHAR = 259;
/** `::` */
export const SCOPE = 260;
/** `->` */
export const ARROW = 261;
/** `...` */
export const DOTS = 262;

/** A line that starts with `#`: `end` is after its last character, its line break excluded. */
export interface Directive {
  start: number;
  end: number;
  /** Word after the `#`; empty for the null directive. */
  name: string;
  /** Offset of what follows the name. */
  body: number;
  /** Index of the first token after the directive. */
  before: number;
}

export interface Tokens {
  count: number;
  kind: Uint16Array;
  start: Uint32Array;
  end: Uint32Array;
  /** What an identifier is as a word of the language, see words.ts; 0 for names and all other tokens. */
  word: Uint8Array;
  directives: Directive[];
}

const LETTER = 1;
const DIGIT = 2;
const SPACE = 3;
const CLASS = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/[A-Za-z_$]/.test(char)) CLASS[code] = LETTER;
  else if (/[0-9]/.test(char)) CLASS[code] = DIGIT;
  else if (code <= 32) CLASS[code] = SPACE;
}

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const HASH = 35;
const APOSTROPHE = 39;
const STAR = 42;
const DOT = 46;
const SLASH = 47;
const BACKSLASH = 92;

const LITERAL_PREFIX = /^(?:L|u|U|u8)?R?$/;

function classOf(code: number): number {
  return code < 128 ? (CLASS[code] ?? 0) : LETTER;
}

/** Tokens of `text` between two offsets. `line`: the range is one directive's body, so `#` is a punctuator. */
export function tokenize(
  text: string,
  language: 'c' | 'cpp',
  from = 0,
  to = text.length,
  line = false,
): Tokens {
  const words = WORDS[language];
  let room = line ? 16 : Math.max(64, (to - from) >> 2);
  let kind = new Uint16Array(room);
  let start = new Uint32Array(room);
  let end = new Uint32Array(room);
  let word = new Uint8Array(room);
  const directives: Directive[] = [];
  let count = 0;
  let at = from;
  let fresh = !line;

  while (at < to) {
    const code = text.charCodeAt(at);
    const cls = classOf(code);
    if (cls === SPACE) {
      if (code === NEWLINE || code === RETURN) fresh = !line;
      at++;
      continue;
    }
    if (code === BACKSLASH) {
      at++;
      continue;
    }
    if (code === SLASH) {
      const next = text.charCodeAt(at + 1);
      if (next === SLASH) {
        at = lineEnd(text, at, to);
        continue;
      }
      if (next === STAR) {
        at = commentEnd(text, at, to);
        continue;
      }
    }
    if (code === HASH && fresh) {
      const directive = readDirective(text, at, to, count);
      directives.push(directive);
      at = directive.end;
      continue;
    }
    fresh = false;
    let what: number;
    let stop: number;
    let known = NAME;
    if (cls === LETTER) {
      what = IDENT;
      stop = wordEnd(text, at, to);
      const quote = text.charCodeAt(stop);
      const length = stop - at;
      if (
        length <= 3 &&
        (quote === QUOTE || quote === APOSTROPHE) &&
        LITERAL_PREFIX.test(text.slice(at, stop))
      ) {
        const raw = quote === QUOTE && text.charCodeAt(stop - 1) === 82 && language === 'cpp';
        what = quote === QUOTE ? STRING : CHAR;
        stop = raw ? rawEnd(text, stop, to) : literalEnd(text, stop, to, quote);
      } else if (length <= 16) known = words.get(text.slice(at, stop)) ?? NAME;
    } else if (cls === DIGIT || (code === DOT && classOf(text.charCodeAt(at + 1)) === DIGIT)) {
      what = NUMBER;
      stop = numberEnd(text, at, to, language === 'cpp');
    } else if (code === QUOTE || code === APOSTROPHE) {
      what = code === QUOTE ? STRING : CHAR;
      stop = literalEnd(text, at, to, code);
    } else {
      what = punctuator(text, at, code);
      stop = at + (what === SCOPE || what === ARROW ? 2 : what === DOTS ? 3 : 1);
    }
    if (count === room) {
      room *= 2;
      kind = grown(kind, new Uint16Array(room));
      start = grown(start, new Uint32Array(room));
      end = grown(end, new Uint32Array(room));
      word = grown(word, new Uint8Array(room));
    }
    kind[count] = what;
    start[count] = at;
    end[count] = Math.min(stop, to);
    word[count] = known;
    count++;
    at = stop;
  }
  return { count, kind, start, end, word, directives };
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array>(old: T, bigger: T): T {
  bigger.set(old);
  return bigger;
}

function punctuator(text: string, at: number, code: number): number {
  const next = text.charCodeAt(at + 1);
  if (code === 58 && next === 58) return SCOPE;
  if (code === 45 && next === 62) return ARROW;
  if (code === DOT && next === DOT && text.charCodeAt(at + 2) === DOT) return DOTS;
  return code < 256 ? code : 255;
}

function wordEnd(text: string, at: number, to: number): number {
  let end = at + 1;
  for (; end < to; end++) {
    const cls = classOf(text.charCodeAt(end));
    if (cls !== LETTER && cls !== DIGIT) break;
  }
  return end;
}

function numberEnd(text: string, at: number, to: number, separators: boolean): number {
  let end = at + 1;
  for (; end < to; end++) {
    const code = text.charCodeAt(end);
    const cls = classOf(code);
    if (cls === LETTER || cls === DIGIT || code === DOT) continue;
    const before = text.charCodeAt(end - 1) | 32;
    if ((code === 43 || code === 45) && (before === 101 || before === 112)) {
      // `0xe+1` is a sum, `1e+1` one number.
      const hex = (text.charCodeAt(at + 1) | 32) === 120;
      if (hex ? before === 112 : before === 101) continue;
      break;
    }
    if (separators && code === APOSTROPHE && classOf(text.charCodeAt(end + 1)) <= DIGIT) continue;
    break;
  }
  return end;
}

/** End of a string or character literal whose opening quote stands at `at`. */
function literalEnd(text: string, at: number, to: number, quote: number): number {
  for (let end = at + 1; end < to; end++) {
    const code = text.charCodeAt(end);
    if (code === quote) return end + 1;
    if (code === NEWLINE || code === RETURN) return end;
    if (code !== BACKSLASH) continue;
    end++;
    if (text.charCodeAt(end) === RETURN && text.charCodeAt(end + 1) === NEWLINE) end++;
  }
  return to;
}

/** End of `R"delimiter(…)delimiter"` whose quote stands at `at`. */
function rawEnd(text: string, at: number, to: number): number {
  let open = at + 1;
  while (open < to && open - at <= 17 && text.charCodeAt(open) !== 40) open++;
  if (text.charCodeAt(open) !== 40) return literalEnd(text, at, to, QUOTE);
  const close = text.indexOf(`)${text.slice(at + 1, open)}"`, open);
  return close < 0 || close >= to ? to : close + (open - at) + 1;
}

/** End of a line that backslashes may continue; the line break is excluded. */
function lineEnd(text: string, at: number, to: number): number {
  for (let end = at; end < to; end++) {
    const code = text.charCodeAt(end);
    if (code === NEWLINE || code === RETURN) return end;
    if (code === BACKSLASH) end += continuation(text, end);
  }
  return to;
}

/** Length of the line break that a backslash at `at` continues over, or 0. */
function continuation(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next === NEWLINE) return 1;
  if (next === RETURN) return text.charCodeAt(at + 2) === NEWLINE ? 2 : 1;
  return 0;
}

function commentEnd(text: string, at: number, to: number): number {
  const close = text.indexOf('*/', at + 2);
  return close < 0 || close + 2 > to ? to : close + 2;
}

function readDirective(text: string, at: number, to: number, before: number): Directive {
  let name = at + 1;
  while (name < to && (text.charCodeAt(name) === 32 || text.charCodeAt(name) === 9)) name++;
  let body = name;
  while (body < to && classOf(text.charCodeAt(body)) === LETTER) body++;
  const word = text.slice(name, body);
  // What #error says is prose, in which an apostrophe opens nothing.
  const prose = word === 'error' || word === 'warning';
  let end = body;
  while (end < to) {
    const code = text.charCodeAt(end);
    if (code === NEWLINE || code === RETURN) break;
    if (code === SLASH && text.charCodeAt(end + 1) === STAR) end = commentEnd(text, end, to);
    else if (code === SLASH && text.charCodeAt(end + 1) === SLASH) end = lineEnd(text, end, to);
    else if (code === BACKSLASH) end += 1 + continuation(text, end);
    else if ((code === QUOTE || code === APOSTROPHE) && !prose) end = literalEnd(text, end, to, code);
    else end++;
  }
  return { start: at, end: Math.min(end, to), name: word, body, before };
}

/** Drops every token for which `keep` says no, in place. Directives keep their place among the tokens. */
export function filterTokens(tokens: Tokens, keep: (index: number) => boolean): void {
  const { kind, start, end, word, directives } = tokens;
  let to = 0;
  let nextDirective = 0;
  for (let index = 0; index <= tokens.count; index++) {
    for (; nextDirective < directives.length; nextDirective++) {
      const directive = directives[nextDirective];
      if (!directive || directive.before > index) break;
      directive.before = to;
    }
    if (index === tokens.count || !keep(index)) continue;
    kind[to] = kind[index] ?? END;
    start[to] = start[index] ?? 0;
    end[to] = end[index] ?? 0;
    word[to] = word[index] ?? NAME;
    to++;
  }
  kind.fill(END, to, tokens.count);
  word.fill(NAME, to, tokens.count);
  tokens.count = to;
}
