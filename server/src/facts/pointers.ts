/** What `&` and `*` make of expressions. */
import type { Expr } from './expr';

export function dereference(e: Expr): Expr {
  if (e.k === 'addr') return e.of;
  // `*(p + i)` is `p[i]`.
  return e.k === 'bin' && e.op === '+' ? { k: 'index', of: e.l, i: e.r } : { k: 'deref', of: e };
}

export function addressOf(e: Expr): Expr {
  return e.k === 'deref' ? e.of : { k: 'addr', of: e };
}
