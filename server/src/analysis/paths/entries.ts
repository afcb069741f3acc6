/**
 * An environment as a list of entries, the oldest first. It holds few, is copied at nearly every step and looked
 * through at every second: a list does both without an iterator or a table for each copy.
 */
import type { Expr } from '../../facts/expr';
import { keyOf } from './access-path';
import type { Value } from './value';

/** What is known of one value. */
export interface Entry extends Value {
  /** That of `of`, or of the alternatives. */
  key: string;
  /** What the value is of. */
  of: Expr;
  /** What the value hangs on, see `dependencies`. */
  deps: ReadonlySet<string>;
  /** What the alias hangs on besides. */
  aliasDeps: ReadonlySet<string>;
  /** Nothing else is known but that all of one of these holds. */
  either?: readonly Alternative[];
}

/** Values that hold together. */
export type Alternative = readonly Fact[];

export interface Fact {
  of: Expr;
  value: Value;
}

/** No two entries have the same key. */
export type Environment = readonly Entry[];

export const EMPTY: Environment = [];

/** Whether an entry says more than what the value is a copy of. */
export function saysValue({ eq, ne, sign }: Entry): boolean {
  return eq !== undefined || ne !== undefined || sign !== undefined;
}

/** What an entry says but for its alias. */
export function valueIn({ eq, ne, sign }: Value): Value {
  return {
    ...(eq === undefined ? {} : { eq }),
    ...(ne ? { ne } : {}),
    ...(sign ? { sign } : {}),
  };
}

/** What is known of an expression as it stands. */
export function entryOf(e: Expr, env: Environment): Entry | undefined {
  return env.length === 0 ? undefined : lookup(keyOf(e), env);
}

/** The entry of a key. */
export function lookup(key: string, env: Environment): Entry | undefined {
  return env[positionOf(key, env)];
}

/** Where the entry of a key stands; -1 where there is none. What was learned last is asked for first. */
function positionOf(key: string, env: Environment): number {
  for (let i = env.length - 1; i >= 0; i--) if (env[i]?.key === key) return i;
  return -1;
}

/** A copy without one key. */
export function withoutKey(key: string, env: Environment): Entry[] {
  const next = env.slice();
  remove(key, next);
  return next;
}

/** Takes the entry of a key out of a list that is being made. */
export function remove(key: string, from: Entry[]): void {
  const at = positionOf(key, from);
  if (at >= 0) from.splice(at, 1);
}

/** Puts an entry into a list that is being made: in the place of the one of its key, else last. */
export function put(entry: Entry, into: Entry[]): void {
  const at = positionOf(entry.key, into);
  if (at >= 0) into[at] = entry;
  else into.push(entry);
}
