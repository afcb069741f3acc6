/**
 * Locks that a function holds because somebody says so: its declaration (`REQUIRES(mutex_)`), or an assertion
 * (`mutex_.AssertHeld()`, `assert(m.owned_by_me())`). Its callers have taken them, and give them back.
 */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import type { CallNode, Fn, Program } from '../../program/program';
import { placeWritten } from '../../program/written-place';
import { keyOf } from '../paths/access-path';
import { type Environment, locate } from '../paths/environment';
import type { Acquisition } from './lock-facts';
import { acquisitionAt, type LiftContext } from './lock-lifting';
import { drop, hold, isHeldAt, type LockState } from './lock-state';
import { lockWithin } from './lockables';

/** The locks that a function is declared to need, in its own terms. */
export function locksDeclared(program: Program, fn: Fn): readonly Expr[] {
  const { facts, unit } = fn;
  if (facts.kind === 'lambda' || facts.kind === 'macro') return [];
  const all = [
    ...(facts.annotations ?? []),
    ...(program.types.declarationOf(unit, '', facts.name)?.annotations ?? []),
  ];
  const written = all.flatMap(({ name, args }) => (program.models.held.annotations.has(name) ? args : []));
  return [...new Set(written)].flatMap((text) => {
    const place = placeWritten(fn.facts, text);
    if (!place) return [];
    // `REQUIRES(this)`: the object is the lock, as far as that shows.
    const lock = lockWithin(program, fn, place.k === 'this' ? { k: 'deref', of: place } : place);
    return lock.k === 'deref' && lock.of.k === 'this' ? [] : [lock];
  });
}

/** The lock that a call asserts to be held, where it is a lock's own method or asks one. */
export function lockAsserted(program: Program, fn: Fn, node: CallNode): Expr | undefined {
  const { asserts, tells } = program.models.held;
  if (node.callee.k === 'field' && asserts.has(node.callee.f)) return lockOf(program, fn, node.callee.of);
  const [claim] = node.args;
  const asked = claim?.k === 'result' ? fn.facts.nodes[claim.n] : undefined;
  if (node.callee.k !== 'name' || !program.models.functions.get(node.callee.n)?.assumes) return undefined;
  if (asked?.op !== 'call' || asked.callee.k !== 'field' || !tells.has(asked.callee.f)) return undefined;
  return lockOf(program, fn, asked.callee.of);
}

/** The lock inside of an object whose class is one; of what is no lock, nothing is known. */
function lockOf(program: Program, fn: Fn, object: Expr): Expr | undefined {
  const lock = lockWithin(program, fn, object);
  const isLibrarys = program.models.lockTypes.has(program.types.typeOf(program, fn, object).base);
  return lock !== object || isLibrarys ? lock : undefined;
}

/** With a lock that somebody else has taken, where it is not known to be held or given back already. */
export function claimed(
  ctx: LiftContext,
  state: LockState,
  env: Environment,
  lock: Expr,
  node: number,
  by: NonNullable<Acquisition['claimed']>,
): LockState {
  const place = locate(lock, env, ctx.names);
  const key = keyOf(place);
  const cls = classOf(ctx.program, ctx.fn, place)?.key;
  const isKnown =
    isHeldAt(state, place) ||
    state.released.some((one) => one.key === key) ||
    state.held.some(({ acquisition }) => cls !== undefined && acquisition.cls?.key === cls);
  if (isKnown || state.blurred) return state;
  const taken = acquisitionAt(ctx, state, env, place, node, { op: 'acquire', lock: 'this' });
  return hold(state, { ...taken, when: [], claimed: by }, lock);
}

/** What the function holds by itself. */
export function ownState(state: LockState): LockState {
  return drop(state, ({ acquisition }) => acquisition.claimed !== undefined);
}
