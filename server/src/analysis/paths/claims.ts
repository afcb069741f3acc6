/** What an assertion says, taken for true behind it. */
import type { Expr } from '../../facts/expr';
import { isPath, rootOf } from './access-path';
import { written } from './assignments';
import { assume, type Environment, type NameInfo, resolve } from './environment';
import { forget } from './forgetting';

/**
 * The environment in which the claim holds; undefined where it contradicts what is known. What others may have
 * written meanwhile contradicts nothing: `done = 0; wait_for_it(); assert(done);`.
 */
export function claimed(claim: Expr, env: Environment, names: NameInfo): Environment | undefined {
  const assumed = assume(claim, true, env, names);
  if (assumed) return assumed;
  const stale = partsIn(claim).filter((part) => mayBeStale(part, env, names));
  return stale.length === 0 ? undefined : assume(claim, true, forget(stale.flatMap(written), env), names);
}

/** The places that an expression reads, each as a whole. */
function partsIn(e: Expr): Expr[] {
  if (e.k === 'bin') return [...partsIn(e.l), ...partsIn(e.r)];
  if (e.k === 'un' || e.k === 'cast') return partsIn(e.e);
  return isPath(e) ? [e] : [];
}

/** Memory that others reach; what a call has just said of it is not old. */
function mayBeStale(part: Expr, env: Environment, names: NameInfo): boolean {
  if (part.k === 'result' || (part.k === 'var' && !names.isShared(part.v))) return false;
  return rootOf(resolve(part, env, names)).k !== 'result';
}
