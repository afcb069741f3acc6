/** What decides which of two objects' locks comes first: a comparison that acquisitions hang on. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { ownMember } from '../../program/own-member';
import type { Fn, Program } from '../../program/program';
import { claimAt } from '../calls/names';
import { keyOf, rootOf, withoutCasts } from '../paths/access-path';
import { isOnlyBehind } from '../paths/control-dependence';
import { type Choice, elementsOf } from './instance-choice';
import type { Origins } from './instance-origins';
import type { Acquisition } from './lock-facts';

const ORDERS = new Set(['<', '>', '<=', '>=']);
/** Flags that stand for flags, functions that ask others. */
const MAX_DEPTH = 3;

/** The second place is locked while the first is. */
interface Nesting {
  from: Pick<Acquisition, 'place' | 'node'>;
  to: Pick<Acquisition, 'place' | 'node'>;
}

interface Objects {
  /** What each is written with and made from, without what both are written with. */
  from: ReadonlySet<string>;
  to: ReadonlySet<string>;
  /** What the place in a ring is counted by. */
  counts: ReadonlySet<string>;
}

/** Whether the function chooses the order of the two by something that they, or their indices, can be told apart by. */
export function isOrdered(program: Program, origins: Origins, edge: Nesting, choice: Choice): boolean {
  const { nodes, loops } = origins.fn.facts;
  const objects = objectsOf(origins, edge, choice);
  return nodes.some((node, index) => {
    const cond = conditionAt(program, origins.fn, index);
    if (!cond) return false;
    const isLoop = loops.some(({ condFirst, condLast }) => condFirst <= index && index <= condLast);
    const isAbout =
      pairsIn(program, origins, cond, MAX_DEPTH).some(([l, r]) => areOf(origins, objects, l, r)) ||
      (choice === 'ring' && !isLoop && tellsPlace(origins, objects.counts, cond));
    if (!isAbout) return false;
    // An assertion leaves one way only.
    if (node.op === 'call') return isOnlyBehind(nodes, edge.to.node, index);
    return decides(origins, objects, edge, index, choice);
  });
}

/** What is tested where ways part, or said to hold. */
function conditionAt(program: Program, fn: Fn, index: number): Expr | undefined {
  const node = fn.facts.nodes[index];
  if (node?.op === 'branch') return node.cond;
  if (node?.op === 'switch') return node.on;
  return claimAt(program, fn, index);
}

function objectsOf(origins: Origins, { from, to }: Nesting, choice: Choice): Objects {
  const indices = choice === 'ring' ? elementsOf(from.place, to.place) : undefined;
  const [a, b] = indices ?? [from.place, to.place];
  const [left, right] = [origins.tokensOf(a), origins.tokensOf(b)];
  const own = (e: Expr): Set<string> =>
    new Set([...origins.closureOf(e)].filter((key) => !(left.has(key) && right.has(key))));
  return { from: own(a), to: own(b), counts: indices ? countsIn(origins, a) : NONE };
}

const NONE: ReadonlySet<string> = new Set();

/** The values that a number is computed from, without the memory that they select. */
function countsIn(origins: Origins, e: Expr, found = new Set<string>()): Set<string> {
  const value = withoutCasts(e);
  if (value.k === 'bin') return countsIn(origins, value.r, countsIn(origins, value.l, found));
  if (value.k === 'un') return countsIn(origins, value.e, found);
  const key = keyOf(value);
  if (value.k === 'num' || found.has(key)) return found;
  found.add(key);
  const sources = value.k === 'var' ? origins.sourcesOf(value.v) : [];
  return sources.reduce((all, from) => countsIn(origins, from, all), found);
}

/** One side of a comparison is of one object, the other side of the other. */
function areOf(origins: Origins, { from, to }: Objects, l: Expr, r: Expr): boolean {
  const [left, right] = [origins.closureOf(l), origins.closureOf(r)];
  const meet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
    [...a].some((x) => left.has(x) && [...b].some((y) => y !== x && right.has(y)));
  return meet(from, to) || meet(to, from);
}

/**
 * Who is the last one in the ring, or has an odd number, may go the other way round. That an index is none of the
 * ring at all tells nothing.
 */
function tellsPlace(origins: Origins, counts: ReadonlySet<string>, cond: Expr): boolean {
  const test = withoutCasts(cond);
  if (test.k === 'un') return tellsPlace(origins, counts, test.e);
  if (test.k === 'bin' && ORDERS.has(test.op)) {
    const sides = [withoutCasts(test.l), withoutCasts(test.r)];
    const isBound = sides.some((e) => e.k === 'num' && e.v <= 0) || sides.every((e) => e.k !== 'bin');
    if (isBound) return false;
  }
  return [...countsIn(origins, cond)].some((key) => counts.has(key));
}

/** The two sides of each comparison that a condition stands for. */
function pairsIn(program: Program, origins: Origins, cond: Expr, depth: number): [Expr, Expr][] {
  const test = withoutCasts(cond);
  if (depth === 0) return [];
  switch (test.k) {
    case 'un':
      return pairsIn(program, origins, test.e, depth);
    case 'bin': {
      const inner = [test.l, test.r].flatMap((side) => pairsIn(program, origins, side, depth - 1));
      return ORDERS.has(test.op) || test.op === '-' ? [[test.l, test.r], ...inner] : inner;
    }
    case 'var':
      return origins.sourcesOf(test.v).flatMap((from) => pairsIn(program, origins, from, depth - 1));
    case 'result': {
      const given = origins.givenTo(test.n);
      if (!comparesArguments(program, origins.fn, test.n)) return [];
      return given.flatMap((a, i) => given.slice(i + 1).map((b): [Expr, Expr] => [a, b]));
    }
    default:
      return [];
  }
}

/** A function that is not seen may compare what it is given; one that is seen says whether it does. */
function comparesArguments(program: Program, fn: Fn, node: number): boolean {
  const target = program.targets[fn.id]?.get(node);
  return target?.kind === 'function' ? compares(program, target.fn, MAX_DEPTH) : true;
}

function compares(program: Program, fn: Fn, depth: number): boolean {
  const rootsIn = (e: Expr): Set<string> => {
    const root = rootOf(ownMember(program, fn, e) ?? e);
    if (e.k === 'bin') return new Set([...rootsIn(e.l), ...rootsIn(e.r)]);
    const isOwn = root.k === 'this' || (root.k === 'var' && root.v < fn.facts.params);
    return new Set(isOwn ? [keyOf(root)] : []);
  };
  const orders = (e: Expr): boolean => {
    const test = withoutCasts(e);
    if (test.k === 'un') return orders(test.e);
    if (test.k !== 'bin') return false;
    if (!ORDERS.has(test.op) && test.op !== '-') return orders(test.l) || orders(test.r);
    return new Set([...rootsIn(test.l), ...rootsIn(test.r)]).size > 1;
  };
  return fn.facts.nodes.some((node, index) => {
    if (node.op === 'branch') return orders(node.cond);
    if (node.op === 'return') return node.value !== undefined && orders(node.value);
    if (node.op === 'assign') return orders(node.from);
    if (node.op !== 'call' || depth === 0) return false;
    const target = program.targets[fn.id]?.get(index);
    if (new Set(node.args.flatMap((arg) => [...rootsIn(arg)])).size < 2) return false;
    return target?.kind === 'function' ? compares(program, target.fn, depth - 1) : true;
  });
}

/** Only one way out of the branch leads to the second lock, or the branch chooses what the locks are called by. */
function decides(origins: Origins, objects: Objects, edge: Nesting, branch: number, choice: Choice): boolean {
  const { nodes } = origins.fn.facts;
  const ways = (nodes[branch]?.next ?? []).map((next) => reachableFrom(nodes, next, branch));
  if (!ways.some((way) => way[edge.to.node])) return false;
  const own = nodes.flatMap((node, index) => {
    const reaching = ways.filter((way) => way[index]).length;
    return reaching > 0 && reaching < ways.length ? [{ node, index }] : [];
  });
  const isAcquisition = own.some(({ index }) => index === edge.from.node || index === edge.to.node);
  if (isAcquisition && isOnlyBehind(nodes, edge.to.node, branch)) return true;
  if (own.some(({ node }) => exchanges(origins, objects, node))) return true;
  const written = new Set(own.flatMap(({ node }) => (node.op === 'assign' ? [keyOf(node.to)] : [])));
  const isOf = (keys: ReadonlySet<string>): boolean => [...keys].some((key) => written.has(key));
  // Round a ring, a value for the next one alone is how it wraps.
  return choice === 'ring' ? isOf(objects.from) && isOf(objects.to) : isOf(objects.from) || isOf(objects.to);
}

/** A call that is given a variable for each of the two, as one that swaps them. */
function exchanges(origins: Origins, { from, to }: Objects, node: CfgNode): boolean {
  if (node.op !== 'call') return false;
  const given = node.args.map((arg) => (arg.k === 'addr' ? arg.of : arg)).filter((arg) => arg.k === 'var');
  const isOf = (e: Expr, keys: ReadonlySet<string>): boolean =>
    [...origins.closureOf(e)].some((key) => keys.has(key));
  return given.some((a) => isOf(a, from) && given.some((b) => b !== a && isOf(b, to)));
}

/** The nodes behind `start`, as far as `stop` is not passed. */
function reachableFrom(nodes: readonly CfgNode[], start: number, stop: number): Uint8Array {
  const seen = new Uint8Array(nodes.length);
  const queue = [start];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen[index] || index === stop) continue;
    seen[index] = 1;
    queue.push(...(nodes[index]?.next ?? []));
  }
  return seen;
}
