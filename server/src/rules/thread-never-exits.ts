import { endlessLoop } from '../analysis/threads/thread-endless';
import type { ThreadSite } from '../analysis/threads/thread-facts';
import { type Repetition, repetitionOf } from '../analysis/threads/thread-repeats';
import type { LoopFacts } from '../facts/facts';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'thread-never-exits',
  severity: 'warning',
  title: 'Threads that can never end are created again and again',
  cwe: [400],
  cert: [],
  misra: [],
  docs: `Each thread takes a stack (8 MiB of address space by default on Linux), kernel memory, and one of the system's
limited number of tasks, until it ends. A thread that is started for every connection and whose routine has no way
out stays for ever; joining or detaching it changes nothing.

## What it finds

A routine that loops without a way out (no \`break\`, no \`return\`, no condition, no call that ends the thread), and a
thread of it that is created

- in a loop that goes on as long as the program runs, in the creating function or further up;
- in a function that nothing in the workspace calls and that hands the thread a number it was called with: a
  callback, called once for every connection.

## Incorrect

    static void *poll_peer(void *arg)
    {
        for (;;) {
            ping((int)(intptr_t)arg);
            sleep(1);
        }
    }

    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_create(&tid, &detached, poll_peer, (void *)(intptr_t)fd);
    }

## Correct

    static void *poll_peer(void *arg)
    {
        while (ping((int)(intptr_t)arg) == 0)
            sleep(1);
        return NULL;
    }

## What silences it

A pool: threads started by a counted loop, along a list, or once at start-up; a flag or count that decides whether
the thread is started; a routine with any way out.

## Known problems

A way out that can never be taken is taken for one.
`,
} as const;

interface Witness {
  site: ThreadSite;
  repetition: Repetition;
  endless: { fn: Fn; loop: LoopFacts };
}

export const threadNeverExits = defineRule<Witness>({
  meta,
  detect({ program, graph, threads }) {
    return threads.sites.flatMap((site) => {
      const { creation } = site;
      if (creation.inner) return [];
      const loops = creation.routines.map((routine) => endlessLoop(graph, program, routine));
      const [loop] = loops;
      if (loops.some((one) => !one)) return [];
      const repetition = loop && repetitionOf(program, graph, threads.sites, site);
      return loop && repetition ? [{ site, repetition, endless: loop }] : [];
    });
  },

  report(_, { site, repetition, endless }) {
    const { fn, node, routines } = site.creation;
    const routine = routines[0]?.facts;
    const name = routine ? functionName(routine) : '…';
    const where =
      repetition.kind === 'calls'
        ? `each call of \`${functionName(repetition.fn.facts)}\``
        : `each turn of a loop in \`${functionName(repetition.fn.facts)}\``;
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(fn, node),
      message: `A thread of \`${name}\`, which can never end, is created by ${where}: threads pile up until there are no more.`,
      flows: [
        {
          title: 'the threads and what they run',
          steps: [
            ...(repetition.fn === fn && repetition.node === node
              ? []
              : [step(repetition.fn, repetition.node, 'this call is made again and again')]),
            ...repetition.chain.slice(0, -1).map((one) => step(one.fn, one.node, 'it comes here')),
            step(fn, node, 'a thread is created here'),
            step(
              endless.fn,
              endless.loop.span,
              `this loop in \`${functionName(endless.fn.facts)}\` has no way out`,
            ),
          ],
        },
      ],
    };
  },
});
