/** Forgetting: what is no longer known after a write, a call, or a loop's turn. */
import type { Expr } from '../../facts/expr';
import { keyOf } from './access-path';
import type { Entry, Environment } from './environment';

const NOTHING: ReadonlySet<string> = new Set();

/** Forgets everything that hangs on one of these dependencies. */
export function forget(deps: readonly string[], env: Environment): Environment {
  return forgetWhere((entry) => deps.some((dep) => entry.has(dep)), env);
}

/** Forgets just this. */
export function withoutKeys(env: Environment, keys: readonly string[]): Environment {
  if (keys.length === 0) return env;
  const next = new Map(env);
  for (const key of keys) next.delete(key);
  return next;
}

/** Forgets what hangs on any of many dependencies. */
export function forgetAll(deps: ReadonlySet<string>, env: Environment): Environment {
  return deps.size === 0 || env.size === 0 ? env : forgetWhere((entry) => haveCommon(entry, deps), env);
}

function haveCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const one of a) if (b.has(one)) return true;
  return false;
}

/** At the end of a loop's turn: pointers into memory, and what the loop tests there, may be others in the next. */
export function nextTurn(tests: ReadonlySet<string>, env: Environment): Environment {
  const isTested = (deps: ReadonlySet<string>): boolean =>
    deps.has('M') && [...deps].some((dep) => tests.has(dep) || (dep === 'M' && deps.size === 1));
  let next: Map<string, Entry> | undefined;
  for (const [key, entry] of env) {
    const isGone = isTested(entry.deps);
    if (!isGone && !(entry.alias && entry.aliasDeps.has('M'))) continue;
    next ??= new Map(env);
    const left = withoutAlias(entry);
    if (isGone || !left) next.delete(key);
    else next.set(key, left);
  }
  return next ?? env;
}

/** The entry without what it is a copy of; undefined where nothing else is known. */
function withoutAlias(entry: Entry): Entry | undefined {
  const { alias: _, ...rest } = entry;
  const says = rest.eq !== undefined || rest.ne !== undefined || rest.sign !== undefined;
  return says ? { ...rest, aliasDeps: NOTHING } : undefined;
}

/** A value that is no longer that of another path is still what it is known to be. */
function forgetWhere(isStale: (deps: ReadonlySet<string>) => boolean, env: Environment): Environment {
  let next: Map<string, Entry> | undefined;
  for (const [key, entry] of env) {
    const isGone = isStale(entry.deps);
    if (!isGone && !(entry.alias && isStale(entry.aliasDeps))) continue;
    next ??= new Map(env);
    const left = withoutAlias(entry);
    if (isGone || !left) next.delete(key);
    else next.set(key, left);
  }
  return next ?? env;
}

/** After a write through a pointer: what stood there before, and what was named by it, means something else. */
export function forgetPlace(place: Expr, env: Environment): Environment {
  const key = keyOf(place);
  let next: Map<string, Entry> | undefined;
  for (const [name, entry] of env) {
    const isGone = name.includes(key);
    if (!isGone && !(entry.alias && keyOf(entry.alias).includes(key))) continue;
    next ??= new Map(env);
    const left = withoutAlias(entry);
    if (isGone || !left) next.delete(name);
    else next.set(name, left);
  }
  return next ?? env;
}
