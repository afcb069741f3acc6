import type { Relock } from '../analysis/locks/lock-facts';
import { functionName } from '../program/spelling';
import { lockName, taken } from './lock-steps';
import { relocksOf } from './relocks';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'rwlock-upgrade',
  severity: 'error',
  title: 'A write lock is requested while the same thread holds the read lock',
  cwe: [833],
  cert: [],
  misra: [],
  docs: `A writer waits until all readers are gone. A reader that asks for the write lock is one of those it waits for:
it never gets it, and while it waits no new reader is let in either.

## What it finds

A read-write lock taken for writing, in the function or below a call, while the function holds it for reading.

## Incorrect

    pthread_rwlock_rdlock(&cache->lock);
    if (!lookup(cache, key)) {
        pthread_rwlock_wrlock(&cache->lock);
        insert(cache, key);
    }

## Correct

    pthread_rwlock_rdlock(&cache->lock);
    int found = lookup(cache, key);
    pthread_rwlock_unlock(&cache->lock);
    if (!found) {
        pthread_rwlock_wrlock(&cache->lock);
        if (!lookup(cache, key))
            insert(cache, key);
        pthread_rwlock_unlock(&cache->lock);
    }

## What silences it

Giving the read lock back first; a \`trywrlock\`.

## Known problems

Locks with an upgradable mode of their own are known only where a model says so.
`,
} as const;

export const rwlockUpgrade = defineRule<Relock>({
  meta,
  detect: (analysis) => relocksOf(analysis, (relock) => relock.upgrade),

  report(_, { held, again }) {
    const name = lockName(held);
    const callee = again.inner && functionName(again.inner.fn.facts);
    return {
      rule: meta.id,
      confidence: again.doubts === 0 ? 'certain' : again.doubts > 1 ? 'possible' : 'likely',
      place: placeOf(again.fn, again.node),
      message: `${callee ? `\`${callee}\` takes` : 'The thread wants'} \`${name}\` for writing while this function still holds it for reading: the writer waits for its own read lock for ever.`,
      flows: [
        {
          title: `${name}: read, then write`,
          steps: [...taken(held, 'is taken for reading here'), ...taken(again, 'is taken for writing here')],
        },
      ],
    };
  },
});
