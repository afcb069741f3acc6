/** Operands of library models as expressions at a call. */
import type { Expr } from '../facts/expr';
import { dereference } from './access-path';

/** `"0"`, `"*0"`, `"*0#detachstate"` at these arguments; undefined where the argument is missing. */
export function operandOf(operand: string, args: readonly Expr[]): Expr | undefined {
  const [path = '', property] = operand.split('#');
  const pointed = path.startsWith('*');
  const arg = args[Number(pointed ? path.slice(1) : path)];
  if (!arg) return undefined;
  const place = pointed ? dereference(arg) : arg;
  return property ? { k: 'field', of: place, f: `#${property}` } : place;
}

/** What a model's `stores` and constants write: an operand, or a constant by name. */
export function storedValue(value: string, args: readonly Expr[]): Expr {
  return operandOf(/^\*?\d/.test(value) ? value : '', args) ?? { k: 'name', n: value };
}
