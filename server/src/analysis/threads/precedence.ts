/** Whether one call can have been made before another, in what `main` does from beginning to end. */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { Calls } from '../calls/reach';
import type { Site } from './thread-roots';

/** Below this depth of calls the order is taken to be open. */
const MAX_DEPTH = 24;

/**
 * False only where both places are reached from `main` alone, by calls that are seen, and no way through them
 * comes by `first` before `second`.
 */
export function mayPrecede(
  program: Program,
  graph: CallGraph,
  calls: Calls,
  first: Site,
  second: Site,
): boolean {
  const { fn } = first;
  if (fn === second.fn && (joins(program, calls, fn) || !isRepeated(graph, calls, fn)))
    return follows(fn, first.node, second.node);
  const toFirst = callersOf(calls, first.fn);
  const toSecond = callersOf(calls, second.fn);
  const isMains = (fns: ReadonlySet<Fn>): boolean =>
    [...fns].every((fn) => fn.facts.name === 'main' || (isCalled(calls, fn) && !graph.addressTaken.has(fn)));
  if (!isMains(toFirst) || !isMains(toSecond)) return true;
  const nodesTo = (fn: Fn, site: Site, reaching: ReadonlySet<Fn>): number[] => [
    ...(fn === site.fn ? [site.node] : []),
    ...[...(program.targets[fn.id]?.keys() ?? [])].filter((node) =>
      calls.at(fn, node).some((callee) => reaching.has(callee)),
    ),
  ];
  const seen = new Set<Fn>();
  const inside = (fn: Fn, depth: number): boolean => {
    if (seen.has(fn)) return false;
    seen.add(fn);
    if (depth > MAX_DEPTH) return true;
    const before = nodesTo(fn, first, toFirst);
    const after = nodesTo(fn, second, toSecond);
    if (before.some((a) => after.some((b) => follows(fn, a, b)))) return true;
    return before
      .filter((node) => after.includes(node))
      .some((node) => calls.at(fn, node).some((callee) => inside(callee, depth + 1)));
  };
  return program.fns.some((fn) => fn.facts.name === 'main' && toSecond.has(fn) && inside(fn, 0));
}

/** All functions from which one is reached, itself included. */
function callersOf(calls: Calls, fn: Fn): Set<Fn> {
  const seen = new Set<Fn>();
  const queue = [fn];
  for (let at = queue.pop(); at; at = queue.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    for (const site of calls.sites[at.id] ?? []) queue.push(site.fn);
  }
  return seen;
}

function isCalled(calls: Calls, fn: Fn): boolean {
  return (calls.sites[fn.id] ?? []).length > 0;
}

/** The function waits for threads, itself or by a macro: those of its last run are over. */
function joins(program: Program, calls: Calls, fn: Fn): boolean {
  return [...(program.targets[fn.id] ?? [])].some(([node, target]) =>
    target.kind === 'model'
      ? target.model.thread?.op === 'join'
      : calls
          .at(fn, node)
          .some((callee) => callee.facts.kind === 'macro' && callee !== fn && joins(program, calls, callee)),
  );
}

/** More than one run of the function can be meant: what its last run started may be there in the next. */
function isRepeated(graph: CallGraph, calls: Calls, fn: Fn): boolean {
  if (fn.facts.name === 'main') return false;
  const sites = calls.sites[fn.id] ?? [];
  const [only] = sites;
  if (sites.length !== 1 || !only || graph.addressTaken.has(fn)) return true;
  return only.fn.facts.loops.some(({ first, last }) => only.node >= first && only.node <= last);
}

/** Whether control can come from one node to another, over at least one step. */
function follows(fn: Fn, from: number, to: number): boolean {
  const { nodes } = fn.facts;
  const seen = new Set<number>();
  const queue = [...(nodes[from]?.next ?? [])];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (index === to) return true;
    if (seen.has(index)) continue;
    seen.add(index);
    queue.push(...(nodes[index]?.next ?? []));
  }
  return false;
}
