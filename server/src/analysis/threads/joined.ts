/** Which threads are over at a place: those joined on every way to it. */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { atEntry } from '../calls/entry';
import { rootOf } from '../paths/access-path';
import { isUnavoidable, mustPass } from '../paths/control-dependence';
import { operandOf } from '../paths/operand';
import type { Join, ThreadFacts } from './thread-facts';

export interface Joined {
  /** The routines whose thread was joined on every way to a node, in its function or in all callers. */
  before(place: { fn: Fn; node: number }): ReadonlySet<Fn>;
}

const NOBODY: ReadonlySet<Fn> = new Set();

export function findJoined(program: Program, graph: CallGraph, threads: ThreadFacts): Joined {
  const direct = new Map<Fn, Map<number, Set<Fn>>>();
  for (const { fn, node, routines } of [...threads.joins, ...handedDown(program, graph, threads.joins)]) {
    const nodes = direct.get(fn) ?? new Map<number, Set<Fn>>();
    direct.set(fn, nodes);
    nodes.set(node, new Set([...(nodes.get(node) ?? []), ...routines]));
  }
  if (direct.size === 0) return { before: () => NOBODY };
  const always = alwaysJoined(program, graph, direct);
  const known = new Map<Fn, [number, ReadonlySet<Fn>][]>();
  const inside = (fn: Fn, node: number): ReadonlySet<Fn> => {
    const joins = known.get(fn) ?? joinsIn(program, fn, direct, always);
    known.set(fn, joins);
    if (joins.length === 0) return NOBODY;
    const found = new Set<Fn>();
    for (const [at, routines] of joins) {
      if (at !== node && mustPass(fn.facts.nodes, at, node))
        for (const routine of routines) found.add(routine);
    }
    return found;
  };
  const entry = atEntry(program, graph, inside);
  return { before: ({ fn, node }) => new Set([...(entry[fn.id] ?? NOBODY), ...inside(fn, node)]) };
}

/** Joins of handles that a function is given: of whatever threads all of its callers hand to it there. */
function handedDown(program: Program, graph: CallGraph, joins: readonly Join[]): Join[] {
  const calls = new Map<Fn, Join[]>();
  for (const join of joins) {
    const target = program.targets[join.fn.id]?.get(join.node);
    if (target?.kind === 'function') calls.set(target.fn, [...(calls.get(target.fn) ?? []), join]);
  }
  return [...calls].flatMap(([fn, known]) => {
    const all = (graph.callers[fn.id] ?? []).flatMap((id) =>
      [...(program.targets[id]?.values() ?? [])].filter(
        (target) => target.kind === 'function' && target.fn === fn,
      ),
    );
    const [first, ...more] = known;
    const routines = first?.routines.filter((one) => more.every((other) => other.routines.includes(one)));
    if (!routines || all.length !== known.length) return [];
    return joinsOfParameters(program, fn).map((node) => ({ fn, node, routines }));
  });
}

function joinsOfParameters(program: Program, fn: Fn): number[] {
  return [...(program.targets[fn.id] ?? [])].flatMap(([node, target]) => {
    const call = fn.facts.nodes[node];
    const thread = target.kind === 'model' ? target.model.thread : undefined;
    if (thread?.op !== 'join' || call?.op !== 'call') return [];
    const handle = operandOf(thread.handle, call.args);
    const root = handle && rootOf(handle);
    return root?.k === 'var' && root.v < fn.facts.params ? [node] : [];
  });
}

/** By function id: the routines it joins on every way through. */
function alwaysJoined(
  program: Program,
  graph: CallGraph,
  direct: ReadonlyMap<Fn, ReadonlyMap<number, ReadonlySet<Fn>>>,
): ReadonlySet<Fn>[] {
  const always: ReadonlySet<Fn>[] = program.fns.map(() => NOBODY);
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn) continue;
      const found = new Set<Fn>();
      for (const [node, routines] of joinsIn(program, fn, direct, always)) {
        if (isUnavoidable(fn.facts.nodes, node)) for (const routine of routines) found.add(routine);
      }
      if (found.size > 0) always[id] = found;
    }
  }
  return always;
}

function joinsIn(
  program: Program,
  fn: Fn,
  direct: ReadonlyMap<Fn, ReadonlyMap<number, ReadonlySet<Fn>>>,
  always: readonly ReadonlySet<Fn>[],
): [number, ReadonlySet<Fn>][] {
  const found: [number, ReadonlySet<Fn>][] = [...(direct.get(fn) ?? [])];
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const joined = target.kind === 'function' ? always[target.fn.id] : undefined;
    if (joined && joined.size > 0) found.push([node, joined]);
  }
  return found;
}
