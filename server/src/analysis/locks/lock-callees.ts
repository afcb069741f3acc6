/** What is known of the functions that a call may reach, taken together. */
import type { Expr } from '../../facts/expr';
import { onlyValue } from '../../program/bound-callables';
import { ownMember } from '../../program/own-member';
import type { Fn, Target } from '../../program/program';
import type { Context } from './lock-domain';
import type { LockOutcome, LockSummary } from './lock-facts';
import type { CallView } from './lock-lifting';
import type { LockState } from './lock-state';
import { summaryOfAny } from './lock-summary';

/** What is known of all that a call may reach; asked at each visit of the node. */
export function summaryAt(ctx: Context, index: number, target: Target): LockSummary | undefined {
  if (target.kind === 'model') return undefined;
  if (!ctx.reached.has(index)) ctx.reached.set(index, reachedSummary(ctx, index, target));
  return ctx.reached.get(index);
}

function reachedSummary(ctx: Context, index: number, target: Target): LockSummary | undefined {
  const others = ctx.graph.possible.at(ctx.fn, index);
  const named = target.kind === 'function' ? target.fn : undefined;
  if (others.length > 0) return summaryOfAny(named ? [named, ...others] : others, ctx.summaryOf);
  return named && ctx.summaryOf(named);
}

/**
 * The object in whose container a callable is that is called: `for (auto &f : listeners_) f();`, and as a part of an
 * element `auto it = ops_.find(name); it->second();`.
 */
function holderOf({ program, fn }: Context, callee: Expr): Expr | undefined {
  const plain = callee.k === 'field' ? callee.of : callee;
  const variable = plain.k === 'deref' ? plain.of : plain;
  const given = variable.k === 'var' ? onlyValue(fn.facts, variable.v) : undefined;
  const element = given?.k === 'addr' ? given.of : given;
  const call = element?.k === 'result' ? fn.facts.nodes[element.n] : undefined;
  const found = call?.op === 'call' && call.callee.k === 'field' ? call.callee.of : undefined;
  const within = element?.k === 'index' ? element.of : found;
  const container = within && (ownMember(program, fn, within) ?? within);
  return container?.k === 'field' ? container.of : undefined;
}

/** Functions that one call may reach have the same parameters; one of them stands for all. */
export function reachedBy(
  ctx: Context,
  others: readonly Fn[],
  given: Expr | undefined,
  callee: Expr,
): (Target & { kind: 'function' }) | undefined {
  const { program, fn: caller } = ctx;
  const [fn] = others;
  if (!fn) return undefined;
  // A lambda that another object has stored is called with that object.
  const { typeOf, structOf, classAround } = program.types;
  const isOwn = (receiver: Expr | undefined): receiver is Expr =>
    receiver !== undefined &&
    (fn.facts.kind !== 'lambda' ||
      structOf(caller.unit, caller.facts.name, typeOf(program, caller, receiver)) === classAround(fn));
  const receiver = isOwn(given) ? given : holderOf(ctx, callee);
  return { kind: 'function', fn, ...(isOwn(receiver) ? { receiver } : {}) };
}

/** The locks as a call leaves them that does nothing more to them than its outcome says. */
export function endedIn(outcome: LockOutcome, state: LockState, view: CallView): LockState {
  const next = outcome.refused ? { ...state, refused: true } : state;
  const isUnknown = [...outcome.holds, ...outcome.releases].some(view.isOwnWay);
  return isUnknown ? { ...next, held: [], blurred: true } : next;
}
