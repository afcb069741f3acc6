/**
 * Wrappers that choose the lock by what stands in an object: `if (l->spins) spin_lock(&l->s); else lock(&l->m);`.
 *
 * What decided which one was taken decides which one is given back, whatever the object is called there.
 */
import type { LockOutcome } from './lock-facts';
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
