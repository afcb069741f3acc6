/**
 * Conditioning of what C++ allows and its grammar does not read: pointers to members, explicit instantiations,
 * allocation of arrays of pointers, defaults of unnamed parameters.
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
  isLoud,
  isName,
  jump,
  kindOf,
  LESS,
  OPEN,
  SEMICOLON,
  SQUARE,
  SQUARE_END,
  STAR,
  startsLine,
  TILDE,
  textOf,
  wordOf,
} from './code';
import { memberPointer } from './member-pointers';
import { skipAngles } from './outline';
import { macrosEnd } from './shapes';
import { ARROW, DOTS, IDENT, SCOPE } from './tokens';
import { OTHER, QUALIFIER, SIZED, STORAGE, TAG } from './words';

const DOT = 46;

/** Takes away or rewrites what the grammar of C++ does not read. */
export function conditionCpp(code: Code): void {
  for (let index = 0; index < code.tokens.count; index++) {
    switch (kindOf(code, index)) {
      case IDENT:
        if (wordOf(code, index) === OTHER) word(code, index);
        else if (wordOf(code, index) === SIZED && kindOf(code, index + 1) === BRACE) sizedValue(code, index);
        else if (isName(code, index) && kindOf(code, index - 1) === CLOSE) lambdaAttribute(code, index);
        else if (isName(code, index)) {
          memberMacro(code, index);
          if (kindOf(code, index + 1) === OPEN) typeMacro(code, index);
        }
        break;
      case TILDE:
        destructorCall(code, index);
        break;
      case STAR:
        memberPointer(code, index);
        break;
      case EQUALS:
        parameterDefault(code, index);
        break;
      case OPEN:
        calledOperator(code, index);
        assignmentInList(code, index);
        break;
    }
  }
}

function word(code: Code, index: number): void {
  switch (textOf(code, index)) {
    case 'template':
      instantiation(code, index);
      break;
    case 'new':
      if (textOf(code, index - 1) !== 'operator') allocation(code, index);
      break;
    case 'decltype':
      if (textOf(code, index + 2) === 'auto' && kindOf(code, index + 3) === CLOSE) {
        drop(code, index, index + 2, 'deduced type');
        drop(code, index + 3, index + 4, 'deduced type');
      } else deducedValue(code, index);
      break;
    case 'using':
      packExpansion(code, index);
      break;
    case 'operator':
      operatorCall(code, index);
      break;
    case 'typename':
      if (textOf(code, index - 1) === 'using') drop(code, index, index + 1, 'word without meaning here');
      else if (!dependentValue(code, index)) defaultType(code, index);
      break;
  }
}

/** `= decltype(x)(y)`: the value of a type that is not spelled out. */
function deducedValue(code: Code, index: number): void {
  const before = kindOf(code, index - 1);
  const value =
    before === EQUALS || before === OPEN || before === COMMA || textOf(code, index - 1) === 'return';
  const close = code.match[index + 1] ?? -1;
  if (value && close >= 0 && kindOf(code, close + 1) === OPEN) drop(code, index, close + 1, 'deduced type');
}

/** `template class name<type>;` */
function instantiation(code: Code, index: number): void {
  if (kindOf(code, index + 1) === LESS || wordOf(code, index + 1) !== TAG) return;
  let end = index + 2;
  while (end < code.tokens.count && end < index + 200) {
    const kind = kindOf(code, end);
    if (kind === SEMICOLON) break;
    if (kind === BRACE) return;
    end++;
  }
  if (kindOf(code, end) !== SEMICOLON) return;
  const from =
    wordOf(code, index - 1) === STORAGE && textOf(code, index - 1) === 'extern' ? index - 1 : index;
  drop(code, from, end, 'explicit instantiation');
}

/** `new type *[n]` and `new (type)`. */
function allocation(code: Code, index: number): void {
  let at = index + 1;
  if (kindOf(code, at) === OPEN) {
    const close = code.match[at] ?? -1;
    if (close < 0) return;
    const after = kindOf(code, close + 1);
    if (after === SEMICOLON || after === CLOSE || after === COMMA) {
      drop(code, at, at + 1, 'parentheses of a type');
      drop(code, close, close + 1, 'parentheses of a type');
      return;
    }
    at = close + 1;
  }
  for (let guard = 0; guard < 30; guard++) {
    const kind = kindOf(code, at);
    if (kind === IDENT || kind === SCOPE) at++;
    else if (kind === LESS) {
      const close = skipAngles(code, at, Math.min(code.tokens.count, at + 200));
      if (kindOf(code, close) !== GREATER) return;
      at = close + 1;
    } else break;
  }
  let end = at;
  while (kindOf(code, end) === STAR || (kindOf(code, end) === IDENT && wordOf(code, end) === QUALIFIER))
    end++;
  const after = kindOf(code, end);
  if (
    end > at &&
    (after === SQUARE ||
      after === OPEN ||
      after === BRACE ||
      after === SEMICOLON ||
      after === CLOSE ||
      after === COMMA)
  ) {
    drop(code, at, end, 'pointer in an allocation');
  }
}

/** `typename a::b(c)`, `typename a::b{}`: a value, which the grammar reads without the word. */
function dependentValue(code: Code, index: number): boolean {
  const before = kindOf(code, index - 1);
  if (before === LESS || before === GREATER || before === SEMICOLON || before === BRACE) return false;
  let at = index + 1;
  for (let guard = 0; guard < 30; guard++) {
    const kind = kindOf(code, at);
    if (kind === IDENT || kind === SCOPE) at++;
    else if (kind === LESS) at = skipAngles(code, at, Math.min(code.tokens.count, at + 200)) + 1;
    else break;
  }
  const after = kindOf(code, at);
  const made = after === BRACE || (after === OPEN && kindOf(code, at + 1) !== STAR);
  if (!made || kindOf(code, at - 2) !== SCOPE || (before === IDENT && textOf(code, index - 1) !== 'return'))
    return false;
  drop(code, index, index + 1, 'word without meaning here');
  return true;
}

/** `typename name = type *` as a template's parameter. */
function defaultType(code: Code, index: number): void {
  if (!isName(code, index + 1) || kindOf(code, index + 2) !== EQUALS) return;
  let at = index + 3;
  while (kindOf(code, at) === IDENT || kindOf(code, at) === SCOPE) at++;
  let end = at;
  while (kindOf(code, end) === STAR) end++;
  const after = kindOf(code, end);
  if (end > at && (after === GREATER || after === COMMA)) drop(code, at, end, 'pointer in a default');
}

/** `type * = nullptr` and `name = {}` in a parameter list. */
function parameterDefault(code: Code, index: number): void {
  const open = code.up[index] ?? -1;
  if (kindOf(code, open) !== OPEN) return;
  const before = kindOf(code, index - 1);
  if (kindOf(code, index + 1) === BRACE) {
    const close = code.match[index + 1] ?? -1;
    const after = kindOf(code, close + 1);
    if (close >= 0 && (after === COMMA || after === CLOSE))
      drop(code, index, close + 1, 'default of a parameter');
    return;
  }
  const touching = code.tokens.end[index - 1] === code.tokens.start[index];
  const unnamed =
    ((before === STAR || before === AMPERSAND) && !touching) ||
    (before === IDENT && wordOf(code, index - 1) === QUALIFIER);
  if (!unnamed) return;
  let end = index + 1;
  while (
    end < code.tokens.count &&
    !(code.up[end] === open && (kindOf(code, end) === COMMA || end === code.match[open]))
  ) {
    if (kindOf(code, end) === CLOSE && code.match[open] === end) break;
    end++;
    if (end > index + 40) return;
  }
  drop(code, index, end, 'default of a parameter');
}

/** `(operator new)(n)` */
function calledOperator(code: Code, index: number): void {
  if (textOf(code, index + 1) !== 'operator') return;
  const close = code.match[index] ?? -1;
  if (close < 0 || close > index + 6 || kindOf(code, close + 1) !== OPEN) return;
  const end = code.match[close + 1] ?? -1;
  if (textOf(code, index + 2) !== 'new' || end < 0) {
    drop(code, index, index + 2, 'called operator');
    drop(code, close, close + 1, 'called operator');
    return;
  }
  let name = close + 2;
  while (name < end && !isName(code, name)) name++;
  if (name >= end) return;
  drop(code, index, index + 2, 'called operator');
  drop(code, index + 3, name, 'called operator');
  drop(code, name + 1, end + 1, 'called operator');
}

/** `const MACRO(x) *`, `<MACRO(x) *>`, `(MACRO(x) name`: the grammar knows no macro for a type. */
function typeMacro(code: Code, index: number): void {
  const close = code.match[index + 1] ?? -1;
  if (close < 0 || close > index + 12) return;
  let after = close + 1;
  const before = kindOf(code, index - 1);
  const qualified =
    before === IDENT && wordOf(code, index - 1) === QUALIFIER && textOf(code, index - 1) === 'const';
  const argument = before === OPEN || before === COMMA || before === LESS;
  const stars = after;
  while (kindOf(code, after) === STAR || kindOf(code, after) === AMPERSAND) after++;
  const behind = kindOf(code, after);
  const named = isName(code, after) && !startsLine(code, after);
  const fits =
    (qualified && (named || behind === GREATER || after > stars)) ||
    (argument && before === LESS && after > stars && behind === GREATER) ||
    (argument && before !== LESS && after === stars && named && kindOf(code, after + 1) !== OPEN);
  if (fits) drop(code, index + 1, close + 1, 'arguments of a type macro');
}

/**
 * Macros between the members of a class: `signals:`, the second word of `public slots:`, `Q_OBJECT` and
 * `Q_PROPERTY(int a READ b)` on lines of their own. Between statements the first would be a label.
 */
function memberMacro(code: Code, index: number): void {
  const next = index + 1;
  if (kindOf(code, next) === COLON && ACCESS.has(textOf(code, index - 1))) {
    drop(code, index, next, 'access specifier');
    return;
  }
  if (!startsLine(code, index) || !isInClass(code, index)) return;
  if (kindOf(code, next) === COLON) {
    if (isLoud(code, index) || startsLine(code, next + 1)) drop(code, index, next + 1, 'access specifier');
    return;
  }
  if (!isLoud(code, index)) return;
  if (startsLine(code, next)) drop(code, index, next, 'macro between members');
  else if (kindOf(code, next) === OPEN && startsLine(code, jump(code, next) + 1))
    drop(code, index, jump(code, next) + 1, 'macro between members');
}

const ACCESS = new Set(['public', 'protected', 'private']);
/** The head of a class is not longer. */
const HEAD_REACH = 60;

function isInClass(code: Code, index: number): boolean {
  const before = kindOf(code, index - 1);
  if (
    before !== SEMICOLON &&
    before !== BRACE &&
    before !== BRACE_END &&
    before !== COLON &&
    before !== CLOSE
  )
    return false;
  const brace = code.up[index] ?? -1;
  if (kindOf(code, brace) !== BRACE) return false;
  for (let at = brace - 1; at >= 0 && at > brace - HEAD_REACH; at--) {
    const kind = kindOf(code, at);
    if (kind === SEMICOLON || kind === BRACE || kind === BRACE_END || kind === CLOSE) return false;
    if (kind === IDENT && wordOf(code, at) === TAG)
      return textOf(code, at) !== 'enum' && textOf(code, at - 1) !== 'enum';
  }
  return false;
}

/** `p->~name<type>()` */
function destructorCall(code: Code, index: number): void {
  const before = kindOf(code, index - 1);
  if ((before !== ARROW && before !== DOT) || kindOf(code, index + 2) !== LESS) return;
  const close = skipAngles(code, index + 2, Math.min(code.tokens.count, index + 100));
  if (kindOf(code, close) === GREATER) drop(code, index + 2, close + 1, 'arguments of a template');
}

/** `using types::name...;` */
function packExpansion(code: Code, index: number): void {
  for (let at = index + 1; at < index + 20 && at < code.tokens.count; at++) {
    if (kindOf(code, at) === SEMICOLON) return;
    if (kindOf(code, at) === DOTS) drop(code, at, at + 1, 'expansion of a pack');
  }
}

/** `unsigned{1}` keeps its value. */
function sizedValue(code: Code, index: number): void {
  const close = code.match[index + 1] ?? -1;
  if (close <= index + 2) return;
  drop(code, index, index + 2, 'type of a value');
  drop(code, close, close + 1, 'type of a value');
}

/** `[](int x) MACRO MACRO(m) {` */
function lambdaAttribute(code: Code, index: number): void {
  const open = code.match[index - 1] ?? 0;
  if (kindOf(code, open - 1) !== SQUARE_END) return;
  const end = kindOf(code, index + 1) === BRACE ? index : macrosEnd(code, index - 1);
  if (end >= index && kindOf(code, end + 1) === BRACE) drop(code, index, end + 1, 'attribute macro');
}

/** `operator new(n)` as a call keeps what the grammar can read as an allocation. */
function operatorCall(code: Code, index: number): void {
  const what = textOf(code, index + 1);
  if (what !== 'new' && what !== 'delete') return;
  const before = kindOf(code, index - 1);
  const value =
    before === EQUALS ||
    before === COLON ||
    before === OPEN ||
    before === COMMA ||
    before === 63 ||
    (before === IDENT && textOf(code, index - 1) === 'return');
  const open = kindOf(code, index + 2) === SQUARE ? index + 4 : index + 2;
  const close = kindOf(code, open) === OPEN ? (code.match[open] ?? -1) : -1;
  if (!value || close < 0) return;
  drop(code, index, index + 1, 'called operator');
  if (what === 'delete') return;
  let name = open + 1;
  while (name < close && !isName(code, name)) name++;
  if (name >= close) return;
  drop(code, open, name, 'called operator');
  drop(code, name + 1, close + 1, 'called operator');
}

/** `(name = value, name)`: the grammar reads no assignment before a comma in parentheses. */
function assignmentInList(code: Code, index: number): void {
  if (!isName(code, index + 1) || kindOf(code, index + 2) !== EQUALS || kindOf(code, index + 3) === EQUALS)
    return;
  const before = kindOf(code, index - 1);
  if (before === IDENT || before === GREATER || before === CLOSE || before === SQUARE_END) return;
  const close = code.match[index] ?? -1;
  for (let at = index + 3; at < close; at = jump(code, at) + 1) {
    if (kindOf(code, at) !== COMMA) continue;
    drop(code, index + 1, index + 3, 'assignment before a comma');
    return;
  }
}
