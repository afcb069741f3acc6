/** Two indices that are kept in one object, and what is stored there: `forks[seat->left]`, `forks[seat->right]`. */
import type { Expr } from '../../facts/expr';
import { memberKey } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { keyOf } from '../paths/access-path';

/** What one function stores in both. */
export interface StoredPair {
  fn: Fn;
  first: Expr;
  second: Expr;
}

/** Two members of one object. */
export function areOfOneObject(a: Expr, b: Expr): boolean {
  return a.k === 'field' && b.k === 'field' && a.f !== b.f && keyOf(a.of) === keyOf(b.of);
}

/**
 * By function that fills such objects. Undefined where one of them stores a second value in a member: it chooses, as
 * for the last one in a ring.
 */
export function pairsStored(program: Program, fn: Fn, a: Expr, b: Expr): StoredPair[] | undefined {
  const keys = [memberKey(program, fn, a), memberKey(program, fn, b)];
  const names = [a, b].map((e) => (e.k === 'field' ? e.f : undefined));
  const found: StoredPair[] = [];
  for (const other of program.fns) {
    const values: [Expr[], Expr[]] = [[], []];
    for (const node of other.facts.nodes) {
      if (node.op !== 'assign' || node.to.k !== 'field') continue;
      const at = names.indexOf(node.to.f);
      if (at >= 0 && memberKey(program, other, node.to) === keys[at])
        values[at === 0 ? 0 : 1].push(node.from);
    }
    const [[first, ...more], [second, ...others]] = values;
    if (more.length + others.length > 0) return undefined;
    if (first && second) found.push({ fn: other, first, second });
  }
  return found;
}
