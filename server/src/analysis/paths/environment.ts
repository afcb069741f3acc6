/**
 * What is known of values at one point of one path: constants, signs, conditions that held, pointer aliases.
 *
 * Environments are immutable; knowing less is always right, so joining keeps what both sides agree on.
 */
import type { Expr, TypeRef } from '../../facts/expr';
import { addressOf, dependenciesOf, dereference, isPath, isSmall, keyOf } from './access-path';
import { counterIn, isLeft } from './counters';
import { type Alternative, type Entry, type Environment, entryOf, lookup, withoutKey } from './entries';
import {
  areDisjoint,
  binaryValue,
  type Constant,
  isSameValue,
  negatedValue,
  signBeside,
  type Value,
} from './value';

export { type Alternative, EMPTY, type Entry, type Environment, type Fact } from './entries';
export type { Constant, Value } from './value';

/** A pointer variable, and what it is a copy of behind a call, if that is known; optional: or it is none to anything. */
export interface GivenPointer {
  to: Expr;
  value?: Expr;
  isOptional: boolean;
}

/** What the function says about its names: types of variables, and which names are constants. */
export interface NameInfo {
  isReference(v: number): boolean;
  /** A reference that the function binds itself; what is assigned to a parameter goes to its object. */
  isBound(v: number): boolean;
  /** Others may write the variable: its address was taken, or it outlives the call. */
  isShared(v: number): boolean;
  /** The declared type of a variable. */
  typeOf(v: number): TypeRef;
  /** What a name stands for: its number, or itself where it is no variable; undefined for variables. */
  constant(name: string): Constant | undefined;
  /** True for a member of the class around the function, written without `this->`. */
  isMember(name: string): boolean;
  /** Dependencies that a call may write; empty where unknown: code that is not visible is taken to keep them. */
  callWrites(node: number): ReadonlySet<string>;
  /** A local object that nobody else can reach, and that is not what the call at this node is made on. */
  isHidden(v: number, node: number): boolean;
  /** What holds where a call returns: an assertion says so. */
  claim(node: number): Expr | undefined;
  /** The expression a call's result stands for, where it is one. */
  callValue(node: number): Expr | undefined;
  /** Pointers that a call leaves in variables of the function whose addresses it is given. */
  pointersGiven(node: number): readonly GivenPointer[];
}

const NOTHING: ReadonlySet<string> = new Set();

/** Enough for the flags and results a function juggles at one time; the oldest fact is forgotten first. */
const MAX_ENTRIES = 40;

/** The place an lvalue names, through pointers and references whose target is known. */
export function locate(e: Expr, env: Environment, names: NameInfo): Expr {
  switch (e.k) {
    case 'var': {
      const alias = names.isBound(e.v) ? entryOf(e, env)?.alias : undefined;
      return alias?.k === 'addr' ? alias.of : e;
    }
    case 'field': {
      const of = locate(e.of, env, names);
      const place: Expr = of === e.of ? e : { k: 'field', of, f: e.f };
      // A guard's `#lock` is the lock that it was given.
      const alias = e.f.startsWith('#lock') ? entryOf(place, env)?.alias : undefined;
      return alias ? locate(dereference(alias), env, names) : place;
    }
    case 'deref': {
      const pointer = resolve(e.of, env, names);
      return pointer === e.of && isPlainPointer(pointer) ? e : dereference(pointer);
    }
    case 'index': {
      const of = isPath(e.of) ? element(e.of, env, names) : e.of;
      return of === e.of ? e : { k: 'index', of, i: e.i };
    }
    case 'cast': {
      const inner = locate(e.e, env, names);
      return inner === e.e ? e : { k: 'cast', t: e.t, e: inner };
    }
    case 'name':
      return names.isMember(e.n) ? { k: 'field', of: { k: 'deref', of: { k: 'this' } }, f: e.n } : e;
    case 'result': {
      const value = names.callValue(e.n);
      return value && isPath(value) ? locate(value, env, names) : e;
    }
    default:
      return e;
  }
}

/** Following it gives nothing but what is behind it. */
function isPlainPointer({ k }: Expr): boolean {
  return k === 'var' || k === 'name' || k === 'field' || k === 'result' || k === 'this' || k === 'deref';
}

/** The object that an index selects from: `p[i]` with `p` known to be `&a[0]` or `a` selects from `a`. */
function element(of: Expr, env: Environment, names: NameInfo): Expr {
  const known = of.k === 'var' ? entryOf(of, env)?.alias : undefined;
  if (!known) return locate(of, env, names);
  return known.k === 'addr' && known.of.k === 'index' ? known.of.of : known;
}

/** The value of an expression, through variables whose value is a known path. */
export function resolve(e: Expr, env: Environment, names: NameInfo): Expr {
  if (e.k === 'addr') {
    const of = locate(e.of, env, names);
    return of === e.of && of.k !== 'deref' ? e : addressOf(of);
  }
  if (e.k === 'cast') {
    const inner = resolve(e.e, env, names);
    return inner === e.e ? e : { k: 'cast', t: e.t, e: inner };
  }
  if (e.k === 'result') {
    const value = names.callValue(e.n);
    if (value) return resolve(value, env, names);
  }
  if (!isPath(e)) return e;
  const place = locate(e, env, names);
  return entryOf(place, env)?.alias ?? place;
}

/** What is known of an expression's value. */
export function knownValue(e: Expr, env: Environment, names: NameInfo): Value | undefined {
  switch (e.k) {
    case 'num':
      return { eq: e.v };
    case 'str':
    case 'addr':
    case 'lambda':
      return { ne: [0] };
    case 'cast':
      return knownValue(e.e, env, names);
    case 'un': {
      if (e.op === '-') return entryOf(e, env) ?? negatedValue(knownValue(e.e, env, names));
      if (e.op !== '!') return entryOf(e, env);
      const inner = truth(e.e, env, names);
      return inner === undefined ? undefined : { eq: inner ? 0 : 1 };
    }
    case 'bin': {
      const known = entryOf(e, env);
      if (known) return known;
      const value = binaryValue(e.op, knownValue(e.l, env, names), knownValue(e.r, env, names));
      return value ?? ofOnePlace(e, env, names);
    }
    case 'result': {
      const value = names.callValue(e.n);
      return value ? knownValue(value, env, names) : entryOf(e, env);
    }
    case 'name':
      if (names.isMember(e.n)) return knownValue(locate(e, env, names), env, names);
      return entryOf(e, env) ?? constantValue(e.n, names);
    default: {
      if (env.length === 0 || !isPath(e)) return undefined;
      const direct = entryOf(e, env);
      if (direct && (direct.eq !== undefined || direct.ne || direct.sign)) return direct;
      const place = resolve(e, env, names);
      if (place.k === 'addr') return { ne: [0] };
      return place === e ? direct : (entryOf(place, env) ?? direct);
    }
  }
}

/** Whatever a value is, it is equal to itself, and to nothing that is known to differ from it. */
function ofOnePlace({ op, l, r }: Expr & { k: 'bin' }, env: Environment, names: NameInfo): Value | undefined {
  if ((op !== '==' && op !== '!=') || !isPath(l) || !isPath(r)) return undefined;
  const [a, b] = [keyOf(l), keyOf(r)];
  const contrary = lookup(`(${a}${op === '==' ? '!=' : '=='}${b})`, env);
  if (contrary && (contrary.eq === 0 || contrary.ne?.includes(0))) return { eq: contrary.eq === 0 ? 1 : 0 };
  const isApart = env.length > 0 && ['<', '>'].some((way) => isTrue(lookup(`(${a}${way}${b})`, env)));
  const key = keyOf(resolve(l, env, names));
  const isOne = !key.includes('?') && key === keyOf(resolve(r, env, names));
  return isApart || isOne ? { eq: isOne === (op === '==') ? 1 : 0 } : undefined;
}

function isTrue(value: Value | undefined): boolean {
  return value?.ne?.includes(0) === true;
}

function constantValue(name: string, names: NameInfo): Value | undefined {
  const eq = names.constant(name);
  return eq === undefined ? undefined : { eq };
}

/** A guard that is tested says whether it has its lock. */
function ownership(guard: Expr, env: Environment, names: NameInfo): Value | undefined {
  if (env.length === 0 || (guard.k !== 'var' && guard.k !== 'field')) return undefined;
  return lookup(`${keyOf(locate(guard, env, names))}.#owned`, env);
}

/** Whether a condition holds, if it is known. */
export function truth(e: Expr, env: Environment, names: NameInfo): boolean | undefined {
  const value = knownValue(e, env, names) ?? ownership(e, env, names);
  if (!value) return undefined;
  if (typeof value.eq === 'number') return value.eq !== 0;
  return value.sign || value.ne?.includes(0) ? true : undefined;
}

const NEGATED: Record<string, string> = { '<': '>=', '>=': '<', '>': '<=', '<=': '>' };
const MIRRORED: Record<string, string> = { '<': '>', '>=': '<=', '>': '<', '<=': '>=' };

/** The environment after a condition was found to hold or not; undefined where that cannot be. */
export function assume(e: Expr, holds: boolean, env: Environment, names: NameInfo): Environment | undefined {
  const known = truth(e, env, names);
  if (known !== undefined) return known === holds ? env : undefined;
  if (e.k === 'un' && e.op === '!') return assume(e.e, !holds, env, names);
  if (e.k === 'cast') return assume(e.e, holds, env, names);
  if (e.k === 'result') {
    const value = names.callValue(e.n);
    if (value) return assume(value, holds, env, names);
  }
  if (e.k === 'bin') return settled(assumeBinary(e, holds, env, names), names);
  return settled(learn(e, holds ? { ne: [0] } : { eq: 0 }, env, names), names);
}

/** The environment with more known of an expression; undefined where that contradicts what is known. */
export function assumeValue(
  e: Expr,
  value: Value,
  env: Environment,
  names: NameInfo,
): Environment | undefined {
  const known = knownValue(e, env, names);
  if (known && areDisjoint(known, value)) return undefined;
  return known?.eq !== undefined ? env : settled(learn(e, value, env, names), names);
}

/** What follows where only some of several alternatives are left; undefined where none is. */
function settled(env: Environment, names: NameInfo): Environment | undefined {
  if (!env.some(isOpen)) return env;
  let now = env;
  for (const { key, either } of env) {
    if (!either) continue;
    const left = either.filter((alternative) => mayHold(alternative, now, names));
    const [only] = left;
    if (!only) return undefined;
    if (left.length > 1) {
      if (left.length < either.length) now = learnAll(sharedBy(left), now, names);
      continue;
    }
    return settled(learnAll(only, withoutKey(key, now), names), names);
  }
  return now;
}

/** With facts of which less was known. */
function learnAll(facts: Alternative, env: Environment, names: NameInfo): Environment {
  let next = env;
  for (const { of, value } of facts)
    if (knownValue(of, next, names)?.eq === undefined) next = learn(of, value, next, names);
  return next;
}

/** What all of them say. */
function sharedBy([first = [], ...others]: readonly Alternative[]): Alternative {
  return first.filter(({ of, value }) => {
    const key = keyOf(of);
    return others.every((one) =>
      one.some((fact) => keyOf(fact.of) === key && isSameValue(fact.value, value)),
    );
  });
}

function isOpen({ either }: Entry): boolean {
  return either !== undefined;
}

function mayHold(alternative: Alternative, env: Environment, names: NameInfo): boolean {
  return alternative.every(({ of, value }) => {
    const known = knownValue(of, env, names);
    return !known || !areDisjoint(known, value);
  });
}

function assumeBinary(
  e: Expr & { k: 'bin' },
  holds: boolean,
  env: Environment,
  names: NameInfo,
): Environment {
  const r = knownValue(e.r, env, names)?.eq;
  const l = knownValue(e.l, env, names)?.eq;
  if (e.op === '==' || e.op === '!=') {
    const same = (e.op === '==') === holds;
    if (r !== undefined) return learn(e.l, same ? { eq: r } : { ne: [r] }, env, names);
    if (l !== undefined) return learn(e.r, same ? { eq: l } : { ne: [l] }, env, names);
  }
  const next = learn(e, holds ? { ne: [0] } : { eq: 0 }, env, names);
  const op = holds ? e.op : (NEGATED[e.op] ?? '');
  const [of, sign] =
    typeof r === 'number' ? [e.l, signBeside(op, r)] : [e.r, signBeside(MIRRORED[op] ?? '', l)];
  return sign === undefined ? next : learn(of, { sign }, next, names);
}

/** Adds knowledge of an expression's value, also to the path it is known to be read from. */
function learn(e: Expr, value: Value, env: Environment, names: NameInfo): Environment {
  const uncast = e.k === 'cast' ? e.e : e;
  // A member goes by one name only.
  const plain = uncast.k === 'name' ? locate(uncast, env, names) : uncast;
  const old = entryOf(plain, env);
  const merged: Value = { ...(old?.alias ? { alias: old.alias } : {}), ...value };
  if (value.ne && old?.ne) merged.ne = [...new Set([...old.ne, ...value.ne])];
  if (value.ne && old?.sign && merged.sign === undefined) merged.sign = old.sign;
  if (value.ne && isLeft(keyOf(plain), value, env)) merged.sign = 1;
  const next = set(plain, merged, env);
  const counter = counterIn(plain, value);
  if (counter) return set(counter.of, { eq: counter.eq }, next);
  if (!isPath(plain)) return next;
  const place = resolve(plain, env, names);
  return keyOf(place) === keyOf(plain) || !isPath(place) || place.k === 'addr'
    ? next
    : set(place, value, next);
}

/** Records a value of an expression; unknown ones are forgotten. */
export function set(e: Expr, value: Value | undefined, env: Environment): Environment {
  const key = keyOf(e);
  if (!value && !lookup(key, env)) return env;
  const next = withoutKey(key, env);
  if (value && isSmall(e)) {
    next.push(entryFor(e, key, value));
    if (next.length > MAX_ENTRIES) next.shift();
  }
  return next;
}

/** Every entry has the same fields in the same order, which makes them quick to read. */
function entryFor(of: Expr, key: string, { eq, ne, sign, alias }: Value): Entry {
  const aliasDeps = alias ? dependenciesOf(alias) : NOTHING;
  return { key, of, eq, ne, sign, alias, deps: dependenciesOf(of), aliasDeps };
}
