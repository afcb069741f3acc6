/**
 * What guard objects do to the locks that they were given.
 *
 * What a guard knows stands in the environment as properties of the object: `#lock` is the address of its lock,
 * `#owned` whether it holds it. So it moves with assignments, is told apart on different paths, and is handed
 * through calls like everything else. A guard of the caller has a lock that is called `guard#lock` until the
 * caller names it.
 */
import type { Expr } from '../../facts/expr';
import type { GuardClass, GuardEffect } from '../../models/schema';
import { addressOf, dereference } from '../paths/access-path';
import { entryOf } from '../paths/entries';
import { type Environment, knownValue, locate, type NameInfo, type Value } from '../paths/environment';

/** A lock, and how its guard calls it: that stays when what the lock was named by changes. */
export interface GuardedLock {
  lock: Expr;
  as?: Expr;
}

/** One way in which such a call can end. */
export interface GuardWay {
  /** Taken together, in no order among each other. */
  takes: readonly GuardedLock[];
  gives: readonly GuardedLock[];
  writes: readonly { to: Expr; value: Expr }[];
  result?: Value;
  /** Names of locks that another guard has now. */
  moves?: readonly { from: Expr; to: Expr }[];
  /** A try of these has failed. */
  fails: readonly GuardedLock[];
}

export interface GuardCall {
  guard: GuardEffect;
  /** The guard. */
  object: Expr;
  args: readonly Expr[];
  env: Environment;
  names: NameInfo;
  /** Whether this path holds the lock. */
  isHeld(lock: Expr): boolean;
  /** Whether the caller can name it as well. */
  isCallers(place: Expr): boolean;
  /** Whether an expression is an object of the guard's own class. */
  isGuard(e: Expr): boolean;
  /** The lock inside of an object whose class is the workspace's own; the object itself where it is none such. */
  within(lock: Expr): Expr;
  /** The name that a tag argument is written by. */
  tagOf(e: Expr): string | undefined;
}

const LOCKS = ['#lock', '#lockb', '#lockc', '#lockd'];
const OWNED = '#owned';
/** The guard whose lock another one has given back for a while. */
const INNER = '#inner';
const NOTHING: GuardWay = { takes: [], gives: [], writes: [], fails: [] };

/** The ways in which a call of a guard's member can end. */
export function guardWays(call: GuardCall): readonly GuardWay[] {
  const { guard, object, args, env, names } = call;
  const locks = locksOf(call, object);
  switch (guard.op) {
    case 'begin':
      return guard.of.reverses ? reversed(call) : begin(call);
    case 'end':
      if (guard.of.reverses) return [{ ...NOTHING, takes: locks, writes: ownsAgain(call, object) }];
      return [{ ...NOTHING, gives: owned(call, object, locks), writes: [owns(object, 0)] }];
    case 'lock':
      return [{ ...NOTHING, takes: locks, writes: [owns(object, 1)] }];
    case 'try':
      return tries(object, locks, []);
    case 'unlock':
      return [{ ...NOTHING, gives: locks, writes: [owns(object, 0)] }];
    case 'release':
      return [{ ...NOTHING, writes: [owns(object, 0)], ...pointer(locks) }];
    case 'mutex':
      return [{ ...NOTHING, ...pointer(locks) }];
    case 'owns': {
      const known = knownValue(property(object, OWNED), env, names)?.eq;
      return [known === undefined ? NOTHING : { ...NOTHING, result: { eq: known } }];
    }
    case 'move': {
      const [from] = args;
      const given = owned(call, object, locks);
      if (from?.k === 'init') return [{ ...NOTHING, gives: given, writes: [owns(object, 0)] }];
      return [{ ...NOTHING, gives: given, ...(from ? moved(call, object, from) : {}) }];
    }
    case 'swap': {
      const [other] = args;
      if (!other) return [NOTHING];
      const place = locate(other, env, names);
      return [{ ...NOTHING, writes: [...copied(call, object, place), ...copied(call, place, object)] }];
    }
  }
}

/** The call gives the address of the lock. */
function pointer([first]: readonly GuardedLock[]): Pick<GuardWay, 'result'> {
  return first ? { result: { alias: addressOf(first.lock) } } : {};
}

/** `std::lock(a, b)`: of a guard the lock that it was given is taken. */
export function togetherWays(
  call: Omit<GuardCall, 'guard' | 'object'>,
  op: 'acquire' | 'try',
  success: Value,
  failure: Value,
): readonly GuardWay[] {
  const { args, env, names } = call;
  const objects = args.map((arg) => locate(arg, env, names));
  const isGuard = (e: Expr): boolean => entryOf(property(e, '#lock'), env) !== undefined || call.isGuard(e);
  const takes = objects.map((e): GuardedLock => {
    const as = property(e, '#lock');
    return isGuard(e) ? { lock: locate(as, env, names), as } : { lock: call.within(e) };
  });
  const guards = objects.filter(isGuard);
  const taken = { ...NOTHING, takes, writes: guards.map((e) => owns(e, 1)) };
  if (op === 'acquire') return [taken];
  return [
    { ...taken, result: success },
    { ...NOTHING, fails: takes, result: failure },
  ];
}

function begin(call: GuardCall): readonly GuardWay[] {
  const { guard, object, args } = call;
  const [first] = args;
  if (!first) return [{ ...NOTHING, writes: [owns(object, 0)] }];
  if (call.isGuard(first)) return [{ ...NOTHING, ...moved(call, object, first) }];
  const tags = args.flatMap((arg) => tagged(call, guard.of, arg) ?? []);
  const given = args.filter((arg) => tagged(call, guard.of, arg) === undefined);
  const written = (guard.of.several ? given : given.slice(0, 1)).slice(0, LOCKS.length);
  const known = written.map((arg, i) => ({ lock: lockAt(call, arg), as: property(object, LOCKS[i] ?? '') }));
  // As it is written: what a variable was read from may change while the variable stays.
  const bound = written.map((arg, i) => ({
    to: property(object, LOCKS[i] ?? ''),
    value: addressOf(lockOf(call, arg)),
  }));
  const isTimed = guard.of.timed && given.length > 1;
  if (tags.includes('try') || isTimed) return tries(object, known, bound);
  const isOwned = tags.includes('defer') ? 0 : 1;
  const takes = tags.length === 0 ? known : [];
  return [{ ...NOTHING, takes, writes: [...bound, owns(object, isOwned)] }];
}

/** The lock of the guard that it is given is free until it ends. */
function reversed(call: GuardCall): readonly GuardWay[] {
  const { object, args, env, names } = call;
  const [given] = args;
  if (!given) return [NOTHING];
  const inner = locate(given, env, names);
  const locks = locksOf(call, inner);
  const bound = locks.map(({ lock }, i) => ({
    to: property(object, LOCKS[i] ?? ''),
    value: addressOf(lock),
  }));
  const writes = [...bound, { to: property(object, INNER), value: addressOf(inner) }, owns(inner, 0)];
  return [{ ...NOTHING, gives: locks, writes }];
}

function ownsAgain({ env }: GuardCall, object: Expr): GuardWay['writes'] {
  const inner = entryOf(property(object, INNER), env)?.alias;
  return inner ? [owns(dereference(inner), 1)] : [];
}

function lockOf({ guard, within }: GuardCall, arg: Expr): Expr {
  return within(guard.of.pointer ? dereference(arg) : arg);
}

function lockAt(call: GuardCall, arg: Expr): Expr {
  return locate(lockOf(call, arg), call.env, call.names);
}

function tagged(call: GuardCall, of: GuardClass, arg: Expr): Tag | undefined {
  return of.tags && tagNamed(of, call.tagOf(arg));
}

type Tag = 'adopt' | 'defer' | 'try';

/** What an argument of this name tells a guard of the class to do with its lock. */
export function tagNamed({ tags }: GuardClass, name: string | undefined): Tag | undefined {
  if (!tags || !name) return undefined;
  // The tag itself, or an object of its type: `defer_lock`, `std::defer_lock_t{}`.
  const last = name.slice(name.lastIndexOf(':') + 1).replace(/_t$/, '');
  return Object.entries(tags).find(([tag]) => tag === last || tag.endsWith(`::${last}`))?.[1];
}

function tries(object: Expr, locks: readonly GuardedLock[], bound: GuardWay['writes']): readonly GuardWay[] {
  return [
    { ...NOTHING, takes: locks, writes: [...bound, owns(object, 1)], result: { eq: 1 } },
    { ...NOTHING, fails: locks, writes: [...bound, owns(object, 0)], result: { eq: 0 } },
  ];
}

/** The locks that a guard was given; by the guard's own name where nothing else is known of them. */
function locksOf(call: GuardCall, object: Expr): GuardedLock[] {
  const { env, names } = call;
  const known = LOCKS.flatMap((name): GuardedLock[] => {
    const as = property(object, name);
    const alias = entryOf(as, env)?.alias;
    if (alias) return [{ lock: locate(dereference(alias), env, names), as }];
    return call.isHeld(as) ? [{ lock: as, as }] : [];
  });
  const as = property(object, '#lock');
  return known.length > 0 || !call.isCallers(object) ? known : [{ lock: as, as }];
}

/** The locks that a guard gives back when it ends. */
function owned(call: GuardCall, object: Expr, locks: readonly GuardedLock[]): readonly GuardedLock[] {
  const known = knownValue(property(object, OWNED), call.env, call.names)?.eq;
  if (known === 0) return [];
  if (known !== undefined) return locks;
  return locks.filter(({ lock, as }) => call.isHeld(lock) || (as && call.isHeld(as)) || isUnnamed(lock));
}

/** A lock that is called by its guard. */
export function isUnnamed(lock: Expr): lock is Expr & { k: 'field' } {
  return lock.k === 'field' && LOCKS.includes(lock.f);
}

/** Whether a lock that is called by its guard is held by it, as far as that is known here. */
export function mayOwn(lock: Expr & { k: 'field' }, env: Environment, names: NameInfo): boolean {
  return knownValue(property(lock.of, OWNED), env, names)?.eq !== 0;
}

function moved(call: GuardCall, object: Expr, from: Expr): Pick<GuardWay, 'writes' | 'moves'> {
  const source = locate(from, call.env, call.names);
  return {
    writes: [...copied(call, object, source), owns(source, 0)],
    moves: LOCKS.map((name) => ({ from: property(source, name), to: property(object, name) })),
  };
}

function copied(call: GuardCall, object: Expr, source: Expr): GuardWay['writes'] {
  const bound = LOCKS.flatMap((name) => {
    const alias = entryOf(property(source, name), call.env)?.alias;
    return alias ? [{ to: property(object, name), value: alias }] : [];
  });
  const known = knownValue(property(source, OWNED), call.env, call.names)?.eq;
  return typeof known === 'number' ? [...bound, owns(object, known)] : bound;
}

function owns(object: Expr, v: number): { to: Expr; value: Expr } {
  return { to: property(object, OWNED), value: { k: 'num', v } };
}

function property(of: Expr, f: string): Expr & { k: 'field' } {
  return { k: 'field', of, f };
}
