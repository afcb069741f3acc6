/**
 * Recursion guards: a thread-local flag that is tested before some work and set around it, by hand or in a
 * constructor, so that the thread does not come into the same work again from below.
 */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { rootOf } from '../paths/access-path';
import { guardsOf } from '../paths/control-dependence';

/** Flags by the key of their place. */
export type Flags = ReadonlySet<string>;

export interface RecursionGuards {
  /** There is a thread-local variable in the workspace at all. */
  any: boolean;
  /** Flags that are set on every path to a node, beside those that were set at the entry. */
  setAt(fn: Fn, node: number, atEntry: Flags): Flags;
  /** Flags that must be clear for a node to be reached. */
  needsClear(fn: Fn, node: number): Flags;
}

const NONE: Flags = new Set();

/**
 * What a call does to flags: those it leaves set on every path, those it may have cleared, and those to which it
 * gives a value back that was saved before, as the destructor of a guard does.
 */
interface Effect {
  sets: Flags;
  clears: Flags;
  restores: Flags;
}

/** Predicates that ask predicates. */
const MAX_DEPTH = 4;

export function findRecursionGuards(program: Program, graph: CallGraph): RecursionGuards {
  const any = program.units.some(
    (unit) =>
      unit.globals.some((global) => global.thread) ||
      unit.functions.some((fn) => fn.variables.some((variable) => variable.storage === 'thread')),
  );
  if (!any) return { any, setAt: (_fn, _node, atEntry) => atEntry, needsClear: () => NONE };
  const effects = effectsOf(program, graph);
  const flows = new Map<string, readonly (Flags | undefined)[]>();
  const cleared = new Map<string, Flags>();
  const tests = new Map<Fn, boolean>();
  return {
    any,
    setAt(fn, node, atEntry) {
      if (!touchesFlags(program, graph, fn, effects)) return atEntry;
      const key = `${fn.id} ${[...atEntry].sort().join()}`;
      const known = flows.get(key) ?? flow(program, fn, effects, atEntry).before;
      flows.set(key, known);
      return known[node] ?? NONE;
    },
    needsClear(fn, node) {
      const asks = tests.get(fn) ?? testsFlags(program, fn);
      tests.set(fn, asks);
      if (!asks) return NONE;
      const key = `${fn.id} ${node}`;
      const known = cleared.get(key) ?? clearFlags(program, fn, node);
      cleared.set(key, known);
      return known;
    },
  };
}

/** Some branch of the function asks for a flag. */
function testsFlags(program: Program, fn: Fn): boolean {
  return fn.facts.nodes.some(
    (node) =>
      node.op === 'branch' &&
      [true, false].some((holds) => flagClearWhen(program, fn, node.cond, holds, 0) !== undefined),
  );
}

/** The key of a thread-local flag that an expression names. */
function flagOf(program: Program, fn: Fn, e: Expr): string | undefined {
  const root = rootOf(e);
  const isThreads =
    (root.k === 'name' && program.globalNamed(fn, root.n)?.facts.thread) ||
    (root.k === 'var' && fn.facts.variables[root.v]?.storage === 'thread');
  return isThreads ? classOf(program, fn, e)?.key : undefined;
}

function effectsOf(program: Program, graph: CallGraph): (Effect | undefined)[] {
  const effects: (Effect | undefined)[] = program.fns.map(() => undefined);
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn || !touchesFlags(program, graph, fn, effects)) continue;
      const { atExit, clears, restores } = flow(program, fn, effects, NONE);
      effects[id] = { sets: atExit, clears, restores };
    }
  }
  return effects;
}

function touchesFlags(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  effects: readonly (Effect | undefined)[],
): boolean {
  return (
    (graph.callees[fn.id] ?? []).some((callee) => effects[callee]) ||
    fn.facts.nodes.some((node) => node.op === 'assign' && flagOf(program, fn, node.to) !== undefined)
  );
}

interface Flow {
  /** Flags set before each node. */
  before: readonly (Flags | undefined)[];
  /** Flags set at every exit. */
  atExit: Flags;
  clears: Flags;
  restores: Flags;
}

function flow(program: Program, fn: Fn, effects: readonly (Effect | undefined)[], atEntry: Flags): Flow {
  const { nodes } = fn.facts;
  const before: (Flags | undefined)[] = nodes.map(() => undefined);
  const change: Change = { atEntry, clears: new Set(), restores: new Set() };
  let atExit: Flags | undefined;
  before[0] = atEntry;
  const queue = [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const node = nodes[index];
    const now = before[index];
    if (!node || !now) continue;
    const after = step(program, fn, effects, index, now, change);
    if (node.op === 'return') atExit = atExit ? both(atExit, after) : after;
    for (const next of node.next) {
      const known = before[next];
      const merged = known ? both(known, after) : after;
      if (known && merged.size === known.size) continue;
      before[next] = merged;
      queue.push(next);
    }
  }
  const { clears, restores } = change;
  return { before, atExit: atExit ?? NONE, clears, restores };
}

interface Change {
  atEntry: Flags;
  clears: Set<string>;
  restores: Set<string>;
}

/** The value from before: what this function had set is as at its entry, else it is the caller's matter. */
function restore(flags: Flags, flag: string, { atEntry, restores }: Change): Flags {
  if (atEntry.has(flag)) return flags;
  if (!flags.has(flag)) restores.add(flag);
  return new Set([...flags].filter((other) => other !== flag));
}

function step(
  program: Program,
  fn: Fn,
  effects: readonly (Effect | undefined)[],
  index: number,
  flags: Flags,
  change: Change,
): Flags {
  const node = fn.facts.nodes[index];
  if (node?.op === 'call') {
    const target = program.targets[fn.id]?.get(index);
    const effect = target?.kind === 'function' ? effects[target.fn.id] : undefined;
    if (!effect) return flags;
    for (const flag of effect.clears) change.clears.add(flag);
    let now: Flags = new Set([...flags].filter((flag) => !effect.clears.has(flag)));
    for (const flag of effect.restores) now = restore(now, flag, change);
    return new Set([...now, ...effect.sets]);
  }
  if (node?.op !== 'assign') return flags;
  const flag = flagOf(program, fn, node.to);
  if (flag === undefined) return flags;
  if (isSet(program, fn, node.from)) return new Set([...flags, flag]);
  if (isSaved(node.from)) return restore(flags, flag, change);
  change.clears.add(flag);
  return new Set([...flags].filter((other) => other !== flag));
}

/** A value kept elsewhere, or one less than before: a nested guard gives back what it found. */
function isSaved(e: Expr): boolean {
  if (e.k === 'cast') return isSaved(e.e);
  return e.k === 'var' || e.k === 'field' || (e.k === 'bin' && e.op === '-') || e.k === 'name';
}

/** A value that is not zero: a constant, or one more than before. */
function isSet(program: Program, fn: Fn, e: Expr): boolean {
  if (e.k === 'cast') return isSet(program, fn, e.e);
  if (e.k === 'num') return e.v !== 0;
  if (e.k === 'bin') return e.op === '+';
  if (e.k !== 'name') return false;
  const constant = program.constantNamed(fn.unit, e.n);
  return constant === undefined ? e.n === 'true' : constant !== 0;
}

function both(a: Flags, b: Flags): Flags {
  return new Set([...a].filter((flag) => b.has(flag)));
}

function clearFlags(program: Program, fn: Fn, node: number): Flags {
  const found = new Set<string>();
  for (const { cond, holds } of guardsOf(fn.facts.nodes, node)) {
    const flag = flagClearWhen(program, fn, cond, holds, 0);
    if (flag !== undefined) found.add(flag);
  }
  return found;
}

/** The flag that is known to be clear where a condition holds, or does not. */
function flagClearWhen(
  program: Program,
  fn: Fn,
  cond: Expr,
  holds: boolean,
  depth: number,
): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (cond.k === 'cast') return flagClearWhen(program, fn, cond.e, holds, depth);
  if (cond.k === 'un' && cond.op === '!') return flagClearWhen(program, fn, cond.e, !holds, depth);
  if (cond.k === 'bin' && cond.r.k === 'num' && cond.r.v === 0) {
    if (cond.op === '==') return flagClearWhen(program, fn, cond.l, !holds, depth);
    if (cond.op === '!=' || cond.op === '>') return flagClearWhen(program, fn, cond.l, holds, depth);
    return undefined;
  }
  if (cond.k === 'result') {
    const target = program.targets[fn.id]?.get(cond.n);
    if (target?.kind !== 'function') {
      const call = fn.facts.nodes[cond.n];
      const isHint = target?.kind === 'model' && target.model.returns === '0' && call?.op === 'call';
      const arg = isHint ? call.args[0] : undefined;
      return arg && flagClearWhen(program, fn, arg, holds, depth + 1);
    }
    const returns = target.fn.facts.nodes.flatMap((node) => (node.op === 'return' ? [node.value] : []));
    const [only] = returns;
    return returns.length === 1 && only
      ? flagClearWhen(program, target.fn, only, holds, depth + 1)
      : undefined;
  }
  return holds ? undefined : flagOf(program, fn, cond);
}
