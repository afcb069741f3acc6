/**
 * Conditioning of what stands behind parameters and bodies: attribute macros, in front of `;`, `{`, `=` and `:`.
 */
import {
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  COMMA,
  type Code,
  drop,
  EQUALS,
  GREATER,
  isLoud,
  isName,
  kindOf,
  OPEN,
  SEMICOLON,
  SQUARE_END,
  textOf,
  wordOf,
} from './code';
import { BLOCK, CLASS, ENUM, type Outline } from './outline';
import { holdsTypes, isRunWord, macrosEnd, startsDeclaration } from './shapes';
import { IDENT } from './tokens';
import { QUALIFIER } from './words';

const REASON = 'attribute macro';

/** True for the brace that closes a function's body, not that of a lambda that is a value. */
export function isMethodBody(code: Code, outline: Outline, close: number): boolean {
  const open = code.match[close] ?? -1;
  if (outline.role[open] !== BLOCK) return false;
  for (let index = open - 1; index >= 0 && index > open - 80; index--) {
    const kind = kindOf(code, index);
    if (kind === SEMICOLON || kind === BRACE || kind === BRACE_END) return true;
    if (kind === EQUALS && code.up[index] === code.up[open]) return false;
  }
  return true;
}

/** `} MACRO(8);` behind the body of a type. */
export function behindBody(code: Code, outline: Outline, index: number): void {
  const role = outline.role[code.match[index] ?? -1];
  if ((role !== CLASS && role !== ENUM) || !isName(code, index + 1) || !isLoud(code, index + 1)) return;
  if (kindOf(code, index + 2) !== OPEN) return;
  const end = macrosEnd(code, index);
  if (end > index && kindOf(code, end + 1) === SEMICOLON) drop(code, index + 1, end + 1, REASON);
}

/** `f(int x) MACRO(1, 2) MACRO;`: names behind the parameters. Index of the last token dealt with. */
export function behindParameters(code: Code, close: number): number {
  let at = close + 1;
  while (
    code.language === 'cpp' &&
    kindOf(code, at) === IDENT &&
    /^(?:const|noexcept|override|volatile)$/.test(textOf(code, at))
  )
    at++;
  const open = code.match[close] ?? -1;
  if (open < 1 || !declares(code, open)) return close;
  if (!isName(code, at)) {
    if (at === close + 1) beforeType(code, open, close);
    return close;
  }
  let end = at;
  while (isName(code, end)) {
    const arguments_ = kindOf(code, end + 1) === OPEN ? (code.match[end + 1] ?? -1) : end;
    if (arguments_ < 0) return close;
    end = arguments_ + 1;
  }
  const behind = kindOf(code, end);
  const ends = behind === SEMICOLON || behind === BRACE || behind === EQUALS || behind === COLON;
  const qualified = behind === IDENT && /^(?:const|override|noexcept|final)$/.test(textOf(code, end));
  const loud = isLoud(code, at);
  if (!ends && !qualified) {
    // `type MACRO(x) name(…)`: the macro stands before the name.
    const macro = open - 1;
    if (isName(code, macro) && !startsDeclaration(code, macro) && !loud) drop(code, macro, close + 1, REASON);
    return close;
  }
  const single = end === at + 1;
  const call = kindOf(code, at + 1) === OPEN;
  const macro = open - 1;
  if (call && !loud && isName(code, macro) && isPrefix(code, open, close, at)) {
    if (!startsDeclaration(code, macro)) drop(code, macro, close + 1, REASON);
    return close;
  }
  if (!loud && !single && !call && !holdsTypes(code, open + 1, close)) return close;
  drop(code, at, end, REASON);
  return end - 1;
}

/** False for a cast, whose parentheses stand behind an operator. */
function declares(code: Code, open: number): boolean {
  const before = kindOf(code, open - 1);
  return (
    before === IDENT ||
    before === CLOSE ||
    before === GREATER ||
    textOf(code, open - 2) === 'operator' ||
    (before === SQUARE_END && textOf(code, open - 4) === 'operator')
  );
}

/** `static MACRO(1, 2) int name(int x)` */
function beforeType(code: Code, open: number, close: number): void {
  const macro = open - 1;
  if (!isName(code, macro) || !isLoud(code, macro) || kindOf(code, close + 1) !== IDENT) return;
  if (isRunWord(code, close + 1) && wordOf(code, close + 1) !== QUALIFIER)
    drop(code, macro, close + 1, REASON);
}

/** `int MACRO(1, 2) name(int x)`: of two pairs of parentheses the second holds the parameters. */
function isPrefix(code: Code, open: number, close: number, name: number): boolean {
  const second = code.match[name + 1] ?? -1;
  if (second < 0 || holdsTypes(code, open + 1, close)) return false;
  if (isLoud(code, open - 1)) return true;
  if (holdsTypes(code, name + 2, second)) return true;
  for (let index = name + 2; index < second; index++) {
    const kind = kindOf(code, index);
    if (kind !== IDENT && kind !== COMMA) return false;
  }
  return close > open + 1 && second > name + 2;
}
