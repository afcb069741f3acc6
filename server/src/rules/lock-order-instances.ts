import type { LockEdge } from '../analysis/locks/lock-facts';
import { findNestedInstances, type NestedInstances } from '../analysis/locks/nested-instances';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import type { Flow } from './finding';
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

- a function that takes the same member's lock of two objects that it is given (\`this\` is one of them), that it has
  looked up by two keys, that one object points to, or of two elements of one array, also where it takes the second
  in a function that it calls;
- neighbours in a ring, as the forks of the philosophers: \`forks[i]\` and \`forks[(i + 1) % n]\`, also behind
  pointers that are set so in one place;
- locks taken along a link of a structure by some code and back by other code: from parents to children, and from
  children to parents.

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

A comparison of the two addresses, indices, or numbers in the objects that decides what is taken first: only one of its
ways leads to the locks, or it chooses what they are called by. In a ring, a condition that lets one of the threads go
the other way round. \`std::lock\`; a \`trylock\`; another lock that is held meanwhile; objects that are found one from
the other, as in a list or a tree; code that runs in one thread only; a function that is only given objects with names,
whose order \`lock-order\` compares.

## Known problems

Callers that choose among objects without names in one order are not taken into account. An object that is given and
one that is looked up are not compared: the second may stand below the first.
`,
} as const;

export const lockOrderInstances = defineRule<NestedInstances>({
  meta,
  detect: findNestedInstances,

  report(_, { edge: { from, to }, choice, back }) {
    const first = lockName(from);
    const second = lockName(to);
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(to.fn, to.node),
      message: `\`${second}\` is taken while \`${first}\` is held, and ${reasonOf(to.fn, choice, back)}`,
      flows: [nesting({ from, to }), ...(back ? [nesting(back)] : [])],
    };
  },
});

function reasonOf(fn: Fn, choice: NestedInstances['choice'], back: LockEdge | undefined): string {
  if (choice === 'ring')
    return 'behind the last one comes the first again: threads that each hold one can wait for the next in a circle, for ever.';
  if (back)
    return `\`${functionName(back.to.fn.facts)}\` goes the other way: two threads can wait for each other for ever.`;
  return `nothing in \`${functionName(fn.facts)}\` decides which of the two comes first: with the objects swapped, two threads can wait for each other for ever.`;
}

function nesting({ from, to }: Pick<LockEdge, 'from' | 'to'>): Flow {
  return {
    title: `${lockName(from)}, then ${lockName(to)}`,
    steps: [...taken(from, 'is taken here'), ...taken(to, 'is taken here meanwhile')],
  };
}
