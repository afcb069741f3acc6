/** Follows the lockset along the paths of one function. */
import type { Expr } from '../facts/expr';
import type { FunctionModel, LockModel } from '../models/schema';
import { classOf } from '../program/identity';
import type { CallNode, Fn, Program, Target } from '../program/program';
import { isPath, keyOf, substitute, substituteValue } from './access-path';
import { type CallGraph, returnsFrom } from './call-graph';
import type { CallWrites } from './call-writes';
import { isUnavoidable } from './control-dependence';
import { type Constant, type Environment, locate, type NameInfo, resolve, type Value } from './environment';
import { type Domain, explore, type Outcome } from './explore';
import type { LastReference } from './last-reference';
import { addEdge, classKeys, type LockTables, noteAcquisition, withoutOrdered } from './lock-edges';
import { type LockEventLog, makeEventLog } from './lock-events';
import type {
  Acquisition,
  Condition,
  LockEdge,
  LockEvents,
  LockOutcome,
  LockSummary,
  Release,
  Wait,
} from './lock-facts';
import type { LockKinds } from './lock-kinds';
import { leaksOf } from './lock-leaks';
import {
  drop,
  fail,
  give,
  hold,
  joinStates,
  type LockState,
  NOTHING_HELD,
  overwritten,
  renamed,
  stateKey,
} from './lock-state';
import { type Changes, changesOf, conditionsOf, type Ending, endingAt, outcomesOf } from './lock-summary';
import { namesOf } from './names';
import { failureOf, operandOf, successOf, writesOf } from './operand';

export interface LockFindings {
  edges: LockEdge[];
  summary: LockSummary;
  events: LockEvents;
  complete: boolean;
}

/** What exploring a function needs to know of the rest of the program. */
export interface LockContext {
  program: Program;
  graph: CallGraph;
  writes: CallWrites;
  kinds: LockKinds;
  lastReference: LastReference;
  summaryOf(fn: Fn): LockSummary | undefined;
}

interface Context extends LockTables, LockContext {
  names: NameInfo;
  changes: Changes;
  targets: ReadonlyMap<number, Target>;
  endings: Map<string, Ending>;
  log: LockEventLog;
}

/** More locks below one call would make every caller's edges a product. */
const MAX_ACQUIRES = 48;

/** Taking a lock where the last reference is dropped says less than a condition. */
const LAST_REFERENCE_DOUBTS = 3;

/** Explores one function; callees should have their summaries. */
export function followLocks(around: LockContext, fn: Fn): LockFindings {
  const { program, writes } = around;
  const names = namesOf(program, fn, writes);
  const ctx: Context = {
    ...around,
    fn,
    names,
    changes: changesOf(fn, names, writes[fn.id] ?? new Set()),
    targets: program.targets[fn.id] ?? new Map(),
    edges: new Map(),
    pending: new Map(),
    acquires: new Map(),
    endings: new Map(),
    log: makeEventLog(),
  };
  const complete = explore(fn.facts.nodes, domainOf(ctx));
  const endings = [...ctx.endings.values()];
  const unknown = !complete || endings.some(({ state }) => state.blurred);
  return {
    edges: [...ctx.edges.values()],
    summary: {
      acquires: [...ctx.acquires.values()].slice(0, MAX_ACQUIRES),
      outcomes: complete ? outcomesOf(endings) : [],
      pending: withoutOrdered([...ctx.pending.values()]).slice(0, MAX_ACQUIRES),
      needs: ctx.log.needs(),
      ...(unknown ? { unknown } : {}),
    },
    events: ctx.log.events(complete ? leaksOf(fn, endings) : [], complete),
    complete,
  };
}

function domainOf(ctx: Context): Domain<LockState> {
  return {
    initial: NOTHING_HELD,
    names: ctx.names,
    key: stateKey,
    join: joinStates,
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    assign: (state, env, to) => renamed(state, locate(to, env, ctx.names), env),
    endOfLife: (state, env, vars) => vars.reduce((now, v) => renamed(now, { k: 'var', v }, env), state),
    exit: (state, env, value, index) => end(ctx, state, env, value, index),
  };
}

function end(ctx: Context, state: LockState, env: Environment, value: Expr | undefined, index: number): void {
  ctx.endings.set(`${index} ${stateKey(state)}`, endingAt(ctx.changes, index, state, env, value));
}

function call(
  ctx: Context,
  state: LockState,
  env: Environment,
  node: CallNode,
  index: number,
): readonly Outcome<LockState>[] {
  ctx.log.noteHeld(state, index);
  const target = ctx.targets.get(index);
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) {
    if (target?.kind === 'model' && target.model.ends === 'thread') end(ctx, state, env, undefined, index);
    return [];
  }
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  if (target?.kind !== 'function') return [{ state }];
  const summary = ctx.summaryOf(target.fn);
  const now = overwritten(state, ctx.names.callWrites(index));
  if (!summary) return [{ state: now }];
  const { params } = target.fn.facts;
  const view: CallView = {
    index,
    env,
    place: (e) => {
      const own = substitute(e, params, node.args, target.receiver);
      return own && locate(own, env, ctx.names);
    },
    value: (e) => {
      const own = substitute(e, params, node.args, target.receiver);
      return own && resolve(own, env, ctx.names);
    },
    conditions: (when) =>
      when.flatMap(({ of, value }) => {
        const own = substituteValue(of, params, node.args, target.receiver);
        return own ? [{ of: own, value }] : [];
      }),
  };
  return called(ctx, now, summary, target.fn, view);
}

/** A callee's expressions and conditions in the caller's terms. */
interface CallView {
  index: number;
  env: Environment;
  place(e: Expr): Expr | undefined;
  value(e: Expr): Expr | undefined;
  conditions(when: readonly Condition[]): readonly Condition[];
}

function called(
  ctx: Context,
  state: LockState,
  summary: LockSummary,
  callee: Fn,
  view: CallView,
): readonly Outcome<LockState>[] {
  const { env } = view;
  const lift = (inner: Acquisition): Acquisition => lifted(ctx, inner, view);
  for (const inner of summary.acquires) {
    if (!ctx.log.isPossible(view.conditions(inner.when), env, ctx.names)) continue;
    const acquisition = lift(inner);
    if (!inner.retaken) ctx.log.noteRelock(state, acquisition);
    noteAcquisition(ctx, state, acquisition);
  }
  for (const { from, to, gates } of summary.pending) {
    const own = classKeys(state.held);
    addEdge(ctx, { from: lift(from), to: lift(to), gates: new Set([...gates, ...own]) });
  }
  for (const need of summary.needs) ctx.log.noteWait(state, liftedWait(ctx, need, view));
  if (summary.unknown) return [{ state: blurredBy(state, summary) }];
  if (summary.outcomes.length === 0) return [{ state }];
  return summary.outcomes.map((outcome) => {
    let next = state;
    for (const inner of outcome.releases) {
      const place = view.place(inner.place);
      if (place) next = released(ctx, next, releaseAt(ctx, place, view.index, inner));
    }
    // What a constructor takes its destructor gives back, which is not followed yet.
    const holds = callee.facts.kind === 'constructor' ? [] : outcome.holds;
    for (const inner of holds) next = hold(next, lift(inner));
    return { state: next, ...effectsOf(outcome, view) };
  });
}

/** What else is known where a call ended in one way. */
function effectsOf(outcome: LockOutcome, view: CallView): Omit<Outcome<LockState>, 'state'> {
  const returned = outcome.returns && view.value(outcome.returns);
  const result: Value | undefined = returned ? { ...outcome.result, alias: returned } : outcome.result;
  const writes = outcome.leaves.flatMap(({ to, value }) => {
    const place = view.place(to);
    return place ? [{ to: place, value: constantExpr(value) }] : [];
  });
  return { writes, assumes: view.conditions(outcome.when), ...(result ? { result } : {}) };
}

/** A callee with too many paths may have done anything to the locks that it touches. */
function blurredBy(state: LockState, summary: LockSummary): LockState {
  if (state.held.length === 0 && summary.acquires.length === 0) return state;
  return { ...state, held: [], blurred: true };
}

function modelled(
  ctx: Context,
  state: LockState,
  env: Environment,
  node: CallNode,
  index: number,
  { model, receiver }: Target & { kind: 'model' },
): readonly Outcome<LockState>[] {
  const writes = writesOf(model, node.args, env, ctx.names, receiver);
  const at = (operand: string): Expr | undefined => {
    const place = operandOf(operand, node.args, receiver);
    return place && locate(place, env, ctx.names);
  };
  const { lock, condition } = model;
  if (condition?.op === 'wait') noteWait(ctx, state, model, at, index);
  if (model.allocates === 'frees') return [{ state: freed(state, node.args[0], env, ctx.names), writes }];
  const place = lock && at(lock.lock);
  if (!lock || !place) return [{ state, writes }];
  switch (lock.op) {
    case 'release':
      return [{ state: released(ctx, state, releaseAt(ctx, place, index)) }];
    case 'init':
    case 'destroy':
      return [{ state: drop(state, (held) => held.key === keyOf(place)), writes }];
    default:
      return taken(ctx, state, env, model, lock, place, index);
  }
}

function taken(
  ctx: Context,
  state: LockState,
  env: Environment,
  model: FunctionModel,
  lock: LockModel,
  place: Expr,
  index: number,
): readonly Outcome<LockState>[] {
  const acquisition = acquisitionAt(ctx, state, env, place, index, lock);
  const isAgain = ctx.log.noteRelock(state, acquisition);
  noteAcquisition(ctx, state, acquisition);
  const success: Outcome<LockState> = {
    state: hold(state, acquisition),
    ...(lock.op === 'try' ? { result: successOf(model, ctx.names) } : {}),
  };
  if (lock.op !== 'try') return [success];
  const failure = { state: fail(state, acquisition), result: failureOf(model, ctx.names) };
  return isAgain ? [failure] : [success, failure];
}

/** An object that is freed takes its lock with it. */
function freed(state: LockState, pointer: Expr | undefined, env: Environment, names: NameInfo): LockState {
  if (!pointer || !isPath(pointer) || state.held.length === 0) return state;
  const object = `*(${keyOf(resolve(pointer, env, names))})`;
  return drop(state, (held) => held.key.startsWith(object));
}

function released(ctx: Context, state: LockState, release: Release): LockState {
  const given = give(ctx.program, ctx.fn, state, release);
  ctx.log.noteRelease(state, release, given);
  return given.state;
}

function noteWait(
  ctx: Context,
  state: LockState,
  model: FunctionModel,
  at: (operand: string) => Expr | undefined,
  node: number,
): void {
  const wait = model.condition;
  const condition = wait && at(wait.condition);
  const place = wait?.lock && at(wait.lock);
  if (!wait || !condition || !place) return;
  const { program, fn } = ctx;
  const cls = classOf(program, fn, place);
  const conditionClass = classOf(program, fn, condition);
  ctx.log.noteWait(state, {
    fn,
    node,
    place,
    condition,
    timed: wait.timed === true,
    predicate: wait.predicate !== undefined,
    isHeld: false,
    others: [],
    ...(cls ? { cls } : {}),
    ...(conditionClass ? { conditionClass } : {}),
  });
}

function acquisitionAt(
  ctx: Context,
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
function lifted(ctx: Context, inner: Acquisition, view: CallView): Acquisition {
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
    when: conditionsOf(ctx.changes, view.env),
    doubts: inner.doubts + (certain ? 0 : 1) + (isLast ? LAST_REFERENCE_DOUBTS : 0),
    ...(cls ? { cls } : {}),
  };
}

function releaseAt(ctx: Context, place: Expr, node: number, inner?: Release): Release {
  const cls = classOf(ctx.program, ctx.fn, place) ?? inner?.cls;
  return { fn: ctx.fn, node, place, ...(cls ? { cls } : {}), ...(inner ? { inner } : {}) };
}

function liftedWait(ctx: Context, inner: Wait, view: CallView): Wait {
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
    ...(cls ? { cls } : {}),
    ...(conditionClass ? { conditionClass } : {}),
  };
}

function constantExpr(value: Constant): Expr {
  return typeof value === 'number' ? { k: 'num', v: value } : { k: 'name', n: value };
}
