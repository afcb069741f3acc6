/** What a path knows of locks: those held, those given back, tries that failed. */
import type { Expr } from '../facts/expr';
import { classOf } from '../program/identity';
import type { Fn, Program } from '../program/program';
import { dependencies, keyOf, mapRoot, rootOf } from './access-path';
import { type Environment, written } from './environment';
import type { Acquisition, LockEvent, Release } from './lock-facts';

export interface Held {
  /** The path of the lock; a name of its own once the path means another object. */
  key: string;
  acquisition: Acquisition;
  /** How often its holder has taken it. */
  depth: number;
}

export interface LockState {
  /** In the order they were taken. */
  held: readonly Held[];
  /** Locks of the caller that were given back, by path. */
  released: readonly (Release & { key: string })[];
  /** Locks that were taken and given back here, as far as all paths that came together agree. */
  over: ReadonlyMap<string, LockEvent>;
  /** Locks for which a try has failed, likewise. */
  failed: ReadonlyMap<string, LockEvent>;
  /** Locks of which it is not known whether they are held. */
  unsure: ReadonlyMap<string, LockEvent>;
  /** Routines that are run when their scope is left: `pthread_cleanup_push`. */
  cleanups: readonly { routine: Expr; argument: Expr }[];
  /** A lock that is simply taken gave an error. */
  refused: boolean;
  /** Something was done to locks that is not known: nothing is said about this path any more. */
  blurred: boolean;
}

const NOTHING: ReadonlyMap<string, LockEvent> = new Map();

export const NOTHING_HELD: LockState = {
  held: [],
  released: [],
  over: NOTHING,
  failed: NOTHING,
  unsure: NOTHING,
  cleanups: [],
  refused: false,
  blurred: false,
};

/** A lock can be taken again a few times; more are a loop. */
const MAX_DEPTH = 3;
const MAX_RELEASED = 12;

export function stateKey(state: LockState): string {
  if (state.held.length === 0 && state.released.length === 0) return state.blurred ? '?' : '';
  const held = state.held.map(
    ({ key, depth, acquisition }) =>
      `${key}${acquisition.mode === 'shared' ? '~' : ''}${depth > 1 ? depth : ''}`,
  );
  return `${held.join()}|${state.released.map((r) => r.key).join()}|${state.blurred ? '?' : ''}`;
}

/** Keeps what both know of the past. */
export function joinStates(a: LockState, b: LockState): LockState {
  const over = common(a.over, b.over);
  const failed = common(a.failed, b.failed);
  const isNew = [...b.unsure.keys()].some((key) => !a.unsure.has(key));
  const refused = a.refused && b.refused;
  if (over === a.over && failed === a.failed && refused === a.refused && !isNew) return a;
  return { ...a, over, failed, refused, unsure: isNew ? new Map([...a.unsure, ...b.unsure]) : a.unsure };
}

function common(
  a: ReadonlyMap<string, LockEvent>,
  b: ReadonlyMap<string, LockEvent>,
): ReadonlyMap<string, LockEvent> {
  if (a.size === 0 || a === b) return a;
  const kept = [...a].filter(([key]) => b.has(key));
  return kept.length === a.size ? a : new Map(kept);
}

/** The lock is held once more. */
export function hold(state: LockState, acquisition: Acquisition): LockState {
  const key = keyOf(acquisition.place);
  const name = key === '?' ? (acquisition.cls?.key ?? key) : key;
  const over = without(state.over, name);
  const failed = without(state.failed, name);
  const unsure = without(state.unsure, name);
  const at = state.held.findIndex((held) => held.key === name);
  const known = state.held[at];
  if (!known)
    return { ...state, over, failed, unsure, held: [...state.held, { key: name, acquisition, depth: 1 }] };
  if (known.acquisition.kind === 'normal' && known.acquisition.mode === 'exclusive')
    return { ...state, over, failed, unsure };
  const depth = Math.min(known.depth + 1, MAX_DEPTH);
  return { ...state, over, failed, unsure, held: replaced(state.held, at, { ...known, depth }) };
}

/** A call may have taken the lock, or given it back. */
export function doubt(state: LockState, event: LockEvent): LockState {
  const key = keyOf(event.place);
  if (key.includes('?')) return state;
  const isHere = ({ key: own, acquisition }: Held): boolean =>
    own === key || (event.cls !== undefined && acquisition.cls?.key === event.cls.key);
  return {
    ...drop(state, isHere),
    over: without(state.over, key),
    unsure: new Map([...state.unsure, [key, event]]),
  };
}

/** A try of this lock has failed. */
export function fail(state: LockState, tried: LockEvent): LockState {
  return { ...state, failed: new Map([...state.failed, [keyOf(tried.place), tried]]) };
}

/** What giving a lock back does: which one was meant, and the state after it. */
export interface Given {
  state: LockState;
  /** The lock that was held; none where it is the caller's, or not held at all. */
  held?: Held;
  /** Where it was given back before, or a try had failed: then it is not held. */
  before?: LockEvent;
  tried?: boolean;
}

/** Gives back the lock of this path, else the only one of its class: the same object by another name. */
export function give(program: Program, fn: Fn, state: LockState, release: Release): Given {
  const key = keyOf(release.place);
  const exact = state.held.findIndex((held) => held.key === key);
  const at = exact >= 0 ? exact : sameClass(state, release);
  const held = state.held[at];
  if (held) {
    if (held.depth > 1)
      return {
        held,
        state: { ...state, held: replaced(state.held, at, { ...held, depth: held.depth - 1 }) },
      };
    const over = new Map([...state.over, [held.key, release]]);
    return { held, state: { ...state, over, held: state.held.filter((_, i) => i !== at) } };
  }
  const isUnsure = [...state.unsure].some(
    ([name, { cls }]) => name === key || (cls !== undefined && cls.key === release.cls?.key),
  );
  if (isUnsure) return { state: { ...state, unsure: without(state.unsure, key) } };
  // A lock that has no name here may be any that is held: nothing is then known to be.
  const isUnnamed = !isCallersOwn(fn, rootOf(release.place)) && !classOf(program, fn, release.place);
  if (isUnnamed) return { state: state.held.length > 0 ? { ...state, held: [], blurred: true } : state };
  const again = state.over.get(key) ?? state.released.find((r) => r.key === key);
  if (again) return { state, before: again };
  const tried = state.failed.get(key);
  if (tried) return { state, before: tried, tried: true };
  if (state.released.length >= MAX_RELEASED) return { state };
  return { state: { ...state, released: [...state.released, { ...release, key }] } };
}

function sameClass(state: LockState, { cls }: LockEvent): number {
  if (!cls) return -1;
  const matches = state.held.flatMap((held, i) => (held.acquisition.cls?.key === cls.key ? [i] : []));
  const stale = matches.filter((i) => isStale(state.held[i]?.key ?? ''));
  const choice = matches.length === 1 ? matches : stale;
  return choice[choice.length - 1] ?? -1;
}

/** Locks whose object ends: what they were is no longer of interest. */
export function drop(state: LockState, isGone: (held: Held) => boolean): LockState {
  const held = state.held.filter((one) => !isGone(one));
  return held.length === state.held.length ? state : { ...state, held };
}

/** A root that the caller can name as well. */
export function isCallersOwn(fn: Fn, root: Expr): boolean {
  return root.k === 'name' || root.k === 'this' || (root.k === 'var' && root.v < fn.facts.params);
}

const STALE = '~';

function isStale(key: string): boolean {
  return key.startsWith(STALE);
}

/**
 * After `to` has got another value: a lock that was named through it is still held, by the name of a variable
 * that is known to be equal, else by a name that no expression has.
 */
export function renamed(state: LockState, to: Expr, env: Environment): LockState {
  if (!hasMemory(state)) return state;
  const changed = written(to);
  return changed.length === 0
    ? state
    : stale(state, new Set(changed), to.k === 'var' ? twinOf(to.v, env) : undefined);
}

/**
 * At the end of a loop's turn: memory may change until the next one, so a lock that was named by what memory
 * held is named by a variable that points to the object, where there is one.
 */
export function rebased(state: LockState, env: Environment): LockState {
  if (state.held.length === 0) return state;
  let touched = false;
  const held = state.held.map((one) => {
    if (isStale(one.key) || !dependencies(one.acquisition.place, new Set(), false).has('M')) return one;
    const place = throughVariable(one.acquisition.place, env);
    if (!place) return one;
    touched = true;
    return { ...one, key: keyOf(place), acquisition: { ...one.acquisition, place } };
  });
  return touched ? { ...state, held } : state;
}

/** The place with the longest part of it that some variable is known to equal replaced by that variable. */
function throughVariable(place: Expr, env: Environment): Expr | undefined {
  for (let part = innerOf(place); part; part = innerOf(part)) {
    const key = keyOf(part);
    // Of several the one that was set last: it goes on from here.
    const twins = [...env.values()].filter(
      ({ of, alias }) => of.k === 'var' && alias && keyOf(alias) === key,
    );
    const twin = twins[twins.length - 1];
    if (twin) return withPart(place, part, twin.of);
  }
  return undefined;
}

function innerOf(e: Expr): Expr | undefined {
  if (e.k === 'cast') return e.e;
  return e.k === 'field' || e.k === 'deref' || e.k === 'addr' || e.k === 'index' ? e.of : undefined;
}

function withPart(e: Expr, part: Expr, by: Expr): Expr {
  if (e === part) return by;
  if (e.k === 'cast') return { ...e, e: withPart(e.e, part, by) };
  if (e.k === 'field' || e.k === 'deref' || e.k === 'addr' || e.k === 'index')
    return { ...e, of: withPart(e.of, part, by) };
  return e;
}

/** After a call that may have changed these. */
export function overwritten(state: LockState, changed: ReadonlySet<string>): LockState {
  return changed.size === 0 || !hasMemory(state) ? state : stale(state, changed, undefined);
}

function hasMemory(state: LockState): boolean {
  return state.held.length > 0 || state.released.length > 0 || state.over.size > 0 || state.failed.size > 0;
}

function stale(state: LockState, changed: ReadonlySet<string>, twin: Expr | undefined): LockState {
  const isChanged = (e: Expr): boolean =>
    [...dependencies(e, new Set(), false)].some((dep) => changed.has(dep));
  let touched = false;
  const held = state.held.map((one) => {
    const { place, node } = one.acquisition;
    if (isStale(one.key) || !isChanged(place)) return one;
    touched = true;
    if (!twin || rootOf(place).k !== 'var') return { ...one, key: `${STALE}${one.key}@${node}` };
    const moved = mapRoot(place, () => twin);
    return { ...one, key: keyOf(moved), acquisition: { ...one.acquisition, place: moved } };
  });
  const kept = (events: ReadonlyMap<string, LockEvent>): ReadonlyMap<string, LockEvent> => {
    const left = [...events].filter(([, event]) => !isChanged(event.place));
    return left.length === events.size ? events : new Map(left);
  };
  const over = kept(state.over);
  const failed = kept(state.failed);
  const released = state.released.map((one) => {
    if (isStale(one.key) || !isChanged(one.place)) return one;
    touched = true;
    return { ...one, key: `${STALE}${one.key}@${one.node}` };
  });
  if (!touched && over === state.over && failed === state.failed) return state;
  return { ...state, held, released, over, failed };
}

/** Another variable that is known to have the same value. */
function twinOf(v: number, env: Environment): Expr | undefined {
  for (const { of, alias } of env.values()) {
    const plain = alias?.k === 'cast' ? alias.e : alias;
    if (of.k === 'var' && of.v !== v && plain?.k === 'var' && plain.v === v) return of;
  }
  return undefined;
}

function replaced(held: readonly Held[], at: number, one: Held): Held[] {
  return held.map((old, i) => (i === at ? one : old));
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!map.has(key)) return map;
  const next = new Map(map);
  next.delete(key);
  return next;
}
