/**
 * Follows objects of C++ that are threads along the paths of one function: `std::thread` and its like.
 *
 * The state is which objects hold a thread that is neither joined nor detached. An object that leaves the view
 * (moved, captured, given to code that is not seen) is out of the state: nothing is said of it any more.
 */
import type { Expr } from '../../facts/expr';
import type { FunctionModel } from '../../models/schema';
import { classOf } from '../../program/identity';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { functionsOf, namesOf } from '../calls/names';
import { substitute } from '../paths/access-path';
import { type Domain, explore, type Outcome } from '../paths/explore';
import { operandOf } from '../paths/operand';
import type { HandleFindings } from './handle-state';
import { keepsParameter } from './handle-transfer';
import { elementGiven, type Home, homeOf } from './object-homes';
import { ANY, closedIn, escapedIn, isUnbound } from './object-loops';
import {
  arrive,
  close,
  drop,
  dropCaptured,
  dropContainers,
  ended,
  type Found,
  joined,
  type LiveState,
  move,
  movedFrom,
  type ObjectContext,
  settle,
} from './object-state';
import { isEmptied, isHarmless, isThreadObject, lentTo } from './object-threads';
import type { Creation, ThreadSummary } from './thread-facts';

/** Explores one function; `summaries` says which parameters and members callees join. */
export function followObjects(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  writes: CallWrites,
  summaries: readonly (ThreadSummary | undefined)[],
  endsItself: (creation: Creation) => boolean,
): HandleFindings {
  const found: Found = {
    creations: new Map(),
    closers: [],
    joins: [],
    stored: [],
    fates: new Map(),
    unnamedCloses: new Set(),
  };
  const ctx: ObjectContext = {
    program,
    graph,
    fn,
    targets: program.targets[fn.id] ?? new Map(),
    summaries,
    found,
    closes: new Map(),
    settled: new Set(),
    leaks: new Map(),
    atExits: new Map(),
    homes: new Map(),
    inLoops: new Map(),
    endsItself,
    escaped: escapedIn(program, fn),
  };
  for (const loop of fn.facts.loops) ctx.inLoops.set(loop, closedIn(ctx, loop));
  const complete = explore(fn.facts.nodes, domainOf(ctx, writes));
  const leaks = [...ctx.leaks.values()].map(({ creation, kind, node, holder }) => ({
    creation,
    kind,
    holder,
    at: { fn, node },
    never: !ctx.settled.has(creation),
    always: ctx.atExits.get(node)?.every((live) => live.has(creation.node)) ?? false,
  }));
  return {
    ...found,
    made: new Map([...found.creations.keys()].map((node) => [node, new Set(['joinable'])])),
    leaks: complete ? leaks : [],
    summary: { creates: [], closes: [...ctx.closes.values()], detachesSelf: false },
    complete,
  };
}

function domainOf(ctx: ObjectContext, writes: CallWrites): Domain<LiveState> {
  return {
    initial: [],
    names: namesOf(ctx.program, ctx.fn, writes),
    key: (state) => state.map(({ key, creation }) => `${key}@${creation.node}`).join(),
    call: (state, _env, node, index) => call(ctx, state, node, index),
    assign: (state, _env, to, from, index) => assign(ctx, state, to, from, index),
    endOfLife: (state, _env, vars, index) => endOfLife(ctx, state, vars, index),
    edge: (state, from, to) => leaveLoops(ctx, state, from, to),
    exit: (state, _env, value, index) => exit(ctx, state, value, index),
  };
}

function call(ctx: ObjectContext, state: LiveState, node: CallNode, index: number): Outcome<LiveState>[] {
  const { program, fn, graph } = ctx;
  if (!returnsFrom(program, fn, index, graph.neverReturns)) return [];
  const target = ctx.targets.get(index);
  if (target?.kind === 'model' && target.receiver && isThreadObject(target.model)) {
    const { thread } = target.model;
    const home = homeOf(program, fn, target.receiver);
    if (thread.op === 'create') return [created(ctx, state, node, index, target, thread.object)];
    if (!home) return [{ state }];
    if (thread.op === 'test') {
      const isLive = state.some(({ key, container }) => key === home.key && !container && !home.container);
      return [{ state, ...(isLive ? { result: { ne: [0] } } : {}) }];
    }
    if (thread.op === 'join' && thread.takes)
      return [{ state: replaced(ctx, state, home, thread.takes, node, index) }];
    return [{ state: close(ctx, state, home, thread.op === 'join', index) }];
  }
  if (target?.kind === 'model' && isAwaited(target.model, node))
    return [awaited(ctx, state, node, index, target)];
  let next = state;
  if (target?.kind === 'function') {
    for (const { path, waits } of ctx.summaries[target.fn.id]?.closes ?? []) {
      const given = substitute(path, target.fn.facts.params, node.args, target.receiver);
      const home = given && homeOf(program, fn, given);
      if (home) next = close(ctx, next, home, waits, index, classOf(program, target.fn, path) !== undefined);
    }
  }
  if (next.length === 0) return [{ state: next }];
  if (node.callee.k === 'field') {
    const home = homeOf(program, fn, node.callee.of);
    const isHeld = home && next.some(({ key, container }) => key === home.key && container);
    if (isHeld && isEmptied(program, fn, node.callee)) return [{ state: next, result: { eq: 0 } }];
  }
  const after = handOver(ctx, next, node, target, index);
  return [{ state: after, writes: filledPointers(next, after) }];
}

/** `p.reset(new std::thread(f))`: a pointer that has come to hold a thread is not null. */
function filledPointers(before: LiveState, after: LiveState): { to: Expr; value: Expr }[] {
  return after
    .filter(
      (live) => live.place.k === 'var' && !live.container && !before.some(({ key }) => key === live.key),
    )
    .map(({ place }) => ({ to: place, value: { k: 'num', v: 1 } }));
}

function created(
  ctx: ObjectContext,
  state: LiveState,
  node: CallNode,
  index: number,
  target: Target & { kind: 'model' },
  end: 'terminates' | 'joins' | 'detaches' | undefined,
): Outcome<LiveState> {
  const { program, fn, graph, found } = ctx;
  const receiver = target.receiver ?? { k: 'unknown' };
  const home = homeOf(program, fn, receiver);
  const [routine] = node.args;
  if (!routine) return { state };
  const source = node.args.length === 1 ? movedFrom(ctx, routine) : undefined;
  if (source)
    return { state: home ? move(ctx, state, source, home, index) : drop(ctx, state, source, index) };
  const isHeap = receiver.k === 'deref' || (receiver.k === 'result' && receiver.n === index && !target.made);
  const result = isHeap ? { result: { ne: [0] } } : {};
  const creation: Creation = found.creations.get(index) ?? {
    fn,
    node: index,
    handle: receiver,
    routines: functionsOf(program, graph.callers, fn, routine),
    ...(node.args[1] ? { argument: node.args[1] } : {}),
    lends: lentTo(program, fn, node),
    object: {
      type: target.name.slice(0, target.name.lastIndexOf('::')),
      end: end ?? 'terminates',
      ...(receiver.k === 'deref' ? { heap: true } : {}),
      ...(home?.container ? { container: true } : {}),
    },
  };
  found.creations.set(index, creation);
  const captured = node.args.reduce((now, arg) => dropCaptured(ctx, now, arg, index), state);
  if (!home) return { state: captured, ...result };
  return { state: arrive(ctx, captured, { ...home, creation }, index), ...result };
}

/** `t = std::jthread(f)` waits for the thread that is known to be there; of a member, mostly none is. */
function replaced(
  ctx: ObjectContext,
  state: LiveState,
  home: Home,
  takes: string,
  node: CallNode,
  index: number,
): LiveState {
  const isLive = state.some(({ key }) => key === home.key);
  const closed = isLive ? close(ctx, state, home, true, index) : state;
  const taken = operandOf(takes, node.args);
  const source = taken && homeOf(ctx.program, ctx.fn, taken);
  return source ? move(ctx, closed, source, home, index) : closed;
}

/** The call's result waits for what the call starts. */
function isAwaited({ awaited: how, starts }: FunctionModel, { args }: CallNode): boolean {
  if (!how || !starts) return false;
  const [first] = args;
  return how === true || first?.k !== 'name' || first.n !== how.unless;
}

/** What `std::async` returns is an object that is joined at its end. */
function awaited(
  ctx: ObjectContext,
  state: LiveState,
  node: CallNode,
  index: number,
  target: Target & { kind: 'model' },
): Outcome<LiveState> {
  const { program, fn, graph, found } = ctx;
  const handle: Expr = { k: 'result', n: index };
  const routines = (target.model.starts ?? []).flatMap((operand) =>
    functionsOf(program, graph.callers, fn, operandOf(operand, node.args)),
  );
  const creation: Creation = found.creations.get(index) ?? {
    fn,
    node: index,
    handle,
    routines,
    object: { type: program.types.typeOf(program, fn, handle).base, end: 'joins' },
  };
  found.creations.set(index, creation);
  const captured = node.args.reduce((now, arg) => dropCaptured(ctx, now, arg, index), state);
  const home = homeOf(program, fn, handle);
  return { state: home ? arrive(ctx, captured, { ...home, creation }, index) : captured };
}

/** What a call is given it may keep, join or move from. */
function handOver(
  ctx: ObjectContext,
  state: LiveState,
  node: CallNode,
  target: Target | undefined,
  index: number,
): LiveState {
  const { program, fn } = ctx;
  const { callee } = node;
  const owner = callee.k === 'field' ? homeOf(program, fn, callee.of) : undefined;
  const isLibrary = callee.k === 'field' && target?.kind !== 'function' && isContainer(ctx, callee.of);
  let next = state;
  node.args.forEach((arg, i) => {
    // `std::move(t)` is still `t`: what takes the result decides.
    if (i === 0 && target?.kind === 'model' && (target.model.returns ?? target.model.refers) === '0') return;
    const source = movedFrom(ctx, arg) ?? homeOf(program, fn, arg);
    if (source && isLibrary && owner && next.some(({ key }) => key === source.key)) {
      next = move(ctx, next, source, { ...owner, container: isContainer(ctx, callee.of) === 'many' }, index);
      return;
    }
    const isMove = arg.k === 'result';
    const known = target?.kind === 'function' && !target.fn.facts.damaged ? target.fn : undefined;
    if (known && !isMove && arg.k !== 'lambda' && !keepsParameter(program, known, i)) return;
    next = dropCaptured(ctx, next, arg, index);
  });
  if (!owner || callee.k !== 'field' || target?.kind === 'function') return next;
  if (isUnbound(program, fn, callee.of)) return dropContainers(ctx, next, index);
  if (elementGiven(program, fn, callee) || isHarmless(program, fn, callee, target) || isLibrary) return next;
  return drop(ctx, next, owner, index);
}

/** A class of a library that holds others: one, or many. */
function isContainer({ program, fn }: ObjectContext, e: Expr): 'one' | 'many' | undefined {
  const { base, ptr } = program.types.typeOf(program, fn, e);
  if (ptr > 0) return undefined;
  if (program.models.shapes.has(`${base} operator->`)) return 'one';
  return program.models.shapes.has(`${base} empty`) ? 'many' : undefined;
}

function assign(ctx: ObjectContext, state: LiveState, to: Expr, from: Expr, index: number): LiveState {
  if (state.length === 0) return state;
  const { program, fn } = ctx;
  const node = fn.facts.nodes[index];
  const isBinding = node?.op === 'assign' && node.decl && (from.k === 'addr' || from.k === 'index');
  if (isBinding) return state;
  if (from.k === 'init') {
    const array = homeOf(program, fn, to);
    return from.items.reduce<LiveState>((now, { e }) => {
      const source = array && homeOf(program, fn, e);
      return source ? move(ctx, now, source, { ...array, container: true }, index) : now;
    }, state);
  }
  const source = homeOf(program, fn, from);
  const home = homeOf(program, fn, to);
  if (source && state.some(({ key }) => key === source.key)) {
    if (from.k === 'result' && home && home.key === source.key) return state;
    return home ? move(ctx, state, source, home, index) : drop(ctx, state, source, index);
  }
  return dropCaptured(ctx, state, from, index);
}

function endOfLife(ctx: ObjectContext, state: LiveState, vars: readonly number[], index: number): LiveState {
  const { nodes } = ctx.fn.facts;
  const after = nodes[index]?.next[0];
  const isLast = nodes[index]?.op === 'scope-end' && after !== undefined && nodes[after]?.op === 'return';
  return state.filter((live) => {
    if (live.place.k !== 'var' || !vars.includes(live.place.v) || isLast) return true;
    ended(ctx, live, 'scope', index);
    return false;
  });
}

function exit(ctx: ObjectContext, state: LiveState, value: Expr | undefined, index: number): void {
  const live = new Set(state.map(({ creation }) => creation.node));
  ctx.atExits.set(index, [...(ctx.atExits.get(index) ?? []), live]);
  for (const one of value ? dropCaptured(ctx, state, value, index) : state) {
    if (one.place.k === 'result') ended(ctx, one, 'scope', one.creation.node);
    else ended(ctx, one, 'exit', index);
  }
}

/** A loop that joins what is in a container joins all of it, also where it turns no time. */
function leaveLoops(ctx: ObjectContext, state: LiveState, from: number, to: number): LiveState {
  if (state.length === 0) return state;
  let next = state;
  for (const [loop, closings] of ctx.inLoops) {
    const leaves = from >= loop.first && from <= loop.last && (to < loop.first || to > loop.last);
    if (!leaves) continue;
    next = next.filter((live) => {
      const closing = closings.find(({ key }) => key === live.key || (key === ANY && live.container));
      if (!closing) return true;
      if (closing.how === 'handed')
        settle(ctx, live.creation, { kind: 'handed', fn: ctx.fn, node: closing.node });
      else joined(ctx, live.creation, closing.how === 'joined', closing.node);
      return false;
    });
  }
  return next;
}
