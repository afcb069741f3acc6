/** What is known of locks where two paths meet. */
import type { Held, LockState } from './lock-state';

/** Locks keep the names that they have on both paths. */
function joinHeld(a: readonly Held[], b: readonly Held[]): readonly Held[] {
  let changed = false;
  const joined = a.map((one, i) => {
    const other = b[i];
    if (!other || other.names === one.names) return one;
    const names = one.names.filter(({ key }) => other.names.some((name) => name.key === key));
    if (names.length === one.names.length) return one;
    changed = true;
    return { ...one, names };
  });
  return changed ? joined : a;
}

/** Keeps what both know of the past. */
export function joinStates(a: LockState, b: LockState): LockState {
  const over = common(a.over, b.over);
  const failed = common(a.failed, b.failed);
  const isNew = [...b.unsure.keys()].some((key) => !a.unsure.has(key));
  const refused = a.refused && b.refused;
  const held = joinHeld(a.held, b.held);
  if (held !== a.held) return joinStates({ ...a, held }, { ...b, held });
  const touched = union(a.touched, b.touched);
  const entered = commonEntered(a, b);
  const isSamePast = touched === a.touched && entered === a.entered;
  if (isSamePast && over === a.over && failed === a.failed && refused === a.refused && !isNew) return a;
  const unsure = isNew ? new Map([...a.unsure, ...b.unsure]) : a.unsure;
  return { ...a, over, failed, refused, touched, entered, unsure };
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a === b || b.size === 0 || [...b].every((one) => a.has(one))) return a;
  return new Set([...a, ...b]);
}

/** What was known at the call on both paths. */
function commonEntered(a: LockState, b: LockState): LockState['entered'] {
  if (a.entered === b.entered || a.entered.size === 0) return a.entered;
  const kept = [...a.entered].filter(([key, { value }]) => {
    const other = b.entered.get(key)?.value;
    return other !== undefined && JSON.stringify(other) === JSON.stringify(value);
  });
  return kept.length === a.entered.size ? a.entered : new Map(kept);
}

function common<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (a.size === 0 || a === b) return a;
  const kept = [...a].filter(([key]) => b.has(key));
  return kept.length === a.size ? a : new Map(kept);
}
