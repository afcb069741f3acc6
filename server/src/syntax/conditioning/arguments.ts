/**
 * Conditioning of call arguments that are no expressions: types, operators, statements, and nothing at all.
 */
import {
  AMPERSAND,
  BRACE,
  COMMA,
  type Code,
  drop,
  GREATER,
  isName,
  jump,
  kindOf,
  LESS,
  OPEN,
  SEMICOLON,
  STAR,
  textOf,
  wordOf,
} from './code';
import { BLOCK, FILE, INIT, type Outline, scopeOf } from './outline';
import { DOTS, IDENT, NUMBER, SCOPE } from './tokens';
import { HEAD, NAME, PRIMITIVE, QUALIFIER, SIZED, STATEMENT, STORAGE, TAG } from './words';

const REASON = 'argument that is no expression';

/** Makes expressions of the arguments of calls; drops, with their comma, those of which nothing can be left. */
export function conditionArguments(code: Code, outline: Outline): void {
  /** For each parenthesis whether the calls in it are calls: 0 unknown, 1 yes, 2 no. */
  const within = new Uint8Array(code.tokens.count);
  for (let index = 1; index < code.tokens.count; index++) {
    const kind = kindOf(code, index);
    if (kind === BRACE) {
      const role = outline.role[index];
      within[index] = role === BLOCK || role === INIT ? 1 : 2;
      continue;
    }
    if (kind !== OPEN && kind !== 91) continue;
    const outer = code.up[index] ?? -1;
    const inside = outer < 0 ? 2 : (within[outer] ?? 2);
    within[index] = inside;
    if (kind !== OPEN) continue;
    const close = code.match[index] ?? -1;
    const scope = scopeOf(code, outline, index);
    const called = isName(code, index - 1);
    if (!called || close < 0 || code.dropped[index] === 1 || code.settled[index] === 1) continue;
    if (inside === 1 ? !isCall(code, index - 1, scope) : !isInvocation(code, index - 1, close, scope)) {
      within[index] = 2;
      continue;
    }
    within[index] = 1;
    readArguments(code, index, close);
  }
}

/** False for `type name(…)`, which declares. */
function isCall(code: Code, name: number, scope: number): boolean {
  let at = name - 1;
  if (kindOf(code, at) === SCOPE) return true;
  const pointer = kindOf(code, at) === STAR || kindOf(code, at) === AMPERSAND;
  while (kindOf(code, at) === STAR || kindOf(code, at) === AMPERSAND) at--;
  if (kindOf(code, at) !== IDENT) return true;
  const word = wordOf(code, at);
  if (word === PRIMITIVE || word === SIZED || word === QUALIFIER || word === STORAGE) return false;
  if (word !== NAME) return true;
  if (!pointer) return false;
  const before = kindOf(code, at - 1);
  if (before === IDENT)
    return !(
      wordOf(code, at - 1) === TAG ||
      wordOf(code, at - 1) === STORAGE ||
      wordOf(code, at - 1) === QUALIFIER
    );
  return !(scope === BLOCK && (before === SEMICOLON || before === BRACE || before === 125));
}

/** A macro used at file level, with its semicolon. */
function isInvocation(code: Code, name: number, close: number, scope: number): boolean {
  if (scope !== FILE || kindOf(code, close + 1) !== SEMICOLON) return false;
  const before = kindOf(code, name - 1);
  return name === 0 || before === SEMICOLON || before === 125;
}

function readArguments(code: Code, open: number, close: number): void {
  let from = open + 1;
  let kept = false;
  for (let index = open + 1; index <= close; index++) {
    const kind = kindOf(code, index);
    if (kind === LESS && code.language === 'cpp' && kindOf(code, index - 1) === IDENT) {
      index = templateEnd(code, index, close);
      continue;
    }
    if (index < close && (kind === OPEN || kind === BRACE || kind === 91)) {
      const end = code.match[index] ?? -1;
      if (end > index && end < close) index = end;
      continue;
    }
    if (index !== close && kind !== COMMA) continue;
    const gone = argument(code, from, index, open);
    if (gone) {
      if (from < index) drop(code, from, index, REASON);
      // Its comma goes too: the one before, or for a first argument the one behind.
      if (kept) drop(code, lastComma(code, from - 1), from, REASON);
      else if (kind === COMMA) drop(code, index, index + 1, REASON);
    } else kept = true;
    from = index + 1;
  }
}

/** Index of the `>` of template arguments that begin at `at`; `at` where it is a comparison. */
function templateEnd(code: Code, at: number, close: number): number {
  let depth = 0;
  for (let index = at; index < close && index < at + 100; index++) {
    const kind = kindOf(code, index);
    if (kind === LESS) depth++;
    else if (kind === GREATER && --depth === 0) return index;
    else if (
      kind !== GREATER &&
      kind !== IDENT &&
      kind !== SCOPE &&
      kind !== COMMA &&
      kind !== STAR &&
      kind !== AMPERSAND
    ) {
      const end = kind === OPEN ? (code.match[index] ?? -1) : kind === NUMBER || kind === DOTS ? index : -1;
      if (end < 0) return at;
      index = end;
    }
  }
  return at;
}

function lastComma(code: Code, index: number): number {
  return kindOf(code, index) === COMMA ? index : index + 1;
}

/** Makes an expression of the argument `from` … `to - 1`; true where nothing can be left of it. */
function argument(code: Code, from: number, to: number, open: number): boolean {
  if (from >= to) return !(from === open + 1 && kindOf(code, to) !== COMMA);
  const first = kindOf(code, from);
  if (first === IDENT) {
    const word = wordOf(code, from);
    if (word === STATEMENT) return statement(code, from, to);
    if (word === HEAD) return true;
    if (word === TAG || word === QUALIFIER || word === STORAGE) return type(code, from, to);
    if (
      (word === PRIMITIVE || word === SIZED) &&
      !(kindOf(code, from + 1) === OPEN || kindOf(code, from + 1) === BRACE)
    ) {
      return type(code, from, to);
    }
    if (isName(code, from) && isName(code, from + 1)) return type(code, from, to);
  }
  if (holdsSemicolon(code, from, to)) return true;
  if (first === OPEN && code.match[from] === to - 1) {
    if (to === from + 2 || isParameterList(code, from + 1, to - 1)) return true;
  }
  if (isOperator(first) && isOperatorRun(code, from, to)) return true;
  const last = kindOf(code, to - 1);
  if (
    last === STAR ||
    last === AMPERSAND ||
    (wordOf(code, to - 1) === QUALIFIER && kindOf(code, to - 1) === IDENT)
  ) {
    return trailingStars(code, from, to);
  }
  neighbours(code, from, to);
  leadingOperator(code, from, to);
  trailingOperator(code, from, to);
  return false;
}

/** `return -1`, `goto out`: the value stays. */
function statement(code: Code, from: number, to: number): boolean {
  if (/^(?:co_await|throw)$/.test(textOf(code, from))) return false;
  if (to - from === 1 || holdsSemicolon(code, from, to) || textOf(code, from) === 'do') return true;
  drop(code, from, from + 1, REASON);
  return false;
}

/** `struct foo *`, `const char *`, `struct foo *x`: the last name stays. */
function type(code: Code, from: number, to: number): boolean {
  let last = -1;
  for (let index = from; index < to; index++) {
    const kind = kindOf(code, index);
    if (kind === OPEN || kind === BRACE) break;
    if (isName(code, index) && last < index) last = index;
    if (
      kind !== IDENT &&
      kind !== STAR &&
      kind !== AMPERSAND &&
      kind !== SCOPE &&
      kind !== LESS &&
      kind !== GREATER
    )
      break;
  }
  if (last < 0) return true;
  const stop = last + 1;
  drop(code, from, last, REASON);
  if (kindOf(code, stop) === OPEN || kindOf(code, stop) === BRACE) {
    drop(code, stop, to, REASON);
    return false;
  }
  let end = stop;
  while (
    end < to &&
    (kindOf(code, end) === STAR || kindOf(code, end) === AMPERSAND || wordOf(code, end) === QUALIFIER)
  )
    end++;
  if (end === to) drop(code, stop, to, REASON);
  return false;
}

/** `A.B C`: of names side by side only the first can be part of an expression. */
function neighbours(code: Code, from: number, to: number): void {
  for (let index = from; index + 1 < to; index++) {
    const kind = kindOf(code, index);
    if (kind === OPEN || kind === BRACE) {
      const close = code.match[index] ?? -1;
      if (close <= index) continue;
      // `STR(a) STR(b)` pastes strings.
      const pasted =
        kind === OPEN && isName(code, index - 1) && index > from && isName(code, close + 1) && close + 1 < to;
      const open = kindOf(code, close + 2) === OPEN ? (code.match[close + 2] ?? -1) : close + 1;
      if (pasted && open > close) drop(code, close + 1, open + 1, REASON);
      index = pasted && open > close ? open : close;
    } else if (isName(code, index) && (isName(code, index + 1) || kindOf(code, index + 1) === NUMBER)) {
      const close = kindOf(code, index + 2) === OPEN ? (code.match[index + 2] ?? -1) : index + 1;
      const last = Math.min(Math.max(close, index + 1), to - 1);
      drop(code, index + 1, last + 1, REASON);
      index = last;
    }
  }
}

/** `(void)`, `(const char *p, int n)` as a whole argument. */
function isParameterList(code: Code, from: number, to: number): boolean {
  if (kindOf(code, from) !== IDENT) return false;
  const word = wordOf(code, from);
  if (word === PRIMITIVE || word === SIZED)
    return kindOf(code, from + 1) !== OPEN && kindOf(code, from + 1) !== BRACE;
  return (
    word === TAG || word === QUALIFIER || (to > from + 1 && isName(code, from) && isName(code, from + 1))
  );
}

function trailingStars(code: Code, from: number, to: number): boolean {
  let end = to;
  while (end > from) {
    const kind = kindOf(code, end - 1);
    if (kind !== STAR && kind !== AMPERSAND && !(kind === IDENT && wordOf(code, end - 1) === QUALIFIER))
      break;
    end--;
  }
  if (end === from) return true;
  drop(code, end, to, REASON);
  return false;
}

function holdsSemicolon(code: Code, from: number, to: number): boolean {
  if (code.holdsSemicolon[code.up[from] ?? -1] !== 1) return false;
  for (let index = from; index < to; index = jump(code, index) + 1) {
    if (kindOf(code, index) === SEMICOLON) return true;
  }
  return false;
}

/** One of `! % & * + - . / < = > ? ^ | :` */
function isOperator(kind: number): boolean {
  return (
    kind === 33 ||
    kind === 37 ||
    kind === 38 ||
    (kind >= 42 && kind <= 47 && kind !== COMMA) ||
    (kind >= 60 && kind <= 63) ||
    kind === 94 ||
    kind === 124
  );
}

function isOperatorRun(code: Code, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (!isOperator(kindOf(code, index))) return false;
  return true;
}

/** `, == 3)` and `, >= 0)`: operators that no operand can begin with. */
function leadingOperator(code: Code, from: number, to: number): void {
  let end = from;
  const first = kindOf(code, from);
  if (
    first === 33
      ? kindOf(code, from + 1) !== 61
      : !(first >= 60 && first <= 62) && first !== 124 && first !== 47 && first !== 37
  )
    return;
  while (end < to && isOperator(kindOf(code, end)) && end < from + 2) end++;
  if (end < to) drop(code, from, end, REASON);
}

/** `, x ==)` */
function trailingOperator(code: Code, from: number, to: number): void {
  const last = kindOf(code, to - 1);
  if (!(last >= 60 && last <= 62) && last !== 124 && last !== 47 && last !== 37) return;
  if (code.language === 'cpp' && last === GREATER) return;
  let at = to;
  while (at > from && isOperator(kindOf(code, at - 1)) && at > to - 2) at--;
  if (at > from) drop(code, at, to, REASON);
}
