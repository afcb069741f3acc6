/**
 * Conditioning of declarations: macros among the words of a declaration, before it and behind it.
 *
 * A declaration has room for one type and one name. Where more names stand side by side, the rest are macros.
 */
import {
  AMPERSAND,
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  COMMA,
  type Code,
  drop,
  EQUALS,
  GREATER,
  isCapital,
  isLoud,
  isName,
  kindOf,
  LESS,
  OPEN,
  previous,
  SEMICOLON,
  SQUARE,
  SQUARE_END,
  STAR,
  startsLine,
  TILDE,
  textOf,
  wordOf,
} from './code';
import { BLOCK, CLASS, ENUM, FILE, type Outline, scopeOf, skipAngles } from './outline';
import { DOTS, IDENT, NUMBER, SCOPE, STRING } from './tokens';
import { NAME, OTHER, PRIMITIVE, QUALIFIER, SIZED, STORAGE, TAG, TYPEDEF } from './words';

const REASON = 'attribute macro';

/** Takes macros out of every run of words; `outline` tells in what they stand. */
export function conditionRuns(code: Code, outline: Outline): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (!isRunWord(code, index)) continue;
    let end = index + 1;
    while (isRunWord(code, end)) end++;
    if (end - index > 1) condition(code, outline, index, end);
    else if (kindOf(code, index - 1) === SQUARE_END) behindArray(code, index);
    index = end;
  }
}

/** A word that can stand among those of a declaration. */
function isRunWord(code: Code, index: number): boolean {
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

/** Reads the run of words `from` … `to - 1` and drops those that are too many. */
function condition(code: Code, outline: Outline, from: number, to: number): void {
  let names = 0;
  let tags = 0;
  let bases = 0;
  let maker = false;
  /** Names before this index cannot be the type or what is declared. */
  let prefix = from;
  for (let index = from; index < to; index++) {
    const word = wordOf(code, index);
    if (word === NAME) names++;
    else if (word === TAG) {
      if (wordOf(code, index - 1) !== TAG) tags++;
    } else if (word === PRIMITIVE || word === SIZED) bases++;
    else if (word === STORAGE && textOf(code, index) === 'explicit') maker = true;
    if (word !== NAME && word !== QUALIFIER) prefix = index;
  }
  if (names === 0) return;
  // `typedef mine size_t;` declares what the language calls a type.
  if (wordOf(code, from) === TYPEDEF && prefix === to - 1 && wordOf(code, prefix) === PRIMITIVE) return;
  const scoped = kindOf(code, from - 1) === SCOPE;
  // Names before `static`, `struct`, `int`, … are macros whatever follows.
  for (let index = from; index < prefix && names > 0; index++) {
    if (wordOf(code, index) !== NAME) continue;
    if (index === from && scoped) continue;
    drop(code, index, index + 1, REASON);
    names--;
  }
  const typed = tags > 0 ? 1 : bases > 0 || endsType(code, outline, from) ? 0 : 1;
  const declares = lastWordDeclares(code, to);
  const limit = maker && tags + bases === 0 ? 1 : typed + (declares ? 1 : 0);
  if (names > limit) dropExcess(code, Math.max(prefix, from), to, names - limit, declares, scoped);
}

/** True where the run goes on a declaration whose type stands before it: `type *` or `type<…>`. */
function endsType(code: Code, outline: Outline, from: number): boolean {
  const before = kindOf(code, from - 1);
  if (before === COMMA)
    return isLoud(code, from + 1) && !isCapital(code, from) && scopeOf(code, outline, from) <= BLOCK;
  if (before === BRACE_END) {
    const role = outline.role[code.match[from - 1] ?? -1];
    return role === CLASS || role === ENUM;
  }
  if (before === STAR || (before === AMPERSAND && code.language === 'cpp')) return from > 1;
  if (before !== GREATER || code.language !== 'cpp') return false;
  let depth = 0;
  for (let index = from - 1; index > from - 200 && index > 0; index--) {
    const kind = kindOf(code, index);
    if (kind === GREATER) depth++;
    else if (kind === LESS && --depth === 0)
      return textOf(code, index - 1) !== 'template' && kindOf(code, index - 1) === IDENT;
    else if (kind === SEMICOLON || kind === BRACE) return false;
  }
  return false;
}

/** False where the last word of a run is the type, or begins it, and the name follows later. */
function lastWordDeclares(code: Code, to: number): boolean {
  let at = to;
  if (kindOf(code, at) === SCOPE || kindOf(code, at) === LESS) {
    if (code.language !== 'cpp') return true;
    at = qualifiedEnd(code, at);
    if (at < 0) return true;
    if (isName(code, at)) return false;
  }
  const pointer = kindOf(code, at) === STAR || (kindOf(code, at) === AMPERSAND && code.language === 'cpp');
  if (!pointer) return true;
  for (;;) {
    const kind = kindOf(code, at);
    if (kind !== STAR && kind !== AMPERSAND && !(kind === IDENT && wordOf(code, at) === QUALIFIER)) break;
    at++;
  }
  const kind = kindOf(code, at);
  return !(
    kind === IDENT ||
    kind === CLOSE ||
    kind === COMMA ||
    kind === OPEN ||
    kind === GREATER ||
    kind === SCOPE
  );
}

/** Index behind `::a::b<c>` that starts at `at`; -1 where it does not end soon. */
function qualifiedEnd(code: Code, at: number): number {
  for (let guard = 0; guard < 20; guard++) {
    if (kindOf(code, at) === SCOPE && kindOf(code, at + 1) === IDENT) at += 2;
    else if (kindOf(code, at) === LESS) {
      const close = skipAngles(code, at, Math.min(code.tokens.count, at + 200));
      if (kindOf(code, close) !== GREATER) return -1;
      at = close + 1;
    } else return at;
  }
  return -1;
}

function dropExcess(
  code: Code,
  from: number,
  to: number,
  excess: number,
  declares: boolean,
  scoped: boolean,
): void {
  const names: number[] = [];
  for (let index = from; index < to; index++)
    if (isName(code, index) && code.dropped[index] !== 1) names.push(index);
  if (scoped && names[0] === from) names.shift();
  const last = names[names.length - 1];
  if (last === undefined) return;
  let left = excess;
  const after = kindOf(code, to);
  if (declares && isLoud(code, last)) {
    let close = after === OPEN ? (code.match[to] ?? -1) : last;
    const quiet = names.filter((index) => !isCapital(code, index)).length;
    const before = names[names.length - 2];
    const literal = kindOf(code, to + 1) === STRING || (kindOf(code, to + 1) === NUMBER && close === to + 2);
    // `type name MACRO(x);`: what is declared stands before a macro in capitals.
    const behind = before === undefined ? scoped : !isCapital(code, before);
    const enough = quiet >= names.length - excess || after !== OPEN || literal;
    if (close >= 0 && behind && enough && isDeclarationEnd(kindOf(code, close + 1))) {
      close = macrosEnd(code, close);
      drop(code, last, close + 1, REASON);
      names.pop();
      left--;
    }
  }
  keepDeclared(code, names, declares, names.length > excess);
  for (const loud of [true, false]) {
    for (const index of names) {
      if (left <= 0 || code.dropped[index] === 1 || (loud && !isLoud(code, index))) continue;
      drop(code, index, index + 1, REASON);
      left--;
    }
  }
}

/** Takes out of `names` what must stay: the name behind `struct`, and what is declared, or else the type. */
function keepDeclared(code: Code, names: number[], declares: boolean, needed: boolean): void {
  const tagged = names.findIndex(
    (index) => wordOf(code, index - 1) === TAG && kindOf(code, index - 1) === IDENT,
  );
  if (tagged >= 0) {
    names.splice(tagged, 1);
    if (!declares) return;
  }
  if (declares) {
    names.pop();
    return;
  }
  if (!needed) return;
  let kept = names.length - 1;
  while (kept > 0 && isLoud(code, names[kept] ?? 0)) kept--;
  if (isLoud(code, names[kept] ?? 0)) kept = names.length - 1;
  names.splice(kept, 1);
}

/** Index of the last token of `MACRO MACRO(x) …` behind `at`. */
function macrosEnd(code: Code, at: number): number {
  while (isName(code, at + 1) && isLoud(code, at + 1)) {
    const close = kindOf(code, at + 2) === OPEN ? (code.match[at + 2] ?? -1) : at + 1;
    if (close < 0) return at;
    at = close;
  }
  return at;
}

function isDeclarationEnd(kind: number): boolean {
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

/** Macros that stand for whole declarations, before them or behind their parameters, outside of blocks. */
export function conditionDeclarations(code: Code, outline: Outline): void {
  for (let index = 0; index < code.tokens.count; index++) {
    const scope = scopeOf(code, outline, index);
    if (scope !== FILE && scope !== CLASS) continue;
    const kind = kindOf(code, index);
    if (kind === IDENT && isStart(code, index)) index = start(code, index, scope);
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

function isStart(code: Code, index: number): boolean {
  const last = previous(code, index);
  if (last < 0) return true;
  const before = kindOf(code, last);
  if (before === COLON) return wordOf(code, last - 1) === OTHER;
  return before === SEMICOLON || before === BRACE || before === BRACE_END;
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
  return invocation(code, index, close, scope);
}

/** `MACRO MACRO OTHER(x)` on lines of their own: index of the one with arguments; else `index`. */
function lastOfMacros(code: Code, index: number): number {
  let at = index;
  while (isName(code, at) && isLoud(code, at) && isName(code, at + 1)) at++;
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
  if (after === IDENT && startsLine(code, at + 1) && isLoud(code, at) && isName(code, at + 1)) return true;
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

/** `static`, `typedef`, `const`: may stand before a macro that makes a type or a function. */
function isPrefixWord(code: Code, index: number): boolean {
  if (kindOf(code, index) !== IDENT) return false;
  const word = wordOf(code, index);
  return word === STORAGE || word === QUALIFIER || word === TYPEDEF;
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
  if (code.language === 'cpp' && (scope === CLASS || hasParameters(code, index + 2, close))) return;
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

/** `(type name(…))` */
function wrapsSignature(code: Code, from: number, to: number): boolean {
  const open = code.match[to - 1] ?? -1;
  if (open < from + 2 || !isRunWord(code, from) || !isName(code, open - 1)) return false;
  const before = kindOf(code, open - 2);
  return before === IDENT || before === STAR;
}

/** True where the parentheses are empty, or hold what only a parameter list holds. */
function hasParameters(code: Code, from: number, to: number): boolean {
  if (from >= to) return true;
  for (let index = from; index < to; index++) {
    const kind = kindOf(code, index);
    if (kind === STRING || kind === NUMBER) return false;
    if (kind !== IDENT && kind !== COMMA) return true;
    if (kind === IDENT && (wordOf(code, index) !== NAME || isName(code, index + 1))) return true;
  }
  return false;
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

/** Words and stars, as the grammar of C takes them in a macro that stands for a type. */
function isSimpleType(code: Code, from: number, to: number): boolean {
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
function isDeclaration(code: Code, from: number, to: number): boolean {
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
function isWords(code: Code, from: number, to: number): boolean {
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

/** True for the brace that closes a function's body, not that of a lambda that is a value. */
function isMethodBody(code: Code, outline: Outline, close: number): boolean {
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
function behindBody(code: Code, outline: Outline, index: number): void {
  const role = outline.role[code.match[index] ?? -1];
  if ((role !== CLASS && role !== ENUM) || !isName(code, index + 1) || !isLoud(code, index + 1)) return;
  if (kindOf(code, index + 2) !== OPEN) return;
  const end = macrosEnd(code, index);
  if (end > index && kindOf(code, end + 1) === SEMICOLON) drop(code, index + 1, end + 1, REASON);
}

/** `f(int x) MACRO(1, 2) MACRO;`: names behind the parameters. Index of the last token dealt with. */
function behindParameters(code: Code, close: number): number {
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
    if (isName(code, macro) && !isStart(code, macro) && !loud) drop(code, macro, close + 1, REASON);
    return close;
  }
  const single = end === at + 1;
  const call = kindOf(code, at + 1) === OPEN;
  const macro = open - 1;
  if (call && !loud && isName(code, macro) && isPrefix(code, open, close, at)) {
    if (!isStart(code, macro)) drop(code, macro, close + 1, REASON);
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

/** True where something between two tokens can only declare. */
function holdsTypes(code: Code, from: number, to: number): boolean {
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

/** `type name[3] MACRO(x);` */
function behindArray(code: Code, index: number): void {
  const open = code.match[index - 1] ?? -1;
  if (open < 1 || !(isName(code, open - 1) || kindOf(code, open - 1) === SQUARE_END)) return;
  const end = macrosEnd(code, index - 1);
  const close = kindOf(code, index + 1) === OPEN ? (code.match[index + 1] ?? -1) : index;
  const last = end >= index ? end : close;
  if (last >= 0 && isDeclarationEnd(kindOf(code, last + 1))) drop(code, index, last + 1, REASON);
}
