/** Locks that are still held where a function ends although other ends gave them back. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import type { Fn } from '../../program/program';
import { dependencies, keyOf, mapRoot, rootOf } from '../paths/access-path';
import { guardsOf } from '../paths/control-dependence';
import { areDisjoint, type Value } from '../paths/value';
import { isUnnamed } from './guards';
import type { LockEventLog } from './lock-events';
import type { Acquisition, Condition, LockEvent, LockLeak } from './lock-facts';
import { areContrary, type Ending } from './lock-summary';
import { isBehindTurns, isGivenBackInTurns } from './lock-turns';

/**
 * Ends that hold what others give back; each lock at each end once. `thrown` are ends by an exception, `gave` says
 * where a lock was given back.
 */
export function leaksOf(
  fn: Fn,
  endings: readonly Ending[],
  thrown: readonly Ending[],
  gave: LockEventLog['gave'],
): LockLeak[] {
  const leaks = new Map<string, LockLeak>();
  const hasNegative = endings.some(({ outcome }) => isNegative(outcome.result));
  const all = [...endings, ...thrown];
  for (const ending of all) {
    if (ending.state.blurred) continue;
    const isThrown = thrown.includes(ending);
    for (const { id: held, names, acquisition } of ending.state.held) {
      if (acquisition.chosen || isKeptByGuard(ending, names)) continue;
      // What was its caller's before it was given back and taken again is its caller's now. And where another way
      // through the function gives it back without having taken it, one call begins what the next one ends; a loop that
      // gives back what another has taken does not.
      const isTurn = ({ node }: LockEvent): boolean => isGivenBackInTurns(fn.facts, acquisition, node);
      if (endings.some(({ state }) => isGivenBackIn(state, names, isTurn))) continue;
      const given = [...(gave.get(held)?.values() ?? [])];
      const by = given[given.length - 1];
      if (given.some(({ node }) => isBehindTurns(fn.facts, acquisition, node, ending.node))) continue;
      const others = endings.filter(({ state }) => !state.blurred && !isHeld(state, acquisition));
      const balanced = by ? others : [];
      // Who catches the exception may know of the lock, but not where every other way gives it back.
      if (isThrown && balanced.length === 0) continue;
      if (isDecidedByCaller(ending, balanced)) continue;
      const flags = flagsOf(ending, balanced);
      // `*locked = 1` is said to the caller alone.
      if (flags.some((flag) => flag.k === 'deref')) continue;
      if (isAskedFor(fn, acquisition, ending.node)) continue;
      const told = balanced.length > 0 && balanced.every((other) => isTold(fn, ending, other, hasNegative));
      // The second lock that one place takes, hand over hand, is the same story.
      const id = `${ending.node} ${held.replace(/\+$/, '')}`;
      leaks.set(id, {
        acquisition,
        exit: ending.node,
        released: [...new Set(balanced.map(({ node }) => node))],
        always: !all.some((one) => one.node === ending.node && !isHeld(one.state, acquisition)),
        ...(isThrown ? { thrown: true } : {}),
        ...(by ? { by } : {}),
        ...(flags.length > 0 ? { flags } : {}),
        ...(told ? { told: isTruth(fn) ? 'truth' : 'number' } : {}),
      });
    }
  }
  return [...leaks.values()];
}

/** A guard that is part of an object of the caller has the lock, and gives it back when that object ends. */
function isKeptByGuard({ outcome }: Ending, names: Ending['state']['held'][number]['names']): boolean {
  return outcome.binds.some(
    ({ to, value }) =>
      to.k === 'field' &&
      to.f === '#owned' &&
      value.k === 'num' &&
      value.v === 1 &&
      names.some(
        ({ place }) =>
          isUnnamed(place) &&
          // What is returned has no name of its own in what callers get.
          (keyOf(place.of) === keyOf(to.of) || keyOf(mapRoot(place.of, () => rootOf(to))) === keyOf(to.of)),
      ),
  );
}

/**
 * The call that took it has given an object that is asked on the way to this end, `if (!status.ok()) return status;`:
 * it may say that the lock was not taken.
 */
function isAskedFor({ facts, unit }: Fn, { node: taking, inner }: Acquisition, exit: number): boolean {
  if (unit.language !== 'cpp' || !inner) return false;
  const { nodes, variables } = facts;
  const v = variableGiven(nodes, taking);
  const type = v === undefined ? undefined : variables[v]?.type;
  if (!type || type.ptr > 0 || SCALAR.test(type.base)) return false;
  return guardsOf(nodes, exit).some(({ node, cond }) => {
    if (node < taking) return false;
    const asked = cond.k === 'un' ? cond.e : cond;
    const call = asked.k === 'result' ? nodes[asked.n] : undefined;
    if (call?.op !== 'call' || call.callee.k !== 'field') return false;
    return call.callee.of.k === 'var' && call.callee.of.v === v;
  });
}

/** The variable that takes what a call gives, by an assignment or the `operator=` of its class. */
function variableGiven(nodes: readonly CfgNode[], taking: number): number | undefined {
  const isIt = (e: Expr | undefined): boolean => e?.k === 'result' && e.n === taking;
  for (const node of nodes) {
    if (node.op === 'assign' && node.to.k === 'var' && isIt(node.from)) return node.to.v;
    if (node.op !== 'call' || node.callee.k !== 'field' || node.callee.of.k !== 'var') continue;
    if ((node.callee.f === 'operator=' || node.callee.f === '{constructor}') && isIt(node.args[0]))
      return node.callee.of.v;
  }
  return undefined;
}

/** What a condition can compare. */
const SCALAR = /^(?:(?:un)?signed|char|short|int|long|bool|auto|[a-z]\w*_t|std::\w+_t|)$/;

function isGivenBackIn(
  { released }: Ending['state'],
  names: Ending['state']['held'][number]['names'],
  isTurn: (release: LockEvent) => boolean,
): boolean {
  return released.some((release) => names.some(({ key }) => key === release.key) && !isTurn(release));
}

/** By whatever name, or another lock in its place: a list walked hand over hand ends with the last one's. */
function isHeld(state: Ending['state'], { node, cls }: Acquisition): boolean {
  return state.held.some(
    ({ acquisition }) => acquisition.node === node || (cls !== undefined && acquisition.cls?.key === cls.key),
  );
}

/**
 * A flag parameter decides at one and the same end, and at no other: where another value of the flag goes with every
 * end without the lock.
 */
function isDecidedByCaller(held: Ending, balanced: readonly Ending[]): boolean {
  const own = byParameter(held);
  const isContrary = (other: Ending): boolean => areContrary(own, byParameter(other));
  return (
    balanced.every(isContrary) && balanced.some((other) => held.node === other.node && isContrary(other))
  );
}

function byParameter({ outcome }: Ending): readonly Condition[] {
  return outcome.when.filter(
    ({ of }) => dependencies(of).size > 0 && ![...dependencies(of)].some((dep) => !dep.startsWith('v')),
  );
}

/** Flags in memory that tell this end from one without the lock: they may say that it stays held. */
function flagsOf(held: Ending, balanced: readonly Ending[]): readonly Expr[] {
  return held.outcome.leaves.flatMap(({ to, value }) => {
    const isOther = balanced.some(({ outcome }) =>
      outcome.leaves.some((leaf) => keyOf(leaf.to) === keyOf(to) && leaf.value !== value),
    );
    return isOther ? [to] : [];
  });
}

/** Success with the lock, failure without it: the caller goes on with the lock where it got what it asked for. */
function isTold(fn: Fn, held: Ending, other: Ending, hasNegative: boolean): boolean {
  const a = held.outcome.result;
  const b = other.outcome.result;
  if (!a || !b || !areDisjoint(a, b)) return false;
  if (isTruth(fn)) return isNonZero(a) && b.eq === 0;
  if (a.eq === 0) return true;
  // Where errors are negative, a positive number is no truth value.
  return !hasNegative && isPositive(a) && b.eq === 0;
}

function isTruth({ facts: { returns } }: Fn): boolean {
  return returns.ptr > 0 || TRUTH.test(returns.base);
}

/** C had no such type for long, so every project has its own. */
const TRUTH = /bool(ean)?(_t)?$/i;

function isNonZero({ eq, ne, sign }: Value): boolean {
  return (
    (typeof eq === 'number' && eq !== 0) ||
    typeof eq === 'string' ||
    sign !== undefined ||
    ne?.includes(0) === true
  );
}

function isNegative(value: Value | undefined): boolean {
  return value?.sign === -1 || (typeof value?.eq === 'number' && value.eq < 0);
}

function isPositive({ eq, sign }: Value): boolean {
  return sign === 1 || (typeof eq === 'number' && eq > 0);
}
