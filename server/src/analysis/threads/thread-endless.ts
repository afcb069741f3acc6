/** Thread routines that never come to an end, and those that detach the thread they run in. */
import type { Expr } from '../../facts/expr';
import type { CfgNode, LoopFacts } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { IndirectCalls } from '../calls/indirect';
import { functionOf } from '../calls/names';
import { callValue } from '../paths/call-value';
import { isUnavoidable } from '../paths/control-dependence';
import { operandOf } from '../paths/operand';
import type { Creation, ThreadSummary } from './thread-facts';

/** What is asked of routines needs these. */
export interface RoutineContext {
  program: Program;
  graph: CallGraph;
  indirect: IndirectCalls;
  summaries: readonly (ThreadSummary | undefined)[];
}

/** The thread of this creation leaves nothing to join: it detaches itself, or ends only with the process. */
export function endsItself(ctx: RoutineContext, creation: Creation): boolean {
  return creation.routines.some(
    (routine) =>
      ctx.summaries[routine.id]?.detachesSelf ||
      runsOnly(ctx, creation, routine, (fn) => Boolean(ctx.summaries[fn.id]?.detachesSelf)) ||
      isEndless(ctx, creation, routine),
  );
}

/** The routine never returns, nor does it end its thread in another way. */
export function isEndless(ctx: RoutineContext, creation: Creation, routine: Fn): boolean {
  return neverEnds(ctx, routine) || runsOnly(ctx, creation, routine, (fn) => neverEnds(ctx, fn));
}

function neverEnds({ graph }: RoutineContext, fn: Fn): boolean {
  return Boolean(graph.neverReturns[fn.id]) && !graph.endsThread[fn.id];
}

/** A starter like `b->func(b->priv)` does what the creation, or else everyone, stores there does. */
function runsOnly(
  ctx: RoutineContext,
  creation: Creation,
  routine: Fn,
  isMeant: (fn: Fn) => boolean,
): boolean {
  return routine.facts.nodes.some((node, index) => {
    if (node.op !== 'call') return false;
    const targets = givenTo(ctx, creation, node.callee) ?? ctx.indirect.targets(routine, index);
    return targets.length > 0 && targets.every(isMeant) && isUnavoidable(routine.facts.nodes, index);
  });
}

/** What the creating call gives a wrapper that stores it in the field which the routine calls. */
function givenTo({ program }: RoutineContext, { fn, node, inner }: Creation, callee: Expr): Fn[] | undefined {
  const field = fieldOf(callee);
  const call = fn.facts.nodes[node];
  if (!inner || inner.inner || !field || call?.op !== 'call') return undefined;
  for (const stored of inner.fn.facts.nodes) {
    if (stored.op !== 'assign' || stored.to.k !== 'field' || stored.to.f !== field) continue;
    const from = stored.from.k === 'cast' ? stored.from.e : stored.from;
    if (from.k !== 'var' || from.v >= inner.fn.facts.params) return undefined;
    const given = functionOf(program, fn, call.args[from.v]);
    return given && [given];
  }
  return undefined;
}

function fieldOf(callee: Expr): string | undefined {
  if (callee.k === 'deref') return fieldOf(callee.of);
  if (callee.k === 'cast') return fieldOf(callee.e);
  return callee.k === 'field' ? callee.f : undefined;
}

/** On every way through the routine it detaches its own thread. */
export function alwaysDetachesItself(ctx: RoutineContext, fn: Fn): boolean {
  if (!ctx.summaries[fn.id]?.detachesSelf) return false;
  return fn.facts.nodes.some((node, index) => {
    const target = ctx.program.targets[fn.id]?.get(index);
    if (node.op !== 'call' || !target) return false;
    if (target.kind === 'function')
      return target.fn !== fn && alwaysDetachesItself(ctx, target.fn) && isUnavoidable(fn.facts.nodes, index);
    if (target.kind !== 'model' || target.model.thread?.op !== 'detach') return false;
    const handle = operandOf(target.model.thread.handle, node.args, target.receiver);
    const maker = handle?.k === 'result' ? ctx.program.targets[fn.id]?.get(handle.n) : undefined;
    const isSelf = maker?.kind === 'model' && maker.model.thread?.op === 'self';
    return isSelf && isUnavoidable(fn.facts.nodes, index);
  });
}

/** A loop that the routine comes to and that nothing leaves by its own condition: the reason why it never ends. */
export function endlessLoop(
  graph: CallGraph,
  program: Program,
  fn: Fn,
  depth = 0,
): { fn: Fn; loop: LoopFacts } | undefined {
  const stuck = depth <= MAX_DEPTH ? stuckLoop(graph, program, fn) : undefined;
  if (stuck) return { fn, loop: stuck };
  if (!graph.neverReturns[fn.id] || graph.endsThread[fn.id] || depth > MAX_DEPTH) return undefined;
  const { nodes, loops } = fn.facts;
  const loop = loops.find((one) => !leavesByCondition(fn, one) && isUnavoidable(nodes, one.first));
  if (loop) return { fn, loop };
  for (const [index, target] of program.targets[fn.id] ?? []) {
    if (target.kind !== 'function' || !isUnavoidable(nodes, index)) continue;
    const inner = endlessLoop(graph, program, target.fn, depth + 1);
    if (inner) return inner;
  }
  return undefined;
}

/** A routine hands its work down a few calls before it loops. */
const MAX_DEPTH = 3;

function leavesByCondition(fn: Fn, loop: LoopFacts): boolean {
  for (let index = loop.condFirst; index <= loop.condLast; index++) {
    const next = fn.facts.nodes[index]?.next ?? [];
    if (next.some((to) => to < loop.first || to > loop.last)) return true;
  }
  return false;
}

/** A loop that only a flag ends, and nothing in the workspace ever changes the flag. */
function stuckLoop(graph: CallGraph, program: Program, fn: Fn): LoopFacts | undefined {
  if (graph.endsThread[fn.id]) return undefined;
  const { nodes, loops } = fn.facts;
  return loops.find((loop) => {
    const tests: number[] = [];
    for (let index = loop.condFirst; index <= loop.condLast; index++)
      if (nodes[index]?.op === 'branch') tests.push(index);
    const [test] = tests;
    const branch = test === undefined ? undefined : nodes[test];
    if (test === undefined || tests.length !== 1 || branch?.op !== 'branch') return false;
    const flag = branch.cond.k === 'result' ? callValue(program, fn, branch.cond.n) : branch.cond;
    if (flag?.k !== 'name' || !isConstantFlag(program, fn, flag.n)) return false;
    return isUnavoidable(nodes, loop.first) && !returnsWithout(nodes, test);
  });
}

/** A static variable of the file that starts with a value and is never written, nor given away by its address. */
function isConstantFlag(program: Program, fn: Fn, name: string): boolean {
  const global = program.globalNamed(fn, name);
  const { init, internal, extern } = global?.facts ?? {};
  if (!global || !internal || extern || (init?.k !== 'num' && init?.k !== 'name')) return false;
  if (init.k === 'num' && init.v === 0) return false;
  const names = (e: Expr): boolean =>
    e.k === 'addr' || e.k === 'cast' ? names(e.k === 'addr' ? e.of : e.e) : e.k === 'name' && e.n === name;
  return program.fns.every((other) => {
    if (other.unit !== global.unit) return true;
    return other.facts.nodes.every((node, index) => {
      if (node.op === 'assign') return !names(node.to) && !(node.from.k === 'addr' && names(node.from));
      if (node.op !== 'call' || !node.args.some((arg) => arg.k === 'addr' && names(arg))) return true;
      return callValue(program, other, index) !== undefined;
    });
  });
}

function returnsWithout(nodes: readonly CfgNode[], test: number): boolean {
  const seen = new Set<number>();
  const queue = [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const node = nodes[index];
    if (node?.op === 'return') return true;
    queue.push(...(index === test ? (node?.next.slice(0, 1) ?? []) : (node?.next ?? [])));
  }
  return false;
}
