import type { LockEdge } from '../analysis/locks/lock-facts';
import { findNestedInstances } from '../analysis/locks/nested-instances';
import { functionName } from '../program/spelling';
import { lockName, taken } from './lock-steps';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'lock-order-instances',
  severity: 'information',
  title: 'The same lock of two objects is nested with no order between the objects',
  cwe: [833],
  cert: ['POS51-C'],
  misra: ['Dir 5.2'],
  docs: `\`transfer(a, b)\` in one thread and \`transfer(b, a)\` in another each hold the lock that the other waits for.
Which of two objects of one kind comes first must be decided by something that is the same for everybody: their
addresses, or a number in them.

## What it finds

A function that takes the same member's lock of two objects it is given, or of two elements of one array that it
is told, without comparing them.

## Incorrect

    void transfer(struct account *from, struct account *to, int n)
    {
        pthread_mutex_lock(&from->lock);
        pthread_mutex_lock(&to->lock);
        …
    }

## Correct

    void transfer(struct account *from, struct account *to, int n)
    {
        struct account *first = from < to ? from : to;
        struct account *second = from < to ? to : from;
        pthread_mutex_lock(&first->lock);
        pthread_mutex_lock(&second->lock);
        …
    }

## What silences it

A comparison of the two addresses, indices, or numbers in the objects; \`std::lock\`; a \`trylock\`; objects that
are found one from the other, as in a list or a tree; code that runs in one thread only; a function that is only
given objects with names, whose order \`lock-order\` compares.

## Known problems

Callers that choose among objects without names in one order are not taken into account.
`,
} as const;

export const lockOrderInstances = defineRule<LockEdge>({
  meta,
  detect: findNestedInstances,

  report(_, { from, to }) {
    const first = lockName(from);
    const second = lockName(to);
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(to.fn, to.node),
      message: `\`${second}\` is taken while \`${first}\` is held, and nothing in \`${functionName(to.fn.facts)}\` decides which of the two comes first: with the objects swapped, two threads can wait for each other for ever.`,
      flows: [
        {
          title: `${first}, then ${second}`,
          steps: [...taken(from, 'is taken here'), ...taken(to, 'is taken here meanwhile')],
        },
      ],
    };
  },
});
