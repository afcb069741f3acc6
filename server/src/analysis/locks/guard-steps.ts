/** Carries out what guards do, in the lock analysis of one function. */
import type { Expr } from '../../facts/expr';
import type { Program } from '../../program/program';
import { dereference, isDirect, isPath, keyOf, mapRoot, rootOf } from '../paths/access-path';
import { lookup } from '../paths/entries';
import { EMPTY, type Entry, type Environment, locate, type NameInfo, resolve } from '../paths/environment';
import type { Outcome } from '../paths/explore';
import { type GuardCall, type GuardedLock, type GuardWay, guardWays, isUnnamed, mayOwn } from './guards';
import type { LockMode, LockOutcome } from './lock-facts';
import { kindOfClassNamed } from './lock-kinds';
import { withPart } from './lock-renaming';
import { alsoNamed, drop, isCallersOwn, isNamed, type LockState, type Name } from './lock-state';
import type { Changes } from './lock-summary';

/** What the lock analysis does with one lock. */
export interface LockSteps {
  /** Taken in the first state; the second has it as well. */
  take(before: LockState, now: LockState, lock: GuardedLock, mode: LockMode, tried: boolean): LockState;
  give(now: LockState, lock: GuardedLock): LockState;
  fail(now: LockState, lock: Expr, mode: LockMode): LockState;
}

/** The ways a call of a guard's member can end. */
export function guarded(call: GuardCall, state: LockState, steps: LockSteps): Outcome<LockState>[] {
  const { op, of } = call.guard;
  return carriedOut(guardWays(call), of.mode ?? 'exclusive', op === 'try', state, steps);
}

/** The ways a call ends that takes or gives back several locks. */
export function carriedOut(
  ways: readonly GuardWay[],
  mode: LockMode,
  isTry: boolean,
  state: LockState,
  steps: LockSteps,
): Outcome<LockState>[] {
  return ways.map(({ takes, gives, writes, result, fails, moves }) => {
    let next = state;
    for (const lock of gives) next = steps.give(next, lock);
    for (const { from, to } of moves ?? []) next = alsoNamed(next, keyOf(from), to);
    const tried = isTry || ways.length > 1;
    for (const lock of takes) next = steps.take(state, next, lock, mode, tried);
    for (const { lock } of fails) next = steps.fail(next, lock, mode);
    return { state: next, writes, ...(result ? { result } : {}) };
  });
}

/** Whether an expression is an object of the class that a model is a member of; without a name, of any guard. */
export function isObjectOf(program: Program, fn: Changes['fn'], name: string, e: Expr): boolean {
  if (e.k === 'num' || e.k === 'str') return false;
  const { base } = program.types.typeOf(program, fn, e);
  if (!base) return false;
  if (name === '') return isGuardClass(program, fn, base);
  const [own] = program.types.classChain(fn.unit, fn.facts.name, base);
  return name.startsWith(`${own}::{`) || name.startsWith(`${own}::operator`);
}

/** Whether the class of an object is defined in the workspace, and what it does to be locked as well. */
export function isClassOfWorkspace(program: Program, fn: Changes['fn'], e: Expr): boolean {
  const { types } = program;
  const type = types.typeOf(program, fn, e);
  if (types.structOf(fn.unit, fn.facts.name, type) === undefined) return false;
  return kindOfClassNamed(program, fn, type.base) === undefined;
}

/** Whether an object's class is a parameter of the template around, or a member of one: it may be any lock. */
export function isClassOfTemplate(program: Program, fn: Changes['fn'], e: Expr): boolean {
  const params = program.types.classAround(fn)?.facts.params ?? [];
  if (params.length === 0) return false;
  const [first = ''] = program.types
    .typeOf(program, fn, e)
    .base.replace(/^typename\s+/, '')
    .split('::');
  return params.includes(first);
}

/** A template that is given a guard for a lock works on the guard's lock. */
export function lockOfGuard(
  program: Program,
  fn: Changes['fn'],
  e: Expr,
  env: Environment,
): Expr | undefined {
  if (e.k !== 'var') return undefined;
  const lock: Expr = { k: 'field', of: e, f: '#lock' };
  if (lookup(keyOf(lock), env)) return lock;
  const { base, ptr } = program.types.typeOf(program, fn, e);
  return ptr === 0 && program.models.functions.get(`${base}::{constructor}`)?.guard ? lock : undefined;
}

function isGuardClass({ types, models }: Program, fn: Changes['fn'], base: string): boolean {
  const [own] = types.classChain(fn.unit, fn.facts.name, base);
  return models.functions.get(`${own}::{constructor}`)?.guard !== undefined;
}

/** The name that an argument is written by: of a value, or of what is called to make it. */
export function nameWritten({ facts }: Changes['fn'], e: Expr): string | undefined {
  if (e.k === 'name') return e.n;
  const call = e.k === 'result' ? facts.nodes[e.n] : undefined;
  return call?.op === 'call' && call.callee.k === 'name' ? call.callee.n : undefined;
}

/** The value a function returns, as the root of what it leaves in it. */
const RESULT: Expr = { k: 'name', n: '{result}' };

/**
 * What a caller must know of objects that it gets: members that a constructor has bound to what it was given,
 * pointers that are left in what it has passed, and guards that were made, moved or emptied.
 */
export function bindsOf(
  { fn, names }: Changes,
  env: Environment,
  value: Expr | undefined,
): LockOutcome['binds'] {
  const found: { to: Expr; value: Expr }[] = [];
  for (const entry of env) {
    const to = visible(fn, entry, value);
    const bound = to && boundTo(fn, entry, names);
    if (bound) found.push({ to, value: bound });
  }
  return found;
}

/** A guard among the parts of what is returned takes its lock with it. */
export function handedOver(
  state: LockState,
  env: Environment,
  names: NameInfo,
  value: Expr | undefined,
): LockState {
  if (value?.k !== 'init' || state.held.length === 0) return state;
  const locks = value.items.map(({ e }) => keyOf(locate({ k: 'field', of: e, f: '#lock' }, env, names)));
  return drop(state, (held) => locks.some((lock) => isNamed(held, lock)));
}

/** An object that comes back locked: its lock is then a part of what the result points to. */
export function givenOut({ held }: LockState, returned: Expr | undefined): LockOutcome['binds'] {
  if (held.length === 0 || !returned || !isPath(returned)) return [];
  const object = keyOf(dereference(returned));
  const isInside = held.some(({ acquisition }) => withPart(acquisition.place, object, RESULT) !== undefined);
  return isInside ? [{ to: RESULT, value: returned }] : [];
}

/** A lock that callers cannot name, by the guard that they get: `return std::unique_lock(find().mutex);`. */
export function lockInResult(names: readonly Name[], value: Expr | undefined): Expr | undefined {
  const guard = value && keyOf(value);
  const named = names.find(({ place }) => isUnnamed(place) && keyOf(place.of) === guard);
  return named && mapRoot(named.place, () => RESULT);
}

function visible(fn: Changes['fn'], { of }: Entry, value: Expr | undefined): Expr | undefined {
  // `*out = &object->lock;` gives the caller a name for what it gets.
  if (of.k === 'deref' && of.of.k === 'var' && of.of.v < fn.facts.params) return of;
  if (of.k !== 'field') return undefined;
  const root = rootOf(of);
  const isProperty = of.f.startsWith('#lock') || of.f === '#owned';
  if (root.k === 'this') return fn.facts.kind === 'constructor' || isProperty ? of : undefined;
  if (root.k === 'var' && root.v < fn.facts.params && isProperty) return of;
  if (!value || keyOf(root) !== keyOf(value)) return undefined;
  return mapRoot(of, () => RESULT);
}

function boundTo(fn: Changes['fn'], { of, alias, eq }: Entry, names: NameInfo): Expr | undefined {
  // A member's bare name means nothing to the caller, nor does the result of a call but for what it stands for.
  const bound = alias && resolve(alias, EMPTY, names);
  if (bound) return isCallersOwn(fn, rootOf(bound)) ? bound : undefined;
  return of.k === 'field' && of.f === '#owned' && typeof eq === 'number' ? { k: 'num', v: eq } : undefined;
}

/** What a constructor has bound means the lock as long as the object lives, whatever the lock was named by. */
export function boundName(
  { binds }: LockOutcome,
  lock: Expr,
  result: Expr,
  place: (e: Expr) => Expr | undefined,
): Expr | undefined {
  for (const { to, value } of binds) {
    const member =
      value.k === 'num' || value.k === 'unknown' ? undefined : (inResult(to, result) ?? place(to));
    // A guard's lock is called by the guard, and not by what that points to.
    const named = member && (isUnnamed(member) ? member : ({ k: 'deref', of: member } as const));
    const name = named && withPart(lock, keyOf(dereference(value)), named);
    if (name) return name;
  }
  return undefined;
}

/** A place in a callee's result is one in the object that the caller has made of it. */
export function inResult(to: Expr, result: Expr): Expr | undefined {
  const root = rootOf(to);
  return root.k === 'name' && keyOf(root) === keyOf(RESULT) ? mapRoot(to, () => result) : undefined;
}

/** What both ways to end have left; where they differ, nothing is known of it any more. */
export function commonBinds(a: LockOutcome['binds'], b: LockOutcome['binds']): LockOutcome['binds'] {
  if (a.length === 0) return b.map(forgotten);
  const kept = a.map((one) => {
    const other = b.find(({ to }) => keyOf(to) === keyOf(one.to));
    return other && keyOf(other.value) === keyOf(one.value) ? one : forgotten(one);
  });
  const missing = b.filter(({ to }) => !a.some((one) => keyOf(one.to) === keyOf(to)));
  return [...kept, ...missing.map(forgotten)];
}

function forgotten({ to }: LockOutcome['binds'][number]): LockOutcome['binds'][number] {
  return { to, value: { k: 'unknown' } };
}

/** A callee's places as a caller sees them. */
export interface CallerView {
  env: Environment;
  names: NameInfo;
  place(e: Expr): Expr | undefined;
  isCallers(e: Expr): boolean;
  isHeld(e: Expr): boolean;
}

/**
 * The lock that a callee gives back: none where the callee calls it by its guard and the guard does not hold it, or
 * nobody has seen it take it. A lock that a local object points to is unknown where that is not seen any more.
 */
export function namedByCaller(inner: Expr, view: CallerView): Expr | undefined {
  const { env, names } = view;
  const given = view.place(inner);
  const own = given && locate(given, env, names);
  if (!own) return undefined;
  if (!isUnnamed(inner)) return isPointedToByLocal(own, view) ? { k: 'unknown' } : own;
  const guard = view.place(inner.of);
  if (!guard || !mayOwn({ ...inner, of: guard }, env, names)) return undefined;
  return isUnnamed(own) && !view.isCallers(own) ? undefined : own;
}

function isPointedToByLocal(e: Expr, view: CallerView): boolean {
  const root = rootOf(e);
  if (root.k !== 'var' || view.isCallers(root) || view.isHeld(e)) return false;
  for (let at: Expr = e; at !== root; ) {
    if (at.k === 'deref' && at.of.k === 'field' && isDirect(at.of)) return true;
    if (at.k === 'cast') at = at.e;
    else if ('of' in at) at = at.of;
    else return false;
  }
  return false;
}
