/**
 * What a function learns of shared memory in a critical section holds no longer in the next one: another thread may
 * have been there in between. What it knew before is what it decides by, `if (s->threaded) lock(…)`, and stays.
 */
import { keyOf } from '../paths/access-path';
import type { Entry, Environment } from '../paths/environment';
import type { LockState } from './lock-state';

/** Keys of what was known of memory where each lock was first taken, on all paths to there; by the lock's path. */
export type KnownBefore = Map<string, ReadonlySet<string>>;

/**
 * Keys of what is no longer known where a call has taken a lock that was given back before, on this path or as
 * `passed` says. Remembers what is known where one is taken for the first time.
 */
export function enter(
  known: KnownBefore,
  passed: ReadonlySet<string>,
  before: LockState,
  after: LockState,
  env: Environment,
): readonly string[] {
  if (before.held.length > 0) return [];
  const forgotten = new Set<string>();
  for (const { acquisition } of after.held) {
    const lock = keyOf(acquisition.place);
    const shared = env.flatMap((entry) => (isOfMemory(entry) ? [entry.key] : []));
    const earlier = known.get(lock);
    if (!before.over.has(lock) && !passed.has(lock))
      known.set(lock, new Set(earlier ? shared.filter((key) => earlier.has(key)) : shared));
    else for (const key of shared) if (!earlier?.has(key)) forgotten.add(key);
  }
  return [...forgotten];
}

/** Of a global or of what a pointer points to; pointers themselves are looked at elsewhere. */
function isOfMemory({ deps, alias }: Entry): boolean {
  if (alias) return false;
  for (const dep of deps) if (dep === 'M' || dep.startsWith('n:')) return true;
  return false;
}
