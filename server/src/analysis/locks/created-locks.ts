/**
 * Locks that a function makes for its callers: `*mutex = m;` or `return m;` behind `pthread_mutex_init(m, &attr)`. The
 * local pointer means nothing to a caller; what it was stored to, or the result, does.
 */
import type { Expr } from '../../facts/expr';
import type { Fn } from '../../program/program';
import { mapRoot, rootOf, withoutCasts } from '../paths/access-path';

/** What the call returns, as the root of a place in it. */
export const RESULT: Expr = { k: 'name', n: '{result}' };

/** The other places by which callers know one that a local variable leads to. */
export function knownToCallers({ facts }: Fn, place: Expr): readonly Expr[] {
  const root = rootOf(place);
  if (root.k !== 'var' || root.v < facts.params || facts.variables[root.v]?.storage) return [];
  const isIt = (e: Expr | undefined): boolean => {
    const plain = e && withoutCasts(e);
    return plain?.k === 'var' && plain.v === root.v;
  };
  return facts.nodes.flatMap((node): Expr[] => {
    if (node.op === 'return') return isIt(node.value) ? [mapRoot(place, () => RESULT)] : [];
    if (node.op !== 'assign' || !isIt(node.from)) return [];
    const to = rootOf(node.to);
    const isGiven = node.to.k === 'deref' && to.k === 'var' && to.v < facts.params;
    return isGiven ? [mapRoot(place, () => node.to)] : [];
  });
}

/** A place in what a call returns, by the name that its caller gives that. */
export function inResultOf({ facts }: Fn, node: number, place: Expr): Expr | undefined {
  const root = rootOf(place);
  if (root.k !== 'name' || root.n !== '{result}') return undefined;
  const taking = facts.nodes.find((one) => {
    const from = one.op === 'assign' ? withoutCasts(one.from) : undefined;
    return from?.k === 'result' && from.n === node;
  });
  return taking?.op === 'assign' ? mapRoot(place, () => taking.to) : undefined;
}
