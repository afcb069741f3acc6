/** Locks that may be taken in ways the lock domain does not see. */
import type { Expr } from '../../facts/expr';
import { namesIn } from '../../program/expressions';
import type { Fn, Target } from '../../program/program';
import type { Analysis } from '../analysis';
import type { Wait } from '../locks/lock-facts';
import { keyOf, rootOf } from '../paths/access-path';
import { reachableFrom } from '../paths/control-dependence';

/** A lock behind a stored pointer may go by other names, by one of which it is held. */
export function mayHaveOtherName(place: Expr): boolean {
  if (place.k === 'field' || place.k === 'index') return mayHaveOtherName(place.of);
  if (place.k === 'cast') return mayHaveOtherName(place.e);
  if (place.k !== 'deref') return place.k !== 'var' && place.k !== 'name' && place.k !== 'this';
  const pointer = place.of.k === 'cast' ? place.of.e : place.of;
  return pointer.k !== 'var' && pointer.k !== 'this';
}

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
  const { cls } = wait;
  if (target.kind === 'model') return false;
  if (target.kind === 'function') {
    const summary = analysis.locks.summaries[target.fn.id];
    // A macro that is given a lock and does nothing with it was not understood.
    if (!summary) return target.fn.facts.kind === 'macro' && isGivenLock(wait, at, root);
    const isTaken = summary.acquires.some((one) => (cls ? one.cls?.key === cls.key : true));
    const isBalanced = cls !== undefined && givesBack(analysis, target.fn, cls.key);
    return summary.unknown === true || (isTaken && !isBalanced && target.fn !== wait.inner?.fn);
  }
  return isGivenLock(wait, at, root);
}

/** A call gets the lock, or something that may lead to it. */
function isGivenLock(wait: Wait, at: number, root: Expr): boolean {
  const { fn } = wait;
  const call = fn.facts.nodes[at];
  if (call?.op !== 'call') return false;
  const related = relatives(fn, root);
  // A member may be written by its bare name.
  const members = root.k === 'this' ? membersOf(wait.place) : [];
  let isGiven = false;
  for (const e of [call.callee, ...call.args])
    namesIn(e, (part) => {
      isGiven ||= related.has(keyOf(part)) || (part.k === 'name' && members.includes(part.n));
    });
  return isGiven;
}

function membersOf(place: Expr): string[] {
  if (place.k === 'field') return [place.f, ...membersOf(place.of)];
  return place.k === 'deref' || place.k === 'index' || place.k === 'addr' ? membersOf(place.of) : [];
}

/** Names that may lead to the same object: those of which one is made of the other. */
function relatives(fn: Fn, root: Expr): Set<string> {
  const found = new Set([keyOf(root)]);
  const isLeaf = ({ k }: Expr): boolean => k === 'var' || k === 'name';
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign') continue;
      const parts: string[] = [];
      for (const e of [node.to, node.from])
        namesIn(e, (part) => {
          if (isLeaf(part)) parts.push(keyOf(part));
        });
      if (parts.some((part) => found.has(part))) for (const part of parts) found.add(part);
    }
  }
  return found;
}

function givesBack({ locks }: Analysis, fn: Fn, key: string): boolean {
  return locks.events[fn.id]?.givesBack.has(key) ?? false;
}
