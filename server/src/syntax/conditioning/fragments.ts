/**
 * Conditioning of macros that stand for a piece of an expression: `a IF_DEBUG(|| b)`, `IF_UNIX(A |) B`.
 *
 * The piece goes with its operator, so that what is left is the shorter expression.
 */
import {
  AMPERSAND,
  BRACE,
  CLOSE,
  COMMA,
  type Code,
  drop,
  isLoud,
  isName,
  kindOf,
  OPEN,
  SQUARE,
  SQUARE_END,
  textOf,
} from './code';
import { CHAR, IDENT, NUMBER, STRING } from './tokens';

const REASON = 'macro for a piece of an expression';
const PLUS = 43;
const MINUS = 45;
const BAR = 124;

/** Drops macros that stand for a piece of an expression. */
export function conditionFragments(code: Code): void {
  for (let index = 1; index < code.tokens.count; index++) {
    if (kindOf(code, index + 1) !== OPEN || !isName(code, index)) continue;
    const close = code.match[index + 1] ?? -1;
    if (close > index + 2 && isFragment(code, index, close)) {
      drop(code, index, close + 1, REASON);
      index = close;
    }
  }
}

function isFragment(code: Code, index: number, close: number): boolean {
  const after = kindOf(code, close + 1);
  if (endsOperand(code, index - 1)) {
    const first = kindOf(code, index + 2);
    if (isDouble(code, index + 2, BAR) || isDouble(code, index + 2, AMPERSAND)) return after !== BRACE;
    if (kindOf(code, index - 1) === NUMBER) return true;
    if ((first === MINUS || first === PLUS) && isName(code, index - 1) && isLoud(code, index)) return true;
    if (first === BAR || (first === SQUARE && isLoud(code, index))) return true;
    return isTail(code, index, close);
  }
  const last = kindOf(code, close - 1);
  if (last !== BAR && !(last === AMPERSAND && kindOf(code, close - 2) === AMPERSAND)) return false;
  if (last === AMPERSAND && code.language === 'cpp' && !isLoud(code, index)) return false;
  return after === IDENT || after === NUMBER || after === OPEN || after === 33;
}

/** `f(sizeof(x) MACRO(y))`: between an argument and the end of it. */
function isTail(code: Code, index: number, close: number): boolean {
  const after = kindOf(code, close + 1);
  if ((after !== CLOSE && after !== COMMA) || !isLoud(code, index) || kindOf(code, index - 1) !== CLOSE)
    return false;
  const open = code.match[index - 1] ?? 0;
  const outer = code.up[index] ?? -1;
  return textOf(code, open - 1) === 'sizeof' && kindOf(code, outer) === OPEN;
}

/** True for a token that an operand can end with. */
function endsOperand(code: Code, index: number): boolean {
  const kind = kindOf(code, index);
  return (
    kind === NUMBER ||
    kind === CHAR ||
    kind === STRING ||
    kind === CLOSE ||
    kind === SQUARE_END ||
    isName(code, index)
  );
}

function isDouble(code: Code, index: number, kind: number): boolean {
  return kindOf(code, index) === kind && kindOf(code, index + 1) === kind;
}
