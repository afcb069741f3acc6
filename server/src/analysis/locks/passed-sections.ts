/** Critical sections that lie behind a call: the callee has taken a lock and given it back. */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import { isPath, keyOf } from '../paths/access-path';
import { operandOf } from '../paths/operand';
import type { Context } from './lock-domain';
import type { Acquisition, LockEvent, LockOutcome, LockSummary } from './lock-facts';
import { type CallView, doubtsLifted } from './lock-lifting';
import { isHeldAt, type LockState } from './lock-state';

/** Classes of the locks that a function gives back with its own calls of the library. */
export function releasedClasses({ program, fn, targets }: Context): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [index, target] of targets) {
    const call = fn.facts.nodes[index];
    const lock = target.kind === 'model' ? target.model.lock : undefined;
    if (lock?.op !== 'release' || call?.op !== 'call') continue;
    const place = operandOf(lock.lock, call.args, target.kind === 'unknown' ? undefined : target.receiver);
    const cls = place && classOf(program, fn, place);
    if (cls) found.add(cls.key);
  }
  return found;
}

/**
 * The state behind a call with the locks that the callee has surely had in between: who gives one of them back now
 * does not hold it. No caller can hold it either, or the callee would have waited for ever.
 */
export function withPassed(
  ctx: Context,
  state: LockState,
  { acquires }: LockSummary,
  outcome: LockOutcome,
  view: CallView,
): LockState {
  const wanted = ctx.released();
  if (wanted.size === 0) return state;
  let over: Map<string, LockEvent> | undefined;
  for (const inner of acquires) {
    if (!inner.cls || !wanted.has(inner.cls.key) || !isWhole(inner, outcome, view)) continue;
    const place = view.place(inner.place);
    if (!place || !isPath(place) || isHeldAt(state, place) || state.failed.has(keyOf(place))) continue;
    over ??= new Map(state.over);
    over.set(keyOf(place), { fn: ctx.fn, node: view.index, place, cls: inner.cls });
  }
  return over ? { ...state, over } : state;
}

/** Taken on every way through the callee, and by nobody twice. */
function isWhole(inner: Acquisition, { holds, releases, unsure }: LockOutcome, view: CallView): boolean {
  if (inner.tried || inner.retaken || inner.when.length > 0 || inner.kind !== 'normal') return false;
  const key = keyOf(inner.place);
  const isSame = (e: Expr): boolean => keyOf(e) === key;
  if ([...holds, ...releases, ...unsure].some(({ place }) => isSame(place))) return false;
  return doubtsLifted(inner, view) === 0;
}
