import { type EmptyGuard, findEmptyGuards } from '../analysis/locks/guard-uses';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'empty-guard',
  severity: 'warning',
  title: 'A guard never has a lock',
  cwe: [667],
  cert: [],
  misra: [],
  docs: `A guard that was given no lock, or was told to leave taking it for later and never does, guards nothing. It
compiles, and the code around it reads as if it were protected.

## What it finds

- \`std::scoped_lock\` without a mutex: a list of no locks is allowed, and locks nothing;
- a \`unique_lock\` or another guard that is made without a lock and never gets one;
- a guard made with \`std::defer_lock\` that nothing locks.

## Incorrect

    std::scoped_lock lock;
    count++;

    std::unique_lock<std::mutex> later(m, std::defer_lock);
    count++;

## Correct

    std::scoped_lock lock(m);
    count++;

    std::unique_lock<std::mutex> later(m, std::defer_lock);
    later.lock();
    count++;

## What silences it

A guard that is assigned, moved, swapped, given to a call (\`std::lock(a, b)\`), captured by a lambda, bound to a
reference, returned or locked, on whatever path.

## Known problems

Guards that are members of an object are not followed, and neither are those of classes in the workspace.
`,
} as const;

const WHY = {
  several: 'is given no mutex, so it locks nothing',
  never: 'is made without a mutex and never gets one, so it locks nothing',
  deferred: 'leaves taking the lock for later, and nothing takes it',
} as const;

export const emptyGuard = defineRule<EmptyGuard>({
  meta,
  detect: findEmptyGuards,

  report(_, { fn, node, kind, variable }) {
    const guard = variable ? `The guard \`${variable}\`` : 'This guard';
    return {
      rule: meta.id,
      confidence: 'certain',
      place: placeOf(fn, node),
      message: `${guard} ${WHY[kind]}: the code around it is not protected.`,
      flows: [
        { title: 'the guard', steps: [step(fn, node, 'it is made here, and has no lock until it ends')] },
      ],
    };
  },
});
