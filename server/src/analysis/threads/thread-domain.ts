/** Follows thread handles along the paths of one function. */
import { type Expr, UNKNOWN } from '../../facts/expr';
import type { FunctionModel, ThreadModel } from '../../models/schema';
import { classOf } from '../../program/identity';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { returnsFrom } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import type { IndirectCalls } from '../calls/indirect';
import { functionsOf, namesOf } from '../calls/names';
import { keyOf, rootOf, substitute } from '../paths/access-path';
import { type Environment, knownValue, locate, resolve, type Value } from '../paths/environment';
import { type Domain, explore, type Outcome } from '../paths/explore';
import { failureOf, operandOf, successOf, writesOf } from '../paths/operand';
import { SELF } from '../paths/value';
import { elementsClosedIn, leaveLoops } from './handle-loops';
import {
  type HandleContext,
  type HandleFindings,
  type HandleState,
  isOwn,
  leak,
  settle,
} from './handle-state';
import { assign, close, drop, givenToThread, handOver } from './handle-transfer';
import { attributeWrites, detachmentOf } from './thread-attribute';
import { alwaysDetachesItself, endsItself } from './thread-endless';
import type { Creation, ThreadSummary } from './thread-facts';

/** Explores one function; callees must have their summaries. */
export function followHandles(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  writes: CallWrites,
  summaries: readonly (ThreadSummary | undefined)[],
  indirect: IndirectCalls,
): HandleFindings {
  const ctx: HandleContext = {
    program,
    graph,
    fn,
    names: namesOf(program, fn, writes),
    summaries,
    indirect,
    targets: program.targets[fn.id] ?? new Map(),
    creations: new Map(),
    leaks: new Map(),
    closers: new Map(),
    closes: new Map(),
    stored: new Map(),
    made: new Map(),
    fates: new Map(),
    creates: new Map(),
    closed: new Set(),
    detachesSelf: false,
    homes: new Map(),
    atExits: new Map(),
    closedResults: new Set(),
    quiet: new Map(),
    unnamedCloses: new Set(),
    joins: new Map(),
    loopCloses: new Map(),
  };
  for (const loop of fn.facts.loops) ctx.loopCloses.set(loop, elementsClosedIn(ctx, loop));
  const complete = explore(fn.facts.nodes, domainOf(ctx));
  const first = [...ctx.creates.values()][0];
  return {
    creations: ctx.creations,
    leaks: complete
      ? [...ctx.leaks.values()].map((leak) => ({
          ...leak,
          never: !ctx.closed.has(leak.creation),
          always: ctx.atExits.get(leak.at.node)?.every((live) => live.has(leak.creation.node)) ?? false,
        }))
      : [],
    closers: [...ctx.closers.values()],
    joins: [...ctx.joins.values()],
    stored: [...ctx.stored.values()],
    made: ctx.made,
    fates: new Map([...ctx.fates].map(([node, fates]) => [node, [...fates.values()]])),
    unnamedCloses: ctx.unnamedCloses,
    summary: {
      closes: [...ctx.closes.values()],
      // Whether a handle that is returned is still to be joined may hang on what callers have asked for.
      creates: [...ctx.creates.values()]
        .filter(({ place, creation }) => !isResult(place) || !ctx.closedResults.has(creation))
        .map(({ place, creation }) => ({ place, creation })),
      ...(first?.success ? { success: first.success } : {}),
      ...(first?.failure ? { failure: first.failure } : {}),
      detachesSelf: ctx.detachesSelf,
    },
    complete,
  };
}

function domainOf(ctx: HandleContext): Domain<HandleState> {
  return {
    initial: [],
    names: ctx.names,
    key: (state) => state.map((live) => `${live.key}@${live.creation.node}`).join(),
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    assign: (state, env, to, from, index) => assign(ctx, state, env, to, from, index),
    endOfLife: (state, _env, vars, index) => endOfLife(ctx, state, vars, index),
    edge: (state, from, to) => leaveLoops(ctx, state, from, to),
    exit: (state, env, value, index) => exit(ctx, state, env, value, index),
  };
}

function call(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  node: CallNode,
  index: number,
): Outcome<HandleState>[] {
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.targets.get(index);
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  const summary = target?.kind === 'function' ? ctx.summaries[target.fn.id] : undefined;
  let next = state;
  if (summary && target?.kind === 'function') {
    for (const { path, waits } of summary.closes) {
      const value = substitute(path, target.fn.facts.params, node.args, target.receiver);
      // A join that the callee can name itself is recorded there, where its conditions are.
      if (!value) continue;
      const recorded = classOf(ctx.program, target.fn, path) !== undefined;
      next = close(ctx, next, env, { handle: value, waits, recorded }, index);
    }
    if (summary.detachesSelf) ctx.detachesSelf = true;
  }
  next = handOver(ctx, next, env, node, target, index);
  const callee = target?.kind === 'function' ? target.fn : undefined;
  const forgotten = attributeWrites(ctx.program, callee, node, env);
  if (!summary || summary.creates.length === 0 || target?.kind !== 'function')
    return [{ state: next, writes: forgotten }];
  let created = next;
  for (const { place, creation } of summary.creates) {
    const own = isResult(place)
      ? ({ k: 'result', n: index } as const)
      : substitute(place, target.fn.facts.params, node.args, target.receiver);
    if (!own) continue;
    const made: Creation = ctx.creations.get(index) ?? {
      fn: ctx.fn,
      node: index,
      handle: own,
      ...routinesAt(ctx, node, creation),
      inner: creation,
    };
    ctx.creations.set(index, made);
    ctx.made.set(index, (ctx.made.get(index) ?? new Set()).add('joinable'));
    created = create(ctx, created, env, own, index, made);
  }
  const outcomes: Outcome<HandleState>[] = [{ state: created, result: summary.success, writes: forgotten }];
  if (summary.failure) outcomes.push({ state: next, result: summary.failure, writes: forgotten });
  // What it returns where it made no thread may be anything that is no handle.
  else if (summary.creates.some(({ place }) => isResult(place)))
    outcomes.push({ state: next, writes: forgotten });
  return outcomes;
}

function modelled(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  node: CallNode,
  index: number,
  target: Target & { kind: 'model' },
): Outcome<HandleState>[] {
  const { model } = target;
  const writes = writesOf(model, node.args, env, ctx.names, target.receiver);
  const { thread } = model;
  // What a container or other object is given it may keep.
  const keeps = target.receiver !== undefined || model.shares !== undefined || model.copies !== undefined;
  const kept = keeps ? handOver(ctx, state, env, node, undefined, index) : state;
  // An object of C++ that is a thread is followed by `thread-objects.ts`.
  if (!thread || thread.op === 'test' || ('handle' in thread && thread.handle === 'this'))
    return [{ state: kept, writes }];
  if (thread.op === 'self') {
    return [{ state, result: { eq: SELF } }];
  }
  if (thread.op === 'create') return creation(ctx, state, env, node, index, thread, model, target.receiver);
  const handle = operandOf(thread.handle, node.args, target.receiver);
  if (!handle) return [{ state }];
  if (thread.op === 'detach' && knownValue(handle, env, ctx.names)?.eq === SELF) ctx.detachesSelf = true;
  const closed = close(ctx, state, env, { handle, waits: thread.op === 'join' }, index);
  if (model.success === undefined) return [{ state: closed }];
  return [
    { state: closed, result: successOf(model, ctx.names) },
    { state, result: failureOf(model, ctx.names) },
  ];
}

/** A wrapper's threads run what this call gives it, where it hands the routine down. */
function routinesAt(
  ctx: HandleContext,
  node: CallNode,
  { routines, routineFrom }: Creation,
): Pick<Creation, 'routines' | 'routineFrom'> {
  const given = routineFrom === undefined ? undefined : node.args[routineFrom];
  if (!given) return { routines };
  const from = parameterOf(ctx.fn, given);
  const found = functionsOf(ctx.program, ctx.graph.callers, ctx.fn, given);
  return { routines: found, ...(from === undefined ? {} : { routineFrom: from }) };
}

function parameterOf(fn: Fn, e: Expr | undefined): number | undefined {
  if (e?.k === 'cast') return parameterOf(fn, e.e);
  return e?.k === 'var' && e.v < fn.facts.params ? e.v : undefined;
}

function creation(
  ctx: HandleContext,
  known: HandleState,
  env: Environment,
  node: CallNode,
  index: number,
  thread: ThreadModel & { op: 'create' },
  model: FunctionModel,
  receiver: Expr | undefined,
): Outcome<HandleState>[] {
  const result: Expr = { k: 'result', n: index };
  const handle = operandOf(thread.handle, node.args, receiver, result);
  const routines = functionsOf(ctx.program, ctx.graph.callers, ctx.fn, operandOf(thread.routine, node.args));
  const routineFrom = parameterOf(ctx.fn, operandOf(thread.routine, node.args));
  const argument = thread.argument ? operandOf(thread.argument, node.args) : undefined;
  const state = argument ? givenToThread(ctx, known, env, argument, index) : known;
  const success: Value = successOf(model, ctx.names);
  const failed: Outcome<HandleState> = { state, result: failureOf(model, ctx.names) };
  const made = detachmentOf(ctx.program, ctx.fn, ctx.names, env, thread, node);
  const creation: Creation = ctx.creations.get(index) ?? {
    fn: ctx.fn,
    node: index,
    handle: handle ?? UNKNOWN,
    routines,
    ...(routineFrom === undefined ? {} : { routineFrom }),
    ...(argument ? { argument } : {}),
  };
  ctx.creations.set(index, creation);
  ctx.made.set(index, (ctx.made.get(index) ?? new Set()).add(made));
  if (!handle || made !== 'joinable') {
    const place = handle && classOf(ctx.program, ctx.fn, locate(handle, env, ctx.names));
    if (place) ctx.stored.set(`${index} ${place.key} ${made}`, { creation, place, made });
    return [{ state, result: success }, failed];
  }
  return [{ state: create(ctx, state, env, handle, index, creation), result: success }, failed];
}

function create(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  handle: Expr,
  index: number,
  made: Creation,
): HandleState {
  const place = locate(handle, env, ctx.names);
  if (endsItself(ctx, made)) {
    const isDetached = made.routines.every((routine) => alwaysDetachesItself(ctx, routine));
    ctx.quiet.set(made, isDetached ? 'detached' : 'unknown');
  }
  const key = keyOf(place, true);
  const old = state.find((live) => live.key === key);
  ctx.homes.set(key, made);
  // An element of an array takes another place each turn; a fixed place loses the handle it held.
  if (old && !key.includes('[*]'))
    leak(ctx, old.creation, place.k === 'result' ? 'scope' : 'overwritten', index);
  const kept = state.filter((live) => live.key !== key);
  const root = rootOf(place);
  if (isOwn(ctx, place)) return insert(kept, { key, place, creation: made, shared: false });
  if (root.k === 'var' && root.v < ctx.fn.facts.params && place.k === 'deref' && place.of.k === 'var') {
    ctx.creates.set(key, { place, creation: made, success: { eq: 0 }, failure: { ne: [0] } });
    settle(ctx, made, { kind: 'returned', fn: ctx.fn, node: index });
    return insert(kept, { key, place, creation: made, shared: true });
  }
  const stored = classOf(ctx.program, ctx.fn, place);
  if (!stored) return kept;
  settle(ctx, made, { kind: 'stored', fn: ctx.fn, node: index, place: stored });
  return insert(kept, { key, place, creation: made, shared: true });
}

function insert(state: HandleState, live: HandleState[number]): HandleState {
  return [...state, live].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function endOfLife(
  ctx: HandleContext,
  state: HandleState,
  vars: readonly number[],
  index: number,
): HandleState {
  return state.filter((live) => {
    const root = rootOf(live.place);
    if (root.k !== 'var' || !vars.includes(root.v)) return true;
    if (!live.shared && !atEnd(ctx, index)) leak(ctx, live.creation, 'scope', index);
    return live.shared || atEnd(ctx, index);
  });
}

/** A scope that ends right before the function does is told as the exit. */
function atEnd(ctx: HandleContext, index: number): boolean {
  const node = ctx.fn.facts.nodes[index];
  const after = node?.next[0] === undefined ? undefined : ctx.fn.facts.nodes[node.next[0]];
  return node?.op === 'scope-end' && after?.op === 'return';
}

/** A handle that is the function's result is in the hands of whoever calls it. */
function giveToCaller(ctx: HandleContext, state: HandleState, returned: Expr, index: number): void {
  const key = keyOf(returned, true);
  const live = state.find((one) => one.key === key && !one.shared);
  const past = live ? undefined : ctx.homes.get(key);
  const isClosed = [...(past ? (ctx.fates.get(past.node)?.values() ?? []) : [])].some(
    ({ kind }) => kind === 'joined' || kind === 'detached',
  );
  if (past && isClosed) ctx.closedResults.add(past);
  if (!live || ctx.creates.has(RESULT_KEY)) return;
  const success: Value = { ne: [0, -1] };
  ctx.creates.set(RESULT_KEY, { place: { k: 'result', n: index }, creation: live.creation, success });
}

/** Of the handles that a function leaves to its caller, the one that it returns. */
const RESULT_KEY = '{result}';

function isResult(place: Expr): boolean {
  return place.k === 'result';
}

function exit(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  value: Expr | undefined,
  index: number,
): void {
  const live = new Set(state.map(({ creation }) => creation.node));
  ctx.atExits.set(index, [...(ctx.atExits.get(index) ?? []), live]);
  const returned = value && resolve(value, env, ctx.names);
  if (returned) giveToCaller(ctx, state, returned, index);
  for (const { shared, creation } of returned ? drop(ctx, state, returned, index) : state) {
    if (!shared) leak(ctx, creation, 'exit', index);
  }
}
