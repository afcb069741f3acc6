import type { Borrow } from '../analysis/threads/thread-facts';
import { functionName } from '../program/spelling';
import { passByValue } from './edits/pass-by-value';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'thread-argument-lifetime',
  severity: 'warning',
  title: 'A thread is given the address of something that may end, or change, before the thread has read it',
  cwe: [562],
  cert: ['CON34-C'],
  misra: ['22.13'],
  docs: `A thread starts when the system likes. By then the function that started it may have returned, and the local whose
address it was given is somebody else's stack; or the loop has gone on, and two threads read the same number.

## What it finds

- the address of a local, or of a part of one, given to a thread that nothing waits for before the function
  returns or the local's scope ends;
- the address of a loop's counter, or of an object that each turn fills anew, given to the threads of a loop;
- a heap object that the creator frees while the thread may still use it.

## Incorrect

    for (int i = 0; i < COUNT; i++)
        pthread_create(&tid[i], NULL, work, &i);

## Correct

    for (int i = 0; i < COUNT; i++)
        pthread_create(&tid[i], NULL, work, (void *)(intptr_t)i);

## What silences it

A join before the end, in the function or in one that it calls; a wait on a condition, a semaphore or a barrier by
which the thread says that it has taken its argument; a loop that waits for a flag in the object; static and
thread-independent storage; an object of its own for each thread; the end of \`main\`.

## Known problems

Any wait for another thread is taken for the right one. A pointer that is stored in an object and reaches the thread
that way is not followed.
`,
} as const;

/** A number that fits into a pointer: the thread can be given its value. */
const INTEGERS =
  /^(?:(?:unsigned|signed|long|short|int|char)(?: (?:unsigned|signed|long|short|int|char))*|size_t|ssize_t|u?int(?:8|16|32|ptr)_t|bool|_Bool)$/;

export const threadArgumentLifetime = defineRule<Borrow>({
  meta,
  detect: ({ threads }) => {
    const worst = new Map<string, Borrow>();
    for (const borrow of threads.borrows) {
      const key = `${borrow.creation.fn.id} ${borrow.creation.node}`;
      const known = worst.get(key);
      if (!known || ORDER.indexOf(borrow.kind) < ORDER.indexOf(known.kind)) worst.set(key, borrow);
    }
    return [...worst.values()];
  },

  report(_, { creation, kind, v, at }) {
    const { fn, node, routines } = creation;
    const variable = fn.facts.variables[v];
    const name = variable?.name ?? '…';
    const [routine] = routines;
    const runs = routine ? ` running \`${functionName(routine.facts)}\`` : '';
    const call = fn.facts.nodes[node];
    const slot = call?.op === 'call' && creation.argument ? call.args.indexOf(creation.argument) : -1;
    const isInteger =
      variable?.type.ptr === 0 && variable.type.arr === 0 && INTEGERS.test(variable.type.base);
    return {
      rule: meta.id,
      confidence: kind === 'next value' || kind === 'scope' || kind === 'exit' ? 'certain' : 'likely',
      place: placeOf(fn, node),
      message: wording(kind, name, runs, functionName(fn.facts)),
      flows: [
        {
          title: 'the thread and its argument',
          steps: [
            step(
              fn,
              node,
              `the thread is given ${kind === 'freed' ? `what \`${name}\` points to` : `the address of \`${name}\``}`,
            ),
            step(at.fn, at.node, end(kind, name)),
            ...(routine
              ? [
                  step(
                    routine,
                    routine.facts.nameSpan,
                    `\`${functionName(routine.facts)}\` runs in the thread`,
                  ),
                ]
              : []),
          ],
        },
      ],
      data: {
        ...(isInteger && slot >= 0 && routines.length === 1 && routine && routine.unit === fn.unit
          ? { variable: name, slot, routine: routine.facts.name }
          : {}),
      },
    };
  },

  fixes(finding, source) {
    const { variable, slot, routine } = finding.data ?? {};
    if (typeof variable !== 'string' || typeof slot !== 'number' || typeof routine !== 'string') return [];
    const { file, text, root } = source;
    const { start, end: stop } = finding.place;
    const edits = passByValue({ file, text, root, callStart: start, callEnd: stop, slot, variable, routine });
    return edits ? [{ title: `Give the thread the value of \`${variable}\``, preferred: true, edits }] : [];
  },
});

const ORDER: readonly Borrow['kind'][] = ['next value', 'scope', 'exit', 'freed'];

function wording(kind: Borrow['kind'], name: string, runs: string, fn: string): string {
  switch (kind) {
    case 'next value':
      return `The thread${runs} is given the address of \`${name}\`, which takes its next value in the same loop: the thread may read that one.`;
    case 'scope':
      return `The thread${runs} is given the address of \`${name}\`, whose scope ends while the thread may still use it.`;
    case 'exit':
      return `The thread${runs} is given the address of \`${name}\`, a local of \`${fn}\`, which returns while the thread may still use it.`;
    case 'freed':
      return `The thread${runs} is given what \`${name}\` points to, which is freed while the thread may still use it.`;
  }
}

function end(kind: Borrow['kind'], name: string): string {
  switch (kind) {
    case 'next value':
      return `\`${name}\` takes its next value here, and nothing has waited for the thread`;
    case 'scope':
      return `the scope of \`${name}\` ends here, and nothing has waited for the thread`;
    case 'exit':
      return `the function ends here, and nothing has waited for the thread`;
    case 'freed':
      return 'it is freed here, and nothing has waited for the thread';
  }
}
