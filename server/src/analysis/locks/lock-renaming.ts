/** What assignments and calls do to the paths that mean a lock. */
import type { Expr } from '../../facts/expr';
import { dependencies, keyOf } from '../paths/access-path';
import { written } from '../paths/assignments';
import type { LockEvent } from './lock-facts';
import { type LockState, MAX_NAMES, type Name } from './lock-state';

/** After `to = from`: locks lose the names that meant what `to` was, and gain those that it has now. */
export function renamed(state: LockState, to: Expr, from: Expr | undefined): LockState {
  if (!hasMemory(state)) return state;
  const changed = written(to);
  if (changed.length === 0) return state;
  const source = from && plain(from);
  const gain = (names: readonly Name[]): Name[] => {
    if (to.k !== 'var' || !source) return [];
    const key = keyOf(source);
    return names.flatMap(({ place }) => {
      const moved = withPart(place, key, to);
      return moved ? [{ key: keyOf(moved), place: moved }] : [];
    });
  };
  // A reference that is bound once more names another object altogether.
  const rebound = to.k === 'var' && from?.k === 'addr' ? keyOf(to) : undefined;
  return stale(state, new Set(changed), gain, { rebound });
}

/** After a call that may have changed these. */
export function overwritten(
  state: LockState,
  changed: ReadonlySet<string>,
  isHidden: (v: number) => boolean,
): LockState {
  if (changed.size === 0 || !hasMemory(state)) return state;
  return stale(state, changed, () => [], { isHidden });
}

function plain(e: Expr): Expr {
  return e.k === 'cast' ? plain(e.e) : e;
}

/** The place with the part of this key replaced; undefined where it has none. */
export function withPart(e: Expr, key: string, by: Expr): Expr | undefined {
  if (e.k === 'cast') {
    const inner = withPart(e.e, key, by);
    return inner && { ...e, e: inner };
  }
  if (keyOf(e) === key) return by;
  if (e.k !== 'field' && e.k !== 'deref' && e.k !== 'addr' && e.k !== 'index') return undefined;
  const of = withPart(e.of, key, by);
  return of && { ...e, of };
}

function hasMemory(state: LockState): boolean {
  return state.held.length > 0 || state.released.length > 0 || state.over.size > 0 || state.failed.size > 0;
}

const STALE = '~';

/** A reference that is bound once more, and what is in the object that it meant. */
function isPartOf(e: Expr, rebound: string | undefined): boolean {
  if (rebound === undefined) return false;
  return keyOf(e) === rebound || (e.k === 'field' && isPartOf(e.of, rebound));
}

function stale(
  state: LockState,
  changed: ReadonlySet<string>,
  gain: (names: readonly Name[]) => readonly Name[],
  { rebound, isHidden }: { rebound?: string | undefined; isHidden?: (v: number) => boolean },
): LockState {
  const isChanged = (e: Expr): boolean =>
    isPartOf(e, rebound) || [...dependencies(e, new Set(), false, isHidden)].some((dep) => changed.has(dep));
  let touched = false;
  const held = state.held.map((one) => {
    const kept = one.names.filter(({ place }) => !isChanged(place));
    const gained = gain(one.names).filter(({ key }) => !kept.some((name) => name.key === key));
    if (kept.length === one.names.length && gained.length === 0) return one;
    touched = true;
    return { ...one, names: [...kept, ...gained].slice(0, MAX_NAMES) };
  });
  const released = state.released.map((one) => {
    if (one.key.startsWith(STALE) || !isChanged(one.place)) return one;
    touched = true;
    return { ...one, key: `${STALE}${one.key}@${one.node}` };
  });
  const kept = <T extends LockEvent>(events: ReadonlyMap<string, T>): ReadonlyMap<string, T> => {
    const left = [...events].filter(([, event]) => !isChanged(event.place));
    return left.length === events.size ? events : new Map(left);
  };
  const over = kept(state.over);
  const failed = kept(state.failed);
  if (!touched && over === state.over && failed === state.failed) return state;
  return { ...state, held, released, over, failed };
}
