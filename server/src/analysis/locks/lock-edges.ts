/** Orders between locks that one function makes, and what its callers must know of the locks it takes. */
import type { Fn } from '../../program/program';
import { keyOf, rootOf } from '../paths/access-path';
import { isSameValue } from '../paths/value';
import type { IsFresh } from './fresh-objects';
import type { Acquisition, Condition, LockEdge } from './lock-facts';
import { type Held, isAway, type LockState } from './lock-state';
import { areContrary, commonConditions, isVisible } from './lock-summary';

export interface LockTables {
  fn: Fn;
  isFresh: IsFresh;
  edges: Map<string, LockEdge>;
  /** Edges whose ends only a caller can name. */
  pending: Map<string, LockEdge>;
  /** By name of the lock: what is remembered of the places that take it. */
  acquires: Map<string, Acquisition[]>;
  /** A lock taken while another object's lock of the same class is held, by the places of both. */
  nested: Map<string, LockEdge>;
}

export function nameOf(acquisition: Acquisition): string {
  return acquisition.cls?.key ?? keyOf(acquisition.place);
}

export function classKeys(held: readonly Held[]): Set<string> {
  const keys = new Set<string>();
  for (const { acquisition } of held) if (acquisition.cls) keys.add(acquisition.cls.key);
  return keys;
}

/** Notes that a lock is taken: an edge from each lock held, and what callers must know. */
export function noteAcquisition(tables: LockTables, state: LockState, acquisition: Acquisition): void {
  const id = nameOf(acquisition);
  if (tables.isFresh(acquisition.place, acquisition.node)) return;
  // What the function is known to hold already is a fault that is said of it, not of each of its callers.
  const isClaimed = state.held.some(
    ({ acquisition: held }) => held.claimed !== undefined && nameOf(held) === id,
  );
  if (!isClaimed && isVisible(tables.fn, acquisition))
    remember(tables.acquires, acquisition.retaken ? `${id} again` : id, acquisition);
  if (acquisition.tried) return;
  // Taking a lock once more while it is held adds no order; another one of its class only to that one.
  const still = acquisition.without ? state.held.filter((held) => !isAway(held, acquisition)) : state.held;
  const sameClass = still.filter((held) => nameOf(held.acquisition) === id);
  for (const held of sameClass.length > 0 ? sameClass : still) {
    const gates = classKeys(still.filter((other) => other !== held));
    addEdge(tables, { from: held.acquisition, to: acquisition, gates });
  }
}

/** Each place that takes the lock is remembered with its conditions; of many, what holds for all of the last. */
function remember(acquires: Map<string, Acquisition[]>, name: string, acquisition: Acquisition): void {
  const known = acquires.get(name);
  if (!known) {
    acquires.set(name, [acquisition]);
    return;
  }
  const at = known.findIndex(
    ({ node, when }) => node === acquisition.node && !areContrary(when, acquisition.when),
  );
  if (at < 0 && known.length < MAX_VARIANTS) {
    known.push(acquisition);
    return;
  }
  const place = at < 0 ? MAX_VARIANTS - 1 : at;
  const one = known[place];
  known[place] = one ? weaker(one, acquisition) : acquisition;
}

const MAX_VARIANTS = 3;

/** Of every lock the first place, then of every lock the second: where there are too many, none is lost altogether. */
export function acquiresOf({ acquires }: LockTables): Acquisition[] {
  const found: Acquisition[] = [];
  for (let variant = 0; variant < MAX_VARIANTS; variant++)
    for (const places of acquires.values()) {
      const place = places[variant];
      if (place) found.push(place);
    }
  return found;
}

/**
 * Whether one more place that takes the lock, as surely as this and under these conditions at least, would change
 * nothing of what is remembered.
 */
export function isRemembered(
  { acquires }: LockTables,
  { cls, retaken, tried }: Acquisition,
  node: number,
  doubts: () => number,
  here: () => readonly Condition[],
): boolean {
  const known = cls && acquires.get(retaken ? `${cls.key} again` : cls.key);
  if (!known) return false;
  const own = known.find((one) => one.node === node);
  const kept = own ?? known[MAX_VARIANTS - 1];
  // Who waits says more than who tries.
  if (
    !kept ||
    kept.without ||
    (kept.tried && !tried) ||
    !kept.when.every((one) => here().some((other) => isSameCondition(one, other)))
  )
    return false;
  return own ? own.doubts <= doubts() : kept.doubts >= doubts();
}

function isSameCondition(a: Condition, b: Condition): boolean {
  return a === b || (a.key === b.key && a.changed === b.changed && isSameValue(a.value, b.value));
}

function weaker(known: Acquisition, now: Acquisition): Acquisition {
  const isSame = known.node === now.node;
  // Behind a try that fails, the callee may wait.
  if (isSame && known.tried !== now.tried) return known.tried ? now : known;
  const best = now.doubts < known.doubts === isSame ? now : known;
  const when = commonConditions(known.when, now.when);
  const { without: _, ...rest } = best;
  const both = known.without?.filter((e) => now.without?.some((other) => keyOf(other) === keyOf(e)));
  if (when.length === best.when.length && both?.length === best.without?.length) return best;
  return { ...rest, when, ...(both && both.length > 0 ? { without: both } : {}) };
}

export function addEdge(tables: LockTables, edge: LockEdge): void {
  const { from, to } = edge;
  if (to.tried || tables.isFresh(from.place, to.node) || tables.isFresh(to.place, to.node)) return;
  const isSameClass = from.cls !== undefined && from.cls.key === to.cls?.key;
  if (isSameClass && keyOf(from.place) !== keyOf(to.place))
    tables.nested.set(`${to.node} ${keyOf(from.place)} > ${keyOf(to.place)}`, edge);
  if (isSameClass && !areTwoParameters(tables.fn, from, to)) return;
  const table = from.cls && to.cls && !isSameClass ? tables.edges : tables.pending;
  // Witnesses under different gates answer for different partners; of the others the surest stays.
  const names = isSameClass ? [keyOf(from.place), keyOf(to.place)] : [nameOf(from), nameOf(to)];
  const id = `${names.join(' > ')} | ${[...edge.gates].sort().join()}`;
  const known = table.get(id);
  if (!known || doubtsOf(edge) < doubtsOf(known)) table.set(id, edge);
}

/** The same member of two parameters: which objects they are, and so in which order, the callers know. */
function areTwoParameters({ facts }: Fn, from: Acquisition, to: Acquisition): boolean {
  const [a, b] = [rootOf(from.place), rootOf(to.place)];
  const { params } = facts;
  return !from.cls?.single && a.k === 'var' && b.k === 'var' && a.v !== b.v && a.v < params && b.v < params;
}

/** A function that takes two parameters' locks in both orders chooses by comparing them. */
export function withoutOrdered(edges: readonly LockEdge[]): LockEdge[] {
  const way = (a: Acquisition, b: Acquisition): string => `${keyOf(a.place)} > ${keyOf(b.place)}`;
  const ways = new Set(edges.map((edge) => way(edge.from, edge.to)));
  return edges.filter((edge) => !ways.has(way(edge.to, edge.from)));
}

function doubtsOf(edge: LockEdge): number {
  return edge.from.doubts + edge.to.doubts;
}
