/** What is done to locks at a call, as the function that makes the call sees it. */
import type { Expr } from '../facts/expr';
import type { LockModel } from '../models/schema';
import { classOf } from '../program/identity';
import type { CallNode, Fn, Program, Target } from '../program/program';
import { keyOf, substitute, substituteValue } from './access-path';
import { isUnavoidable } from './control-dependence';
import { type Environment, locate, type NameInfo, resolve } from './environment';
import type { LastReference } from './last-reference';
import type { Acquisition, Condition, Release, Wait } from './lock-facts';
import type { LockKinds } from './lock-kinds';
import type { LockState } from './lock-state';
import { type Changes, conditionsOf, isCallersValue } from './lock-summary';

export interface LiftContext {
  program: Program;
  fn: Fn;
  names: NameInfo;
  changes: Changes;
  kinds: LockKinds;
  lastReference: LastReference;
}

/** A callee's expressions and conditions in the caller's terms. */
export interface CallView {
  /** The object that the call returns. */
  result: Expr;
  index: number;
  env: Environment;
  place(e: Expr): Expr | undefined;
  value(e: Expr): Expr | undefined;
  conditions(when: readonly Condition[]): readonly Condition[];
}

/** Taking a lock where the last reference is dropped says less than a condition. */
const LAST_REFERENCE_DOUBTS = 3;

export function viewOf(
  { names }: LiftContext,
  target: Target & { kind: 'function' },
  node: CallNode,
  index: number,
  env: Environment,
): CallView {
  const { params } = target.fn.facts;
  const own = (e: Expr): Expr | undefined => substitute(e, params, node.args, target.receiver);
  return {
    result: target.into ?? { k: 'result', n: index },
    index,
    env,
    place: (e) => {
      const place = own(e);
      return place && locate(place, env, names);
    },
    value: (e) => {
      const value = own(e);
      return value && resolve(value, env, names);
    },
    conditions: (when) =>
      when.flatMap(({ of, value }) => {
        const here = substituteValue(of, params, node.args, target.receiver);
        return here ? [{ of: here, value }] : [];
      }),
  };
}

/** A lock that a library call takes. */
export function acquisitionAt(
  ctx: LiftContext,
  state: LockState,
  env: Environment,
  place: Expr,
  node: number,
  lock: LockModel,
): Acquisition {
  const { program, fn } = ctx;
  const cls = classOf(program, fn, place);
  const key = keyOf(place);
  return {
    fn,
    node,
    place,
    mode: lock.mode ?? 'exclusive',
    tried: lock.op === 'try',
    kind: ctx.kinds.kindOf(fn, place, lock),
    retaken: state.released.some((release) => release.key === key),
    when: conditionsOf(ctx.changes, env),
    doubts: 0,
    ...(cls ? { cls } : {}),
    ...(lock.releaseText ? { releaseText: lock.releaseText } : {}),
  };
}

/** A callee's acquisition as this function sees it; the callee's name of the class stands where ours is none. */
export function lifted(ctx: LiftContext, inner: Acquisition, view: CallView): Acquisition {
  const { program, fn } = ctx;
  const place = view.place(inner.place);
  const cls = (place && classOf(program, fn, place)) ?? inner.cls;
  // A macro's conditions are this function's own text.
  const certain = inner.fn.facts.kind === 'macro' || isUnavoidable(inner.fn.facts.nodes, inner.node);
  const isLast = ctx.lastReference.guards(fn, view.index);
  return {
    ...inner,
    fn,
    node: view.index,
    place: place ?? { k: 'unknown' },
    inner,
    when: [
      ...conditionsOf(ctx.changes, view.env),
      ...view.conditions(inner.when).filter(({ of }) => isCallersValue(ctx.changes, of)),
    ],
    doubts: inner.doubts + (certain ? 0 : 1) + (isLast ? LAST_REFERENCE_DOUBTS : 0),
    ...(cls ? { cls } : {}),
  };
}

/** A lock that is given back, by a library call or inside a callee. */
export function releaseAt(ctx: LiftContext, place: Expr, node: number, inner?: Release): Release {
  const cls = classOf(ctx.program, ctx.fn, place) ?? inner?.cls;
  return { fn: ctx.fn, node, place, ...(cls ? { cls } : {}), ...(inner ? { inner } : {}) };
}

/** A callee's wait as this function sees it. */
export function liftedWait(ctx: LiftContext, inner: Wait, view: CallView): Wait {
  const { program, fn } = ctx;
  const place = view.place(inner.place) ?? { k: 'unknown' };
  const condition = view.place(inner.condition) ?? { k: 'unknown' };
  const cls = classOf(program, fn, place) ?? inner.cls;
  const conditionClass = classOf(program, fn, condition) ?? inner.conditionClass;
  return {
    ...inner,
    fn,
    node: view.index,
    place,
    condition,
    inner,
    when: conditionsOf(ctx.changes, view.env),
    ...(cls ? { cls } : {}),
    ...(conditionClass ? { conditionClass } : {}),
  };
}
