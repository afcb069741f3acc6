/**
 * Conditioning that needs no more than a token and its neighbours: attributes, inline assembly, pasted strings,
 * units behind numbers, computed goto, and what else compilers accept beside the language.
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
  isLoud,
  isName,
  jump,
  kindOf,
  OPEN,
  SEMICOLON,
  SQUARE,
  SQUARE_END,
  STAR,
  textOf,
  wordOf,
} from './code';
import { CHAR, DOTS, IDENT, NUMBER, SCOPE, STRING } from './tokens';
import {
  ALIGNAS,
  ASM,
  ATTRIBUTE,
  HEAD,
  NAME,
  NOISE,
  OTHER,
  PRIMITIVE,
  QUALIFIER,
  SIZED,
  STATEMENT,
  STORAGE,
  TAG,
  TYPEOF,
} from './words';

/** Runs over all tokens once. `noise`: macros of this text that stand for nothing. */
export function conditionLexically(code: Code, noise: ReadonlySet<string>): void {
  for (let index = 0; index < code.tokens.count; index++) {
    const kind = kindOf(code, index);
    if (kind === IDENT) index = word(code, index, noise);
    else if (kind === SQUARE) index = attributeList(code, index);
    else if (kind === NUMBER || kind === CHAR) unit(code, index);
    else if (kind === STRING) index = pasted(code, index);
    else if (kind === AMPERSAND) labelAddress(code, index);
    else if (kind === COLON) unnamedBits(code, index);
    else if (kind === EQUALS && kindOf(code, index + 1) === SEMICOLON && kindOf(code, index - 1) !== EQUALS) {
      // The value was included from a file.
      drop(code, index, index + 1, 'assignment without a value');
    } else if (kind === OPEN) callingConvention(code, index);
  }
}

/** Index of the last token looked at. */
function word(code: Code, index: number, noise: ReadonlySet<string>): number {
  switch (wordOf(code, index)) {
    case ATTRIBUTE:
      return dropWithArguments(code, index, 'attribute');
    case ALIGNAS:
      return dropWithArguments(code, index, 'alignment');
    case NOISE:
      drop(code, index, index + 1, 'compiler mark');
      return index;
    case ASM:
      return assembly(code, index);
    case TYPEOF:
      return typeOf(code, index);
    case STATEMENT:
      if (textOf(code, index) === 'goto' && kindOf(code, index + 1) === STAR) computedGoto(code, index);
      else if (textOf(code, index) === 'case') return caseRange(code, index);
      return index;
    case HEAD:
      // `if likely(x)`: the macro makes the parentheses that the statement needs.
      if (isName(code, index + 1) && kindOf(code, index + 2) === OPEN) {
        drop(code, index + 1, index + 2, 'macro in a statement head');
      }
      return index;
    case STORAGE:
      if (textOf(code, index) === '_Thread_local') {
        const { start, end } = code.tokens;
        code.edits.keyword(start[index] ?? 0, end[index] ?? 0, 'thread_local', 'other spelling');
      }
      return index;
    case QUALIFIER:
      if (textOf(code, index) === '_Atomic' && kindOf(code, index + 1) === OPEN) atomicType(code, index);
      return index;
    case TAG:
      return tag(code, index);
    case OTHER:
      if (textOf(code, index) === 'offsetof') memberPath(code, index);
      else alignment(code, index);
      return index;
    case NAME:
      if (noise.has(textOf(code, index)) && !/^[([.]$/.test(textOf(code, index + 1))) {
        drop(code, index, index + 1, 'macro without content');
      }
      return index;
    default:
      return index;
  }
}

function dropWithArguments(code: Code, index: number, reason: string): number {
  const close = kindOf(code, index + 1) === OPEN ? (code.match[index + 1] ?? -1) : -1;
  const last = close < 0 ? index : close;
  drop(code, index, last + 1, reason);
  return last;
}

/** `[[…]]`, where no subscript can stand. */
function attributeList(code: Code, index: number): number {
  const close = code.match[index] ?? -1;
  if (kindOf(code, index + 1) !== SQUARE || close < 0 || code.match[index + 1] !== close - 1) return index;
  const before = kindOf(code, index - 1);
  const subscript =
    before === SQUARE_END ||
    before === CLOSE ||
    (before === IDENT && isName(code, index - 1) && kindOf(code, close + 1) !== SEMICOLON);
  // `f() [[x]];` and `int a [[x]] = 1;` are attributes too, but `a[[]{…}()]` is a subscript of a lambda.
  if (subscript && kindOf(code, index + 2) !== IDENT) return index;
  drop(code, index, close + 1, 'attribute');
  return close;
}

/** `64 KB`: a number is never followed by a name. */
function unit(code: Code, index: number): void {
  if (isName(code, index + 1) && kindOf(code, index + 2) !== OPEN)
    drop(code, index + 1, index + 2, 'unit macro');
}

/** `"%" PRIu64 "x"`, `"a" STR(b)`: everything after the first string goes. */
function pasted(code: Code, index: number): number {
  let last = index;
  let all = false;
  if (textOf(code, index - 1) === 'operator') return index;
  if (kindOf(code, index - 1) === CLOSE && isName(code, (code.match[index - 1] ?? 0) - 1)) {
    // `STR(b) "a"`: the call stays.
    all = true;
    drop(code, index, index + 1, 'pasted string');
  }
  for (;;) {
    const next = last + 1;
    const kind = kindOf(code, next);
    if (kind === STRING) {
      if (all) drop(code, next, next + 1, 'pasted string');
      last = next;
    } else if (isName(code, next)) {
      const close = kindOf(code, next + 1) === OPEN ? (code.match[next + 1] ?? -1) : next;
      if (close < 0) return last;
      // A name after `extern "C"` begins a declaration.
      if (wordOf(code, index - 1) === STORAGE && kindOf(code, index - 1) === IDENT) return last;
      drop(code, next, close + 1, 'pasted string');
      last = close;
    } else return last;
  }
}

/** Inline assembly calls nothing the analysis knows, and its operands are no expressions. */
function assembly(code: Code, index: number): number {
  let open = index + 1;
  while (kindOf(code, open) === IDENT) open++;
  const close = kindOf(code, open) === OPEN || kindOf(code, open) === BRACE ? (code.match[open] ?? -1) : -1;
  if (close < 0) return index;
  drop(code, index, close + 1, 'inline assembly');
  return close;
}

/** `typeof(*p) x`: the word alone reads as the name of a type. */
function typeOf(code: Code, index: number): number {
  const close = kindOf(code, index + 1) === OPEN ? (code.match[index + 1] ?? -1) : -1;
  if (close < 0) return index;
  drop(code, index + 1, close + 1, 'operand of typeof');
  return close;
}

/** `offsetof(type, member.field)`: the first member is enough. */
function memberPath(code: Code, index: number): void {
  const close = kindOf(code, index + 1) === OPEN ? (code.match[index + 1] ?? -1) : -1;
  for (let at = index + 2; at < close; at = jump(code, at) + 1) {
    if (kindOf(code, at) !== COMMA) continue;
    drop(code, at + 2, close, 'path of a member');
    return;
  }
}

/** `__alignof__(*p)` takes an expression, for which the grammar only knows `sizeof`. */
function alignment(code: Code, index: number): void {
  if (!/^_*alignof_*$/i.test(textOf(code, index))) return;
  code.edits.keyword(code.tokens.start[index] ?? 0, code.tokens.end[index] ?? 0, 'sizeof', 'other spelling');
}

function atomicType(code: Code, index: number): void {
  const close = code.match[index + 1] ?? -1;
  if (close < 0) return;
  drop(code, index, index + 2, 'atomic type');
  drop(code, close, close + 1, 'atomic type');
}

/** `goto *target;` keeps a name as its label, and of anything else only the expression. */
function computedGoto(code: Code, index: number): void {
  const simple = isName(code, index + 2) && kindOf(code, index + 3) === SEMICOLON;
  if (simple) drop(code, index + 1, index + 2, 'computed goto');
  else drop(code, index, index + 1, 'computed goto');
}

/** `&&label` where a value is expected. */
function labelAddress(code: Code, index: number): void {
  if (kindOf(code, index + 1) !== AMPERSAND || !isName(code, index + 2)) return;
  const before = kindOf(code, index - 1);
  const after = kindOf(code, index + 3);
  if (after !== COMMA && after !== CLOSE && after !== SEMICOLON && after !== BRACE_END) return;
  const touching = code.tokens.end[index] === code.tokens.start[index + 1];
  const value = before === OPEN || before === COMMA || before === EQUALS || before === BRACE || before === 63;
  if (touching && value && code.tokens.end[index + 1] === code.tokens.start[index + 2]) {
    drop(code, index, index + 1, 'address of a label');
  }
}

/** `case 1 ... 3:` keeps its first value. */
function caseRange(code: Code, index: number): number {
  let at = index + 1;
  for (; at < code.tokens.count && at < index + 40; at++) {
    const kind = kindOf(code, at);
    if (kind === COLON || kind === SEMICOLON || kind === BRACE || kind === BRACE_END) return index;
    if (kind === DOTS) break;
  }
  if (kindOf(code, at) !== DOTS) return index;
  let end = at;
  while (end < code.tokens.count && end < at + 40 && kindOf(code, end) !== COLON) end++;
  if (kindOf(code, end) === COLON) drop(code, at, end, 'case range');
  return index;
}

/** `type (CONVENTION *name)(…)` */
function callingConvention(code: Code, index: number): void {
  const close = code.match[index] ?? -1;
  if (isName(code, close + 1) && !isName(code, index - 1)) {
    // `(n + 1) KB`: what holds a number is no type, so no cast.
    for (let at = index + 1; at < close && at < index + 20; at++) {
      if (
        kindOf(code, at) === NUMBER &&
        kindOf(code, close + 2) !== OPEN &&
        kindOf(code, index - 1) !== IDENT
      ) {
        drop(code, close + 1, close + 2, 'unit macro');
        break;
      }
    }
  }
  if (close < 0 || kindOf(code, close + 1) !== OPEN || !isName(code, index + 1)) return;
  let star = index + 2;
  while (isName(code, star) && star < index + 4) star++;
  if (kindOf(code, star) !== STAR) return;
  let end = star + 1;
  while (isName(code, end) || kindOf(code, end) === SCOPE) end++;
  if (end === close && end > star + 1) drop(code, index + 1, star, 'calling convention');
}

/** `int : 3;`, a bit field without a name. */
function unnamedBits(code: Code, index: number): void {
  const before = wordOf(code, index - 1);
  if (kindOf(code, index - 1) !== IDENT || (before !== PRIMITIVE && before !== SIZED)) return;
  if (kindOf(code, index + 1) === NUMBER && kindOf(code, index + 2) === SEMICOLON) {
    drop(code, index, index + 2, 'bit field without name');
  }
}

/** `class EXPORT name {`, `struct ALIGNED(8) name {`: the last name before the body is the type's. */
function tag(code: Code, index: number): number {
  let at = index + 1;
  if (wordOf(code, at) === TAG) at++;
  while (kindOf(code, at) === SQUARE && kindOf(code, at + 1) === SQUARE) {
    const close = jump(code, at);
    drop(code, at, close + 1, 'attribute');
    at = close + 1;
  }
  for (let guard = 0; guard < 8; guard++) {
    if (!isName(code, at)) return at - 1;
    const after = kindOf(code, at + 1);
    if (after === OPEN) {
      const close = code.match[at + 1] ?? -1;
      if (close < 0) return at - 1;
      const made = kindOf(code, close + 1);
      if (
        close === at + 3 &&
        isName(code, at + 2) &&
        (made === STAR || made === BRACE || made === SEMICOLON)
      ) {
        // `struct PREFIX(name) *p`: the name is what tells it from others.
        drop(code, at, at + 2, 'macro around a name');
        drop(code, close, close + 1, 'macro around a name');
        return close;
      }
      if (!isName(code, close + 1) || !isLoud(code, at)) return at - 1;
      const behind = kindOf(code, close + 2);
      const isType =
        behind === BRACE || behind === COLON || behind === SEMICOLON || textOf(code, close + 2) === 'final';
      if (!isType) return at - 1;
      drop(code, at, close + 1, 'attribute macro');
      at = close + 1;
      continue;
    }
    if (!isName(code, at + 1)) return at - 1;
    let end = at + 1;
    while (isName(code, end + 1) && end < at + 8) end++;
    const behind = kindOf(code, end + 1);
    const isType = behind === BRACE || behind === COLON || textOf(code, end + 1) === 'final';
    const qualified = behind === SCOPE && isLoud(code, at);
    const forward = behind === SEMICOLON && textOf(code, index) === 'class';
    if (!isType && !qualified && !forward) return at - 1;
    if (behind === BRACE && !isLoud(code, at) && holdsValues(code, end + 1)) return at - 1;
    drop(code, at, at + 1, 'attribute macro');
    at++;
  }
  return at;
}

/** `struct stat info{};`, `struct addrinfo hints{.ai_flags = 0}`: an object and its first value, no type. */
function holdsValues(code: Code, brace: number): boolean {
  const first = kindOf(code, brace + 1);
  const isEmpty = first === BRACE_END && kindOf(code, brace + 2) === SEMICOLON;
  return code.language === 'cpp' && (isEmpty || VALUES.has(first));
}

const DOT = 46;
const VALUES: ReadonlySet<number> = new Set([DOT, NUMBER, STRING, CHAR, BRACE, AMPERSAND]);
