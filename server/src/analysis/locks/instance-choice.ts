/** How the objects of two locks were chosen: freely, round a ring, or one from the other. */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { keyOf, mapRoot, rootOf, withoutCasts } from '../paths/access-path';
import { type Origins, originOf, originsOf } from './instance-origins';
import type { LockEdge } from './lock-facts';
import type { LockPointees } from './lock-pointees';
import { areOfOneObject, pairsStored } from './stored-indices';

/**
 * `free`: whoever calls or fills the structure may give the two the other way round. `ring`: the second is the
 * next one of the first, and the last one's next is the first again.
 */
export type Choice = 'free' | 'ring';

/** None for objects that are found one from the other (`n`, `n->next`): they are in the order of what they stand in. */
export function choiceOf(
  program: Program,
  pointees: LockPointees,
  origins: Origins,
  { from, to }: LockEdge,
): Choice | undefined {
  const behind = membersBehind(from.place, to.place);
  if (behind) return choiceStored(program, pointees, origins.fn, ...behind);
  const elements = elementsOf(from.place, to.place);
  if (elements) return choiceOfIndices(program, origins, elements[0], elements[1]);
  if (areMembers(from.place, to.place)) return 'free';
  return areGiven(origins, from.place, to.place) ? 'free' : undefined;
}

/** `*p->left` and `*p->right`: two pointers to locks in one object. */
function membersBehind(from: Expr, to: Expr): [Expr, Expr] | undefined {
  const [a, b] = [pointerMember(withoutCasts(from)), pointerMember(withoutCasts(to))];
  return a && b && a.f !== b.f && keyOf(a.of) === keyOf(b.of) ? [a, b] : undefined;
}

/** How whoever fills the object has chosen the two, where one place does. */
function choiceStored(
  program: Program,
  pointees: LockPointees,
  fn: Fn,
  a: Expr,
  b: Expr,
): Choice | undefined {
  const [first, ...more] = pointees.storedIn(fn, a) ?? [];
  const [second, ...others] = pointees.storedIn(fn, b) ?? [];
  if (!first || !second || more.length + others.length > 0 || first.fn !== second.fn) return undefined;
  const elements = elementsOf(first.place, second.place);
  return elements && choiceOfIndices(program, originsOf(program, first.fn), ...elements);
}

/** The same member of two objects that the callers choose, or that two calls have looked up. */
function areGiven(origins: Origins, from: Expr, to: Expr): boolean {
  const [a, b] = [rootOf(from), rootOf(to)];
  // Nobody else has an object that is being made.
  if (origins.fn.facts.kind === 'constructor' && (a.k === 'this' || b.k === 'this')) return false;
  const isSamePath = keyOf(mapRoot(plain(from), () => HERE)) === keyOf(mapRoot(plain(to), () => HERE));
  if (keyOf(a) === keyOf(b) || !isSamePath) return false;
  const { params } = origins.fn.facts;
  const isCallers = (e: Expr): boolean => e.k === 'this' || (e.k === 'var' && e.v < params);
  if (isCallers(a) || isCallers(b)) return isCallers(a) && isCallers(b);
  return areLookedUp(origins, a, b);
}

const HERE: Expr = { k: 'this' };

/** A reference and a pointer to an object lead to the same member: `to.mu` and `to->mu`. */
function plain(e: Expr): Expr {
  switch (e.k) {
    case 'cast':
      return plain(e.e);
    case 'field':
      return { k: 'field', of: plain(e.of), f: e.f };
    case 'deref': {
      const of = withoutCasts(e.of);
      const isRoot = of.k === 'var' || of.k === 'this' || of.k === 'result';
      return isRoot ? of : { k: 'deref', of: plain(of) };
    }
    default:
      return e;
  }
}

/** `a = find(x)` and `b = find(y)`: neither hangs on the other. */
function areLookedUp(origins: Origins, a: Expr, b: Expr): boolean {
  const [first, second] = [lookupOf(origins, a), lookupOf(origins, b)];
  if (!first || !second || first.n === second.n) return false;
  const { nodes } = origins.fn.facts;
  const [one, other] = [nodes[first.n], nodes[second.n]];
  if (one?.op !== 'call' || other?.op !== 'call' || keyOf(one.callee) !== keyOf(other.callee)) return false;
  return areApart(origins, [a, first], [b, second]);
}

/** The first of the calls that an object comes from: what is not found may be made. */
function lookupOf(origins: Origins, e: Expr): (Expr & { k: 'result' }) | undefined {
  const own = withoutCasts(e);
  if (own.k === 'result') return own;
  const sources = own.k === 'var' ? origins.sourcesOf(own.v).filter((from) => from.k !== 'num') : [];
  const [first] = sources;
  return first?.k === 'result' && sources.every((from) => from.k === 'result') ? first : undefined;
}

/** Each is made from something that the other is not, and from nothing of the other. */
function areApart(origins: Origins, a: readonly [Expr, Expr], b: readonly [Expr, Expr]): boolean {
  const madeFrom = ([, origin]: readonly [Expr, Expr]): Set<string> => {
    const given = origin.k === 'result' ? origins.givenTo(origin.n) : [origin];
    const found = new Set(given.flatMap((e) => [...origins.closureOf(e)]));
    // A variable with several values is what they are made from; a counter is made from nothing but itself.
    if (origin.k === 'var' && found.size > 1) found.delete(keyOf(origin));
    return found;
  };
  const [left, right] = [madeFrom(a), madeFrom(b)];
  const isFrom = (made: ReadonlySet<string>, of: readonly Expr[]): boolean =>
    of.some((e) => made.has(keyOf(e)));
  if (isFrom(left, b) || isFrom(right, a)) return false;
  return [...left].some((key) => !right.has(key)) && [...right].some((key) => !left.has(key));
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

/** The indices in `t[i].lock` and `t[j].lock`, or in `t[i]->lock` and `t[j]->lock`. */
export function elementsOf(a: Expr, b: Expr): [Expr, Expr] | undefined {
  if (a.k === 'cast') return elementsOf(a.e, b);
  if (b.k === 'cast') return elementsOf(a, b.e);
  if (a.k === 'index' && b.k === 'index')
    return keyOf(a.of) === keyOf(b.of) && keyOf(a.i) !== keyOf(b.i) ? [a.i, b.i] : undefined;
  if (a.k === 'field' && b.k === 'field') return a.f === b.f ? elementsOf(a.of, b.of) : undefined;
  return a.k === 'deref' && b.k === 'deref' ? elementsOf(a.of, b.of) : undefined;
}

function choiceOfIndices(program: Program, origins: Origins, i: Expr, j: Expr): Choice | undefined {
  const [own, other] = [originOf(origins, i), originOf(origins, j)];
  if (areOfOneObject(own, other)) return choiceOfStored(program, origins.fn, own, other);
  const [a, b] = [steppedFrom(program, origins, i), steppedFrom(program, origins, j)];
  if (!a || !b) return undefined;
  if (a.base === b.base) return a.offset !== b.offset && (a.wraps || b.wraps) ? 'ring' : undefined;
  const steps = stepsTo(program, origins, j, a.base) ?? stepsTo(program, origins, i, b.base);
  if (steps) return steps === 'wraps' ? 'ring' : undefined;
  if (areParts(origins, own, other)) return undefined;
  const isFree = areApart(origins, [i, own], [j, other]) || areChosenAlike(origins, own, other);
  return isFree ? 'free' : undefined;
}

/** How whoever fills the object that holds both indices has chosen them; freely, where nobody is seen. */
function choiceOfStored(program: Program, fn: Fn, a: Expr, b: Expr): Choice | undefined {
  const pairs = pairsStored(program, fn, a, b);
  if (!pairs) return undefined;
  const choices = pairs.map((pair) => {
    const origins = originsOf(program, pair.fn);
    const isAgain = areOfOneObject(originOf(origins, pair.first), originOf(origins, pair.second));
    return isAgain ? undefined : choiceOfIndices(program, origins, pair.first, pair.second);
  });
  if (choices.includes('ring')) return 'ring';
  return choices.length === 0 || choices.includes('free') ? 'free' : undefined;
}

/** Both come out of one call, which is what puts them in order: `auto [low, high] = minmax(i, j)`. */
function areParts(origins: Origins, x: Expr, y: Expr): boolean {
  const whole = rootOf(x);
  if (whole.k !== 'var' || keyOf(whole) !== keyOf(rootOf(y))) return false;
  return origins.sourcesOf(whole.v).some((from) => from.k === 'result');
}

/** Two draws from one source: `rand() % n`, twice. */
function areChosenAlike(origins: Origins, x: Expr, y: Expr): boolean {
  const [a, b] = [withoutWrap(x), withoutWrap(y)];
  if (a.k !== 'result' || b.k !== 'result' || a.n === b.n) return false;
  return origins.givenTo(a.n).length === 0 && origins.givenTo(b.n).length === 0;
}

interface Stepped {
  /** What the index is counted from. */
  base: string;
  offset: number;
  /** Behind the last element comes the first. */
  wraps: boolean;
}

function steppedFrom(program: Program, origins: Origins, index: Expr): Stepped | undefined {
  const origin = originOf(origins, index);
  const counted = counting(program, origins, withoutWrap(origin));
  return counted && { ...counted, wraps: isWrap(origin) };
}

/** `i + 1` counts from `i`; none for a number, which names one element. */
function counting(program: Program, origins: Origins, e: Expr): Omit<Stepped, 'wraps'> | undefined {
  const from = originOf(origins, e);
  if (numberIn(program, origins, from) !== undefined) return undefined;
  if (from.k === 'bin' && (from.op === '+' || from.op === '-')) {
    const right = numberIn(program, origins, from.r);
    const left = from.op === '+' ? numberIn(program, origins, from.l) : undefined;
    const inner = right === undefined ? left !== undefined && from.r : from.l;
    const counted = inner ? counting(program, origins, inner) : undefined;
    const step = right === undefined ? (left ?? 0) : from.op === '-' ? -right : right;
    if (counted) return { base: counted.base, offset: counted.offset + step };
  }
  return { base: keyOf(from), offset: 0 };
}

function numberIn(program: Program, { fn }: Origins, e: Expr): number | undefined {
  const value = withoutCasts(e);
  if (value.k === 'name') return program.constantNamed(fn.unit, value.n);
  return value.k === 'num' ? value.v : undefined;
}

/** A remainder, or what a mask leaves. */
function isWrap(e: Expr): e is Expr & { k: 'bin' } {
  return e.k === 'bin' && (e.op === '%' || e.op === '&');
}

function withoutWrap(e: Expr): Expr {
  return isWrap(e) ? withoutCasts(e.l) : e;
}

/**
 * An index with several values that are all counted from `base` or itself, as in `for (j = i + 1; …; j++)`, is
 * behind it; where one of the values is a number, as in `i == last ? 0 : i + 1`, it wraps.
 */
function stepsTo(
  program: Program,
  origins: Origins,
  index: Expr,
  base: string,
): 'behind' | 'wraps' | undefined {
  const own = withoutCasts(index);
  const sources = own.k === 'var' ? origins.sourcesOf(own.v) : [];
  if (sources.length < 2) return undefined;
  const counted = sources.map((e) => counting(program, origins, e));
  const isFrom = (key: string): boolean => counted.some((one) => one?.base === key);
  if (!isFrom(base) || counted.some((one) => one && one.base !== base && one.base !== keyOf(own)))
    return undefined;
  return counted.includes(undefined) ? 'wraps' : 'behind';
}
