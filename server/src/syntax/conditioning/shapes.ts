/**
 * What a range of tokens looks like: parameters, one declaration, a type, words only.
 */
import {
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  COMMA,
  type Code,
  EQUALS,
  isLoud,
  isName,
  kindOf,
  OPEN,
  previous,
  SEMICOLON,
  SQUARE,
  STAR,
  wordOf,
} from './code';
import { DOTS, IDENT, NUMBER, STRING } from './tokens';
import { NAME, OTHER, PRIMITIVE, QUALIFIER, SIZED, STORAGE, TAG, TYPEDEF } from './words';

/** A word that can stand among those of a declaration. */
export function isRunWord(code: Code, index: number): boolean {
  if (kindOf(code, index) !== IDENT) return false;
  const word = wordOf(code, index);
  return (
    word === NAME ||
    word === STORAGE ||
    word === QUALIFIER ||
    word === PRIMITIVE ||
    word === SIZED ||
    word === TAG ||
    word === TYPEDEF
  );
}

/** Index of the last token of `MACRO MACRO(x) …` behind `at`. */
export function macrosEnd(code: Code, at: number): number {
  while (isName(code, at + 1) && isLoud(code, at + 1)) {
    const close = kindOf(code, at + 2) === OPEN ? (code.match[at + 2] ?? -1) : at + 1;
    if (close < 0) return at;
    at = close;
  }
  return at;
}

/** True for a token that can follow a declared name with its attributes. */
export function isDeclarationEnd(kind: number): boolean {
  return (
    kind === SEMICOLON ||
    kind === COMMA ||
    kind === EQUALS ||
    kind === CLOSE ||
    kind === BRACE ||
    kind === SQUARE ||
    kind === COLON ||
    kind === IDENT
  );
}

/** `static`, `typedef`, `const`: may stand before a macro that makes a type or a function. */
export function isPrefixWord(code: Code, index: number): boolean {
  if (kindOf(code, index) !== IDENT) return false;
  const word = wordOf(code, index);
  return word === STORAGE || word === QUALIFIER || word === TYPEDEF;
}

/** `(type name(…))` */
export function wrapsSignature(code: Code, from: number, to: number): boolean {
  const open = code.match[to - 1] ?? -1;
  if (open < from + 2 || !isRunWord(code, from) || !isName(code, open - 1)) return false;
  const before = kindOf(code, open - 2);
  return before === IDENT || before === STAR;
}

/** True where the parentheses are empty, or hold what only a parameter list holds. */
export function hasParameters(code: Code, from: number, to: number): boolean {
  if (from >= to) return true;
  for (let index = from; index < to; index++) {
    const kind = kindOf(code, index);
    if (kind === STRING || kind === NUMBER) return false;
    if (kind !== IDENT && kind !== COMMA) return true;
    if (kind === IDENT && (wordOf(code, index) !== NAME || isName(code, index + 1))) return true;
  }
  return false;
}

/** Words and stars, as the grammar of C takes them in a macro that stands for a type. */
export function isSimpleType(code: Code, from: number, to: number): boolean {
  if (code.language === 'cpp' || from >= to) return false;
  let words = 0;
  for (let index = from; index < to; index++) {
    const kind = kindOf(code, index);
    if (kind === IDENT) words += wordOf(code, index) === NAME || wordOf(code, index) === PRIMITIVE ? 1 : 0;
    else if (kind !== STAR) return false;
  }
  return words === 1;
}

/** `(type name)`, `(static type name = {…})`: one declaration and no list of expressions. */
export function isDeclaration(code: Code, from: number, to: number): boolean {
  if (kindOf(code, from) !== IDENT || to - from < 2) return false;
  let words = 0;
  let at = from;
  for (; at < to && (isRunWord(code, at) || kindOf(code, at) === STAR); at++) {
    if (kindOf(code, at) === IDENT) words++;
  }
  if (words < 2 || kindOf(code, at - 1) !== IDENT || wordOf(code, at - 1) !== NAME) return false;
  if (at === to) return true;
  const kind = kindOf(code, at);
  if (kind !== EQUALS && kind !== SQUARE) return false;
  for (; at < to; at++) if (kindOf(code, at) === COMMA && code.up[at] === code.up[from]) return false;
  return true;
}

/** Only names, numbers and strings between the commas. */
export function isWords(code: Code, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const kind = kindOf(code, index);
    if (
      kind === IDENT
        ? !isName(code, index) || isName(code, index + 1)
        : kind !== COMMA && kind !== NUMBER && kind !== STRING
    ) {
      return false;
    }
  }
  return true;
}

/** True where something between two tokens can only declare. */
export function holdsTypes(code: Code, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const kind = kindOf(code, index);
    if (kind === DOTS) return true;
    if (kind === IDENT && isRunWord(code, index)) {
      if (wordOf(code, index) !== NAME || isName(code, index + 1)) return true;
      if (kindOf(code, index + 1) === STAR && (isName(code, index + 2) || index + 2 === to)) return true;
    }
  }
  return false;
}

/** True for the first token of a declaration, dropped ones not counted. */
export function startsDeclaration(code: Code, index: number): boolean {
  const last = previous(code, index);
  if (last < 0) return true;
  const before = kindOf(code, last);
  if (before === COLON) return wordOf(code, last - 1) === OTHER;
  return before === SEMICOLON || before === BRACE || before === BRACE_END;
}
