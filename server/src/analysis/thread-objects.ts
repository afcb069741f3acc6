/**
 * Follows objects of C++ that are threads along the paths of one function: `std::thread` and its like.
 *
 * The state is which objects hold a thread that is neither joined nor detached. An object that leaves the view
 * (moved, captured, given to code that is not seen) is out of the state: nothing is said of it any more.
 */
import type { Expr } from '../facts/expr';
import type { LoopFacts } from '../facts/facts';
import type { ThreadModel } from '../models/schema';
import { classOf } from '../program/identity';
import type { CallNode, Fn, Program, Target } from '../program/program';
import { rootOf, substitute } from './access-path';
import { type CallGraph, returnsFrom } from './call-graph';
import type { CallWrites } from './call-writes';
import { type Domain, explore, type Outcome } from './explore';
import type { HandleFindings } from './handle-state';
import { keepsParameter } from './handle-transfer';
import { functionsOf, isLocal, namesOf } from './names';
import { carries, elementGiven, type Home, homeOf } from './object-homes';
import { isEmptied, isHarmless, isThreadObject, lentTo } from './object-threads';
import type { Creation, Fate, LeakKind, ThreadSummary } from './thread-facts';

interface Live extends Home {
  creation: Creation;
}

type LiveState = readonly Live[];

/** A join or detach in a loop, of everything in a container. */
interface LoopClosing {
  key: string;
  node: number;
  waits: boolean;
}

interface ObjectContext {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  targets: ReadonlyMap<number, Target>;
  summaries: readonly (ThreadSummary | undefined)[];
  found: HandleFindings & { fates: Map<number, Fate[]>; made: Map<number, Set<'joinable'>> };
  stored: HandleFindings['stored'][number][];
  closes: Map<string, { path: Expr; waits: boolean }>;
  settled: Set<Creation>;
  leaks: Map<string, { creation: Creation; kind: LeakKind; node: number }>;
  atExits: Map<number, ReadonlySet<number>[]>;
  homes: Map<string, Creation[]>;
  inLoops: Map<LoopFacts, LoopClosing[]>;
}

/** Explores one function; `summaries` says which parameters and members callees join. */
export function followObjects(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  writes: CallWrites,
  summaries: readonly (ThreadSummary | undefined)[],
): HandleFindings {
  const stored: ObjectContext['stored'] = [];
  const found: ObjectContext['found'] = {
    creations: new Map(),
    leaks: [],
    closers: [],
    joins: [],
    stored,
    made: new Map(),
    fates: new Map(),
    unnamedCloses: new Set(),
    summary: { closes: [], creates: [], detachesSelf: false },
    complete: true,
  };
  const ctx: ObjectContext = {
    program,
    graph,
    fn,
    targets: program.targets[fn.id] ?? new Map(),
    summaries,
    found,
    stored,
    closes: new Map(),
    settled: new Set(),
    leaks: new Map(),
    atExits: new Map(),
    homes: new Map(),
    inLoops: new Map(),
  };
  for (const loop of fn.facts.loops) ctx.inLoops.set(loop, closedIn(ctx, loop));
  const complete = explore(fn.facts.nodes, domainOf(ctx, writes));
  const leaks = [...ctx.leaks.values()].map(({ creation, kind, node }) => ({
    creation,
    kind,
    at: { fn, node },
    never: !ctx.settled.has(creation),
    always: ctx.atExits.get(node)?.every((live) => live.has(creation.node)) ?? false,
  }));
  return {
    ...found,
    leaks: complete ? leaks : [],
    summary: { ...found.summary, closes: [...ctx.closes.values()] },
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
    if (thread.op === 'create') return [created(ctx, state, node, index, target, thread)];
    if (!home) return [{ state }];
    if (thread.op === 'test') {
      const isLive = state.some(({ key, container }) => key === home.key && !container && !home.container);
      return [{ state, ...(isLive ? { result: { ne: [0] } } : {}) }];
    }
    return [{ state: close(ctx, state, home, thread.op === 'join', index) }];
  }
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
  return [{ state: handOver(ctx, next, node, target, index) }];
}

function created(
  ctx: ObjectContext,
  state: LiveState,
  node: CallNode,
  index: number,
  target: Target & { kind: 'model' },
  thread: ThreadModel & { op: 'create' },
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
      end: thread.object ?? 'terminates',
      ...(receiver.k === 'deref' ? { heap: true } : {}),
      ...(home?.container ? { container: true } : {}),
    },
  };
  found.creations.set(index, creation);
  found.made.set(index, new Set(['joinable']));
  const captured = node.args.reduce((now, arg) => dropCaptured(ctx, now, arg, index), state);
  if (!home) return { state: captured, ...result };
  return { state: arrive(ctx, captured, { ...home, creation }, index), ...result };
}

/** The home of an object that is moved or made elsewhere, where the expression is such an object. */
function movedFrom({ program, fn }: ObjectContext, e: Expr): Home | undefined {
  const { base } = program.types.typeOf(program, fn, e);
  const [name = ''] = program.types.classChain(fn.unit, fn.facts.name, base);
  return program.models.functions.get(`${name}::{constructor}`)?.thread ? homeOf(program, fn, e) : undefined;
}

/** A thread comes to stand in a home. */
function arrive(ctx: ObjectContext, state: LiveState, live: Live, index: number): LiveState {
  const { fn, program } = ctx;
  const { creation, place } = live;
  ctx.homes.set(live.key, [...(ctx.homes.get(live.key) ?? []), creation]);
  if (isOwn(fn, place)) {
    const isSame = (one: Live): boolean =>
      one.key === live.key && (!live.container || one.creation === creation);
    for (const old of state)
      if (isSame(old) && !live.container && old.creation.object?.end === 'terminates')
        leak(ctx, old.creation, 'overwritten', index);
    return insert(
      state.filter((one) => !isSame(one)),
      live,
    );
  }
  const cls = classOf(program, fn, place);
  if (!cls) {
    settle(ctx, creation, { kind: 'handed', fn, node: index });
    return state;
  }
  settle(ctx, creation, { kind: 'stored', fn, node: index, place: cls });
  const isKnown = ctx.stored.some((one) => one.creation === creation && one.place.key === cls.key);
  if (!isKnown) ctx.stored.push({ creation, place: cls, made: 'joinable' });
  return state;
}

/** A variable or object of the function itself. */
function isOwn(fn: Fn, place: Expr): boolean {
  return place.k === 'result' || (place.k === 'var' && isLocal(fn, place));
}

function insert(state: LiveState, live: Live): LiveState {
  const order = ({ key, creation }: Live): string => `${key}@${creation.node}`;
  return [...state, live].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function move(ctx: ObjectContext, state: LiveState, from: Home, to: Home, index: number): LiveState {
  if (from.key === to.key) return state;
  // Which element of a container was taken out does not show.
  if (from.container) return drop(ctx, state, from, index);
  const moved = state.filter(({ key }) => key === from.key);
  const rest = state.filter(({ key }) => key !== from.key);
  return moved.reduce((now, { creation }) => arrive(ctx, now, { ...to, creation }, index), rest);
}

function drop(ctx: ObjectContext, state: LiveState, from: Home, index: number): LiveState {
  return dropWhere(ctx, state, ({ key }) => key === from.key, index);
}

function dropCaptured(ctx: ObjectContext, state: LiveState, e: Expr, index: number): LiveState {
  if (state.length === 0) return state;
  return dropWhere(ctx, state, (live) => carries(ctx.program, ctx.fn, e, live), index);
}

function dropWhere(
  ctx: ObjectContext,
  state: LiveState,
  isGone: (live: Live) => boolean,
  index: number,
): LiveState {
  const { fn } = ctx;
  const kind = fn.facts.nodes[index]?.op === 'return' ? 'returned' : 'handed';
  return state.filter((live) => {
    if (!isGone(live)) return true;
    settle(ctx, live.creation, { kind, fn, node: index });
    return false;
  });
}

function close(
  ctx: ObjectContext,
  state: LiveState,
  home: Home,
  waits: boolean,
  index: number,
  recorded = false,
): LiveState {
  const { program, fn, found } = ctx;
  const root = rootOf(home.place);
  if (root.k === 'name' || root.k === 'this' || (root.k === 'var' && root.v < fn.facts.params))
    ctx.closes.set(home.key, { path: home.place, waits });
  const place = recorded ? undefined : classOf(program, fn, home.place);
  if (place && !found.closers.some((one) => one.node === index && one.place.key === place.key))
    found.closers.push({ fn, node: index, place, waits });
  if (!place && home.place.k === 'field') found.unnamedCloses.add(home.place.f);
  const kind = waits ? 'joined' : 'detached';
  for (const creation of ctx.homes.get(home.key) ?? []) settle(ctx, creation, { kind, fn, node: index });
  return state.filter((live) => {
    if (live.key !== home.key) return true;
    joined(ctx, live.creation, waits, index);
    return false;
  });
}

function joined(ctx: ObjectContext, creation: Creation, waits: boolean, node: number): void {
  const { fn, found } = ctx;
  const { routines } = creation;
  settle(ctx, creation, { kind: waits ? 'joined' : 'detached', fn, node });
  const isKnown = found.joins.some((one) => one.node === node && one.routines === routines);
  if (waits && !isKnown) found.joins.push({ fn, node, routines });
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
    ended(ctx, live.creation, 'scope', index);
    return false;
  });
}

function exit(ctx: ObjectContext, state: LiveState, value: Expr | undefined, index: number): void {
  const live = new Set(state.map(({ creation }) => creation.node));
  ctx.atExits.set(index, [...(ctx.atExits.get(index) ?? []), live]);
  for (const { creation, place } of value ? dropCaptured(ctx, state, value, index) : state) {
    if (place.k === 'result') ended(ctx, creation, 'scope', creation.node);
    else ended(ctx, creation, 'exit', index);
  }
}

/** The object ends with its thread: some wait for it then. */
function ended(ctx: ObjectContext, creation: Creation, kind: LeakKind, node: number): void {
  const end = creation.object?.end;
  if (end === 'terminates') leak(ctx, creation, kind, node);
  else joined(ctx, creation, end === 'joins', node);
}

function leak(ctx: ObjectContext, creation: Creation, kind: LeakKind, node: number): void {
  const key = `${creation.node} ${kind} ${node}`;
  if (!ctx.leaks.has(key)) ctx.leaks.set(key, { creation, kind, node });
}

function settle(ctx: ObjectContext, creation: Creation, fate: Fate): void {
  ctx.settled.add(creation);
  const fates = ctx.found.fates.get(creation.node) ?? [];
  ctx.found.fates.set(creation.node, fates);
  const isKnown = fates.some(
    (one) => one.kind === fate.kind && one.node === fate.node && one.place?.key === fate.place?.key,
  );
  if (!isKnown) fates.push(fate);
}

/** A loop that joins what is in a container joins all of it, also where it turns no time. */
function leaveLoops(ctx: ObjectContext, state: LiveState, from: number, to: number): LiveState {
  if (state.length === 0) return state;
  let next = state;
  for (const [loop, closings] of ctx.inLoops) {
    const leaves = from >= loop.first && from <= loop.last && (to < loop.first || to > loop.last);
    if (!leaves) continue;
    next = next.filter((live) => {
      const closing = closings.find(({ key }) => key === live.key);
      if (!closing) return true;
      joined(ctx, live.creation, closing.waits, closing.node);
      return false;
    });
  }
  return next;
}

function closedIn(ctx: ObjectContext, loop: LoopFacts): LoopClosing[] {
  const { program, fn, targets, summaries } = ctx;
  const closings: LoopClosing[] = [];
  const take = (e: Expr | undefined, waits: boolean, node: number): void => {
    const home = e && homeOf(program, fn, e);
    if (home?.container) closings.push({ key: home.key, node, waits });
  };
  for (let index = loop.first; index <= loop.last; index++) {
    const node = fn.facts.nodes[index];
    const target = targets.get(index);
    if (node?.op !== 'call' || !target) continue;
    if (target.kind === 'model' && isThreadObject(target.model) && /join|detach/.test(target.model.thread.op))
      take(target.receiver, target.model.thread.op === 'join', index);
    if (target.kind === 'function')
      for (const { path, waits } of summaries[target.fn.id]?.closes ?? [])
        take(substitute(path, target.fn.facts.params, node.args, target.receiver), waits, index);
  }
  return closings;
}
