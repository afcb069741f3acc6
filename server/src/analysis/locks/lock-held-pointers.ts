/** Pointers of held locks: `if (g.lock) take(g.lock); work(); if (g.lock) give(g.lock);`. */
import type { NameInfo } from '../paths/environment';
import type { Outcome } from '../paths/explore';
import type { LockState } from './lock-state';

/** The pointers behind which locks are held: nobody takes away what is held, whatever else a call may write. */
export function stillThere(
  names: NameInfo,
  before: LockState,
  { held }: LockState,
  index: number,
): NonNullable<Outcome<never>['assumes']> {
  if (held.length === 0 || names.callWrites(index).size === 0) return [];
  return before.held.flatMap(({ id, names: own }) => {
    if (!held.some((one) => one.id === id)) return [];
    return own.flatMap(({ place }) =>
      place.k === 'deref' && place.of.k === 'field' ? [{ of: place.of, value: { ne: [0] } }] : [],
    );
  });
}
