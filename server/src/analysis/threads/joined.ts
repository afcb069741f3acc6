/** Which threads are over at a place: those joined on every way to it. */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { atEntry } from '../calls/entry';
import { rootOf } from '../paths/access-path';
import { isUnavoidable, mustPass } from '../paths/control-dependence';
import { operandOf } from '../paths/operand';
import type { Join, ThreadFacts } from './thread-facts';

export interface Joined {
  /** Whether a thread of the routine was joined on every way to a node, in its function or in all callers. */
  isBefore(routine: Fn, place: Place): boolean;
  /** Whether all threads that a call makes were joined there. */
  areAllBefore(creation: Place, place: Place): boolean;
}

interface Place {
  fn: Fn;
  node: number;
}

/** What was joined: a routine's thread, or all threads of a call, by their keys. */
type Over = ReadonlySet<string>;

const NOBODY: Over = new Set();

const routineKey = ({ id }: Fn): string => `${id}`;
const creationKey = ({ fn, node }: Place): string => `${fn.id} ${node}`;

/** `isEarly` says which calls are made before any thread runs: what they call has been called before. */
export function findJoined(
  program: Program,
  graph: CallGraph,
  threads: ThreadFacts,
  isEarly: (fn: Fn, node: number) => boolean,
): Joined {
  const direct = new Map<Fn, Map<number, Set<string>>>();
  for (const join of [...threads.joins, ...handedDown(program, graph, threads.joins)]) {
    const { fn, node } = join;
    const nodes = direct.get(fn) ?? new Map<number, Set<string>>();
    direct.set(fn, nodes);
    nodes.set(node, new Set([...(nodes.get(node) ?? []), ...overBehind(join)]));
  }
  if (direct.size === 0) return { isBefore: () => false, areAllBefore: () => false };
  const always = alwaysJoined(program, graph, direct);
  const known = new Map<Fn, [number, Over][]>();
  const inside = (fn: Fn, node: number): Over => {
    const joins = known.get(fn) ?? joinsIn(program, fn, direct, always);
    known.set(fn, joins);
    if (joins.length === 0) return NOBODY;
    const found = new Set<string>();
    for (const [at, over] of joins) {
      if (at !== node && mustPass(fn.facts.nodes, loopAround(fn, at, node), node))
        for (const one of over) found.add(one);
    }
    return found;
  };
  const entry = atEntry(program, graph, inside, isEarly);
  const isOver = (key: string, { fn, node }: Place): boolean =>
    entry[fn.id]?.has(key) === true || inside(fn, node).has(key);
  return {
    isBefore: (routine, place) => isOver(routineKey(routine), place),
    areAllBefore: (creation, place) => isOver(creationKey(creation), place),
  };
}

/** A call that makes threads in a loop makes as many as a loop joins, else one. */
function overBehind({ fn, node, routines, creation }: Join): string[] {
  const keys = routines.map(routineKey);
  if (creation === undefined) return keys;
  const { loops } = fn.facts;
  const isInLoop = (at: number): boolean => loops.some(({ first, last }) => first <= at && at <= last);
  return isInLoop(creation) && !isInLoop(node) ? keys : [...keys, creationKey({ fn, node: creation })];
}

/** The loop in which something is done that is done before another node: that it turns no time at all is not meant. */
function loopAround({ facts: { loops } }: Fn, at: number, node: number): number {
  const around = loops.filter(
    ({ first, last }) => first <= at && at <= last && !(first <= node && node <= last),
  );
  return Math.min(at, ...around.map(({ first }) => first));
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

/** By function id: what it joins on every way through. */
function alwaysJoined(
  program: Program,
  graph: CallGraph,
  direct: ReadonlyMap<Fn, ReadonlyMap<number, Over>>,
): Over[] {
  const always: Over[] = program.fns.map(() => NOBODY);
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn) continue;
      const found = new Set<string>();
      for (const [node, over] of joinsIn(program, fn, direct, always)) {
        if (isUnavoidable(fn.facts.nodes, loopAround(fn, node, -1))) for (const one of over) found.add(one);
      }
      if (found.size > 0) always[id] = found;
    }
  }
  return always;
}

function joinsIn(
  program: Program,
  fn: Fn,
  direct: ReadonlyMap<Fn, ReadonlyMap<number, Over>>,
  always: readonly Over[],
): [number, Over][] {
  const found: [number, Over][] = [...(direct.get(fn) ?? [])];
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const joined = target.kind === 'function' ? always[target.fn.id] : undefined;
    if (joined && joined.size > 0) found.push([node, joined]);
  }
  return found;
}
