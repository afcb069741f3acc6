import type { Crossing } from '../analysis/locks/lock-facts';
import { givenBack, lockName, taken } from './lock-steps';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'unlock-order',
  severity: 'off',
  title: 'Locks are released in another order than the reverse of their acquisition',
  cwe: [667],
  cert: ['CON01-C'],
  misra: [],
  docs: `Locks can be released in any order without a deadlock. Some coding standards nevertheless ask for the reverse
order, as critical sections that overlap without one being inside the other are hard to reason about. This rule
is for them and off by default.

## What it finds

The release of a lock while one that was taken after it is still held.

## Incorrect

    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);

## Correct

    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);

## Known problems

Walking a list hand over hand is reported as well: it takes the next element's lock before it releases this one's.
`,
} as const;

export const unlockOrder = defineRule<Crossing>({
  meta,
  // What a macro does is said where it is used.
  detect: ({ program, locks }) =>
    program.fns.flatMap((fn) => (fn.facts.kind === 'macro' ? [] : (locks.events[fn.id]?.crossings ?? []))),

  report(_, { release, still }) {
    const first = lockName(release);
    const second = lockName(still);
    return {
      rule: meta.id,
      confidence: 'certain',
      place: placeOf(release.fn, release.node),
      message: `\`${first}\` is released while \`${second}\`, which was taken after it, is still held.`,
      flows: [
        {
          title: `${first}, then ${second}`,
          steps: [
            ...taken(still, `is taken here, after \`${first}\``),
            ...givenBack(release, `is released here, before \`${second}\``),
          ],
        },
      ],
    };
  },
});
