/** Locks that their holder takes again. */
import type { Analysis } from '../analysis/analysis';
import type { Relock } from '../analysis/locks/lock-facts';

/** Those of all functions. What a macro does is said where it is used. */
export function relocksOf(analysis: Analysis, isWanted: (relock: Relock) => boolean): Relock[] {
  return analysis.program.fns.flatMap((fn) => {
    if (fn.facts.kind === 'macro') return [];
    return (analysis.locks.events[fn.id]?.relocks ?? []).filter(isWanted);
  });
}
