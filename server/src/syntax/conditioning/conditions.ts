/** Conditions whose parentheses a macro brings: `if LIKELY (x)` is a condition on `x`. */
import { CLOSE, COMMA, type Code, drop, isName, jump, kindOf, OPEN, textOf } from './code';
import { IDENT } from './tokens';

const KEYWORDS: ReadonlySet<string> = new Set(['if', 'while', 'switch']);

/** Leaves the argument of such a macro, in its parentheses. */
export function conditionConditions(code: Code): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (kindOf(code, index) !== IDENT || !isName(code, index + 1) || kindOf(code, index + 2) !== OPEN)
      continue;
    if (!KEYWORDS.has(textOf(code, index))) continue;
    const close = code.match[index + 2] ?? -1;
    if (close > index + 3 && kindOf(code, close) === CLOSE && !hasComma(code, index + 3, close))
      drop(code, index + 1, index + 2, 'macro around a condition');
  }
}

function hasComma(code: Code, from: number, to: number): boolean {
  for (let at = from; at < to; at = jump(code, at) + 1) if (kindOf(code, at) === COMMA) return true;
  return false;
}
