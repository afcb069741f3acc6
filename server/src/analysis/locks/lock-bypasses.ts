/** Ways that go round where a function takes a lock and come to where it gives it back. */
import type { Expr } from '../../facts/expr';
import type { FunctionFacts } from '../../facts/facts';
import { keyOf, mapLeaves } from '../paths/access-path';
import { guardsOf } from '../paths/control-dependence';
import type { NameInfo } from '../paths/environment';

/**
 * Whether a test in front of `taken` leads to `given` without any further test: `goto out` before the lock is taken.
 * A release under a test of its own may ask what the first test has asked, and a loop may end with the lock.
 */
export function isGoneRound({ nodes, loops }: FunctionFacts, taken: number, given: number): boolean {
  // A call that takes it in one turn of a loop and gives it back in another knows itself which.
  if (taken === given) return false;
  const before: number[][] = nodes.map(() => []);
  nodes.forEach(({ next }, index) => {
    for (const to of next) before[to]?.push(index);
  });
  const isTest = (index: number): boolean => {
    const node = nodes[index];
    return node?.op === 'branch' || node?.op === 'switch';
  };
  const isInLoopWith = (index: number): boolean =>
    loops.some(({ first, last }) => first <= index && index <= last && first <= taken && taken <= last);
  const seen = new Set<number>([given]);
  const queue = [given];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const from of before[at] ?? []) {
      if (from === taken || from > at || seen.has(from)) continue;
      seen.add(from);
      if (!isTest(from)) queue.push(from);
      else if (from < taken && !isInLoopWith(from)) return true;
    }
  }
  return false;
}

/**
 * One place in a loop that takes a lock, or gives it back, in two turns one behind the other, although the condition
 * under which it does decides the other half as well: `if (locked) unlock(m); wait(); if (locked) lock(m);`. What a
 * call in between writes to a member of that name is another object's.
 */
export function isDecidedAlike(
  { nodes, loops }: FunctionFacts,
  { callValue }: NameInfo,
  node: number,
  other: number | undefined,
): boolean {
  if (node !== other) return false;
  const around = loops.find(({ first, last }) => first <= node && node <= last);
  if (!around) return false;
  const keyAt = (cond: Expr): string =>
    keyOf(mapLeaves(cond, (e) => (e.k === 'result' && callValue(e.n)) || e));
  return guardsOf(nodes, node).some((guard) => {
    const key = keyAt(guard.cond);
    return nodes.some(
      (one, at) =>
        one.op === 'branch' &&
        at !== guard.node &&
        around.first <= at &&
        at <= around.last &&
        keyAt(one.cond) === key,
    );
  });
}
