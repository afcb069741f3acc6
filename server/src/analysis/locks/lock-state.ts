/** What a path knows of locks: those held, those given back, tries that failed. */
import type { Expr } from '../../facts/expr';
import type { Fn } from '../../program/program';
import { dereference, isPath, keyOf, rootOf } from '../paths/access-path';
import { type Environment, type NameInfo, resolve } from '../paths/environment';
import { mayBeNamed } from './chosen-names';
import type { Acquisition, Condition, Doubt, LockEvent, LockSummary, Release } from './lock-facts';

/** A path that means the lock now. */
export interface Name {
  key: string;
  place: Expr;
}

export interface Held {
  /** Where it was taken: states are told apart by this, not by names that change as variables do. */
  id: string;
  /** None once every path to it has got another value. */
  names: readonly Name[];
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
  /** Locks that a try, or a call that says so, has failed to take, likewise. */
  failed: ReadonlyMap<string, Acquisition>;
  /** Locks of which it is not known whether they are held. */
  unsure: ReadonlyMap<string, Doubt>;
  /** Routines that are run when their scope is left: `pthread_cleanup_push`. */
  cleanups: readonly { routine: Expr; argument: Expr }[];
  /** A lock that is simply taken gave an error. */
  refused: boolean;
  /** Dependencies that this path has written. */
  touched: ReadonlySet<string>;
  /** What was known at the call of values that this path has changed; by their keys. */
  entered: ReadonlyMap<string, Condition>;
  /** Something was done to locks that is not known: nothing is said about this path any more. */
  blurred: boolean;
}

const NOTHING = new Map<string, never>();

export const NOTHING_HELD: LockState = {
  held: [],
  released: [],
  over: NOTHING,
  failed: NOTHING,
  unsure: NOTHING,
  cleanups: [],
  refused: false,
  touched: new Set(),
  entered: NOTHING,
  blurred: false,
};

/** A lock can be taken again a few times; more are a loop. */
const MAX_DEPTH = 3;
const MAX_RELEASED = 12;

export function stateKey(state: LockState): string {
  if (state.held.length === 0 && state.released.length === 0) return state.blurred ? '?' : '';
  const held = state.held.map(
    ({ id, depth, acquisition }) =>
      `${id}${acquisition.mode === 'shared' ? '~' : ''}${depth > 1 ? `*${depth}` : ''}`,
  );
  return `${held.join()}|${state.released.map((r) => r.key).join()}|${state.blurred ? '?' : ''}`;
}

/** The lock is held once more; `written` is the path as the source has it. */
export function hold(state: LockState, acquisition: Acquisition, written?: Expr): LockState {
  const names = namesFor(acquisition.place, written);
  const first = names[0]?.key ?? '';
  const over = without(state.over, first);
  const failed = without(state.failed, first);
  const unsure = without(state.unsure, first);
  const rest = { ...state, over, failed, unsure };
  const id = idOf(acquisition);
  const at = state.held.findIndex((held) => names.some(({ key }) => isNamed(held, key)));
  const known = state.held[at];
  if (known) {
    // Taking it again waits for ever or gives an error: only a recursive lock counts.
    const { kind, mode } = known.acquisition;
    if ((kind === 'normal' || kind === 'checked') && mode === 'exclusive') return rest;
    const depth = Math.min(known.depth + 1, MAX_DEPTH);
    return { ...rest, held: replaced(state.held, at, { ...known, depth }) };
  }
  // Hand over hand, one place takes the next lock while it holds the last. More of them are one entry: which of
  // them is released is not followed.
  const isFirst = !state.held.some((held) => held.id === id);
  const second = state.held.findIndex((held) => held.id === id + NEXT);
  const many = state.held[second];
  if (many) return { ...rest, held: replaced(state.held, second, { ...many, names: [] }) };
  return { ...rest, held: [...state.held, { id: isFirst ? id : id + NEXT, names, acquisition, depth: 1 }] };
}

const NEXT = '+';

/** Without one of the locks; the second that was taken at the same place is the first one then. */
function withoutHeld(held: readonly Held[], at: number): Held[] {
  const id = held[at]?.id ?? '';
  return held.flatMap((one, i) => {
    if (i === at) return [];
    return [one.id === id + NEXT ? { ...one, id } : one];
  });
}

function idOf({ node, inner, place, cls }: Acquisition): string {
  if (place.k === 'unknown') return `${node}/${cls?.key ?? ''}`;
  if (inner) return `${node}/${keyOf(inner.place)}`;
  // What a pointer means on one path is another lock than what it means on the next.
  return cls?.single ? `${node}/${cls.key}` : String(node);
}

function namesFor(place: Expr, written: Expr | undefined): Name[] {
  const names: Name[] = [];
  for (const one of [place, written]) {
    if (!one || one.k === 'unknown') continue;
    const key = keyOf(one);
    if (!names.some((name) => name.key === key)) names.push({ key, place: one });
  }
  return names;
}

/** Whether the lock is the one that this path means. */
export function isNamed({ names }: Held, key: string): boolean {
  return names.some((name) => name.key === key);
}

/** The callee gives this lock back before it takes the other. */
export function isAway(held: Held, { without = [] }: Acquisition): boolean {
  return without.some((place) => isNamed(held, keyOf(place)));
}

/** A pointer behind which a lock is held is none to nothing. */
export function isRefuted({ held }: LockState, { key, value }: Condition): boolean {
  const isBehind = (name: Name): boolean => name.key.startsWith(`*(${key})`);
  return value.eq === 0 && held.some(({ names }) => names.some(isBehind));
}

/**
 * A base and a derived class may each have a member of one name, and two files a variable of their own: what is
 * written in one way is then two locks.
 */
export function areOfOtherClasses(a: LockEvent, b: LockEvent): boolean {
  const [one, other] = [a.cls, b.cls];
  if (!one || !other || one.key === other.key) return false;
  const [root, second] = [rootOf(a.place).k, rootOf(b.place).k];
  return (root === 'this' && second === root) || (one.single && other.single && root === 'name');
}

/** A lock that is held has another name as well. */
export function alsoNamed(state: LockState, known: string, place: Expr): LockState {
  const at = state.held.findIndex((held) => isNamed(held, known));
  const held = state.held[at];
  const name = { key: keyOf(place), place };
  if (!held || isNamed(held, name.key)) return state;
  return { ...state, held: replaced(state.held, at, { ...held, names: [...held.names, name] }) };
}

/** A lock that a call gave back and took again goes by all the names that it had before. */
export function asBefore(state: LockState, before: LockState, place: Expr): LockState {
  const key = keyOf(place);
  const old = before.held.find((held) => isNamed(held, key));
  return old ? old.names.reduce((now, name) => alsoNamed(now, key, name.place), state) : state;
}

export function isHeldAt({ held }: LockState, lock: Expr): boolean {
  const key = keyOf(lock);
  return held.some((one) => isNamed(one, key));
}

/** A call may have taken the lock, or given it back. */
export function doubt(state: LockState, event: Doubt): LockState {
  const path = keyOf(event.place);
  const key = path.includes('?') ? event.cls?.key : path;
  if (key === undefined) return state;
  const isHere = (held: Held): boolean =>
    isNamed(held, key) || (event.cls !== undefined && held.acquisition.cls?.key === event.cls.key);
  return {
    ...drop(state, isHere),
    over: without(state.over, key),
    unsure: new Map([...state.unsure, [key, event]]),
  };
}

/** Code that is not seen gets the address of a lock: it may give it back. */
export function handedOut(
  state: LockState,
  args: readonly Expr[],
  env: Environment,
  names: NameInfo,
): LockState {
  let next = state;
  for (const arg of args) {
    if (next.held.length === 0) return next;
    if (!isPath(arg)) continue;
    const place = dereference(resolve(arg, env, names));
    const held = next.held.find((one) => isNamed(one, keyOf(place)));
    if (held) next = doubt(next, { ...held.acquisition, place });
  }
  return next;
}

/** A call may do something to the locks whose addresses it is given. */
export function left(
  state: LockState,
  args: readonly Expr[],
  env: Environment,
  names: NameInfo,
  eventAt: (place: Expr) => LockEvent,
): LockState {
  return args.filter(isPath).reduce((next, arg) => {
    return doubt(next, eventAt(dereference(resolve(arg, env, names))));
  }, state);
}

/** This lock was to be taken, and was not. */
export function fail(state: LockState, tried: Acquisition): LockState {
  const key = keyOf(tried.place);
  return { ...state, failed: new Map([...state.failed, [key, tried]]), over: without(state.over, key) };
}

/** What giving a lock back does: which one was meant, and the state after it. */
export interface Given {
  state: LockState;
  /** The lock that was held; none where it is the caller's, or not held at all. */
  held?: Held;
  /** Where it was given back before, or a try had failed: then it is not held. */
  before?: LockEvent;
  failed?: Acquisition;
  /** What a call may have done to it: then it may have been held. */
  unsure?: LockEvent;
}

/** Gives back the lock of this path, else the only one of its class: the same object by another name. */
export function give(fn: Fn, state: LockState, release: Release, written?: Expr): Given {
  const key = keyOf(release.place);
  const other = written && keyOf(written);
  const exact = state.held.findIndex(
    (held) =>
      (isNamed(held, key) || (other !== undefined && isNamed(held, other))) &&
      !areOfOtherClasses(held.acquisition, release),
  );
  // What this path has given back by this very name is none of the others that are held, as long as those have names.
  const isOver = state.over.has(key) && !key.includes('?') && rootOf(release.place).k !== 'result';
  const similar = exact >= 0 ? exact : sameClass(fn, state, release, isOver);
  const at = similar >= 0 || isOver ? similar : sameWrapper(fn, state, release);
  const held = state.held[at];
  if (held) {
    if (held.depth > 1)
      return {
        held,
        state: { ...state, held: replaced(state.held, at, { ...held, depth: held.depth - 1 }) },
      };
    const over = new Map([
      ...state.over,
      ...[key, ...held.names.map((name) => name.key)].map((name) => [name, release] as const),
    ]);
    return { held, state: { ...state, over, held: withoutHeld(state.held, at) } };
  }
  const [name, unsure] =
    [...state.unsure].find(
      ([one, { cls }]) => one === key || (cls !== undefined && cls.key === release.cls?.key),
    ) ?? [];
  if (name !== undefined && unsure)
    return { state: { ...state, unsure: without(state.unsure, name) }, unsure };
  // A lock that has no name here may be any that is held: nothing is then known to be.
  const isUnnamed = !isCallersOwn(fn, rootOf(release.place)) && !release.cls;
  if (isUnnamed) return { state: state.held.length > 0 ? { ...state, held: [], blurred: true } : state };
  if (release.place.k === 'unknown') return { state: { ...state, released: withUnnamed(state, release) } };
  const again = state.over.get(key) ?? state.released.find((r) => r.key === key);
  // Elements that nobody can tell apart are not one lock.
  if (again) return key.includes('?') ? { state } : { state, before: again };
  const failed = state.failed.get(key);
  if (failed) return { state, before: failed, failed };
  if (state.blurred || state.released.length >= MAX_RELEASED) return { state };
  return { state: { ...state, released: [...state.released, { ...release, key }] } };
}

/** Callers give back a lock of that class, as they do where the call is their own. */
function withUnnamed({ released }: LockState, release: Release): LockState['released'] {
  const key = `? of ${release.cls?.key}`;
  return released.some((one) => one.key === key) ? released : [...released, { ...release, key }];
}

function sameClass(fn: Fn, state: LockState, { cls, place }: LockEvent, isOver: boolean): number {
  if (!cls) return -1;
  const matches = state.held.flatMap((held, i) => {
    const isOne = held.acquisition.cls?.key === cls.key && !(isOver && held.names.length > 0);
    return isOne ? [i] : [];
  });
  const stale = matches.filter((i) => state.held[i]?.names.length === 0);
  // One of two objects, as a comparison has put them in order.
  const ordered = (i: number): boolean =>
    state.held[i]?.names.some((name) => mayBeNamed(fn, name.place, keyOf(place))) === true;
  const choice = matches.length === 1 ? matches : stale.length > 0 ? stale : matches.filter(ordered);
  return choice[choice.length - 1] ?? -1;
}

/** What a guard gives back that nobody has seen taken is the last one of that type, by whatever it was called. */
function sameWrapper(fn: Fn, state: LockState, { cls, place }: LockEvent): number {
  if (cls?.wrapper === undefined || isCallersOwn(fn, rootOf(place))) return -1;
  return state.held.findLastIndex((held) => held.acquisition.cls?.wrapper === cls.wrapper);
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

/** Paths that mean one lock at a time. */
export const MAX_NAMES = 4;

function replaced(held: readonly Held[], at: number, one: Held): Held[] {
  return held.map((old, i) => (i === at ? one : old));
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  if (!map.has(key)) return map;
  const next = new Map(map);
  next.delete(key);
  return next;
}

/** A callee with too many paths may have done anything to the locks that it touches. */
export function blurredBy(state: LockState, summary: LockSummary): LockState {
  if (state.held.length === 0 && summary.acquires.length === 0) return state;
  return { ...state, held: [], blurred: true };
}

/** An object that is freed takes its lock with it. */
export function freed(
  state: LockState,
  pointer: Expr | undefined,
  env: Environment,
  names: NameInfo,
): LockState {
  if (!pointer || !isPath(pointer) || state.held.length === 0) return state;
  const object = `*(${keyOf(resolve(pointer, env, names))})`;
  return drop(state, ({ names }) => names.some(({ key }) => key.startsWith(object)));
}
