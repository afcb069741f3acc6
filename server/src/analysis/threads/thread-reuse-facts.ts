/** What a function, or all of them, does to handles, as far as that takes no path to tell. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import type { Fn } from '../../program/program';
import { rootOf } from '../paths/access-path';
import { written } from '../paths/assignments';
import type { RoutineContext } from './thread-endless';
import type { Creation } from './thread-facts';

/** Whether every way on from a node comes to another before the function ends. */
export function leadsTo(nodes: readonly CfgNode[], from: number, to: number): boolean {
  const seen = new Set<number>([to]);
  const queue = [...(nodes[from]?.next ?? [])];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    if (nodes[index]?.op === 'return') return false;
    queue.push(...(nodes[index]?.next ?? []));
  }
  return true;
}

/** By function id: what the handles hang on that it or its callees give new threads. */
export function madeHandles(
  { program, graph }: RoutineContext,
  creations: readonly Creation[],
): Set<string>[] {
  const makes = program.fns.map(() => new Set<string>());
  for (const { fn, handle } of creations) for (const dep of written(handle)) makes[fn.id]?.add(dep);
  for (const component of graph.components) {
    const all = new Set<string>();
    for (const id of component)
      for (const one of [id, ...(graph.callees[id] ?? [])]) for (const dep of makes[one] ?? []) all.add(dep);
    if (all.size > 0) for (const id of component) makes[id] = all;
  }
  return makes;
}

/** Variables that are given a value somewhere. */
export function reassignedIn(fn: Fn): Set<number> {
  const found = new Set<number>();
  for (const node of fn.facts.nodes) if (node.op === 'assign' && node.to.k === 'var') found.add(node.to.v);
  return found;
}

/** Variables that a lambda of the function captures. */
export function capturedIn(fn: Fn): Set<number> {
  const found = new Set<number>();
  if (fn.unit.language === 'c') return found;
  const take = (e: Expr): void => {
    if (e.k === 'cast') take(e.e);
    if (e.k !== 'lambda') return;
    for (const one of e.captures ?? []) {
      const root = rootOf(one);
      if (root.k === 'var') found.add(root.v);
      else take(one);
    }
  };
  for (const node of fn.facts.nodes) {
    if (node.op === 'assign') take(node.from);
    if (node.op !== 'call') continue;
    take(node.callee);
    for (const arg of node.args) take(arg);
  }
  return found;
}

/** Calls whose result something reads, and those of them whose result is only given to other calls. */
export function resultsUsedIn(fn: Fn): { used: ReadonlySet<number>; given: ReadonlySet<number> } {
  const read = new Set<number>();
  const given = new Set<number>();
  for (const node of fn.facts.nodes) {
    if (node.op === 'branch') resultsIn(node.cond, read);
    if (node.op === 'switch') resultsIn(node.on, read);
    if (node.op === 'assign') resultsIn(node.from, read);
    if (node.op === 'return' && node.value) resultsIn(node.value, read);
    if (node.op === 'call') for (const arg of node.args) resultsIn(arg, given);
  }
  return { used: new Set([...read, ...given]), given: new Set([...given].filter((n) => !read.has(n))) };
}

function resultsIn(e: Expr, found: Set<number>): void {
  if (e.k === 'bin') {
    resultsIn(e.l, found);
    resultsIn(e.r, found);
    return;
  }
  if (e.k === 'un' || e.k === 'cast') {
    resultsIn(e.e, found);
    return;
  }
  const root = rootOf(e);
  if (root.k === 'result') found.add(root.n);
  else if (root !== e) resultsIn(root, found);
}
