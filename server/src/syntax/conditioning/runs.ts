/**
 * Conditioning of words side by side: macros among those of a declaration.
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
  SEMICOLON,
  SQUARE_END,
  STAR,
  TILDE,
  textOf,
  wordOf,
} from './code';
import { BLOCK, CLASS, ENUM, type Outline, scopeOf, skipAngles } from './outline';
import { isDeclarationEnd, isRunWord, macrosEnd } from './shapes';
import { IDENT, NUMBER, SCOPE, STRING } from './tokens';
import { NAME, PRIMITIVE, QUALIFIER, SIZED, STORAGE, TAG, TYPEDEF } from './words';

const REASON = 'attribute macro';

/** Takes macros out of every run of words. */
export function conditionRuns(code: Code, outline: Outline): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (!isRunWord(code, index)) continue;
    let end = index + 1;
    while (isRunWord(code, end)) end++;
    if (end - index > 1) conditionRun(code, outline, index, end);
    else if (kindOf(code, index - 1) === SQUARE_END) behindArray(code, index);
    if (end - index > 1 || wordOf(code, index) === PRIMITIVE) betweenStars(code, end);
    index = end;
  }
}

/** What stands in a run of words. */
interface Run {
  names: number;
  tags: number;
  /** Words that alone are a type, and `long` and its like. */
  bases: number;
  /** `explicit`: a constructor, which has no type. */
  maker: boolean;
  /** Names before this index cannot be the type or what is declared. */
  prefix: number;
}

function readRun(code: Code, from: number, to: number): Run {
  const run: Run = { names: 0, tags: 0, bases: 0, maker: false, prefix: from };
  for (let index = from; index < to; index++) {
    const word = wordOf(code, index);
    if (word === NAME) run.names++;
    else if (word === TAG) {
      if (wordOf(code, index - 1) !== TAG) run.tags++;
    } else if (word === PRIMITIVE || word === SIZED) run.bases++;
    else if (word === STORAGE && textOf(code, index) === 'explicit') run.maker = true;
    if (word !== NAME && word !== QUALIFIER) run.prefix = index;
  }
  return run;
}

/** Drops those of the words `from` … `to - 1` that are too many. */
function conditionRun(code: Code, outline: Outline, from: number, to: number): void {
  const { tags, bases, maker, prefix, ...run } = readRun(code, from, to);
  let { names } = run;
  if (names === 0) return;
  // `typedef mine size_t;` declares what the language calls a type.
  if (wordOf(code, from) === TYPEDEF && prefix === to - 1 && wordOf(code, prefix) === PRIMITIVE) return;
  const scoped = kindOf(code, from - 1) === SCOPE;
  // Names before `static`, `struct`, `int`, … are macros whatever follows, but for the type of `type inline name`.
  const typed = tags + bases > 0 || prefix === from || namesBetween(code, prefix + 1, to) > 1;
  for (let index = from; index < prefix && names > 0; index++) {
    if (wordOf(code, index) !== NAME) continue;
    if ((index === from && scoped) || (!typed && index === prefix - 1)) continue;
    drop(code, index, index + 1, REASON);
    names--;
  }
  const types = tags > 0 ? 1 : bases > 0 || endsType(code, outline, from) ? 0 : 1;
  const declares = lastWordDeclares(code, to);
  const deferred = code.language === 'cpp' && kindOf(code, to) === IDENT && textOf(code, to) === 'typename';
  if (deferred) {
    for (let index = from; index < to; index++) if (isName(code, index)) drop(code, index, index + 1, REASON);
    return;
  }
  if (names > 1 && names === to - from && isExpression(code, from, to)) {
    drop(code, from + 1, to, 'macro for a piece of an expression');
    return;
  }
  const limit = (maker || isMaker(code, to)) && tags + bases === 0 ? 1 : types + (declares ? 1 : 0);
  if (names > limit) dropExcess(code, typed ? prefix : from, to, names - limit, declares, scoped);
}

/** `a::name::name(`, `name<b>::~name(`, `name(…) : a(…)`: a constructor or destructor, which has no type. */
function isMaker(code: Code, to: number): boolean {
  if (code.language !== 'cpp') return false;
  if (kindOf(code, to) === OPEN) {
    const close = code.match[to] ?? -1;
    return close >= 0 && kindOf(code, close + 1) === COLON && isName(code, close + 2);
  }
  let owner = to - 1;
  for (let guard = 0; guard < 20; guard++) {
    let at = owner + 1;
    if (kindOf(code, at) === LESS) at = skipAngles(code, at, Math.min(code.tokens.count, at + 200)) + 1;
    if (kindOf(code, at) !== SCOPE) return false;
    const named = kindOf(code, at + 1) === TILDE ? at + 2 : at + 1;
    if (kindOf(code, named + 1) === OPEN) return textOf(code, named) === textOf(code, owner);
    owner = named;
  }
  return false;
}

/** `type *MACRO *name`: behind words that are a type, a name in capitals between stars is a qualifier. */
function betweenStars(code: Code, at: number): void {
  for (let star = at; kindOf(code, star) === STAR; star += 2) {
    if (!isName(code, star + 1) || !isLoud(code, star + 1) || kindOf(code, star + 2) !== STAR) return;
    drop(code, star + 1, star + 2, REASON);
  }
}

function namesBetween(code: Code, from: number, to: number): number {
  let names = 0;
  for (let index = from; index < to; index++) if (isName(code, index)) names++;
  return names;
}

/** `= A B`, `sizeof(A B)`: of names side by side in an expression the first stays. */
function isExpression(code: Code, from: number, to: number): boolean {
  const before = kindOf(code, from - 1);
  if (before === EQUALS) return kindOf(code, to) === SEMICOLON || kindOf(code, to) === COMMA;
  return before === OPEN && textOf(code, from - 2) === 'sizeof' && kindOf(code, to) === CLOSE;
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

/** `type name[3] MACRO(x);` */
function behindArray(code: Code, index: number): void {
  const open = code.match[index - 1] ?? -1;
  if (open < 1 || !(isName(code, open - 1) || kindOf(code, open - 1) === SQUARE_END)) return;
  const end = macrosEnd(code, index - 1);
  const close = kindOf(code, index + 1) === OPEN ? (code.match[index + 1] ?? -1) : index;
  const last = end >= index ? end : close;
  if (last >= 0 && isDeclarationEnd(kindOf(code, last + 1))) drop(code, index, last + 1, REASON);
}
