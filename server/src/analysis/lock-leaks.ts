/** Locks that are still held where a function ends although other ends gave them back. */
import type { Fn } from '../program/program';
import type { LockLeak } from './lock-facts';
import { areContrary, type Ending } from './lock-summary';
import { areDisjoint, type Value } from './value';

/** Ends that hold what others give back; each lock at each end once. */
export function leaksOf(fn: Fn, endings: readonly Ending[]): LockLeak[] {
  const leaks = new Map<string, LockLeak>();
  for (const ending of endings) {
    if (ending.state.blurred) continue;
    for (const { key, acquisition } of ending.state.held) {
      const balanced = endings.filter(
        ({ state }) => !state.blurred && state.over.has(key) && !isHeld(state, key),
      );
      if (balanced.some((other) => isDecidedByCaller(ending, other))) continue;
      const told = balanced.length > 0 && balanced.every((other) => isTold(fn, ending, other));
      const id = `${ending.node} ${key}`;
      const known = leaks.get(id);
      const released = [...new Set(balanced.map(({ node }) => node))];
      const by = balanced[0]?.state.over.get(key);
      leaks.set(id, {
        acquisition,
        exit: ending.node,
        released,
        told: told || (known?.told ?? false),
        ...(by ? { by } : {}),
      });
    }
  }
  return [...leaks.values()];
}

function isHeld(state: Ending['state'], key: string): boolean {
  return state.held.some((held) => held.key === key);
}

/** A flag parameter or a flag left in memory says that the lock stays held. */
function isDecidedByCaller(held: Ending, other: Ending): boolean {
  if (areContrary(held.outcome.when, other.outcome.when)) return true;
  return held.outcome.leaves.some((leaf) =>
    other.outcome.leaves.some(
      ({ to, value }) => JSON.stringify(to) === JSON.stringify(leaf.to) && value !== leaf.value,
    ),
  );
}

/** Success with the lock, failure without it: the caller goes on with the lock where it got what it asked for. */
function isTold(fn: Fn, held: Ending, other: Ending): boolean {
  const a = held.outcome.result;
  const b = other.outcome.result;
  if (!a || !b || !areDisjoint(a, b)) return false;
  const { returns } = fn.facts;
  const isTruth = returns.ptr > 0 || TRUTH.test(returns.base);
  if (isTruth) return isNonZero(a) && b.eq === 0;
  if (a.eq === 0) return true;
  return isPositive(a) && !isPositive(b);
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

function isPositive({ eq, sign }: Value): boolean {
  return sign === 1 || (typeof eq === 'number' && eq > 0);
}
