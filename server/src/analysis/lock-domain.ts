/** Follows the lockset along the paths of one function. */
import type { Expr } from '../facts/expr';
import type { LockModel } from '../models/schema';
import { classOf } from '../program/identity';
import type { CallNode, Fn, Program, Target } from '../program/program';
import { isPath, keyOf, rootOf, substitute } from './access-path';
import { type CallGraph, returnsFrom } from './call-graph';
import type { CallWrites } from './call-writes';
import { isUnavoidable } from './control-dependence';
import {
  type Constant,
  type Environment,
  knownValue,
  locate,
  type NameInfo,
  resolve,
  type Value,
} from './environment';
import { type Domain, explore, type Outcome } from './explore';
import type { LastReference } from './last-reference';
import type { Acquisition, LockEdge, LockOutcome, LockSummary } from './lock-facts';
import { namesOf } from './names';
import { failureOf, operandOf, successOf, writesOf } from './operand';

interface Held {
  key: string;
  acquisition: Acquisition;
}

interface State {
  /** In the order they were taken. */
  held: readonly Held[];
  /** Locks released that were not taken here. */
  released: readonly { key: string; place: Expr }[];
}

export interface LockFindings {
  edges: LockEdge[];
  summary: LockSummary;
  /** Keys of lock classes held on every path at a call node. */
  heldAt: ReadonlyMap<number, ReadonlySet<string>>;
  complete: boolean;
}

interface Context {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  names: NameInfo;
  summaries: readonly (LockSummary | undefined)[];
  targets: ReadonlyMap<number, Target>;
  edges: Map<string, LockEdge>;
  pending: Map<string, LockEdge>;
  acquires: Map<string, Acquisition>;
  outcomes: Map<string, LockOutcome>;
  heldAt: Map<number, ReadonlySet<string>>;
  lastReference: LastReference;
  /** Dependencies that this function or its callees write. */
  written: ReadonlySet<string>;
}

/** A wrapper has few ways to end; more mean that the function is no wrapper. */
const MAX_OUTCOMES = 4;
/** More locks below one call would make every caller's edges a product. */
const MAX_ACQUIRES = 48;
/** Flags that tell a caller what was done are few. */
const MAX_LEAVES = 8;

/** Taking a lock where the last reference is dropped says less than a condition. */
const LAST_REFERENCE_DOUBTS = 3;

/** Explores one function; callees must have their summaries. */
export function followLocks(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  writes: CallWrites,
  summaries: readonly (LockSummary | undefined)[],
  lastReference: LastReference,
): LockFindings {
  const ctx: Context = {
    program,
    graph,
    fn,
    names: namesOf(program, fn, writes),
    summaries,
    targets: program.targets[fn.id] ?? new Map(),
    edges: new Map(),
    pending: new Map(),
    acquires: new Map(),
    outcomes: new Map(),
    heldAt: new Map(),
    lastReference,
    written: writes[fn.id] ?? new Set(),
  };
  const complete = explore(fn.facts.nodes, domainOf(ctx));
  const outcomes = distinguishable([...ctx.outcomes.values()]);
  return {
    edges: [...ctx.edges.values()],
    summary: {
      acquires: [...ctx.acquires.values()].slice(0, MAX_ACQUIRES),
      outcomes: complete && outcomes.length <= MAX_OUTCOMES ? outcomes : [],
      pending: withoutOrdered([...ctx.pending.values()]).slice(0, MAX_ACQUIRES),
    },
    heldAt: ctx.heldAt,
    complete,
  };
}

/**
 * Ways to end that a caller can tell apart by the result stay apart; others become one that holds what all of
 * them hold, so that a lock taken only sometimes is not taken for held.
 */
function distinguishable(outcomes: readonly LockOutcome[]): LockOutcome[] {
  const [first] = outcomes;
  if (!first || outcomes.length === 1) return [...outcomes];
  const apart = outcomes.every((a, i) => outcomes.slice(i + 1).every((b) => areDisjoint(a.result, b.result)));
  if (apart) return [...outcomes];
  const key = (e: Expr): string => keyOf(e);
  const holds = first.holds.filter((held) =>
    outcomes.every((o) => o.holds.some((h) => key(h.place) === key(held.place))),
  );
  const releases = new Map(outcomes.flatMap((o) => o.releases.map((e) => [key(e), e] as const)));
  const leaves = first.leaves.filter((leaf) =>
    outcomes.every((o) => o.leaves.some((other) => sameLeaf(leaf, other))),
  );
  return [{ holds, releases: [...releases.values()], leaves }];
}

function areDisjoint(a: Value | undefined, b: Value | undefined): boolean {
  if (!a || !b) return false;
  if (a.eq !== undefined && b.eq !== undefined) return a.eq !== b.eq && typeof a.eq === typeof b.eq;
  const [known, other] = a.eq !== undefined ? [a.eq, b] : [b.eq, a];
  if (known === undefined) return a.sign !== undefined && b.sign !== undefined && a.sign !== b.sign;
  if (other.ne?.includes(known)) return true;
  return other.sign !== undefined && typeof known === 'number' && Math.sign(known) !== other.sign;
}

function domainOf(ctx: Context): Domain<State> {
  return {
    initial: { held: [], released: [] },
    names: ctx.names,
    key: stateKey,
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    exit: (state, env, value) => exit(ctx, state, env, value),
  };
}

function stateKey(state: State): string {
  return `${state.held.map((held) => held.key).join()}|${state.released.map((r) => r.key).join()}`;
}

function call(ctx: Context, state: State, env: Environment, node: CallNode, index: number): Outcome<State>[] {
  noteHeld(ctx, state, index);
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.targets.get(index);
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  const summary = target?.kind === 'function' ? ctx.summaries[target.fn.id] : undefined;
  if (!summary || target?.kind !== 'function') return [{ state }];
  const inCaller = (e: Expr): Expr | undefined => {
    const own = substitute(e, target.fn.facts.params, node.args, target.receiver);
    return own && locate(own, env, ctx.names);
  };
  const inCallerAsValue = (e: Expr): Expr | undefined => {
    const own = substitute(e, target.fn.facts.params, node.args, target.receiver);
    return own && resolve(own, env, ctx.names);
  };
  const lift = (inner: Acquisition): Acquisition => lifted(ctx, inner, inCaller(inner.place), index);
  for (const inner of summary.acquires) note(ctx, state, lift(inner));
  for (const { from, to, gates } of summary.pending)
    addEdge(ctx, { from: lift(from), to: lift(to), gates: new Set([...gates, ...classKeys(state)]) });
  if (summary.outcomes.length === 0) return [{ state }];
  return summary.outcomes.map((outcome) => {
    let next = state;
    for (const path of outcome.releases) {
      const place = inCaller(path);
      if (place) next = release(ctx, next, place);
    }
    // What a constructor takes its destructor gives back, which is not followed yet.
    const holds = target.fn.facts.kind === 'constructor' ? [] : outcome.holds;
    for (const inner of holds) next = hold(next, lift(inner));
    const returned = outcome.returns && inCallerAsValue(outcome.returns);
    const result: Value | undefined = returned ? { ...outcome.result, alias: returned } : outcome.result;
    const writes = outcome.leaves.flatMap(({ to, value }) => {
      const place = inCaller(to);
      return place ? [{ to: place, value: constantExpr(value) }] : [];
    });
    return { state: next, writes, ...(result ? { result } : {}) };
  });
}

function modelled(
  ctx: Context,
  state: State,
  env: Environment,
  node: CallNode,
  index: number,
  target: Target & { kind: 'model' },
): Outcome<State>[] {
  const { model } = target;
  const writes = writesOf(model, node.args, env, ctx.names);
  const { lock } = model;
  const operand = lock && operandOf(lock.lock, node.args);
  if (!lock || !operand) return [{ state, writes }];
  const place = locate(operand, env, ctx.names);
  if (lock.op === 'release') return [{ state: release(ctx, state, place) }];
  const acquisition = acquisitionAt(ctx, place, index, lock);
  note(ctx, state, acquisition);
  const taken: Outcome<State> = {
    state: hold(state, acquisition),
    ...(model.success !== undefined ? { result: successOf(model, ctx.names) } : {}),
  };
  return lock.op === 'try' ? [taken, { state, result: failureOf(model, ctx.names) }] : [taken];
}

function acquisitionAt(ctx: Context, place: Expr, node: number, lock: LockModel): Acquisition {
  const cls = classOf(ctx.program, ctx.fn, place);
  return {
    fn: ctx.fn,
    node,
    place,
    mode: lock.mode ?? 'exclusive',
    tried: lock.op === 'try',
    doubts: 0,
    ...(cls ? { cls } : {}),
  };
}

/** A callee's acquisition as this function sees it; the callee's name of the class stands where ours is none. */
function lifted(ctx: Context, inner: Acquisition, place: Expr | undefined, node: number): Acquisition {
  const cls = (place && classOf(ctx.program, ctx.fn, place)) ?? inner.cls;
  const { mode, tried } = inner;
  // A macro's conditions are this function's own text.
  const certain = inner.fn.facts.kind === 'macro' || isUnavoidable(inner.fn.facts.nodes, inner.node);
  const isLast = ctx.lastReference.guards(ctx.fn, node);
  const doubts = inner.doubts + (certain ? 0 : 1) + (isLast ? LAST_REFERENCE_DOUBTS : 0);
  const own = place ?? ({ k: 'unknown' } as const);
  return { fn: ctx.fn, node, place: own, mode, tried, inner, doubts, ...(cls ? { cls } : {}) };
}

/** Notes that a lock is taken: an edge from each lock held, and what callers must know. */
function note(ctx: Context, state: State, acquisition: Acquisition): void {
  const id = nameOf(acquisition);
  const root = rootOf(acquisition.place);
  const visible = acquisition.cls || root.k === 'this' || (root.k === 'var' && root.v < ctx.fn.facts.params);
  const known = ctx.acquires.get(id);
  if (visible && (!known || acquisition.doubts < known.doubts)) ctx.acquires.set(id, acquisition);
  if (acquisition.tried) return;
  // Taking a lock once more while it is held adds no order; another one of its class only to that one.
  const sameClass = state.held.filter((held) => nameOf(held.acquisition) === id);
  for (const held of sameClass.length > 0 ? sameClass : state.held) {
    const gates = classKeys({ ...state, held: state.held.filter((other) => other !== held) });
    addEdge(ctx, { from: held.acquisition, to: acquisition, gates });
  }
}

function addEdge(ctx: Context, edge: LockEdge): void {
  if (edge.to.tried) return;
  const { from, to } = edge;
  const isSameClass = from.cls !== undefined && from.cls.key === to.cls?.key;
  if (isSameClass && !areTwoParameters(ctx, from, to)) return;
  const table = from.cls && to.cls && !isSameClass ? ctx.edges : ctx.pending;
  // Witnesses under different gates answer for different partners; of the others the surest stays.
  const names = isSameClass ? [keyOf(from.place), keyOf(to.place)] : [nameOf(from), nameOf(to)];
  const id = `${names.join(' > ')} | ${[...edge.gates].sort().join()}`;
  const known = table.get(id);
  if (!known || doubtsOf(edge) < doubtsOf(known)) table.set(id, edge);
}

/** The same member of two parameters: which objects they are, and so in which order, the callers know. */
function areTwoParameters(ctx: Context, from: Acquisition, to: Acquisition): boolean {
  const [a, b] = [rootOf(from.place), rootOf(to.place)];
  const { params } = ctx.fn.facts;
  return !from.cls?.single && a.k === 'var' && b.k === 'var' && a.v !== b.v && a.v < params && b.v < params;
}

/** A function that takes two parameters' locks in both orders chooses by comparing them. */
function withoutOrdered(edges: readonly LockEdge[]): LockEdge[] {
  const way = (a: Acquisition, b: Acquisition): string => `${keyOf(a.place)} > ${keyOf(b.place)}`;
  const ways = new Set(edges.map((edge) => way(edge.from, edge.to)));
  return edges.filter((edge) => !ways.has(way(edge.to, edge.from)));
}

function doubtsOf(edge: LockEdge): number {
  return edge.from.doubts + edge.to.doubts;
}

function nameOf(acquisition: Acquisition): string {
  return acquisition.cls?.key ?? keyOf(acquisition.place);
}

function classKeys(state: State): Set<string> {
  const keys = new Set<string>();
  for (const { acquisition } of state.held) if (acquisition.cls) keys.add(acquisition.cls.key);
  return keys;
}

function noteHeld(ctx: Context, state: State, index: number): void {
  const now = classKeys(state);
  const known = ctx.heldAt.get(index);
  ctx.heldAt.set(index, known ? new Set([...known].filter((key) => now.has(key))) : now);
}

/** A lock taken again by its holder is still one lock; whether that hangs is another rule's question. */
function hold(state: State, acquisition: Acquisition): State {
  const key = keyOf(acquisition.place);
  const name = key === '?' ? nameOf(acquisition) : key;
  if (state.held.some((held) => held.key === name)) return state;
  return { ...state, held: [...state.held, { key: name, acquisition }] };
}

/** Releases by the same path, else the only lock of the same class: the same object by another name. */
function release(ctx: Context, state: State, place: Expr): State {
  const key = keyOf(place);
  const exact = state.held.findIndex((held) => held.key === key);
  const at = exact >= 0 ? exact : sameClass(ctx, state, place);
  if (at >= 0) return { ...state, held: state.held.filter((_, i) => i !== at) };
  // A lock that has no name here may be any that is held: nothing is then known to be.
  if (state.held.length > 0 && !isCallersOwn(ctx, rootOf(place)) && !classOf(ctx.program, ctx.fn, place))
    return { ...state, held: [] };
  if (state.released.some((r) => r.key === key) || state.released.length >= 4) return state;
  return { ...state, released: [...state.released, { key, place }] };
}

function sameClass(ctx: Context, state: State, place: Expr): number {
  const cls = classOf(ctx.program, ctx.fn, place);
  if (!cls) return -1;
  const matches = state.held.flatMap((held, i) => (held.acquisition.cls?.key === cls.key ? [i] : []));
  return matches.length === 1 ? (matches[0] ?? -1) : -1;
}

function exit(ctx: Context, state: State, env: Environment, value: Expr | undefined): void {
  const key = stateKey(state);
  const now = value && knownValue(value, env, ctx.names);
  const result: Value | undefined = now && { eq: now.eq, ne: now.ne, sign: now.sign };
  const known = ctx.outcomes.get(key);
  const path = value && resolve(value, env, ctx.names);
  const returns = path && isPath(path) && isCallersOwn(ctx, rootOf(path)) ? path : undefined;
  const sameReturns = returns && (!known || (known.returns && keyOf(known.returns) === keyOf(returns)));
  const left = leavesOf(ctx, env);
  const leaves = known ? left.filter((leaf) => known.leaves.some((other) => sameLeaf(leaf, other))) : left;
  const outcome: LockOutcome = {
    leaves,
    holds: state.held.map((held) => held.acquisition),
    releases: state.released.map((r) => r.place),
    ...(sameReturns ? { returns } : {}),
    ...(result && (!known || sameResult(known.result, result)) ? { result } : {}),
  };
  ctx.outcomes.set(key, outcome);
}

function sameLeaf(a: LockOutcome['leaves'][number], b: LockOutcome['leaves'][number]): boolean {
  return a.value === b.value && keyOf(a.to) === keyOf(b.to);
}

/** A root that the caller can name as well. */
function isCallersOwn(ctx: Context, root: Expr): boolean {
  return root.k === 'name' || root.k === 'this' || (root.k === 'var' && root.v < ctx.fn.facts.params);
}

/** Constants in globals and in what parameters point to, where this function or its callees write them. */
function leavesOf(ctx: Context, env: Environment): LockOutcome['leaves'] {
  const leaves: { to: Expr; value: Constant }[] = [];
  for (const { of, eq, deps } of env.values()) {
    const isVisible = isCallersOwn(ctx, rootOf(of)) && of.k !== 'var';
    if (eq === undefined || !isVisible || !isPath(of)) continue;
    if ([...deps].some((dep) => ctx.written.has(dep))) leaves.push({ to: of, value: eq });
  }
  return leaves.slice(0, MAX_LEAVES);
}

function constantExpr(value: Constant): Expr {
  return typeof value === 'number' ? { k: 'num', v: value } : { k: 'name', n: value };
}

function sameResult(a: Value | undefined, b: Value): boolean {
  return a !== undefined && a.eq === b.eq && a.sign === b.sign && (a.ne ?? []).join() === (b.ne ?? []).join();
}
