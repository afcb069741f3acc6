/**
 * What a thread is given by address, and whether it lives as long as the thread may read it.
 *
 * The state is which threads were given what and have not been waited for. Any wait for another thread (a join, a
 * condition, a semaphore, a barrier, directly or in a called function) is taken to be the one that makes it right.
 */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import type { FunctionModel } from '../../models/schema';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { isLocal, mentions, namesOf } from '../calls/names';
import { isDirect, keyOf, rootOf } from '../paths/access-path';
import { mustPass } from '../paths/control-dependence';
import { type Environment, locate, type NameInfo, resolve } from '../paths/environment';
import { type Domain, explore, type Outcome } from '../paths/explore';
import { failureOf, successOf, writesOf } from '../paths/operand';
import type { Borrow, Creation } from './thread-facts';

/** A thread that may still read what it was given. */
interface Lent {
  creation: Creation;
  /** The local variable whose address was given, or the variable that holds the freed object's address. */
  v: number;
  /** The object is behind a pointer. */
  heap: boolean;
}

type LentState = readonly Lent[];

interface BorrowContext {
  program: Program;
  graph: CallGraph;
  fn: Fn;
  names: NameInfo;
  creations: ReadonlyMap<number, Creation>;
  waits: readonly boolean[];
  found: Map<string, Borrow>;
}

export function findBorrows(
  program: Program,
  graph: CallGraph,
  writes: CallWrites,
  creations: readonly Creation[],
  outlives: (creation: Creation) => boolean,
): Borrow[] {
  const byFn = new Map<Fn, Map<number, Creation>>();
  for (const creation of creations) {
    if ((!creation.argument && !creation.lends?.length) || creation.inner) continue;
    if (!outlives(creation)) continue;
    const own = byFn.get(creation.fn) ?? new Map<number, Creation>();
    byFn.set(creation.fn, own.set(creation.node, creation));
  }
  if (byFn.size === 0) return [];
  const waits = waitingFunctions(program, graph);
  const borrows: Borrow[] = [];
  for (const [fn, own] of byFn) {
    const names = namesOf(program, fn, writes);
    const ctx: BorrowContext = { program, graph, fn, names, creations: own, waits, found: new Map() };
    if (explore(fn.facts.nodes, domainOf(ctx))) borrows.push(...ctx.found.values());
  }
  return borrows;
}

/** By function id: it may wait for another thread, itself or in what it calls. */
function waitingFunctions(program: Program, graph: CallGraph): boolean[] {
  const waits: boolean[] = program.fns.map(() => false);
  for (const component of graph.components) {
    const does = component.some((id) =>
      [...(program.targets[id]?.values() ?? [])].some(
        (target) =>
          (target.kind === 'model' && waitsForThreads(target.model)) ||
          (target.kind === 'function' && waits[target.fn.id]),
      ),
    );
    for (const id of component) waits[id] = does;
  }
  return waits;
}

function waitsForThreads({ thread, condition, blocks }: FunctionModel): boolean {
  if (thread?.op === 'join' || condition?.op === 'wait') return true;
  return blocks !== undefined && !['sleep', 'input', 'network', 'process', 'file-lock'].includes(blocks.on);
}

function domainOf(ctx: BorrowContext): Domain<LentState> {
  const { nodes, loops, name } = ctx.fn.facts;
  const waiting = loops.filter((loop) =>
    nodes.some((_, index) => index >= loop.first && index <= loop.last && isWait(ctx, index)),
  );
  return {
    initial: [],
    names: ctx.names,
    key: (state) => state.map(({ creation, v }) => `${creation.node}:${v}`).join(),
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    assign: (state, env, to, from, index) => assign(ctx, state, env, to, from, index),
    endOfLife(state, _env, vars, index) {
      for (const { creation, v, heap } of state)
        if (!heap && vars.includes(v) && nodes[index]?.op === 'scope-end' && !isEndOf(ctx, index))
          report(ctx, creation, 'scope', v, index);
      return state.filter(({ v }) => !vars.includes(v) || isEndOf(ctx, index));
    },
    edge(state, from, to) {
      if (state.length === 0) return state;
      const left = loops.filter((l) => from >= l.first && from <= l.last && (to < l.first || to > l.last));
      if (left.length === 0) return state;
      // A loop that waits for all of them waits for none only where none was started.
      if (left.some((loop) => waiting.includes(loop))) return [];
      return state.filter(({ v }) => !left.some((loop) => isReadBy(ctx, loop, v)));
    },
    exit(state, _env, _value, index) {
      // When `main` returns, the process ends with all its threads.
      if (name === 'main') return;
      for (const { creation, v, heap } of state) if (!heap) report(ctx, creation, 'exit', v, index);
    },
  };
}

/** A loop that goes on until the thread has changed what it was given. */
function isReadBy(ctx: BorrowContext, loop: LoopFacts, v: number): boolean {
  for (let index = loop.condFirst; index <= loop.condLast; index++) {
    const node = ctx.fn.facts.nodes[index];
    if (node?.op === 'branch' && mentions(node.cond, v)) return true;
    if (node?.op === 'call' && node.args.some((arg) => mentions(arg, v))) return true;
  }
  return false;
}

function isWait(ctx: BorrowContext, index: number): boolean {
  const target = ctx.program.targets[ctx.fn.id]?.get(index);
  if (target?.kind === 'model') return waitsForThreads(target.model);
  return target?.kind === 'function' && Boolean(ctx.waits[target.fn.id]);
}

/** The scope of the function itself ends. */
function isEndOf(ctx: BorrowContext, index: number): boolean {
  const next = ctx.fn.facts.nodes[index]?.next[0];
  return next !== undefined && ctx.fn.facts.nodes[next]?.op === 'return';
}

function call(
  ctx: BorrowContext,
  before: LentState,
  env: Environment,
  node: CallNode,
  index: number,
): Outcome<LentState>[] {
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.program.targets[ctx.fn.id]?.get(index);
  const state = before.filter((lent) => !node.args.some((arg) => mayRunWait(ctx, arg, lent)));
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  if (isWait(ctx, index)) return [{ state: [] }];
  // Code that is not visible may wait for the thread when it is given what belongs to it.
  const next =
    target?.kind === 'function'
      ? state
      : state.filter((lent) => !node.args.some((arg) => touches(arg, lent)));
  return [{ state: next }];
}

/**
 * An object that had got a routine together with what was lent, `on_end(object, wait_for_thread, &data)`: what is done
 * to it may run that, and the routine waits, or looks until something has changed.
 */
function mayRunWait(ctx: BorrowContext, e: Expr, { v }: Lent): boolean {
  const object = e.k === 'addr' || e.k === 'cast' ? rootOf(e) : e;
  if (object.k !== 'var' || object.v === v) return false;
  return ctx.fn.facts.nodes.some((node, index) => {
    if (node.op !== 'call' || ctx.creations.has(index)) return false;
    const isOf = (w: number): boolean => node.args.some((arg) => mentions(arg, w));
    return isOf(object.v) && isOf(v) && node.args.some((arg) => isWaitingRoutine(ctx, arg));
  });
}

function isWaitingRoutine({ program, fn, waits }: BorrowContext, e: Expr): boolean {
  const plain = e.k === 'cast' || e.k === 'addr' ? rootOf(e) : e;
  const routine = plain.k === 'name' ? program.functionNamed(fn.unit, plain.n) : undefined;
  return routine !== undefined && (waits[routine.id] === true || routine.facts.loops.length > 0);
}

function touches(e: Expr, { creation, v }: Lent): boolean {
  const handle = rootOf(creation.handle);
  return mentions(e, v) || (handle.k === 'var' && mentions(e, handle.v));
}

function modelled(
  ctx: BorrowContext,
  state: LentState,
  env: Environment,
  node: CallNode,
  index: number,
  { model, receiver }: Target & { kind: 'model' },
): Outcome<LentState>[] {
  const writes = writesOf(model, node.args, env, ctx.names, receiver);
  const creation = ctx.creations.get(index);
  if (creation && model.thread?.op === 'create') {
    const given = creation.lends ?? (creation.argument ? [creation.argument] : []);
    const lents = given.flatMap((one) => lentBy(ctx, creation, one, env) ?? []);
    for (const lent of lents) {
      const again = state.find((one) => one.creation === creation && one.v === lent.v);
      if (again && !again.heap) rewritten(ctx, again, index);
    }
    const next = lents.length > 0 ? [...state.filter((one) => one.creation !== creation), ...lents] : state;
    const sorted = [...next].sort((a, b) => a.creation.node - b.creation.node || a.v - b.v);
    return [
      { state: sorted, result: successOf(model, ctx.names), writes },
      { state, result: failureOf(model, ctx.names), writes },
    ];
  }
  if (waitsForThreads(model)) return [{ state: [], writes }];
  if (model.allocates === 'frees') {
    const freed = node.args[0] && resolve(node.args[0], env, ctx.names);
    for (const { creation: one, v, heap } of state)
      if (heap && freed?.k === 'var' && freed.v === v) report(ctx, one, 'freed', v, index);
  }
  return [{ state, writes }];
}

/** What the thread is given: the address of a local, or a pointer that a local variable alone holds. */
function lentBy(ctx: BorrowContext, creation: Creation, argument: Expr, env: Environment): Lent | undefined {
  const plain = argument.k === 'cast' ? argument.e : argument;
  const value = resolve(plain, env, ctx.names);
  const bare = value.k === 'cast' ? value.e : value;
  if (bare.k === 'addr' || isArray(ctx, bare)) {
    const place = bare.k === 'addr' ? bare.of : bare;
    const root = rootOf(place);
    if (root.k !== 'var' || !isDirect(place) || !isAutomatic(ctx.fn, root)) return undefined;
    return { creation, v: root.v, heap: false };
  }
  if (plain.k !== 'var' || !isLocal(ctx.fn, plain)) return undefined;
  return { creation, v: plain.v, heap: true };
}

function isArray(ctx: BorrowContext, e: Expr): boolean {
  return e.k === 'var' && ctx.names.typeOf(e.v).arr > 0 && ctx.names.typeOf(e.v).ptr === 0;
}

/** A variable that ends with its scope: a local or a parameter by value. */
function isAutomatic(fn: Fn, e: Expr & { k: 'var' }): boolean {
  const variable = fn.facts.variables[e.v];
  return (
    variable !== undefined &&
    !variable.storage &&
    !variable.type.ref &&
    !(e.v < fn.facts.params && variable.type.arr > 0)
  );
}

function assign(
  ctx: BorrowContext,
  state: LentState,
  env: Environment,
  to: Expr,
  from: Expr,
  index: number,
): LentState {
  if (state.length === 0) return state;
  const place = locate(to, env, ctx.names);
  const root = rootOf(place);
  // The address comes to stand where others can see it: somebody may wait there.
  const given = state.filter((lent) => !(from.k !== 'num' && !isLocal(ctx.fn, root) && touches(from, lent)));
  if (place.k !== 'var') return given;
  for (const lent of given) {
    if (lent.v !== place.v || lent.heap) continue;
    if (isNextValue(ctx, lent, from, index)) report(ctx, lent.creation, 'next value', lent.v, index);
  }
  return given.filter((lent) => !(lent.heap && lent.v === place.v));
}

/** The variable takes another value in the loop that creates the threads. */
function isNextValue(ctx: BorrowContext, { creation, v }: Lent, from: Expr, index: number): boolean {
  const { ptr, base } = ctx.names.typeOf(v);
  if (from.k === 'num' && !isCounter(ctx, v)) return false;
  if (ptr === 0 && /^(struct|union) /.test(base)) return false;
  return ctx.fn.facts.loops.some(
    (loop) =>
      creation.node >= loop.first && creation.node <= loop.last && index >= loop.first && index <= loop.last,
  );
}

function isCounter(ctx: BorrowContext, v: number): boolean {
  return ctx.fn.facts.loops.some((loop) => {
    for (let i = loop.condFirst; i <= loop.condLast; i++) {
      const node = ctx.fn.facts.nodes[i];
      if (node?.op === 'branch' && mentions(node.cond, v)) return true;
    }
    return false;
  });
}

/** One object for all turns, which each turn writes before it creates a thread: the last thread may read the next values. */
function rewritten(ctx: BorrowContext, { creation, v }: Lent, index: number): void {
  const { nodes } = ctx.fn.facts;
  const loop = ctx.fn.facts.loops.find((one) => index >= one.first && index <= one.last);
  if (!loop) return;
  for (let at = loop.first; at <= loop.last; at++) {
    const node = nodes[at];
    if (node?.op !== 'assign' || node.decl || node.to.k === 'var' || !isDirect(node.to)) continue;
    const root = rootOf(node.to);
    const isSame = root.k === 'var' && root.v === v && !keyOf(node.to).includes('[');
    if (isSame && node.from.k !== 'num' && mustPass(nodes, at, index)) {
      report(ctx, creation, 'next value', v, at);
      return;
    }
  }
}

function report(ctx: BorrowContext, creation: Creation, kind: Borrow['kind'], v: number, at: number): void {
  const key = `${creation.node} ${kind}`;
  if (!ctx.found.has(key)) ctx.found.set(key, { creation, kind, v, at: { fn: ctx.fn, node: at } });
}
