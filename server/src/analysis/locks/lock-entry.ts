/**
 * What a function found where it was called, of values that it changes itself: `if (m_) { m_->unlock(); m_ = 0; }`
 * gives the lock back if `m_` was set at the call. Kept on each path, as what is known of the value is another by then.
 */
import { assumeValue, type Entry, type Environment, type NameInfo } from '../paths/environment';
import type { Outcome } from '../paths/explore';
import type { Condition } from './lock-facts';
import type { LockState } from './lock-state';
import { type Changes, isCallersValue } from './lock-summary';

/** The state where these dependencies are written: what was known of them before stays known of the call. */
export function noteWritten(
  changes: Changes,
  state: LockState,
  env: Environment,
  deps: readonly string[],
): LockState {
  const fresh = deps.filter((dep) => changes.written.has(dep) && !state.touched.has(dep));
  if (fresh.length === 0) return state;
  let entered: Map<string, Condition> | undefined;
  for (const [key, entry] of env) {
    if (!fresh.some((dep) => entry.deps.has(dep))) continue;
    const condition = conditionAt(changes, state, key, entry);
    if (!condition) continue;
    entered ??= new Map(state.entered);
    entered.set(key, { ...condition, changed: true });
  }
  return { ...state, touched: new Set([...state.touched, ...fresh]), entered: entered ?? state.entered };
}

/** The same for what a call may write, with what must have held there for it to end in this way. */
export function noteCalled(
  changes: Changes,
  { state, assumes = [] }: Outcome<LockState>,
  env: Environment,
  names: NameInfo,
  index: number,
): LockState {
  const deps = names.callWrites(index);
  if (deps.size === 0) return state;
  let before = env;
  for (const { of, value } of assumes) before = assumeValue(of, value, before, names) ?? before;
  return noteWritten(changes, state, before, [...deps]);
}

/** Conditions at the call on values that the function changes on other paths, or has changed since. */
export function enteredWith(changes: Changes, state: LockState, env: Environment): Condition[] {
  const found = [...state.entered.values()];
  for (const [key, entry] of env) {
    if (![...entry.deps].some((dep) => changes.written.has(dep))) continue;
    const condition = conditionAt(changes, state, key, entry);
    if (condition) found.push(condition);
  }
  return found;
}

function conditionAt(
  changes: Changes,
  { touched }: LockState,
  key: string,
  { of, eq, ne, sign, deps }: Entry,
): Condition | undefined {
  if ((eq === undefined && !ne && sign === undefined) || of.k !== 'field') return undefined;
  if (!isCallersValue(changes, of) || [...deps].some((dep) => touched.has(dep))) return undefined;
  const value = {
    ...(eq === undefined ? {} : { eq }),
    ...(ne ? { ne } : {}),
    ...(sign ? { sign } : {}),
  };
  return { of, key, value };
}
