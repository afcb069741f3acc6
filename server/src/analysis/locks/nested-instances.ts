/** Locks of two objects of one kind, nested without an order between the objects. */
import { classOf } from '../../program/identity';
import type { Fn } from '../../program/program';
import type { Analysis } from '../analysis';
import { keyOf, substitute } from '../paths/access-path';
import { type Choice, choiceOf } from './instance-choice';
import { isOrdered } from './instance-order';
import { originsOf } from './instance-origins';
import { findInverseLinks } from './inverse-links';
import type { LockEdge } from './lock-facts';

export interface NestedInstances {
  edge: LockEdge;
  choice: Choice | 'links';
  /** The same locks taken the other way round, where that is seen. */
  back?: LockEdge;
}

/** Each pair of places once, in the order of functions and nodes. */
export function findNestedInstances(analysis: Analysis): NestedInstances[] {
  const { program, locks } = analysis;
  const behindPointers = nestedBehindPointers(analysis);
  const mayWait = (edge: LockEdge): boolean => blocks(edge) && !isGated(analysis, edge);
  const links = findInverseLinks(analysis, mayWait).map(
    ({ step, back }): NestedInstances => ({ edge: step.edge, choice: 'links', back: back.edge }),
  );
  const chosen = program.fns.flatMap((fn) => {
    if (fn.facts.kind === 'macro') return [];
    const nested = [...(locks.events[fn.id]?.nested ?? []), ...(behindPointers.get(fn) ?? [])];
    if (nested.length === 0) return [];
    const ways = new Set(nested.map(wayOf));
    // Both ways in one function: it chooses by something that it has computed.
    const mayBlock = nested.filter(
      (edge) => blocks(edge) && !ways.has(wayOf({ from: edge.to, to: edge.from })),
    );
    if (mayBlock.length === 0) return [];
    const origins = originsOf(program, fn);
    const found = mayBlock.flatMap((edge): NestedInstances[] => {
      const choice = choiceOf(program, locks.pointees, origins, edge);
      if (!choice || isOrdered(program, origins, edge, choice)) return [];
      return isConcurrent(analysis, fn, edge, choice) ? [{ edge, choice }] : [];
    });
    return oncePerPlaces(found);
  });
  return [...chosen, ...links];
}

/** Two locks of one array, each behind a pointer of its own. */
function nestedBehindPointers({ locks }: Analysis): ReadonlyMap<Fn, readonly LockEdge[]> {
  const found = new Map<Fn, LockEdge[]>();
  for (const edge of locks.edges) {
    if (edge.from.cls?.key !== edge.to.cls?.key) continue;
    const known = found.get(edge.to.fn);
    if (known) known.push(edge);
    else found.set(edge.to.fn, [edge]);
  }
  return found;
}

/** What a function does below one call is said of that function. */
function blocks({ from, to }: LockEdge): boolean {
  if (to.tried || from.tried || from.cls?.single) return false;
  if (from.inner && to.inner && from.node === to.node) return from.inner.fn.facts.kind === 'macro';
  return from.mode === 'exclusive' || to.mode === 'exclusive';
}

/** Another lock is held meanwhile: it lets only one thread in. */
function isGated({ locks }: Analysis, { to, gates }: LockEdge): boolean {
  return gates.size > 0 || (locks.heldAtEntry[to.fn.id]?.size ?? 0) > 0;
}

/** Two threads can be there at once, under no lock that keeps one of them out, with objects that differ. */
function isConcurrent(analysis: Analysis, fn: Fn, edge: LockEdge, choice: Choice): boolean {
  const { roots } = analysis;
  if (isGated(analysis, edge)) return false;
  return roots.mayRunInParallel(edge.to, edge.to) && !isSettledByCallers(analysis, fn, edge, choice);
}

/** Several locks below one call, or by several names, are one thing to say. */
function oncePerPlaces(found: readonly NestedInstances[]): NestedInstances[] {
  const byPlaces = new Map<string, NestedInstances>();
  for (const one of found) {
    const { from, to } = one.edge;
    const key = `${from.node} ${to.node}`;
    const known = byPlaces.get(key);
    if (!known || to.doubts < known.edge.to.doubts) byPlaces.set(key, one);
  }
  return [...byPlaces.values()].sort((a, b) => a.edge.to.node - b.edge.to.node);
}

/** All callers give objects that have names, whose order is compared elsewhere, or have put the two in order. */
function isSettledByCallers({ program, graph }: Analysis, fn: Fn, edge: LockEdge, choice: Choice): boolean {
  const callers = (graph.callers[fn.id] ?? []).flatMap((id) => program.fns[id] ?? []);
  return (
    callers.length > 0 &&
    callers.every((caller) => {
      const origins = originsOf(program, caller);
      return [...(program.targets[caller.id] ?? [])].every(([node, target]) => {
        const call = caller.facts.nodes[node];
        if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') return true;
        const [from, to] = [edge.from, edge.to].map(({ place }) =>
          substitute(place, fn.facts.params, call.args, target.receiver),
        );
        if (!from || !to) return false;
        if ([from, to].every((place) => classOf(program, caller, place)?.single === true)) return true;
        return isOrdered(program, origins, { from: { place: from, node }, to: { place: to, node } }, choice);
      });
    })
  );
}

function wayOf({ from, to }: Pick<LockEdge, 'from' | 'to'>): string {
  return `${keyOf(from.place)} > ${keyOf(to.place)}`;
}
