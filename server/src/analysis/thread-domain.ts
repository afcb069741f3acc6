/** Follows thread handles along the paths of one function. */
import type { Expr } from '../facts/expr';
import type { LoopFacts } from '../facts/facts';
import type { FunctionModel, ThreadModel } from '../models/schema';
import { classOf, type PlaceClass } from '../program/identity';
import type { CallNode, Fn, Program, Target } from '../program/program';
import { isDirect, keyOf, rootOf, substitute } from './access-path';
import type { CallGraph } from './call-graph';
import { returnsFrom } from './call-graph';
import { type Environment, knownValue, locate, type NameInfo, resolve, type Value } from './environment';
import { type Domain, explore, type Outcome } from './explore';
import { functionsOf, isLocal, mentions, namesOf } from './names';
import { failureOf, operandOf, storedValue, successOf } from './operand';
import type { Closer, Creation, Leak, LeakKind, ThreadSummary } from './thread-facts';

/** A handle that is not joined, detached or handed on yet. */
interface Live {
  key: string;
  place: Expr;
  creation: Creation;
  /** Also known outside of this function: its end is judged over the whole workspace. */
  shared: boolean;
}

type State = readonly Live[];

/** The value of the calling thread's own handle. */
const SELF = '{the calling thread}';

/** What is gathered while a function is explored. */
export interface HandleFindings {
  creations: Map<number, Creation>;
  leaks: Leak[];
  closers: Closer[];
  /** Creations whose handle comes to stand in a class of places. */
  stored: { creation: Creation; place: PlaceClass }[];
  summary: ThreadSummary;
  complete: boolean;
}

interface Context {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  names: NameInfo;
  summaries: readonly (ThreadSummary | undefined)[];
  targets: ReadonlyMap<number, Target>;
  creations: Map<number, Creation>;
  leaks: Map<string, Leak>;
  closers: Map<string, Closer>;
  closes: Map<string, Expr>;
  stored: Map<string, { creation: Creation; place: PlaceClass }>;
  creates: Map<string, { place: Expr; creation: Creation; success?: Value; failure?: Value }>;
  /** Creations that some path closes or hands on. */
  closed: Set<Creation>;
  detachesSelf: boolean;
  loopCloses: Map<LoopFacts, string[]>;
}

/** Explores one function; callees must have their summaries. */
export function followHandles(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  summaries: readonly (ThreadSummary | undefined)[],
): HandleFindings {
  const ctx: Context = {
    program,
    graph,
    fn,
    names: namesOf(program, fn),
    summaries,
    targets: program.targets[fn.id] ?? new Map(),
    creations: new Map(),
    leaks: new Map(),
    closers: new Map(),
    closes: new Map(),
    stored: new Map(),
    creates: new Map(),
    closed: new Set(),
    detachesSelf: false,
    loopCloses: new Map(),
  };
  for (const loop of fn.facts.loops) ctx.loopCloses.set(loop, elementsClosedIn(ctx, loop));
  const complete = explore(fn.facts.nodes, domainOf(ctx));
  const first = [...ctx.creates.values()][0];
  return {
    creations: ctx.creations,
    leaks: complete
      ? [...ctx.leaks.values()].map((leak) => ({ ...leak, never: !ctx.closed.has(leak.creation) }))
      : [],
    closers: [...ctx.closers.values()],
    stored: [...ctx.stored.values()],
    summary: {
      closes: [...ctx.closes.values()],
      creates: [...ctx.creates.values()].map(({ place, creation }) => ({ place, creation })),
      ...(first?.success ? { success: first.success } : {}),
      ...(first?.failure ? { failure: first.failure } : {}),
      detachesSelf: ctx.detachesSelf,
    },
    complete,
  };
}

function domainOf(ctx: Context): Domain<State> {
  return {
    initial: [],
    names: ctx.names,
    key: (state) => state.map((live) => `${live.key}@${live.creation.node}`).join(),
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    assign: (state, env, to, from) => assign(ctx, state, env, to, from),
    endOfLife: (state, _env, vars, index) => endOfLife(ctx, state, vars, index),
    edge: (state, from, to) => leaveLoops(ctx, state, from, to),
    exit: (state, env, value, index) => exit(ctx, state, env, value, index),
  };
}

function call(ctx: Context, state: State, env: Environment, node: CallNode, index: number): Outcome<State>[] {
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.targets.get(index);
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target.model);
  const summary = target?.kind === 'function' ? ctx.summaries[target.fn.id] : undefined;
  let next = state;
  if (summary && target?.kind === 'function') {
    for (const path of summary.closes) {
      const value = substitute(path, target.fn.facts.params, node.args, target.receiver);
      // A join that the callee can name itself is recorded there, where its conditions are.
      if (value)
        next = close(ctx, next, env, value, index, classOf(ctx.program, target.fn, path) !== undefined);
    }
    if (summary.detachesSelf) ctx.detachesSelf = true;
  }
  next = handOver(ctx, next, env, node, target, index);
  const forgotten = node.args.some((arg) => arg.k === 'addr') ? detachStates(env) : [];
  if (!summary || summary.creates.length === 0 || target?.kind !== 'function')
    return [{ state: next, writes: forgotten }];
  let created = next;
  for (const { place, creation } of summary.creates) {
    const own = substitute(place, target.fn.facts.params, node.args, target.receiver);
    if (own) created = create(ctx, created, env, own, index, creation.routines, creation);
  }
  const outcomes: Outcome<State>[] = [{ state: created, result: summary.success, writes: forgotten }];
  if (summary.failure) outcomes.push({ state: next, result: summary.failure, writes: forgotten });
  return outcomes;
}

/** A function that takes an attribute object's address may set it detached: what was known of it is forgotten. */
function detachStates(env: Environment): { to: Expr; value: Expr }[] {
  const writes: { to: Expr; value: Expr }[] = [];
  for (const [key] of env) {
    const match = /^v(\d+)\.#detachstate$/.exec(key);
    if (match)
      writes.push({
        to: { k: 'field', of: { k: 'var', v: Number(match[1]) }, f: '#detachstate' },
        value: { k: 'unknown' },
      });
  }
  return writes;
}

function modelled(
  ctx: Context,
  state: State,
  env: Environment,
  node: CallNode,
  index: number,
  model: FunctionModel,
): Outcome<State>[] {
  const writes = (model.stores ?? []).flatMap(({ to, value }) => {
    const place = operandOf(to, node.args);
    return place ? [{ to: locate(place, env, ctx.names), value: storedValue(value, node.args) }] : [];
  });
  const { thread } = model;
  if (!thread) return [{ state, writes }];
  if (thread.op === 'self') {
    return [{ state, result: { eq: SELF } }];
  }
  if (thread.op === 'create') return creation(ctx, state, env, node, index, thread, model);
  const handle = operandOf(thread.handle, node.args);
  if (!handle) return [{ state }];
  if (thread.op === 'detach' && knownValue(handle, env, ctx.names)?.eq === SELF) ctx.detachesSelf = true;
  const closed = close(ctx, state, env, handle, index);
  if (model.success === undefined) return [{ state: closed }];
  return [
    { state: closed, result: successOf(model, ctx.names) },
    { state, result: failureOf(model, ctx.names) },
  ];
}

function creation(
  ctx: Context,
  state: State,
  env: Environment,
  node: CallNode,
  index: number,
  thread: ThreadModel & { op: 'create' },
  model: FunctionModel,
): Outcome<State>[] {
  const handle = operandOf(thread.handle, node.args);
  const routines = functionsOf(ctx.program, ctx.graph.callers, ctx.fn, operandOf(thread.routine, node.args));
  const success: Value = successOf(model, ctx.names);
  const failed: Outcome<State> = { state, result: failureOf(model, ctx.names) };
  if (!handle || mayBeDetached(ctx, env, thread, node)) return [{ state, result: success }, failed];
  const made = create(ctx, state, env, handle, index, routines);
  return [{ state: made, result: success }, failed];
}

/** Detached by its attribute, or by an attribute nothing is known of: then silence is right. */
function mayBeDetached(
  ctx: Context,
  env: Environment,
  thread: ThreadModel & { op: 'create' },
  node: CallNode,
): boolean {
  const attribute = thread.attribute ? operandOf(thread.attribute, node.args) : undefined;
  const given = thread.attribute ? operandOf(thread.attribute.replace('*', ''), node.args) : undefined;
  if (!attribute || !given) return false;
  if (knownValue(given, env, ctx.names)?.eq === 0) return false;
  const property: Expr = { k: 'field', of: locate(attribute, env, ctx.names), f: '#detachstate' };
  return knownValue(property, env, ctx.names)?.eq !== 'PTHREAD_CREATE_JOINABLE';
}

function create(
  ctx: Context,
  state: State,
  env: Environment,
  handle: Expr,
  index: number,
  routines: Fn[],
  inner?: Creation,
): State {
  const place = locate(handle, env, ctx.names);
  const made: Creation = ctx.creations.get(index) ?? {
    fn: ctx.fn,
    node: index,
    handle,
    routines,
    ...(inner ? { inner } : {}),
  };
  ctx.creations.set(index, made);
  if (routines.some((routine) => endsItself(ctx, routine))) return state;
  const key = keyOf(place, true);
  const old = state.find((live) => live.key === key);
  // An element of an array takes another place each turn; a fixed place loses the handle it held.
  if (old && !key.includes('[*]')) leak(ctx, old.creation, 'overwritten', index);
  const kept = state.filter((live) => live.key !== key);
  const root = rootOf(place);
  if (isOwn(ctx, place)) return insert(kept, { key, place, creation: made, shared: false });
  if (root.k === 'var' && root.v < ctx.fn.facts.params && place.k === 'deref' && place.of.k === 'var') {
    ctx.creates.set(key, { place, creation: made, success: { eq: 0 }, failure: { ne: [0] } });
    return insert(kept, { key, place, creation: made, shared: true });
  }
  const stored = classOf(ctx.program, ctx.fn, place);
  if (!stored) return kept;
  ctx.stored.set(`${index} ${stored.key}`, { creation: made, place: stored });
  return insert(kept, { key, place, creation: made, shared: true });
}

/** A routine that detaches itself, or never ends, leaves nothing to join. */
function endsItself(ctx: Context, routine: Fn): boolean {
  if (ctx.summaries[routine.id]?.detachesSelf) return true;
  return Boolean(ctx.graph.neverReturns[routine.id]) && !ctx.graph.endsThread[routine.id];
}

/** A place only this function knows: a local, a member of one, an element of an array it owns. */
function isOwn(ctx: Context, place: Expr): boolean {
  if (!isLocal(ctx.fn, rootOf(place))) return false;
  return isDirect(place);
}

function insert(state: State, live: Live): State {
  return [...state, live].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The handle's value is joined, detached or handed on. */
function close(
  ctx: Context,
  state: State,
  env: Environment,
  handle: Expr,
  index: number,
  recorded = false,
): State {
  const value = resolve(handle, env, ctx.names);
  const key = keyOf(value, true);
  const root = rootOf(value);
  if (root.k === 'name' || root.k === 'this' || (root.k === 'var' && root.v < ctx.fn.facts.params))
    ctx.closes.set(key, value);
  const place = recorded ? undefined : classOf(ctx.program, ctx.fn, value);
  if (place) ctx.closers.set(`${index} ${place.key}`, { fn: ctx.fn, node: index, place });
  return state.filter((live) => {
    if (!sameHandle(live.key, key)) return true;
    ctx.closed.add(live.creation);
    return false;
  });
}

/** Equal keys, where any element stands for each. */
function sameHandle(a: string, b: string): boolean {
  if (a === b) return true;
  const any = (key: string): string => key.replace(/\[[^\]]*\]/g, '[*]');
  return any(a) === any(b);
}

/** A handle given to code that may keep or join it is no longer this function's to close. */
function handOver(
  ctx: Context,
  state: State,
  env: Environment,
  node: CallNode,
  target: Target | undefined,
  index: number,
): State {
  let next = state;
  node.args.forEach((arg, i) => {
    const callee = target?.kind === 'function' ? target.fn : undefined;
    if (callee && !keepsParameter(callee, i)) return;
    next = drop(ctx, next, resolve(arg, env, ctx.names), index);
  });
  return next;
}

/** Drops every handle that a value carries or points to. */
function drop(ctx: Context, state: State, value: Expr, index: number): State {
  const root = rootOf(value);
  return state.filter((live) => {
    const same =
      keyOf(value, true) === live.key ||
      (root.k === 'var' && mentions(live.place, root.v) && carries(value, live.place));
    if (!same) return true;
    ctx.closed.add(live.creation);
    if (live.shared) return false;
    const type = classOf(ctx.program, ctx.fn, live.place);
    if (type) ctx.stored.set(`${index} ${type.key}`, { creation: live.creation, place: type });
    return false;
  });
}

/** `&ctx`, `ctx`, `tids`, `&tid` carry what stands inside of them. */
function carries(value: Expr, place: Expr): boolean {
  const base = value.k === 'addr' ? value.of : value;
  return keyOf(place, true).startsWith(keyOf(base, true));
}

/** Whether a function may keep what a parameter gives it: it stores it, returns it or passes it on. */
function keepsParameter(fn: Fn, param: number): boolean {
  return fn.facts.nodes.some((node) => {
    if (node.op === 'assign') return mentions(node.from, param);
    if (node.op === 'return') return node.value !== undefined && mentions(node.value, param);
    return node.op === 'call' && node.args.some((arg) => mentions(arg, param));
  });
}

function assign(ctx: Context, state: State, env: Environment, to: Expr, from: Expr): State {
  if (state.length === 0) return state;
  const place = locate(to, env, ctx.names);
  const value = resolve(from, env, ctx.names);
  let next = state;
  // A copy in another local is followed as an alias; elsewhere the handle has a new home.
  if (!isOwn(ctx, place) || place.k !== 'var') next = rehome(ctx, next, place, value);
  const root = rootOf(place);
  if (place.k !== 'var' || root.k !== 'var') return next;
  // The pointer that the place hangs on moves on: what it pointed to is judged over the whole workspace.
  return next.filter((live) => !(mentions(live.place, root.v) && !isDirect(live.place)));
}

function rehome(ctx: Context, state: State, place: Expr, value: Expr): State {
  return state.filter((live) => {
    const whole = live.key === keyOf(value, true);
    const root = rootOf(value);
    if (
      !whole &&
      !(root.k === 'var' && !live.shared && mentions(live.place, root.v) && carries(value, live.place))
    )
      return true;
    ctx.closed.add(live.creation);
    const stored = whole ? classOf(ctx.program, ctx.fn, place) : undefined;
    if (stored)
      ctx.stored.set(`${live.creation.node} ${stored.key}`, { creation: live.creation, place: stored });
    return false;
  });
}

function endOfLife(ctx: Context, state: State, vars: readonly number[], index: number): State {
  return state.filter((live) => {
    const root = rootOf(live.place);
    if (root.k !== 'var' || !vars.includes(root.v)) return true;
    if (!live.shared && !atEnd(ctx, index)) leak(ctx, live.creation, 'scope', index);
    return live.shared || atEnd(ctx, index);
  });
}

/** A scope that ends right before the function does is told as the exit. */
function atEnd(ctx: Context, index: number): boolean {
  const node = ctx.fn.facts.nodes[index];
  const after = node?.next[0] === undefined ? undefined : ctx.fn.facts.nodes[node.next[0]];
  return node?.op === 'scope-end' && after?.op === 'return';
}

function exit(ctx: Context, state: State, env: Environment, value: Expr | undefined, index: number): void {
  const returned = value && resolve(value, env, ctx.names);
  for (const live of returned ? drop(ctx, state, returned, index) : state) {
    if (!live.shared) leak(ctx, live.creation, 'exit', index);
  }
}

function leak(ctx: Context, creation: Creation, kind: LeakKind, node: number): void {
  const key = `${creation.node} ${kind} ${node}`;
  if (!ctx.leaks.has(key)) ctx.leaks.set(key, { creation, kind, at: { fn: ctx.fn, node }, never: false });
}

/**
 * A loop that joins the elements of an array joins all of them: the path on which it turns no time at all is
 * that on which the creating loop did not turn either.
 */
function leaveLoops(ctx: Context, state: State, from: number, to: number): State {
  if (state.length === 0) return state;
  let next = state;
  for (const [loop, keys] of ctx.loopCloses) {
    const leaves = from >= loop.first && from <= loop.last && (to < loop.first || to > loop.last);
    if (!leaves || keys.length === 0) continue;
    next = next.filter((live) => {
      if (!keys.some((key) => sameHandle(key, live.key))) return true;
      ctx.closed.add(live.creation);
      return false;
    });
  }
  return next;
}

function elementsClosedIn(ctx: Context, loop: LoopFacts): string[] {
  const keys: string[] = [];
  for (let index = loop.first; index <= loop.last; index++) {
    const node = ctx.fn.facts.nodes[index];
    const target = ctx.targets.get(index);
    if (node?.op !== 'call' || !target) continue;
    const closed: (Expr | undefined)[] = [];
    if (
      target.kind === 'model' &&
      target.model.thread &&
      'handle' in target.model.thread &&
      target.model.thread.op !== 'create'
    ) {
      closed.push(operandOf(target.model.thread.handle, node.args));
    }
    if (target.kind === 'function') {
      for (const path of ctx.summaries[target.fn.id]?.closes ?? [])
        closed.push(substitute(path, target.fn.facts.params, node.args, target.receiver));
    }
    for (const e of closed) if (e && keyOf(e, true).includes('[*]')) keys.push(keyOf(e, true));
  }
  return keys;
}
