/** What a path knows of the lives of locks: their state by access path. */
import type { Expr } from '../../facts/expr';
import { dependencies, keyOf } from '../paths/access-path';
import { written } from '../paths/assignments';
import type { Deed, Status } from './lock-lifetime-facts';

export interface Life {
  place: Expr;
  status: Status;
  /** What made it so. */
  deed: Deed;
  /** What this function did to it first, where it was the caller's. */
  first?: 'ready' | 'destroyed';
}

export type LifeState = ReadonlyMap<string, Life>;

export const NO_LIVES: LifeState = new Map();

/** A function deals with few locks; more are a table, and its elements have no names. */
const MAX_LIVES = 12;

const keys = new WeakMap<LifeState, string>([[NO_LIVES, '']]);

/** Made once for each state: most nodes leave it as it was. */
export function livesKey(state: LifeState): string {
  const known = keys.get(state);
  if (known !== undefined) return known;
  const key = [...state]
    .map(([key, { status, first }]) => `${key}=${status}${first ?? ''}`)
    .sort()
    .join();
  keys.set(state, key);
  return key;
}

export function setLife(state: LifeState, life: Life): LifeState {
  const key = keyOf(life.place);
  if (key.includes('?')) return state;
  const next = new Map(state);
  next.delete(key);
  next.set(key, life);
  const oldest = next.size > MAX_LIVES ? next.keys().next().value : undefined;
  if (oldest !== undefined) next.delete(oldest);
  return next;
}

/** The life of exactly this lock, or else of an object around it that is raw. */
export function lifeOf(state: LifeState, place: Expr): Life | undefined {
  const exact = state.get(keyOf(place));
  if (exact) return exact;
  for (let at = place; at.k === 'field' || at.k === 'index' || at.k === 'cast'; ) {
    at = at.k === 'cast' ? at.e : at.of;
    const around = state.get(keyOf(at));
    if (around?.status === 'raw') return around;
  }
  return undefined;
}

export function withoutLives(state: LifeState, isGone: (key: string, life: Life) => boolean): LifeState {
  const kept = [...state].filter(([key, life]) => !isGone(key, life));
  return kept.length === state.size ? state : new Map(kept);
}

/** Forgets an object and all inside of it. */
export function withoutObject(state: LifeState, object: Expr): LifeState {
  const key = keyOf(object);
  return withoutLives(state, (own) => own === key || own.startsWith(`${key}.`) || own.startsWith(`${key}[`));
}

/** Forgets objects around a place that are raw: what is done to an element may be done to each. */
export function withoutAround(state: LifeState, place: Expr): LifeState {
  let next = state;
  for (let at = place; at.k === 'field' || at.k === 'index'; ) {
    at = at.of;
    next = withoutLives(next, (own, { status }) => status === 'raw' && own === keyOf(at));
  }
  return next;
}

/** Forgets the locks whose path means another object once these have changed. */
export function withoutChanged(state: LifeState, changed: ReadonlySet<string>): LifeState {
  if (state.size === 0 || changed.size === 0) return state;
  return withoutLives(state, (_, { place }) =>
    [...dependencies(place, new Set(), false)].some((dep) => changed.has(dep)),
  );
}

/** After an assignment to a place. A write through a pointer may meet any pointer behind another. */
export function withoutWritten(state: LifeState, to: Expr): LifeState {
  const next = withoutChanged(state, new Set(written(to)));
  if (to.k !== 'deref' && to.k !== 'index') return next;
  const through = `*(${keyOf(to)})`;
  return withoutLives(next, (own, { place }) => own.includes(through) || derefsIn(place) > 1);
}

/** How many pointers are followed to reach it: beyond the first, unseen code may have put another object there. */
export function derefsIn(e: Expr): number {
  switch (e.k) {
    case 'deref':
      return 1 + derefsIn(e.of);
    case 'field':
    case 'index':
    case 'addr':
      return derefsIn(e.of);
    case 'cast':
      return derefsIn(e.e);
    default:
      return 0;
  }
}
