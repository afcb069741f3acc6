/** Follows the lockset along the paths of one function. */
import type { Expr } from '../../facts/expr';
import type { FunctionModel, LockModel } from '../../models/schema';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import type { LastReference } from '../calls/last-reference';
import { keyOf, rootOf } from '../paths/access-path';
import { assignedPlace, written } from '../paths/assignments';
import { EMPTY, type Environment, locate } from '../paths/environment';
import type { Domain, Outcome } from '../paths/explore';
import { failureOf, operandOf, successOf, writesOf } from '../paths/operand';
import { enter, type KnownBefore } from './critical-sections';
import { runGiven } from './given-routines';
import {
  carriedOut,
  guarded,
  handedOver,
  isClassOfTemplate,
  isClassOfWorkspace,
  isObjectOf,
  type LockSteps,
  namedByCaller,
  nameWritten,
} from './guard-steps';
import { togetherWays } from './guards';
import { claimed, lockAsserted, ownState } from './held-by-claim';
import { joinStates } from './joined-states';
import { endedIn, reachedBy, summaryAt } from './lock-callees';
import { lockChoices } from './lock-choices';
import { closuresGiven } from './lock-closures';
import { addEdge, classKeys, isRemembered, type LockTables, noteAcquisition } from './lock-edges';
import { noteCalled, noteWritten } from './lock-entry';
import type { LockEventLog } from './lock-events';
import type { Acquisition, LockMode, LockSummary, Run } from './lock-facts';
import { isExpected, notTaken, withError } from './lock-failures';
import { stillThere } from './lock-held-pointers';
import type { LockKinds } from './lock-kinds';
import {
  acquisitionAt,
  afterRelease,
  type CallView,
  doubtsLifted,
  effectsOf,
  keepsClass,
  type LiftContext,
  lifted,
  liftedWait,
  nameAtCall,
  pointersIn,
  releaseAt,
  viewOf,
} from './lock-lifting';
import { ownersKept, tellsHeld } from './lock-predicates';
import { released } from './lock-releases';
import { overwritten, renamed } from './lock-renaming';
import { byOneChoice, isNextTurn } from './lock-selectors';
import {
  asBefore,
  blurredBy,
  doubt,
  drop,
  fail,
  freed,
  handedOut,
  hold,
  isCallersOwn,
  isHeldAt,
  isNamed,
  isRefuted,
  type LockState,
  left,
  NOTHING_HELD,
  stateKey,
} from './lock-state';
import { clearedAt, type Ending, endingAt } from './lock-summary';
import { waitAt } from './lock-waits';
import { lockWithin } from './lockables';
import { movedInto } from './moved-objects';
import { withPassed } from './passed-sections';

/** What exploring a function needs to know of the rest of the program. */
export interface LockContext {
  program: Program;
  graph: CallGraph;
  writes: CallWrites;
  kinds: LockKinds;
  lastReference: LastReference;
  summaryOf(fn: Fn): LockSummary | undefined;
}

export interface Context extends LockTables, LockContext, LiftContext {
  targets: ReadonlyMap<number, Target>;
  /** What is known of all that a call may reach, by node. */
  reached: Map<number, LockSummary | undefined>;
  /** Locks that the function is declared to need. */
  declared: readonly Expr[];
  endings: Map<string, Ending>;
  /** Parameters that are handed to functions that call them, by call and parameter. */
  handedOn: Map<string, Run>;
  knownBefore: KnownBefore;
  /** Locks of sections that were followed by themselves. */
  passed: Set<string>;
  /** Ends by an exception; callers go on elsewhere. */
  thrown: Map<string, Ending>;
  log: LockEventLog;
  /** Classes of the locks that the function gives back itself. */
  released(): ReadonlySet<string>;
  /** The calls whose result is made use of. */
  isRead(): ReadonlySet<number>;
}

/** What is done to locks at each node of a function. */
export function domainOf(ctx: Context): Domain<LockState> {
  return {
    initial: ctx.declared.reduce(
      (state, lock) => claimed(ctx, state, EMPTY, lock, 0, 'declared'),
      NOTHING_HELD,
    ),
    names: ctx.names,
    key: stateKey,
    join: joinStates,
    call: (state, env, node, index) =>
      call(ctx, state, env, node, index).map((outcome) => {
        const forgets = enter(ctx.knownBefore, ctx.passed, state, outcome.state, env);
        const noted = noteCalled(ctx.changes, outcome, env, ctx.names, index);
        const after = closuresGiven(ctx.program, ctx.fn, noted, env, ctx.names, node);
        const moved = movedInto(ctx.targets.get(index), node, env, ctx.names);
        const kept = [...moved, ...clearedAt(ctx.changes, env, index), ...ownersKept(state, env, outcome)];
        const writes = kept.length > 0 ? { writes: [...kept, ...(outcome.writes ?? [])] } : {};
        const assumes = [...(outcome.assumes ?? []), ...stillThere(ctx.names, state, after, index)];
        return { ...outcome, ...writes, assumes, state: after, ...(forgets.length > 0 ? { forgets } : {}) };
      }),
    assign(state, env, to, from) {
      const place = assignedPlace(to, from, env, ctx.names);
      return renamed(
        noteWritten(ctx.changes, state, env, (dep) => written(place).includes(dep) || dep === keyOf(place)),
        place,
        from,
      );
    },
    endOfLife: (state, _, vars) => vars.reduce((now, v) => renamed(now, { k: 'var', v }, undefined), state),
    thrown: (state, env, index) => {
      const own = ownState(state);
      ctx.thrown.set(`${index} ${stateKey(own)}`, endingAt(ctx.changes, index, own, env, undefined));
    },
    exit: (state, env, value, index) => end(ctx, state, env, value, index),
  };
}

function end(ctx: Context, state: LockState, env: Environment, value: Expr | undefined, index: number): void {
  const own = handedOver(ownState(state), env, ctx.names, value);
  ctx.endings.set(`${index} ${stateKey(own)}`, endingAt(ctx.changes, index, own, env, value));
}

/** The ways a call can leave the locks. */
export function call(
  ctx: Context,
  state: LockState,
  env: Environment,
  node: CallNode,
  index: number,
): readonly Outcome<LockState>[] {
  ctx.log.noteHeld(ownState(state), index);
  const target = ctx.targets.get(index);
  const asserted = lockAsserted(ctx.program, ctx.fn, node);
  if (asserted) return [{ state: claimed(ctx, state, env, asserted, index, 'asserted') }];
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) {
    if (target?.kind === 'model' && target.model.ends === 'thread') end(ctx, state, env, undefined, index);
    return [];
  }
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  const others = ctx.graph.possible.at(ctx.fn, index);
  if (target?.kind !== 'function' && ctx.graph.possible.mayLock(ctx.fn, index)) {
    const eventAt = (place: Expr) => releaseAt(ctx, place, index);
    return [{ state: left(state, node.args, env, ctx.names, eventAt) }];
  }
  if (target?.kind !== 'function' && others.length === 0)
    return [{ state: handedOut(state, node.args, env, ctx.names) }];
  const now = overwritten(state, ctx.names.callWrites(index), (v) => ctx.names.isHidden(v, index));
  const reached =
    target?.kind === 'function' ? target : reachedBy(ctx, others, target?.receiver, node.callee);
  const summary = target && summaryAt(ctx, index, target);
  if (!summary || !reached) return [{ state: now }];
  return called(ctx, now, summary, viewOf(ctx, reached, node, index, env, now));
}

function called(
  ctx: Context,
  state: LockState,
  summary: LockSummary,
  view: CallView,
): readonly Outcome<LockState>[] {
  const { env } = view;
  const lift = (inner: Acquisition): Acquisition => lifted(ctx, inner, view);
  const isIdle = state.held.length === 0 && state.released.length === 0;
  for (const inner of summary.acquires) {
    // Where nothing is held, a call only adds to what callers know; most calls in a function add nothing.
    if (
      isIdle &&
      isRemembered(ctx, inner, view.index, () => doubtsLifted(inner, view), view.here) &&
      keepsClass(inner, view)
    )
      continue;
    const when = view.conditions(inner.when);
    if (!view.isPossible(when)) continue;
    const own = lifted(ctx, inner, view, when);
    const acquisition = afterRelease(state, own);
    const isAgain =
      !inner.retaken &&
      !isExpected(inner, summary) &&
      !isNextTurn(state, summary, inner, view.index) &&
      ctx.log.noteRelock(state, acquisition);
    noteAcquisition(ctx, state, acquisition);
    if (isAgain && !acquisition.tried && acquisition.doubts === 0) return [];
  }
  for (const { from, to, gates } of summary.pending) {
    const own = isIdle ? gates : new Set([...gates, ...classKeys(state.held)]);
    addEdge(ctx, { from: lift(from), to: lift(to), gates: own });
  }
  for (const need of summary.needs) {
    if (!view.isPossible(view.conditions(need.when))) continue;
    ctx.log.noteWait(state, liftedWait(ctx, need, view));
  }
  if (summary.runs.length > 0) runGiven(ctx, state, summary, view);
  if (summary.unknown) return [{ state: blurredBy(state, summary) }];
  if (summary.outcomes.length === 0) return [{ state }];
  const expected = summary.outcomes.filter(({ refused }) => !refused);
  const isTested = expected.length < summary.outcomes.length && ctx.isRead().has(view.index);
  const reckoned = isTested || expected.length === 0 ? summary.outcomes : expected;
  const possible = reckoned.filter(({ when }) => {
    const own = view.conditions(when);
    return view.isPossible(own) && !own.some((one) => isRefuted(state, one));
  });
  return byOneChoice(state, possible.length > 0 ? possible : reckoned).map((outcome) => {
    let next = endedIn(outcome, state, view);
    for (const inner of notTaken(outcome, reckoned)) next = fail(next, lift(inner));
    for (const inner of outcome.releases) {
      // A lock that only the callee can name is known by its class, as one that it takes is.
      const place = givenBack(ctx, next, inner.place, view) ?? (inner.cls && ({ k: 'unknown' } as const));
      if (place)
        next = released(ctx, next, env, releaseAt(ctx, place, view.index, inner), view.written(inner.place));
    }
    for (const inner of outcome.holds) {
      const own = afterRelease(state, lift(inner));
      next = asBefore(hold(next, own, nameAtCall(outcome, inner, view)), state, own.place);
    }
    for (const { place, fn, node, cls, of } of outcome.unsure) {
      const own = view.place(place);
      if (own) next = doubt(next, { fn, node, place: own, ...(cls ? { cls } : {}), ...(of ? { of } : {}) });
    }
    return { state: withPassed(ctx, next, summary, outcome, view), ...effectsOf(outcome, view) };
  });
}

function givenBack(ctx: Context, state: LockState, inner: Expr, view: CallView): Expr | undefined {
  const isCallers = (e: Expr): boolean => isCallersOwn(ctx.fn, rootOf(e));
  const isHeld = (e: Expr): boolean => isHeldAt(state, e);
  return namedByCaller(inner, { ...view, names: ctx.names, isCallers, isHeld });
}

function modelled(
  ctx: Context,
  state: LockState,
  env: Environment,
  node: CallNode,
  index: number,
  target: Target & { kind: 'model' },
  chosen = false,
): readonly Outcome<LockState>[] {
  const { model, receiver } = target;
  const writes = writesOf(model, node.args, env, ctx.names, receiver);
  const at = (operand: string): Expr | undefined => {
    const place = operandOf(operand, node.args, receiver);
    return place && locate(place, env, ctx.names);
  };
  const { lock, condition } = model;
  const told = tellsHeld(state, env, ctx.names, target, node);
  if (told) return [{ state, ...told }];
  if (model.returnsTwice)
    return [
      { state, result: { eq: 0 } },
      // Whatever was done before the jump back here.
      { state: { ...state, blurred: true }, result: { ne: [0] } },
    ];
  const wait = condition?.op === 'wait' ? waitAt(ctx, env, condition, at, index) : undefined;
  if (wait) ctx.log.noteWait(state, wait);
  if (model.guard || model.together) return guardedAt(ctx, state, env, node, index, target);
  if (model.allocates === 'frees') return [{ state: freed(state, node.args[0], env, ctx.names), writes }];
  const place = lock && at(lock.lock);
  const written = lock && operandOf(lock.lock, node.args, receiver);
  if (!lock || !place) return [{ state, writes }];
  const isOpen = lock.op === 'release' || state.held.length === 0;
  const choices = chosen || !isOpen ? [] : lockChoices(ctx.program, ctx.fn, env, place, written);
  const likely = lock.op === 'release' ? choices.filter((choice) => isHeldAt(state, choice.lock)) : choices;
  if (likely.length > 0)
    return likely.flatMap((choice) =>
      modelled(ctx, state, choice.env, node, index, target, true).map((outcome) => ({
        ...outcome,
        writes: [...(outcome.writes ?? []), ...choice.writes],
      })),
    );
  switch (lock.op) {
    case 'release':
      return [{ state: released(ctx, state, env, releaseAt(ctx, place, index), written) }];
    case 'init':
    case 'destroy':
      return [{ state: drop(state, (held) => isNamed(held, keyOf(place))), writes }];
    default:
      return taken(ctx, state, env, model, lock, place, index, written, chosen);
  }
}

function guardedAt(
  ctx: Context,
  state: LockState,
  env: Environment,
  node: CallNode,
  index: number,
  { name, model, receiver }: Target & { kind: 'model' },
): readonly Outcome<LockState>[] {
  const { program, fn, names } = ctx;
  const { guard, together } = model;
  const acquisition = (lock: Expr, mode: LockMode, tried: boolean): Acquisition => {
    const own = { op: tried ? 'try' : 'acquire', lock: 'this', mode } as const;
    const taken = acquisitionAt(ctx, state, env, lock, index, own);
    // A guard calls `lock` of whatever class it is given: only its author knows what that does.
    const isOwnClass =
      taken.kind === 'normal' &&
      (isClassOfWorkspace(program, fn, lock) || isClassOfTemplate(program, fn, lock));
    return isOwnClass ? { ...taken, kind: 'unknown' } : taken;
  };
  const call = {
    args: node.args,
    env,
    names,
    isHeld: (lock: Expr) => isHeldAt(state, lock),
    isCallers: (e: Expr) => isCallersOwn(fn, rootOf(e)),
    isGuard: (e: Expr) => isObjectOf(program, fn, together ? '' : name, e),
    within: (lock: Expr) => lockWithin(program, fn, lock),
    tagOf: (e: Expr) => nameWritten(fn, e),
  };
  const steps: LockSteps = {
    take(before, now, { lock, as }, mode, tried) {
      const own = acquisition(lock, mode, tried);
      const isAgain = ctx.log.noteRelock(before, own);
      noteAcquisition(ctx, before, own);
      // Who waits for itself comes no further: what the guards give back later says nothing.
      const held = hold(now, own, as);
      return isAgain && !tried ? { ...held, blurred: true } : held;
    },
    give: (now, { lock, as }) => released(ctx, now, env, releaseAt(ctx, lock, index), as),
    fail: (now, lock, mode) => fail(now, acquisition(lock, mode, true)),
  };
  if (guard && receiver)
    return guarded({ ...call, guard, object: locate(receiver, env, names) }, state, steps);
  if (!together) return [{ state }];
  const ways = togetherWays(call, together.op, successOf(model, names), failureOf(model, names));
  return carriedOut(ways, 'exclusive', together.op === 'try', state, steps);
}

function taken(
  ctx: Context,
  state: LockState,
  env: Environment,
  model: FunctionModel,
  lock: LockModel,
  place: Expr,
  index: number,
  written: Expr | undefined,
  chosen: boolean,
): readonly Outcome<LockState>[] {
  // A flag that is only set is no lock.
  if (lock.flag && !ctx.isRead().has(index)) return [{ state }];
  const known = withError(ctx, model, acquisitionAt(ctx, state, env, place, index, lock));
  const acquisition = chosen ? { ...known, chosen } : known;
  // What a pointer was taken for before it was not.
  if (state.held.some((held) => held.acquisition.chosen && isNamed(held, keyOf(place)))) return [];
  const isAgain = !isExpected(acquisition) && ctx.log.noteRelock(state, acquisition);
  noteAcquisition(ctx, state, acquisition);
  // Who waits for itself comes no further.
  if (isAgain && !acquisition.tried) return [];
  const isRead = ctx.isRead().has(index);
  const success: Outcome<LockState> = {
    state: hold(state, acquisition, written),
    ...(isRead ? { result: successOf(model, ctx.names) } : {}),
    assumes: pointersIn(place).map((of) => ({ of, value: { ne: [0] } })),
  };
  if (lock.op !== 'try') {
    // Code that looks at the result goes another way where the lock could not be taken.
    const isTested = model.success !== undefined && isRead;
    return isTested
      ? [success, { state: { ...state, refused: true }, result: failureOf(model, ctx.names) }]
      : [success];
  }
  const failure = { state: fail(state, acquisition), result: failureOf(model, ctx.names) };
  return isAgain ? [failure] : [success, failure];
}
