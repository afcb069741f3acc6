import type { Relock } from '../analysis/locks/lock-facts';
import { functionName } from '../program/spelling';
import { lockName, taken } from './lock-steps';
import { relocksOf } from './relocks';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'double-lock',
  severity: 'error',
  title: 'A lock that is not recursive is taken again by the thread that holds it',
  cwe: [764],
  cert: ['CON56-CPP'],
  misra: ['22.18'],
  docs: `A plain mutex, a spinlock and the writer's side of a read-write lock know nothing of who holds them. The thread
that takes one twice waits for itself, for ever.

## What it finds

- the same lock taken twice on one path of a function;
- a lock held across a call of a function that takes it, through any number of functions and files, as long as
  the way there does not contradict what is known of the arguments (\`f(x, have_lock)\`);
- the lock of an array's element taken while that of another one is held, where the second index is read from
  memory and nothing on the way compares the two.

## Incorrect

    void add(struct list *l, struct item *i)
    {
        pthread_mutex_lock(&l->lock);
        if (count(l) < LIMIT)          /* takes l->lock as well */
            push(l, i);
        pthread_mutex_unlock(&l->lock);
    }

## Correct

    void add(struct list *l, struct item *i)
    {
        pthread_mutex_lock(&l->lock);
        if (count_locked(l) < LIMIT)
            push(l, i);
        pthread_mutex_unlock(&l->lock);
    }

## What silences it

A recursive mutex, by attribute, initialiser or type; an error-checking one whose error is handled; a \`trylock\`; an attribute that is not
visible; two readers of one read-write lock; a function that gives the lock back before it takes it.

## Known problems

Two names of one object are taken for two locks, unless one is known to be a copy of the other.
`,
} as const;

/** Functions on the way down that may also return without taking the lock: beyond this nobody has shown it. */
const MAX_DOUBTS = 1;

const REFUSED = 'the lock checks for that and gives an error, which nobody handles.';

export const doubleLock = defineRule<Relock>({
  meta,
  detect: (analysis) => relocksOf(analysis, (relock) => !relock.upgrade),

  report(_, { held, again, isElement, isChecked }) {
    const name = lockName(held);
    const callee = again.inner && functionName(again.inner.fn.facts);
    const isSure = again.doubts === 0 && !isElement;
    const confidence = isSure ? 'certain' : again.doubts > MAX_DOUBTS ? 'possible' : 'likely';
    return {
      rule: meta.id,
      confidence,
      place: placeOf(again.fn, again.node),
      message: isElement
        ? `${callee ? `\`${callee}\` takes` : 'The thread takes'} another \`${again.cls?.label ?? name}\` while \`${name}\` is held, and the index comes from data: where it is the same one, the thread waits for itself for ever.`
        : callee
          ? `\`${callee}\` takes \`${name}\`, which is already held here: ${isChecked ? REFUSED : 'the thread waits for itself for ever.'}`
          : `\`${name}\` is taken again by the thread that holds it: ${isChecked ? REFUSED : 'it waits for itself for ever.'}`,
      flows: [
        {
          title: `${name}, then ${name} again`,
          steps: [...taken(held, 'is taken here'), ...taken(again, 'is taken again here')],
        },
      ],
    };
  },
});
