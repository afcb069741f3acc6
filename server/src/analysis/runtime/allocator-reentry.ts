/** Ways from an allocator of the workspace's own back into it: through what allocates, loads or unwinds below it. */
import type { Expr } from '../../facts/expr';
import type { FunctionModel } from '../../models/schema';
import type { Fn, Program } from '../../program/program';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import { functionOf } from '../calls/names';
import { runsOnce } from '../calls/once';
import type { Calls } from '../calls/reach';
import { rootOf } from '../paths/access-path';
import { guardsOf, mustPass } from '../paths/control-dependence';
import type { AllocatorHook, AllocatorHooks } from './allocator-hooks';
import { runtimeLocksAt } from './hazards';
import type { Flags, RecursionGuards } from './recursion-guard';

export type ReentryKind = 'itself' | 'allocates' | 'loader' | 'unwinds';

export interface Reentry {
  hook: AllocatorHook;
  /** The calls from the hook down to the last one, which does it. */
  steps: readonly { fn: Fn; node: number; to?: Fn }[];
  callee: string;
  kind: ReentryKind;
  /** It happens once, or where a condition holds that may never hold again. */
  once: boolean;
}

export interface ReentryInput {
  program: Program;
  graph: CallGraph;
  calls: Calls;
  hooks: AllocatorHooks;
  guards: RecursionGuards;
}

const MAX_LOOKS = 200;
const NONE: Flags = new Set();

interface Look {
  fn: Fn;
  /** Flags set on the way, and those that were found clear. */
  flags: Flags;
  tested: Flags;
  steps: Reentry['steps'];
}

/** Breadth first from each hook; a call that a flag covers, tested and then set, is not followed. */
export function findReentries(input: ReentryInput): Reentry[] {
  const seen = new Set<Fn>();
  const comesBack = makeComesBack(input.program, input.graph);
  return input.hooks.all.flatMap((hook) => {
    if (seen.has(hook.fn)) return [];
    seen.add(hook.fn);
    return reentriesOf(input, hook, comesBack);
  });
}

function reentriesOf(
  input: ReentryInput,
  hook: AllocatorHook,
  comesBack: (fn: Fn, node: number) => boolean,
): Reentry[] {
  const { program, guards } = input;
  const found: Reentry[] = [];
  const add = (steps: Reentry['steps'], callee: string, kind: ReentryKind): void => {
    const once = steps.some(({ fn, node }) => isOnce(program, fn, node));
    found.push({ hook, steps, callee, kind, once });
  };
  const seen = new Set<string>();
  const queue: Look[] = [{ fn: hook.fn, flags: NONE, tested: NONE, steps: [] }];
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const look = queue.shift();
    if (!look) break;
    const id = `${look.fn.id} ${[...look.flags].join()}`;
    if (seen.has(id)) continue;
    seen.add(id);
    for (const [node, target] of program.targets[look.fn.id] ?? []) {
      const tested = union(look.tested, guards.needsClear(look.fn, node));
      const flags = guards.setAt(look.fn, node, look.flags);
      if ([...tested].some((flag) => flags.has(flag)) || !comesBack(look.fn, node)) continue;
      if (isTakenOut(program, hook, look.fn, node)) continue;
      const steps = [...look.steps, { fn: look.fn, node }];
      if (target.kind === 'model') {
        const inner = interposed(input, look.fn, target.name);
        if (inner && inner !== hook.fn) queue.push(onto(look, { flags, tested }, node, inner));
        const kind =
          inner === hook.fn ? 'itself' : inner ? undefined : kindOf(input, hook, look.fn, node, target.model);
        if (kind) add(steps, target.name, kind);
        continue;
      }
      for (const callee of input.calls.at(look.fn, node)) {
        if (callee === hook.fn) add(steps, hook.name, 'itself');
        else queue.push(onto(look, { flags, tested }, node, callee));
      }
    }
  }
  return found;
}

/** `__malloc_hook = old;` and not yet put back: what allocates here does not come to the hook. */
function isTakenOut(program: Program, hook: AllocatorHook, fn: Fn, node: number): boolean {
  if (!hook.isRun || fn !== hook.fn) return false;
  const { nodes } = fn.facts;
  const [last] = nodes
    .flatMap((one, index) =>
      one.op === 'assign' && one.to.k === 'name' && one.to.n === hook.name ? [{ from: one.from, index }] : [],
    )
    .filter(({ index }) => index < node && mustPass(nodes, index, node))
    .reverse();
  return last !== undefined && functionOf(program, fn, last.from) !== hook.fn;
}

function onto(look: Look, now: Pick<Look, 'flags' | 'tested'>, node: number, to: Fn): Look {
  return { ...now, fn: to, steps: [...look.steps, { fn: look.fn, node, to }] };
}

/** The definition in the workspace that stands in the place of a library's allocation function. */
function interposed({ hooks }: ReentryInput, fn: Fn, name: string): Fn | undefined {
  return hooks.runningIn(fn).find((hook) => !hook.isRun && hook.name === name)?.fn;
}

function kindOf(
  { program }: ReentryInput,
  hook: AllocatorHook,
  fn: Fn,
  node: number,
  model: FunctionModel,
): ReentryKind | undefined {
  if (model.unwinds) return 'unwinds';
  const own = program.models.functions.get(hook.name)?.allocates ?? 'allocates';
  const target = program.targets[fn.id]?.get(node);
  // A definition of `calloc` may well take its memory from the library's `malloc`.
  const isPlain =
    target?.kind === 'model' && program.models.safety.interposable.has(target.name.replace(/^std::/, ''));
  if (model.allocates === own && (!isPlain || hook.isRun)) return 'allocates';
  return runtimeLocksAt(program, fn, node).includes('loader') ? 'loader' : undefined;
}

/** Run by the first call of `pthread_once`, or reached only where a variable outside of functions is as at the start. */
function isOnce(program: Program, fn: Fn, node: number): boolean {
  if (runsOnce(program, fn, node)) return true;
  return guardsOf(fn.facts.nodes, node).some(({ cond }) => asksGlobal(program, fn, cond));
}

function asksGlobal(program: Program, fn: Fn, cond: Expr): boolean {
  if (cond.k === 'un' || cond.k === 'cast') return asksGlobal(program, fn, cond.e);
  if (cond.k === 'bin') return asksGlobal(program, fn, cond.l);
  if (cond.k === 'result') {
    // An object that is asked by its conversion, or a function that asks.
    const call = fn.facts.nodes[cond.n];
    return call?.op === 'call' && [call.callee, ...call.args].some((e) => asksGlobal(program, fn, e));
  }
  const root = rootOf(cond);
  if (root.k === 'name') return program.constantNamed(fn.unit, root.n) === undefined;
  return root.k === 'var' && fn.facts.variables[root.v]?.storage !== undefined;
}

/** Answers whether a node can be followed by a return: what only precedes the end of the process does not matter. */
function makeComesBack(program: Program, graph: CallGraph): (fn: Fn, node: number) => boolean {
  const known = new Map<Fn, ReadonlySet<number>>();
  return (fn, node) => {
    const nodes = known.get(fn) ?? nodesBeforeReturn(program, graph, fn);
    known.set(fn, nodes);
    return nodes.has(node);
  };
}

function nodesBeforeReturn(program: Program, graph: CallGraph, fn: Fn): Set<number> {
  const { nodes } = fn.facts;
  const before: number[][] = nodes.map(() => []);
  const queue: number[] = [];
  nodes.forEach((node, index) => {
    if (node.op === 'return') queue.push(index);
    if (node.op === 'call' && !returnsFrom(program, fn, index, graph.neverReturns)) return;
    for (const next of node.next) before[next]?.push(index);
  });
  const seen = new Set<number>();
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    queue.push(...(before[index] ?? []));
  }
  return seen;
}

function union(a: Flags, b: Flags): Flags {
  return b.size === 0 ? a : new Set([...a, ...b]);
}
