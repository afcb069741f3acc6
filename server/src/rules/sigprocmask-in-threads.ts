import type { Analysis } from '../analysis/analysis';
import { modelledCalls } from '../analysis/calls/modelled';
import type { ThreadStart } from '../analysis/runtime/fork-threads';
import type { Fn } from '../program/program';
import { calleeSpan } from './fork-edits';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'sigprocmask-in-threads',
  severity: 'information',
  title: '`sigprocmask` in a program that creates threads',
  cwe: [364],
  cert: ['CON37-C'],
  misra: [],
  docs: `POSIX leaves open what \`sigprocmask\` does in a process with several threads. \`pthread_sigmask\` takes the same
arguments and sets the mask of the calling thread.

## What it finds

A call of \`sigprocmask\` where another thread of the program may exist. The code between a fork and the child's
\`exec\` runs in one thread and is not reported, nor is code that runs before the first thread is started.

## Incorrect

    sigprocmask(SIG_BLOCK, &set, NULL);

## Correct

    pthread_sigmask(SIG_BLOCK, &set, NULL);

Threads inherit the mask of the thread that creates them: block signals before the first \`pthread_create\`.

## Known problems

\`pthread_sigmask\` returns an error number where \`sigprocmask\` returns -1 and sets \`errno\`: the quick fix is
only offered where the result is not used.
`,
} as const;

interface Witness {
  fn: Fn;
  node: number;
  name: string;
  instead: string;
  thread: ThreadStart;
}

export const sigprocmaskInThreads = defineRule<Witness>({
  meta,
  detect(analysis) {
    return modelledCalls(analysis.program).flatMap(({ fn, node, target }): Witness[] => {
      const instead = target.model.instead?.threads;
      if (!instead || isInChild(analysis, fn, node)) return [];
      const thread = analysis.runtime.threads().at({ fn, node });
      return thread ? [{ fn, node, name: target.name, instead, thread }] : [];
    });
  },

  report(_analysis, { fn, node, name, instead, thread }) {
    const span = isUsed(fn, node) ? undefined : calleeSpan(fn, node);
    return {
      rule: meta.id,
      confidence: thread.vague ? 'possible' : 'likely',
      place: placeOf(fn, node),
      message: `\`${name}\` is not specified for a process with several threads: \`${instead}\` sets the mask of the calling thread.`,
      flows: [
        {
          title: 'the threads',
          steps: [step(thread.fn, thread.node, `a thread is started here, which may run at the same time`)],
        },
      ],
      ...(span ? { data: { name, instead, start: span[0], end: span[1] } } : {}),
    };
  },

  fixes({ data, place }, { text }) {
    if (typeof data?.instead !== 'string' || typeof data.start !== 'number' || typeof data.end !== 'number')
      return [];
    const { start, end, instead, name } = data;
    if (text.slice(start, end) !== name) return [];
    const edits = [{ file: place.file, start, end, newText: instead }];
    return [{ title: `Call \`${instead}\``, preferred: true, edits }];
  },
});

function isInChild(analysis: Analysis, fn: Fn, node: number): boolean {
  return analysis.runtime
    .forks()
    .children.some((child) => child.site.fn === fn && child.calls.includes(node));
}

function isUsed(fn: Fn, node: number): boolean {
  return JSON.stringify(fn.facts.nodes).includes(`{"k":"result","n":${node}}`);
}
