/**
 * What a function learns of shared memory in a critical section holds no longer behind it: another thread may have
 * been in the next one. What it knew before is what it decides by, `if (s->threaded) lock(…)`, and stays.
 */
import type { Entry, Environment } from '../paths/environment';
import type { Held, LockState } from './lock-state';

/** Keys of what was known of memory where each lock was taken, on all paths to there; by the node that took it. */
export type KnownBefore = Map<number, ReadonlySet<string>>;

/** Remembers what is known where locks are taken. */
export function enter(known: KnownBefore, before: LockState, after: LockState, env: Environment): void {
  for (const held of after.held) {
    const { node } = held.acquisition;
    if (before.held.includes(held) || before.held.some(({ id }) => id === held.id)) continue;
    const shared = [...env].filter(([, entry]) => isOfMemory(entry)).map(([key]) => key);
    const earlier = known.get(node);
    known.set(node, new Set(earlier ? shared.filter((key) => earlier.has(key)) : shared));
  }
}

/** Keys of what is no longer known where the last lock is given back. */
export function leave(
  known: KnownBefore,
  before: LockState,
  after: LockState,
  env: Environment,
): readonly string[] {
  if (before.held.length === 0 || after.held.length > 0) return [];
  const stays = (key: string): boolean => before.held.some((held) => isKnownBefore(known, held, key));
  return [...env].flatMap(([key, entry]) => (isOfMemory(entry) && !stays(key) ? [key] : []));
}

function isKnownBefore(known: KnownBefore, { acquisition }: Held, key: string): boolean {
  return known.get(acquisition.node)?.has(key) === true;
}

/** Of a global or of what a pointer points to; pointers themselves are looked at elsewhere. */
function isOfMemory({ deps, alias }: Entry): boolean {
  if (alias) return false;
  for (const dep of deps) if (dep === 'M' || dep.startsWith('n:')) return true;
  return false;
}
