import type { Analysis } from '../analysis/analysis';
import type { ForkChild } from '../analysis/runtime/fork-facts';
import type { ThreadStart } from '../analysis/runtime/fork-threads';
import { forkSteps, threadStep } from './fork-wording';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'fork-in-threaded-program',
  severity: 'information',
  title: 'A program that creates threads forks, and the child does not become another program',
  cwe: [833],
  cert: ['POS38-C'],
  misra: [],
  docs: `After \`fork\` the child has one thread, and the locks, buffers and half-made changes of all the others. Only
\`exec\` makes a clean process of it.

## What it finds

A \`fork\`, in code that may run while another thread exists, whose child neither calls one of the \`exec\` functions
nor leaves by \`_exit\` after a few async-signal-safe calls.

## Incorrect

    pthread_create(&tid, NULL, worker, NULL);
    if (fork() == 0) {
        run_job();
        _exit(0);
    }

## Correct

    if (fork() == 0) {
        run_job();
        _exit(0);
    }
    pthread_create(&tid, NULL, worker, NULL);

Fork before the first thread is started, call \`exec\` at once in the child, or use \`posix_spawn\`.

## Known problems

Only threads whose start is in the workspace are known.
`,
} as const;

interface Witness {
  child: ForkChild;
  thread: ThreadStart;
}

export const forkInThreadedProgram = defineRule<Witness>({
  meta,
  detect: (analysis) =>
    analysis.runtime.forks().children.flatMap((child) => {
      if (child.site.shares || child.handedOn || !childGoesOn(analysis, child)) return [];
      const thread = analysis.runtime.threads().at(child.site);
      return thread ? [{ child, thread }] : [];
    }),

  report: (_analysis, { child, thread }) => ({
    rule: meta.id,
    confidence: thread.vague ? 'possible' : 'likely',
    place: placeOf(child.site.fn, child.site.node),
    message: `\`${child.site.callee}\` copies a process that has other threads, and the child goes on without \`exec\`: locks that those threads hold at this moment stay locked in it for ever.`,
    flows: [{ title: 'the fork and the threads', steps: [threadStep(thread), ...forkSteps(child.site)] }],
  }),
});

/** The child does work of its own: it calls what is not known to be harmless, or returns. */
export function childGoesOn(analysis: Analysis, { site, calls, returns }: ForkChild): boolean {
  const { runtime } = analysis;
  if (calls.some((node) => runtime.execs(site.fn, node))) return false;
  if (returns.length > 0) return true;
  return calls.some(
    (node) => runtime.calls().at(site.fn, node).length > 0 || runtime.hazardFrom(site.fn, node) !== undefined,
  );
}
