/** Calls that end without the lock that they take where they succeed. */
import { keyOf } from '../paths/access-path';
import { areDisjoint } from '../paths/value';
import type { Acquisition, LockOutcome } from './lock-facts';

/** What a call has not taken that ends in this way, as its result tells: other results go with the lock. */
export function notTaken(outcome: LockOutcome, outcomes: readonly LockOutcome[]): readonly Acquisition[] {
  const { result, refused, holds, releases, unsure } = outcome;
  if (!result || refused) return [];
  const touched = new Set([...holds, ...releases, ...unsure].map(({ place }) => keyOf(place)));
  const missing = new Map<string, Acquisition>();
  for (const other of outcomes) {
    if (!other.result || !areDisjoint(result, other.result)) continue;
    for (const held of other.holds) {
      const key = keyOf(held.place);
      if (!touched.has(key)) missing.set(key, held);
    }
  }
  return [...missing.values()];
}
