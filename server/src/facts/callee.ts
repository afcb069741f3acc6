/** What a call calls, where that is more than a name. */
import { type Expr, UNKNOWN } from './expr';
import { dereference } from './pointers';

/** `(object->*member)(…)` as conditioning writes it. */
export function memberPointer(callee: Expr): { named: Expr; on?: Expr } {
  if (callee.k !== 'bin' || (callee.op !== '+' && callee.op !== '-')) return { named: callee };
  return { named: callee.r, on: callee.op === '-' ? dereference(callee.l) : callee.l };
}

/** A lambda that is called here is given what it has captured. */
export function withCaptures(args: Expr[], { params = 0, captures = [] }: Expr & { k: 'lambda' }): Expr[] {
  const own = Array.from({ length: params }, (_, i) => args[i] ?? UNKNOWN);
  return captures.length > 0 ? [...own, ...captures] : args;
}
