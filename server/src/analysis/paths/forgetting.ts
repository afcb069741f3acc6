/** Forgetting: what is no longer known after a write, a call, or a loop's turn. */
import type { Expr } from '../../facts/expr';
import { dependencies, keyOf } from './access-path';
import { type Entry, type Environment, saysValue } from './entries';

const NOTHING: ReadonlySet<string> = new Set();

/** Forgets everything that hangs on one of these dependencies. */
export function forget(deps: readonly string[], env: Environment): Environment {
  return forgetWhere((entry) => deps.some((dep) => entry.has(dep)), env);
}

/** Forgets just this. */
export function withoutKeys(env: Environment, keys: readonly string[]): Environment {
  if (keys.length === 0) return env;
  return env.filter(({ key }) => !keys.includes(key));
}

/** Forgets what hangs on any of many dependencies that a call writes, but for objects that it cannot reach. */
export function forgetAll(
  deps: ReadonlySet<string>,
  env: Environment,
  isHidden: (v: number) => boolean,
): Environment {
  if (deps.size === 0 || env.length === 0) return env;
  const isWritten = (e: Expr): boolean => haveCommon(dependencies(e, new Set(), true, isHidden), deps);
  return without(
    env,
    (entry) => haveCommon(entry.deps, deps) && (entry.either !== undefined || isWritten(entry.of)),
    ({ alias, aliasDeps }) => alias !== undefined && haveCommon(aliasDeps, deps) && isWritten(alias),
  );
}

function haveCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const one of a) if (b.has(one)) return true;
  return false;
}

/** At the end of a loop's turn: pointers into memory, and what the loop tests there, may be others in the next. */
export function nextTurn(tests: ReadonlySet<string>, env: Environment): Environment {
  const given = [...tests].flatMap((test) => (test.startsWith('&') ? [test.slice(1)] : []));
  const isTested = (deps: ReadonlySet<string>): boolean =>
    deps.has('M') && [...deps].some((dep) => tests.has(dep) || (dep === 'M' && deps.size === 1));
  return without(
    env,
    ({ deps, key }) => given.includes(key) || isTested(deps),
    ({ aliasDeps }) => aliasDeps.has('M'),
  );
}

/** A value that is no longer that of another path is still what it is known to be. */
function forgetWhere(isStale: (deps: ReadonlySet<string>) => boolean, env: Environment): Environment {
  return without(
    env,
    ({ deps }) => isStale(deps),
    ({ aliasDeps }) => isStale(aliasDeps),
  );
}

/** After a write through a pointer: what stood there before, and what was named by it, means something else. */
export function forgetPlace(place: Expr, env: Environment): Environment {
  const written = keyOf(place);
  return without(
    env,
    ({ key }) => key.includes(written),
    ({ alias }) => alias !== undefined && keyOf(alias).includes(written),
  );
}

/** Without what is stale; of an entry of which the alias alone is, the rest stays. */
function without(
  env: Environment,
  isStale: (entry: Entry) => boolean,
  isAliasStale: (entry: Entry) => boolean,
): Environment {
  let next: Entry[] | undefined;
  for (let i = 0; i < env.length; i++) {
    const entry = env[i];
    if (!entry) continue;
    const isGone = isStale(entry);
    if (!isGone && !(entry.alias && isAliasStale(entry))) {
      next?.push(entry);
      continue;
    }
    next ??= env.slice(0, i);
    const left = isGone ? undefined : withoutAlias(entry);
    if (left) next.push(left);
  }
  return next ?? env;
}

/** The entry without what it is a copy of; undefined where nothing else is known. */
function withoutAlias(entry: Entry): Entry | undefined {
  return saysValue(entry) ? { ...entry, alias: undefined, aliasDeps: NOTHING } : undefined;
}
