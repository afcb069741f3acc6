import { findUncheckedTries, type UncheckedTry } from '../analysis/locks/unchecked-tries';
import { lockName } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'lock-result-ignored',
  severity: 'warning',
  title: 'The result of a trylock or timed lock is ignored, or its failure is taken for success',
  cwe: [252],
  cert: ['POS54-C'],
  misra: ['Dir 4.7'],
  docs: `A \`trylock\` that fails has not taken the lock. Code that goes on all the same works on shared data without
protection, and its unlock releases the lock of another thread.

## What it finds

- a try or timed lock whose result nothing reads;
- a path on which the try has failed, and the lock is released as if it were held.

## Incorrect

    pthread_mutex_trylock(&m);
    count++;
    pthread_mutex_unlock(&m);

## Correct

    if (pthread_mutex_trylock(&m) == 0) {
        count++;
        pthread_mutex_unlock(&m);
    }

## What silences it

A result that is tested, stored or returned. A cast to \`void\` says that the result does not matter, but not that
the lock is held: it is reported where the lock is then released.

## Known problems

A lock that is tried only to see whether it is free is not told apart from one that is wanted.
`,
} as const;

export const lockResultIgnored = defineRule<UncheckedTry>({
  meta,
  detect: findUncheckedTries,

  report(_, { tried, release }) {
    const name = lockName(tried);
    const place = placeOf(tried.fn, tried.node);
    const steps = [step(tried.fn, tried.node, `\`${name}\` is tried here`)];
    if (release) steps.push(step(release.fn, release.node, 'and released here, although the try has failed'));
    return {
      rule: meta.id,
      confidence: 'certain',
      place,
      message: release
        ? `When this try fails, \`${name}\` is not held, and still the code behind it runs to its release.`
        : `Nothing reads whether \`${name}\` was taken: where it was not, the code behind it runs without the lock.`,
      flows: [{ title: `${name} may not be held`, steps }],
    };
  },
});
