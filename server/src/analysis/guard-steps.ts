/** Carries out what guards do, in the lock analysis of one function. */
import type { Expr } from '../facts/expr';
import type { Program } from '../program/program';
import { keyOf, mapRoot, rootOf } from './access-path';
import type { Entry, Environment, NameInfo } from './environment';
import type { Outcome } from './explore';
import { type GuardCall, type GuardWay, guardWays, isUnnamed, mayOwn } from './guards';
import type { LockMode, LockOutcome } from './lock-facts';
import { isCallersOwn, type LockState } from './lock-state';
import type { Changes } from './lock-summary';

/** What the lock analysis does with one lock. */
export interface LockSteps {
  /** Taken in the first state; the second has it as well. */
  take(before: LockState, now: LockState, lock: Expr, mode: LockMode, tried: boolean): LockState;
  give(now: LockState, lock: Expr): LockState;
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
  return ways.map(({ takes, gives, writes, result, fails }) => {
    let next = state;
    for (const lock of gives) next = steps.give(next, lock);
    const tried = isTry || ways.length > 1;
    for (const lock of takes) next = steps.take(state, next, lock, mode, tried);
    for (const lock of fails) next = steps.fail(next, lock, mode);
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
 * What a caller must know of objects that it gets: members that a constructor has bound to what it was given, and
 * guards that were made, moved or emptied.
 */
export function bindsOf({ fn }: Changes, env: Environment, value: Expr | undefined): LockOutcome['binds'] {
  const found: { to: Expr; value: Expr }[] = [];
  for (const entry of env.values()) {
    const to = visible(fn, entry, value);
    const bound = to && boundTo(fn, entry);
    if (bound) found.push({ to, value: bound });
  }
  return found;
}

function visible(fn: Changes['fn'], { of }: Entry, value: Expr | undefined): Expr | undefined {
  if (of.k !== 'field') return undefined;
  const root = rootOf(of);
  const isProperty = of.f.startsWith('#lock') || of.f === '#owned';
  if (root.k === 'this') return fn.facts.kind === 'constructor' || isProperty ? of : undefined;
  if (root.k === 'var' && root.v < fn.facts.params && isProperty) return of;
  if (!value || keyOf(root) !== keyOf(value)) return undefined;
  return mapRoot(of, () => RESULT);
}

function boundTo(fn: Changes['fn'], { of, alias, eq }: Entry): Expr | undefined {
  if (alias) return isCallersOwn(fn, rootOf(alias)) ? alias : undefined;
  return of.k === 'field' && of.f === '#owned' && typeof eq === 'number' ? { k: 'num', v: eq } : undefined;
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

/**
 * The lock that a callee gives back, where the callee calls it by its guard: none where the guard does not hold
 * it, or where nobody has seen the guard take it.
 */
export function namedByCaller(
  inner: Expr,
  own: Expr | undefined,
  place: (e: Expr) => Expr | undefined,
  env: Environment,
  names: NameInfo,
  isCallers: (e: Expr) => boolean,
): Expr | undefined {
  if (!own || !isUnnamed(inner)) return own;
  const guard = place(inner.of);
  if (!guard || !mayOwn({ ...inner, of: guard }, env, names)) return undefined;
  return isUnnamed(own) && !isCallers(own) ? undefined : own;
}
