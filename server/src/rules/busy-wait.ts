import { type BusyWait, findBusyWaits } from '../analysis/busy-waits/busy-waits';
import type { Expr } from '../facts/expr';
import type { Fn } from '../program/program';
import { functionName, spell } from '../program/spelling';
import { yieldInLoop } from './edits/yield-in-loop';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'busy-wait',
  severity: 'information',
  title: 'A loop waits for another thread without giving up the processor',
  cwe: [400],
  cert: [],
  misra: [],
  docs: `A thread that looks again and again keeps a processor busy with nothing, and where there are more such threads
than processors it keeps the very thread from running that it waits for. Ten times the run time is common.

## What it finds

A loop with a way round on which nothing is done, while all ways out of it hang on memory that another thread has
to change: a global, a field, an atomic, a flag whose address was given away, or the result of a function that
only looks at such. Taking and releasing a lock to look does not help: the processor is busy all the same. A
larger loop is reported where its waiting branch neither sleeps, yields nor blocks.

## Incorrect

    while (!atomic_load(&job->done))
        ;

## Correct

    pthread_mutex_lock(&job->lock);
    while (!job->done)
        pthread_cond_wait(&job->finished, &job->lock);
    pthread_mutex_unlock(&job->lock);

Where the wait is known to be very short, \`sched_yield\` or a pause of the processor is enough.

## What silences it

A call that sleeps, yields, pauses, blocks, or is not visible; a counter that bounds the turns; a loop that
changes what it looks at, walks a list or consumes its input; a compare-and-exchange that is tried again, as
its failure means that another thread has got on; releasing other locks before a lock is tried again.

## Known problems

The inner loop of a spinlock is reported where it has no pause. A loop that works until a flag stops it is
reported where its work is only done in its own variables.
`,
} as const;

export const busyWait = defineRule<BusyWait>({
  meta,
  detect: findBusyWaits,

  report(_, { fn, loop, polled, tests }) {
    const name = polledName(fn, polled);
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(fn, loop.first),
      message: `This loop polls ${name} and neither sleeps, yields nor blocks meanwhile: it keeps a processor busy until another thread gets on.`,
      flows: [
        {
          title: 'the loop',
          steps: tests.map((node) => step(fn, node, 'whether it goes on is decided here')),
        },
      ],
      data: { start: loop.span[0], end: loop.span[1] },
    };
  },

  fixes: ({ data }, source) =>
    typeof data?.start === 'number' && typeof data.end === 'number'
      ? yieldInLoop(source, data.start, data.end)
      : [],
});

function polledName(fn: Fn, polled: Expr): string {
  const plain = polled.k === 'cast' ? polled.e : polled;
  if (plain.k === 'result') {
    const call = fn.facts.nodes[plain.n];
    const name = call?.op === 'call' ? spell(fn.facts, call.callee) : '…';
    return name.includes('…') ? 'the state of another thread' : `\`${name}\``;
  }
  const name = spell(fn.facts, plain);
  return name.includes('…') ? `what \`${functionName(fn.facts)}\` waits for` : `\`${name}\``;
}
