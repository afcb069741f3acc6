/** Locks that may be taken in ways the lock domain does not see. */
import type { Expr } from '../facts/expr';
import { namesIn } from '../program/expressions';
import type { Fn, Target } from '../program/program';
import { keyOf, rootOf } from './access-path';
import type { Analysis } from './analysis';
import { reachableFrom } from './cond-tests';
import type { Wait } from './lock-facts';

/** Whether some call on a way to the wait, behind `after` where that is given, might take its lock. */
export function takenUnseen(analysis: Analysis, wait: Wait, after = 0): boolean {
  const { fn, node, place, cls } = wait;
  const root = rootOf(place);
  if (root.k === 'unknown' || cls?.key.startsWith('#')) return true;
  const behind = reachableFrom(fn.facts.nodes, after).add(after);
  return [...(analysis.program.targets[fn.id] ?? [])].some(
    ([at, target]) =>
      behind.has(at) &&
      at !== node &&
      mightTake(analysis, wait, target, at, root) &&
      reachableFrom(fn.facts.nodes, at).has(node),
  );
}

function mightTake(analysis: Analysis, wait: Wait, target: Target, at: number, root: Expr): boolean {
  const { fn, cls } = wait;
  if (target.kind === 'model') return false;
  if (target.kind === 'function') {
    const summary = analysis.locks.summaries[target.fn.id];
    if (!summary) return false;
    const isTaken = summary.acquires.some((one) => (cls ? one.cls?.key === cls.key : true));
    const isBalanced = cls !== undefined && givesBack(analysis, target.fn, cls.key);
    return summary.unknown === true || (isTaken && !isBalanced && target.fn !== wait.inner?.fn);
  }
  const call = fn.facts.nodes[at];
  if (call?.op !== 'call') return false;
  let isGiven = false;
  for (const e of [call.callee, ...call.args])
    namesIn(e, (part) => {
      isGiven ||= keyOf(part) === keyOf(root);
    });
  return isGiven;
}

function givesBack({ locks }: Analysis, fn: Fn, key: string): boolean {
  return locks.events[fn.id]?.givesBack.has(key) ?? false;
}
