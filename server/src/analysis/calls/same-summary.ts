/** Whether callers would see a difference between two summaries of a function, whose text may have moved meanwhile. */
import { LinkedFn } from '../../program/linked-function';
import type { Fn } from '../../program/program';

/** A place in a function, as results name it. */
interface Place {
  fn: Fn;
  node: number;
}

/** Equal plain data but for the nodes of places: which one it is decides nothing for a caller. */
export function isSameSummary(fn: Fn, before: unknown, now: unknown): boolean {
  return isSame(fn, before, now, new Map());
}

function isSame(own: Fn, a: unknown, b: unknown, pairs: Map<object, object>): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b) || a instanceof LinkedFn || b instanceof LinkedFn) return false;
  const other = pairs.get(a);
  if (other === b) return true;
  // One place that has become two could not take over the nodes of both.
  if (other && isPlace(a) && a.fn === own) return false;
  pairs.set(a, b);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => isSame(own, item, b[i], pairs));
  }
  if (a instanceof Map || a instanceof Set) {
    if (a.constructor !== b.constructor) return false;
    return isSame(own, [...a], [...(b as unknown as Iterable<unknown>)], pairs);
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const isPlaced = isPlace(a) && isPlace(b);
  return keys.every(
    (key) => (isPlaced && key === 'node') || (Object.hasOwn(b, key) && isSame(own, a[key], b[key], pairs)),
  );
}

/**
 * The old one of two equal summaries gets the nodes of the new one, and points to the places that the summaries of
 * its callees have now. Callers' results point into the old one.
 */
export function takePlaces(fn: Fn, before: unknown, now: unknown): void {
  take(fn, before, now, new Set());
}

function take(own: Fn, a: unknown, b: unknown, done: Set<object>): void {
  if (a === b || !isObject(a) || !isObject(b) || a instanceof LinkedFn || done.has(a)) return;
  done.add(a);
  if (a instanceof Set) return;
  if (a instanceof Map) {
    const values = [...(b as unknown as Map<unknown, unknown>).values()];
    let at = 0;
    for (const [key, value] of a) {
      const next = values[at++];
      if (isForeign(own, next)) a.set(key, next);
      else take(own, value, next, done);
    }
    return;
  }
  if (isPlace(a) && isPlace(b)) a.node = b.node;
  for (const key of Object.keys(a)) {
    const next = b[key];
    if (isForeign(own, next)) a[key] = next;
    else take(own, a[key], next, done);
  }
}

function isForeign(own: Fn, value: unknown): boolean {
  return isObject(value) && isPlace(value) && value.fn !== own;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPlace(value: object): value is Place & Record<string, unknown> {
  return 'fn' in value && 'node' in value && typeof value.node === 'number' && value.fn instanceof LinkedFn;
}
