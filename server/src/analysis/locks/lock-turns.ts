/** Locks that one loop takes and another gives back: the two have as many turns, which paths do not tell. */
import type { FunctionFacts, LoopFacts } from '../../facts/facts';
import type { Acquisition } from './lock-facts';

/**
 * Whether a lock that is taken in one loop is given back at a node in another. Only many objects' locks, or one that can
 * be taken many times, are taken in turns.
 */
export function isGivenBackInTurns({ loops }: FunctionFacts, taken: Acquisition, by: number): boolean {
  if (taken.cls?.single && !isTakenManyTimes(taken)) return false;
  const { node } = taken;
  return loops.some((loop) => isIn(loop, node) && !isIn(loop, by)) && loopsAt(loops, by, node).length > 0;
}

/** Whether a node comes behind a loop that gives such a lock back. */
export function isBehindTurns(facts: FunctionFacts, taken: Acquisition, by: number, at: number): boolean {
  return (
    isGivenBackInTurns(facts, taken, by) && loopsAt(facts.loops, by, taken.node).some(({ last }) => at > last)
  );
}

/** The loops around a node that are not around the other. */
function loopsAt(loops: readonly LoopFacts[], node: number, other: number): LoopFacts[] {
  return loops.filter((loop) => isIn(loop, node) && !isIn(loop, other));
}

function isIn({ first, last }: LoopFacts, node: number): boolean {
  return first <= node && node <= last;
}

function isTakenManyTimes({ mode, kind }: Acquisition): boolean {
  return mode === 'shared' || (kind !== 'normal' && kind !== 'checked');
}
