/** Counters: behind `n++`, the value of `n - 1` is what `n` was, which `if (n++ == 0)` asks for. */
import type { Expr } from '../../facts/expr';
import { isPath, keyOf } from './access-path';
import { type Environment, lookup, saysValue, valueIn } from './entries';
import type { Value } from './value';

/** `to` is one step on from what it was. */
interface Step {
  /** What has the old value now. */
  back: Expr;
  /** What `to` was. */
  old: Value;
}

/** The step that `place = from` makes, where anything is known of the old value. */
export function stepOf(place: Expr, from: Expr, env: Environment): Step | undefined {
  if (from.k !== 'bin' || from.r.k !== 'num' || env.length === 0) return undefined;
  const op = from.op === '+' ? '-' : from.op === '-' ? '+' : undefined;
  if (op === undefined || !isPath(from.l)) return undefined;
  const key = keyOf(place);
  if (keyOf(from.l) !== key) return undefined;
  const entry = lookup(key, env);
  if (!entry || !saysValue(entry)) return undefined;
  return { back: { k: 'bin', op, l: from.l, r: from.r }, old: valueIn(entry) };
}

/** What follows for the counter where its old value is found to be a number: `n - 1` is 0 where `n` is 1. */
export function counterIn(e: Expr, { eq }: Value): { of: Expr; eq: number } | undefined {
  if (e.k !== 'bin' || e.r.k !== 'num' || typeof eq !== 'number' || !isPath(e.l)) return undefined;
  if (e.op === '-') return { of: e.l, eq: eq + e.r.v };
  return e.op === '+' ? { of: e.l, eq: eq - e.r.v } : undefined;
}

/** One less than a positive number is positive where it is not zero. */
export function isLeft(key: string, { ne }: Value, env: Environment): boolean {
  return ne?.includes(0) === true && lookup(`(${key}+1)`, env)?.sign === 1;
}
