/** Locks of two objects of one kind, nested without an order between the objects. */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import type { Fn } from '../../program/program';
import type { Analysis } from '../analysis';
import { isPath, keyOf, rootOf, substitute } from '../paths/access-path';
import type { LockEdge } from './lock-facts';

/** Each pair of places once, in the order of functions and nodes. */
export function findNestedInstances(analysis: Analysis): LockEdge[] {
  const { program, locks, roots } = analysis;
  return program.fns.flatMap((fn) => {
    if (fn.facts.kind === 'macro') return [];
    const nested = locks.events[fn.id]?.nested ?? [];
    if (nested.length === 0) return [];
    const ways = new Set(nested.map(wayOf));
    return (
      nested
        .filter((edge) => !edge.to.tried && !edge.from.tried && !edge.from.cls?.single)
        .filter((edge) => areIndependent(fn, edge) && !isCompared(fn, edge))
        // Both ways in one function: it chooses by something that it has computed.
        .filter((edge) => !ways.has(wayOf({ from: edge.to, to: edge.from })))
        .filter((edge) => edge.from.mode === 'exclusive' || edge.to.mode === 'exclusive')
        .filter((edge) => roots.mayRunInParallel(edge.to, edge.to))
        .filter((edge) => !areNamedByCallers(analysis, fn, edge))
        .sort((a, b) => a.to.node - b.to.node)
    );
  });
}

/** All callers give objects that have names: in which order is a question for the order of those locks. */
function areNamedByCallers({ program, graph }: Analysis, fn: Fn, { from, to }: LockEdge): boolean {
  const callers = graph.callers[fn.id] ?? [];
  return (
    callers.length > 0 &&
    callers.every((id) => {
      const caller = program.fns[id];
      const isSingle = (place: Expr | undefined): boolean =>
        caller !== undefined && place !== undefined && classOf(program, caller, place)?.single === true;
      return [...(program.targets[id] ?? [])].every(([node, target]) => {
        const call = caller?.facts.nodes[node];
        if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') return true;
        return [from, to].every(({ place }) =>
          isSingle(substitute(place, fn.facts.params, call.args, target.receiver)),
        );
      });
    })
  );
}

function wayOf({ from, to }: Pick<LockEdge, 'from' | 'to'>): string {
  return `${keyOf(from.place)} > ${keyOf(to.place)}`;
}

/**
 * Two objects that the callers choose freely, two that one object points to, or two elements of one array. Objects that are found one from the
 * other (`n`, `n->next`) are in the order of the structure they stand in.
 */
function areIndependent(fn: Fn, { from, to }: LockEdge): boolean {
  const [a, b] = [rootOf(from.place), rootOf(to.place)];
  const { params } = fn.facts;
  const isParameter = (e: Expr): boolean => e.k === 'var' && e.v < params;
  if (a.k === 'var' && b.k === 'var' && a.v !== b.v) return isParameter(a) && isParameter(b);
  return areElements(from.place, to.place) || areMembers(from.place, to.place);
}

/** `job->from->lock` and `job->to->lock`: whoever makes the job chooses both. */
function areMembers(a: Expr, b: Expr): boolean {
  if (a.k === 'cast') return areMembers(a.e, b);
  if (b.k === 'cast') return areMembers(a, b.e);
  if (a.k !== 'field' || b.k !== 'field' || a.f !== b.f) return false;
  const [first, second] = [pointerMember(a.of), pointerMember(b.of)];
  if (!first || !second) return areMembers(a.of, b.of);
  return first.f !== second.f && keyOf(first.of) === keyOf(second.of);
}

function pointerMember(object: Expr): (Expr & { k: 'field' }) | undefined {
  return object.k === 'deref' && object.of.k === 'field' ? object.of : undefined;
}

/** `t[i].lock` and `t[j].lock`. */
function areElements(a: Expr, b: Expr): boolean {
  if (a.k === 'cast') return areElements(a.e, b);
  if (b.k === 'cast') return areElements(a, b.e);
  if (a.k === 'index' && b.k === 'index')
    return keyOf(a.of) === keyOf(b.of) && isChosen(a.i) && isChosen(b.i) && keyOf(a.i) !== keyOf(b.i);
  if (a.k === 'field' && b.k === 'field') return a.f === b.f && areElements(a.of, b.of);
  return false;
}

/** An index that is a value of its own: `i` and `i + 1` are in order. */
function isChosen(index: Expr): boolean {
  return isPath(index);
}

/** A comparison of the two objects, or of something in them, that can decide which comes first. */
function isCompared({ facts }: Fn, { from, to }: LockEdge): boolean {
  const [a, b] = [chosenFrom(facts, from.place), chosenFrom(facts, to.place)];
  return facts.nodes.some((node) => {
    if (node.op !== 'branch' || node.cond.k !== 'bin' || !ORDERS.has(node.cond.op)) return false;
    const [l, r] = [rootsIn(node.cond.l), rootsIn(node.cond.r)];
    const meets = (x: ReadonlySet<string>, y: ReadonlySet<string>): boolean =>
      [...x].some((key) => y.has(key));
    return (meets(l, a) && meets(r, b)) || (meets(l, b) && meets(r, a));
  });
}

const ORDERS = new Set(['<', '>', '<=', '>=']);

/** What an expression is made of, and what its variables were chosen from: `low = i < j ? i : j`. */
function chosenFrom({ nodes }: Fn['facts'], e: Expr): Set<string> {
  const found = rootsIn(e);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const node of nodes)
      if (node.op === 'assign' && node.to.k === 'var' && found.has(keyOf(node.to)))
        for (const root of rootsIn(node.from)) found.add(root);
  }
  return found;
}

/** Variables and names that an expression is made of. */
function rootsIn(e: Expr): Set<string> {
  const found = new Set<string>();
  const walk = (part: Expr): void => {
    switch (part.k) {
      case 'var':
      case 'name':
        found.add(keyOf(part));
        return;
      case 'bin':
        walk(part.l);
        walk(part.r);
        return;
      case 'un':
      case 'cast':
        walk(part.e);
        return;
      case 'index':
        walk(part.of);
        walk(part.i);
        return;
      case 'field':
      case 'deref':
      case 'addr':
        walk(part.of);
        return;
      default:
    }
  };
  walk(e);
  return found;
}
