/**
 * Wrappers that choose the lock by what stands in an object: `if (l->spins) spin_lock(&l->s); else lock(&l->m);`.
 *
 * What decided which one was taken decides which one is given back, whatever the object is called there.
 */
import type { Acquisition, LockOutcome, LockSummary } from './lock-facts';
import type { LockState } from './lock-state';
import { areContrary } from './lock-summary';

/** The ways a call can end without those that go with another choice than that by which a lock is held. */
export function byOneChoice(state: LockState, outcomes: readonly LockOutcome[]): readonly LockOutcome[] {
  let left = outcomes;
  for (const { acquisition } of state.held) {
    const { inner } = acquisition;
    if (!inner?.cls || inner.when.length === 0 || left.length < 2) continue;
    const { cls, when } = inner;
    const giving = left.filter(({ releases }) => releases.some((one) => one.cls?.key === cls.key));
    if (giving.length === 0) continue;
    left = left.filter((one) => giving.includes(one) || !areContrary(one.when, when));
  }
  return left;
}

/**
 * The call has left the lock held in an earlier turn of a loop, and may give such a lock back as well as take it, as
 * an iterator does: it knows itself which.
 */
export function isNextTurn(
  { held }: LockState,
  { outcomes }: LockSummary,
  { cls }: Acquisition,
  node: number,
): boolean {
  if (!held.some(({ acquisition }) => acquisition.node === node)) return false;
  return outcomes.some(({ releases }) => releases.some((one) => one.cls && one.cls.key === cls?.key));
}
