/** Cycles in the lock order, each once, with witnesses that can really meet. */
import type { Expr } from '../../facts/expr';
import { rootOf } from '../paths/access-path';
import { isOnlyBehind } from '../paths/control-dependence';
import type { ThreadRoots } from '../threads/thread-roots';
import type { Acquisition, LockEdge, LockFacts } from './lock-facts';

/** Edge `i` ends at the lock that edge `i + 1` starts from; the last one ends where the first starts. */
export interface LockCycle {
  edges: readonly LockEdge[];
}

/** Witnesses of one edge that are tried together with those of the others. */
const MAX_WITNESSES = 8;
const MAX_COMBINATIONS = 512;

export function findLockCycles(locks: LockFacts, roots: ThreadRoots): LockCycle[] {
  const graph = graphOf(locks.edges.filter((edge) => !isHeldBefore(locks, edge)));
  const found = new Map<string, LockCycle>();
  for (const [from, targets] of graph) {
    for (const to of targets.keys()) {
      const names = shortestCycle(graph, from, to);
      if (!names) continue;
      const id = [...names].sort().join(' | ');
      if (found.has(id)) continue;
      const cycle = witnessed(locks, roots, graph, rotated(names));
      if (cycle) found.set(id, cycle);
    }
  }
  return [...found].filter(([id]) => !containsSmaller(id, [...found.keys()])).map(([, cycle]) => cycle);
}

/** All callers hold the second lock already: taking it once more is a fault of its own, and makes no order. */
function isHeldBefore({ heldAtEntry }: LockFacts, { to }: LockEdge): boolean {
  return to.cls !== undefined && heldAtEntry[to.fn.id]?.has(to.cls.key) === true;
}

/** A cycle through the locks of a smaller one and more says nothing new. */
function containsSmaller(id: string, all: readonly string[]): boolean {
  const names = new Set(id.split(' | '));
  return all.some((other) => other !== id && other.split(' | ').every((name) => names.has(name)));
}

type Graph = ReadonlyMap<string, ReadonlyMap<string, readonly LockEdge[]>>;

/** Lock classes with their successors, in sorted order so that results do not hang on the order of files. */
function graphOf(edges: readonly LockEdge[]): Graph {
  const graph = new Map<string, Map<string, LockEdge[]>>();
  const onlyOf = onlyObjects(edges);
  const name = ({ cls }: Acquisition): string | undefined => cls && (onlyOf.get(cls.key) ?? cls.key);
  const key = (edge: LockEdge): string => `${edge.from.cls?.key} ${edge.to.cls?.key}`;
  for (const edge of [...edges].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))) {
    const from = name(edge.from);
    const to = name(edge.to);
    if (!from || !to || from === to) continue;
    const targets = graph.get(from) ?? new Map<string, LockEdge[]>();
    graph.set(from, targets);
    const list = targets.get(to) ?? [];
    targets.set(to, list);
    list.push(edge);
  }
  return graph;
}

/**
 * The one global object whose lock is seen, by the class of such locks: `this->m` in the methods of its type, and
 * what a function does with a pointer to it, is then about that object.
 */
function onlyObjects(edges: readonly LockEdge[]): ReadonlyMap<string, string> {
  const found = new Map<string, string | undefined>();
  for (const edge of edges)
    for (const { cls } of [edge.from, edge.to]) {
      if (!cls?.single || cls.family === undefined) continue;
      const other = found.has(cls.family) && found.get(cls.family) !== cls.key;
      found.set(cls.family, other ? undefined : cls.key);
    }
  return new Map([...found].flatMap(([family, key]) => (key === undefined ? [] : [[family, key] as const])));
}

/** The locks on the shortest way from `to` back to `from`, beginning with `from`. */
function shortestCycle(graph: Graph, from: string, to: string): string[] | undefined {
  const before = new Map<string, string>([[to, from]]);
  const queue = [to];
  for (let i = 0; i < queue.length; i++) {
    const at = queue[i];
    if (at === undefined) break;
    if (at === from) return wayTo(before, from, to);
    for (const next of graph.get(at)?.keys() ?? []) {
      if (before.has(next)) continue;
      before.set(next, at);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(before: ReadonlyMap<string, string>, from: string, to: string): string[] {
  const names: string[] = [];
  for (let at = before.get(from); at !== undefined && at !== to; at = before.get(at)) names.unshift(at);
  return [from, to, ...names.filter((name) => name !== from)];
}

/** One rotation stands for all: the one that begins with the smallest name. */
function rotated(names: readonly string[]): string[] {
  const first = names.indexOf([...names].sort()[0] ?? '');
  return [...names.slice(first), ...names.slice(0, first)];
}

/** Conditions on the way that nobody has shown to hold together. */
export function doubtsOf(edges: readonly LockEdge[]): number {
  return edges.reduce((sum, edge) => {
    const doubts = known.get(edge) ?? doubtsOfEdge(edge);
    known.set(edge, doubts);
    return sum + doubts;
  }, 0);
}

/** Combinations of the same few edges are compared again and again. */
const known = new WeakMap<LockEdge, number>();

/** Where both locks are taken below one call, and the second only behind the first, they share their doubts. */
function doubtsOfEdge({ from, to }: LockEdge): number {
  let [a, b] = [from, to];
  while (a.inner && b.inner && a.fn === b.fn && a.node === b.node) [a, b] = [a.inner, b.inner];
  const isBehind = a !== from && a.fn === b.fn && isOnlyBehind(a.fn.facts.nodes, b.node, a.node);
  return isBehind ? Math.max(from.doubts, to.doubts) : from.doubts + to.doubts;
}

/** Chooses a witness for each edge so that all can be at work at once. */
function witnessed(
  locks: LockFacts,
  roots: ThreadRoots,
  graph: Graph,
  names: readonly string[],
): LockCycle | undefined {
  const choices = names.map((name, i) => {
    const next = names[(i + 1) % names.length] ?? '';
    const witnesses = [...(graph.get(name)?.get(next) ?? [])];
    return witnesses.sort((a, b) => a.to.doubts - b.to.doubts || inSource(a, b)).slice(0, MAX_WITNESSES);
  });
  let combinations: LockEdge[][] = [[]];
  for (const choice of choices) {
    combinations = combinations
      .flatMap((chosen) => choice.map((edge) => [...chosen, edge]))
      .slice(0, MAX_COMBINATIONS);
  }
  const own = new Set(names);
  combinations.sort((a, b) => doubtsOf(a) - doubtsOf(b));
  const edges = combinations.find(
    (chosen) =>
      blocks(chosen) && !isOwnObject(chosen) && !isGated(locks, chosen, own) && canMeet(roots, chosen),
  );
  return edges && { edges };
}

function inSource(a: LockEdge, b: LockEdge): number {
  const [p, q] = [a.to.fn, b.to.fn];
  if (p.unit.file !== q.unit.file) return p.unit.file < q.unit.file ? -1 : 1;
  return (p.facts.nodes[a.to.node]?.at[0] ?? 0) - (q.facts.nodes[b.to.node]?.at[0] ?? 0);
}

/** Two readers of one lock do not wait for each other. */
function blocks(edges: readonly LockEdge[]): boolean {
  return edges.every((edge, i) => {
    const next = edges[(i + 1) % edges.length];
    return edge.to.mode === 'exclusive' || next?.from.mode === 'exclusive';
  });
}

/** All sides are one function that reaches every lock through one parameter: each call has its own object. */
function isOwnObject(edges: readonly LockEdge[]): boolean {
  const [first] = edges;
  const root = first && rootOf(first.from.place);
  if (!first || root?.k !== 'var' || root.v >= first.to.fn.facts.params) return false;
  const isOwn = (place: Expr): boolean => {
    const own = rootOf(place);
    return own.k === 'var' && own.v === root.v;
  };
  return edges.every((edge) => edge.to.fn === first.to.fn && isOwn(edge.from.place) && isOwn(edge.to.place));
}

/** A lock that all sides hold lets only one of them in. */
function isGated(locks: LockFacts, edges: readonly LockEdge[], own: ReadonlySet<string>): boolean {
  const gates = edges.map((edge) => new Set([...edge.gates, ...(locks.heldAtEntry[edge.to.fn.id] ?? [])]));
  return [...(gates[0] ?? [])].some((key) => !own.has(key) && gates.every((set) => set.has(key)));
}

/** Every two sides must be able to run at the same time. */
function canMeet(roots: ThreadRoots, edges: readonly LockEdge[]): boolean {
  return edges.every((a, i) => edges.slice(i + 1).every((b) => roots.mayRunInParallel(a.to, b.to)));
}
