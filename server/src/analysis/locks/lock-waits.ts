/** What a modelled wait on a condition gives back, for the lock analysis. */
import type { Expr } from '../../facts/expr';
import type { ConditionModel } from '../../models/schema';
import { classOf } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { entryOf } from '../paths/entries';
import { type Environment, locate, type NameInfo } from '../paths/environment';
import { isObjectOf } from './guard-steps';
import type { Wait } from './lock-facts';
import { type Changes, conditionsOf } from './lock-summary';

export interface WaitContext {
  program: Program;
  fn: Fn;
  names: NameInfo;
  changes: Changes;
}

/** The wait that a modelled call makes; `at` gives the places of its operands where they are there. */
export function waitAt(
  ctx: WaitContext,
  env: Environment,
  model: ConditionModel,
  at: (operand: string) => Expr | undefined,
  node: number,
): Wait | undefined {
  const condition = at(model.condition);
  const given = model.lock && at(model.lock);
  if (!condition || !given) return undefined;
  const { program, fn } = ctx;
  const place = lockOf(ctx, env, given);
  const cls = classOf(program, fn, place);
  const conditionClass = classOf(program, fn, condition);
  // A call may leave the predicate out.
  const predicate = model.predicate !== undefined && at(model.predicate) !== undefined;
  return {
    fn,
    node,
    place,
    condition,
    timed: model.timed === true,
    predicate,
    isHeld: false,
    when: conditionsOf(ctx.changes, env),
    others: [],
    ...(cls ? { cls } : {}),
    ...(conditionClass ? { conditionClass } : {}),
  };
}

/** A wait may be given a guard: what it gives back is the guard's lock. */
function lockOf({ program, fn, names }: WaitContext, env: Environment, given: Expr): Expr {
  const lock: Expr = { k: 'field', of: given, f: '#lock' };
  const isGuard = entryOf(lock, env) !== undefined || isObjectOf(program, fn, '', given);
  return isGuard ? locate(lock, env, names) : given;
}
