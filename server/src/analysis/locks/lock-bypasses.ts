/** Ways that go round where a function takes a lock and come to where it gives it back. */
import type { FunctionFacts } from '../../facts/facts';

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
