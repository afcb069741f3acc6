/**
 * What a function found where it was called, of values that it changes itself: `if (m_) { m_->unlock(); m_ = 0; }`
 * gives the lock back if `m_` was set at the call. Kept on each path, as what is known of the value is another by then.
 */
import type { Expr } from '../../facts/expr';
import { namesIn } from '../../program/expressions';
import type { Fn } from '../../program/program';
import { keyOf } from '../paths/access-path';
import { saysValue, valueIn } from '../paths/entries';
import { assumeValue, type Entry, type Environment, type NameInfo } from '../paths/environment';
import type { Outcome } from '../paths/explore';
import type { Condition, LockSummary } from './lock-facts';
import type { LockState } from './lock-state';
import { type Changes, conditionsOf, isCallersValue, MAX_CONDITIONS } from './lock-summary';

/**
 * What is worth keeping: fields, and what its pointers point to (`if (*p) { unlock(*p); *p = NULL; }`), that the
 * function tests and writes, itself or as its callees say of themselves. Most functions have none.
 */
export function trackedFields(
  { facts }: Fn,
  names: NameInfo,
  written: ReadonlySet<string>,
  callees: Iterable<LockSummary | undefined>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const stored = new Set<string>();
  for (const node of facts.nodes)
    if (node.op === 'assign' && node.to.k === 'deref') stored.add(keyOf(node.to));
  const take = (e: Expr): void => {
    namesIn(e, (part) => {
      if (part.k === 'deref' && stored.has(keyOf(part))) found.add(keyOf(part));
      if (part.k === 'field' && written.has(`.${part.f}`)) found.add(`.${part.f}`);
      if (part.k === 'name' && written.has(`.${part.n}`) && names.isMember(part.n)) found.add(`.${part.n}`);
    });
    const result = e.k === 'un' ? e.e : e;
    const value = result.k === 'result' ? names.callValue(result.n) : undefined;
    if (value) take(value);
  };
  if (written.size + stored.size > 0)
    for (const node of facts.nodes) {
      if (node.op === 'branch') take(node.cond);
      if (node.op === 'switch') take(node.on);
      // `had = owner == me;` is asked later.
      if (node.op === 'assign' && node.to.k === 'var' && isTest(node.from)) take(node.from);
    }
  for (const summary of callees)
    for (const { when } of summary?.outcomes ?? []) for (const { of, changed } of when) if (changed) take(of);
  return found;
}

function isTest(e: Expr): boolean {
  return e.k === 'bin' || e.k === 'un' || e.k === 'result';
}

/** The state where these dependencies are written: what was known of them before stays known of the call. */
export function noteWritten(
  changes: Changes,
  state: LockState,
  env: Environment,
  isWritten: (dep: string) => boolean,
): LockState {
  if (changes.tracked.size === 0) return state;
  const fresh = [...changes.tracked].filter((dep) => isWritten(dep) && !state.touched.has(dep));
  if (fresh.length === 0) return state;
  let entered: Map<string, Condition> | undefined;
  for (const entry of env) {
    if (!fresh.some((dep) => hangsOn(entry, dep))) continue;
    const condition = conditionAt(changes, state, entry);
    if (!condition) continue;
    entered ??= new Map(state.entered);
    entered.set(entry.key, { ...condition, changed: true });
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
  if (deps.size === 0 || changes.tracked.size === 0) return state;
  let before = env;
  for (const { of, value } of assumes) before = assumeValue(of, value, before, names) ?? before;
  return noteWritten(changes, state, before, (dep) => deps.has(dep));
}

/** What must have held at the call for a path to come to where this is known. */
export function conditionsAtCall(
  changes: Changes,
  state: LockState,
  env: Environment,
  node?: number,
): readonly Condition[] {
  const kept = conditionsOf(changes, env, node);
  const changed = enteredWith(changes, state, env);
  return changed.length === 0 ? kept : [...kept, ...changed].slice(0, MAX_CONDITIONS);
}

/** Conditions at the call on values that the function changes on other paths, or has changed since. */
function enteredWith(changes: Changes, state: LockState, env: Environment): Condition[] {
  if (changes.tracked.size === 0) return [];
  const found = [...state.entered.values()];
  for (const entry of env) {
    if (![...changes.tracked].some((dep) => hangsOn(entry, dep))) continue;
    const condition = conditionAt(changes, state, entry);
    if (condition) found.push(condition);
  }
  return found;
}

function conditionAt(changes: Changes, { touched }: LockState, entry: Entry): Condition | undefined {
  const { key, of, deps } = entry;
  if (!saysValue(entry) || (of.k !== 'field' && !changes.tracked.has(key))) return undefined;
  if (touched.has(key)) return undefined;
  if (!isCallersValue(changes, of)) return undefined;
  // What else it hangs on must be as it was at the call.
  for (const dep of deps)
    if (touched.has(dep) || (changes.written.has(dep) && !changes.tracked.has(dep))) return undefined;
  return { of, key, value: valueIn(entry) };
}

/** It is that place, or is read from it. */
function hangsOn({ key, deps }: Entry, dep: string): boolean {
  return key === dep || deps.has(dep);
}
