/**
 * Conditioning outside of blocks: macros that stand for whole declarations, types, signatures, or nothing.
 */
import {
  BRACE,
  BRACE_END,
  CLOSE,
  COMMA,
  type Code,
  drop,
  EQUALS,
  isLoud,
  isName,
  kindOf,
  OPEN,
  SEMICOLON,
  SQUARE,
  STAR,
  startsLine,
  TILDE,
  textOf,
  wordOf,
} from './code';
import { withoutType } from './implicit-int';
import { CLASS, FILE, type Outline, scopeOf } from './outline';
import {
  hasParameters,
  isDeclaration,
  isDeclarationEnd,
  isPrefixWord,
  isSimpleType,
  isWords,
  startsDeclaration,
  wrapsSignature,
} from './shapes';
import { behindBody, behindParameters, isMethodBody } from './suffixes';
import { IDENT } from './tokens';
import { NAME, STORAGE, TAG } from './words';

/** The grammar of C has no assertion among the members of a struct. */
function memberAssertion(code: Code, index: number): void {
  if (code.language !== 'c' || !/^(?:_S|s)tatic_assert$/.test(textOf(code, index))) return;
  const close = code.match[index + 1] ?? -1;
  if (close >= 0 && kindOf(code, close + 1) === SEMICOLON) drop(code, index, close + 2, 'assertion');
}

/** Macros that stand for whole declarations, before them or behind their parameters, outside of blocks. */
export function conditionDeclarations(code: Code, outline: Outline): void {
  for (let index = 0; index < code.tokens.count; index++) {
    const scope = scopeOf(code, outline, index);
    if (scope !== FILE && scope !== CLASS) continue;
    const kind = kindOf(code, index);
    if (kind === IDENT && scope === CLASS) memberAssertion(code, index);
    if (kind === IDENT && startsDeclaration(code, index)) index = start(code, index, scope);
    else if (kind === CLOSE) index = behindParameters(code, index);
    else if (kind === BRACE_END) behindBody(code, outline, index);
    else if (kind === SEMICOLON && scope === CLASS) {
      const before = kindOf(code, index - 1);
      const method =
        code.language === 'cpp' && before === BRACE_END && isMethodBody(code, outline, index - 1);
      if (method) drop(code, index, index + 1, 'empty declaration');
      if (code.language === 'c' && (before === SEMICOLON || before === BRACE))
        drop(code, index, index + 1, 'empty declaration');
    }
  }
}

/** Index of the last token dealt with. */
function start(code: Code, index: number, scope: number): number {
  const first = index;
  while (isPrefixWord(code, index)) index++;
  if (!isName(code, index)) return first;
  index = lastOfMacros(code, index);
  const next = kindOf(code, index + 1);
  if (index > first && next !== OPEN) return index;
  if (
    next === IDENT &&
    isLoud(code, index) &&
    startsLine(code, index + 1) &&
    isAlone(code, index + 1, scope)
  ) {
    drop(code, index, index + 1, 'macro at file level');
    return index;
  }
  if (
    next === BRACE_END ||
    next === 0 ||
    (next === IDENT && /^(?:public|private|protected)$/.test(textOf(code, index + 1)))
  ) {
    drop(code, index, index + 1, 'macro at file level');
    return index;
  }
  if (next === BRACE && code.language === 'c') {
    drop(code, index, index + 1, 'macro at file level');
    return index;
  }
  if (next !== OPEN) return index;
  const close = code.match[index + 1] ?? -1;
  if (close < 0) return index;
  if (scope === FILE && withoutType(code, index, close)) return close;
  return invocation(code, index, close, scope);
}

/** `MACRO MACRO OTHER(x)` on lines of their own: index of the one with arguments; else `index`. */
function lastOfMacros(code: Code, index: number): number {
  let at = index;
  while (isName(code, at) && isLoud(code, at) && isName(code, at + 1) && !startsLine(code, at + 1)) at++;
  const close = kindOf(code, at + 1) === OPEN && isLoud(code, at) ? (code.match[at + 1] ?? -1) : -1;
  return close >= 0 && kindOf(code, close + 1) === IDENT && startsLine(code, close + 1) ? at : index;
}

/** True where what begins at `at`, on a line of its own, needs no type before it. */
function isAlone(code: Code, at: number, scope: number): boolean {
  if (!isName(code, at)) return false;
  const after = kindOf(code, at + 1);
  if (after === OPEN) {
    const close = code.match[at + 1] ?? -1;
    const behind = kindOf(code, close + 1);
    return (
      scope === FILE &&
      close >= 0 &&
      isName(code, close + 1) &&
      behind === IDENT &&
      !hasParameters(code, at + 2, close)
    );
  }
  if ((after === 0 || (after === IDENT && startsLine(code, at + 1))) && isLoud(code, at)) return true;
  return scope === CLASS && (after === IDENT || after === STAR || after === BRACE_END);
}

/** Name of the class whose body holds the token at `index`; empty for none. */
function className(code: Code, index: number): string {
  const brace = code.up[index] ?? -1;
  let name = '';
  for (let at = brace - 1; at >= 0 && at > brace - 60; at--) {
    const kind = kindOf(code, at);
    if (kind === SEMICOLON || kind === BRACE || kind === BRACE_END) break;
    if (kind !== IDENT) continue;
    if (wordOf(code, at) === TAG) return name;
    if (wordOf(code, at) === NAME) name = textOf(code, at);
  }
  return '';
}

/** A macro that can hold a declaration, and no function that is declared without a type. */
function isWrapper(code: Code, index: number, scope: number): boolean {
  return (
    isLoud(code, index) || (code.language === 'c' && (scope === CLASS || wordOf(code, index + 2) === STORAGE))
  );
}

function invocation(code: Code, index: number, close: number, scope: number): number {
  const after = close + 1;
  const kind = kindOf(code, after);
  const member = code.language === 'cpp' && scope === CLASS;
  // A constructor looks like a macro with arguments.
  if (member && (!isLoud(code, index) || textOf(code, index) === className(code, index))) return close - 1;
  if (kind === SEMICOLON) {
    if (isWrapper(code, index, scope) && isDeclaration(code, index + 2, close)) {
      drop(code, index, index + 2, 'macro around a declaration');
      drop(code, close, close + 1, 'macro around a declaration');
    } else if (
      scope === CLASS &&
      (code.language === 'c' || (isLoud(code, index) && !isWords(code, index + 2, close)))
    ) {
      drop(code, index + 1, close + 1, 'arguments of a macro in a structure');
    }
    return after;
  }
  if (kind === BRACE) {
    signature(code, index, close, scope);
    return close;
  }
  if (kind === STAR) {
    if (!isSimpleType(code, index + 2, close)) drop(code, index + 1, close + 1, 'arguments of a type macro');
    return close;
  }
  if (kind === 0 || kind === BRACE_END || (kind === TILDE && scope === CLASS)) {
    drop(code, index, after, 'macro at file level');
    return close;
  }
  if (kind !== IDENT) return close;
  const prefixed = isPrefixWord(code, index - 1);
  if (isName(code, after) && makesType(code, after, prefixed || scope === CLASS)) {
    if (!isSimpleType(code, index + 2, close)) drop(code, index + 1, close + 1, 'arguments of a type macro');
    return close;
  }
  if (
    scope === CLASS &&
    code.language === 'cpp' &&
    isName(code, after) &&
    isDeclarationEnd(kindOf(code, after + 1))
  ) {
    if (kindOf(code, after + 1) !== IDENT && kindOf(code, after + 1) !== CLOSE) return close - 1;
  }
  if (code.language === 'cpp' && /^(?:noexcept|override|final|requires|try)$/.test(textOf(code, after)))
    return close;
  drop(code, index, after, 'macro at file level');
  return close;
}

/**
 * `TEST(suite, name) {` reads as a function `name` of type `TEST`, once nothing but one name stands between the
 * parentheses. Where there is no name, the head becomes that of a loop, so that the body is still read.
 */
function signature(code: Code, index: number, close: number, scope: number): void {
  if (wrapsSignature(code, index + 2, close)) {
    drop(code, index, index + 2, 'macro around a signature');
    drop(code, close, close + 1, 'macro around a signature');
    return;
  }
  if (code.language === 'cpp' && scope === CLASS) return;
  let name = -1;
  for (let at = index + 2; at < close; at++) {
    if (code.up[at] !== index + 1 || !isName(code, at)) continue;
    const after = kindOf(code, at + 1);
    const before = kindOf(code, at - 1);
    if ((before === OPEN || before === COMMA) && (after === COMMA || after === CLOSE)) name = at;
  }
  if (name >= 0) {
    drop(code, index + 2, name, 'arguments of a macro that makes a function');
    drop(code, name + 1, close, 'arguments of a macro that makes a function');
    return;
  }
  if (code.language === 'cpp' || close === index + 2) return;
  const { start: starts, end } = code.tokens;
  code.edits.keyword(starts[index] ?? 0, end[index] ?? 0, 'while', 'macro that makes a function');
}

/** `TYPE(x) name;`, `TYPE(x) name = …`, `TYPE(x) name(…) {`: what follows declares, so the macro is its type. */
function makesType(code: Code, name: number, alone: boolean): boolean {
  const after = kindOf(code, name + 1);
  if (after === SEMICOLON || after === EQUALS || after === SQUARE || after === COMMA)
    return alone || !startsLine(code, name);
  if (after !== OPEN) return false;
  const close = code.match[name + 1] ?? -1;
  if (close < 0) return false;
  return (
    kindOf(code, close + 1) === BRACE ||
    (kindOf(code, close + 1) === SEMICOLON &&
      (!startsLine(code, name) || hasParameters(code, name + 2, close)))
  );
}
