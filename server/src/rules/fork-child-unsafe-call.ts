import type { Analysis } from '../analysis/analysis';
import { type ChainStep, endOf } from '../analysis/calls/reach';
import { mustPass } from '../analysis/paths/control-dependence';
import type { ForkChild } from '../analysis/runtime/fork-facts';
import type { ThreadStart } from '../analysis/runtime/fork-threads';
import { type Hazard, hazardAt } from '../analysis/runtime/hazards';
import { calleeName } from '../program/spelling';
import type { Confidence } from './finding';
import { calleeSpan } from './fork-edits';
import { forkSteps, threadStep } from './fork-wording';
import { defineRule, placeOf } from './rule';
import {
  type CallGroup,
  chainConfidence,
  chainSteps,
  groupCalls,
  groupText,
  hazardText,
} from './runtime-wording';

const meta = {
  id: 'fork-child-unsafe-call',
  severity: 'warning',
  title: 'The child of a fork calls what is not async-signal-safe, in a program with threads',
  cwe: [479, 833],
  cert: ['SIG30-C'],
  misra: [],
  docs: `\`fork\` copies the memory, but only the thread that called it. A lock that another thread held at that moment
stays locked in the child for ever: nobody is there to release it. Between \`fork\` and \`exec\` (or \`_exit\`) POSIX
allows the child of a process with threads async-signal-safe functions only.

## What it finds

In the code that runs in the child (the side on which the result of \`fork\` is zero, in whatever way it is asked
for, also behind a function that returns the result), a call that is not async-signal-safe: allocation, stdio,
locks, \`exit\`, directly or through other functions. Only programs that start a thread which may run at that time
are reported.

## Incorrect

    pid_t child = fork();
    if (child == 0) {
        printf("starting %s\\n", argv[0]);
        execv(argv[0], argv);
        exit(127);
    }

## Correct

    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        _exit(127);
    }

Prepare everything before the fork: strings, environment, lists of descriptors. \`posix_spawn\` does without the
problem.

## Known problems

- glibc repairs its own allocator and streams in the child, so \`malloc\` and \`printf\` mostly work with glibc's own
  allocator. They do not with an allocator that is put in its place, nor with another C library. The time zone,
  the environment, the locale, the system log and every lock of the program are never repaired.
- What a child calls after its \`exec\` has failed is only _possible_, but for \`exit\`.
- Handlers of \`pthread_atfork\` that make a lock safe are not taken into account.
`,
} as const;

interface Witness {
  child: ForkChild;
  thread: ThreadStart;
  group: CallGroup;
  afterExec: boolean;
}

export const forkChildUnsafeCall = defineRule<Witness>({
  meta,
  detect(analysis) {
    const found = new Map<string, Witness>();
    for (const child of analysis.runtime.forks().children) {
      const thread = analysis.runtime.threads().at(child.site);
      if (!thread) continue;
      for (const group of groupCalls(child.site.fn, unsafeCalls(analysis, child))) {
        const node = group.chains[0]?.node ?? 0;
        const key = `${child.site.fn.id} ${node}`;
        if (!found.has(key))
          found.set(key, { child, thread, group, afterExec: isAfterExec(analysis, child, node) });
      }
    }
    return [...found.values()];
  },

  report(analysis, { child, thread, group, afterExec }) {
    const [chain] = group.chains;
    if (!chain) throw new Error('a group has a call');
    const { fn } = child.site;
    const insteadOf = chain.next ? undefined : insteadAt(analysis, child, chain.node);
    const span = insteadOf && calleeSpan(fn, chain.node);
    return {
      rule: meta.id,
      confidence: confidenceOf(chain, thread.vague || (afterExec && !insteadOf)),
      place: placeOf(fn, chain.node),
      message: insteadOf
        ? `The child of \`${child.site.callee}\` ends by \`${calleeName(chain.end?.callee ?? '')}\`, which runs the parent's exit handlers and flushes buffers copied from it, while other threads' locks may be held for ever: \`${insteadOf}\` is meant.`
        : `In the child of \`${child.site.callee}\`, ${groupText(analysis, group)}: what another thread held at the fork is never released there.`,
      flows: [
        { title: 'the fork', steps: [threadStep(thread), ...forkSteps(child.site)] },
        ...[...group.chains, ...group.again].map((each) => ({
          title: 'the unsafe call',
          steps: chainSteps(each, saysEnd(analysis, each)),
        })),
      ],
      ...(insteadOf && span ? { data: { instead: insteadOf, start: span[0], end: span[1] } } : {}),
    };
  },

  fixes({ data, place }, { text }) {
    if (typeof data?.instead !== 'string' || typeof data.start !== 'number' || typeof data.end !== 'number')
      return [];
    const { start, end, instead } = data;
    if (!/^(?:std::)?exit$/.test(text.slice(start, end))) return [];
    const title = `Call \`${instead}\` in the child`;
    return [{ title, preferred: true, edits: [{ file: place.file, start, end, newText: instead }] }];
  },
});

function unsafeCalls(analysis: Analysis, child: ForkChild): ChainStep<Hazard>[] {
  return child.calls.flatMap((node) => {
    const chain = analysis.runtime.hazardFrom(child.site.fn, node);
    return chain && !forksAgain(analysis, chain) ? [chain] : [];
  });
}

/** A fork in the child is a fork with a single thread. */
function forksAgain(analysis: Analysis, chain: ChainStep<Hazard>): boolean {
  const { fn, node } = endOf(chain);
  const target = analysis.program.targets[fn.id]?.get(node);
  return target?.kind === 'model' && target.model.forks !== undefined;
}

function insteadAt(analysis: Analysis, child: ForkChild, node: number): string | undefined {
  const target = analysis.program.targets[child.site.fn.id]?.get(node);
  const isHazard = hazardAt(analysis.program, child.site.fn, node) !== undefined;
  return isHazard && target?.kind === 'model' ? target.model.instead?.['fork-child'] : undefined;
}

function isAfterExec(analysis: Analysis, child: ForkChild, node: number): boolean {
  const { fn } = child.site;
  const execs = child.calls.filter((call) => call !== node && analysis.runtime.execs(fn, call));
  return execs.some((exec) => mustPass(fn.facts.nodes, exec, node));
}

function saysEnd(analysis: Analysis, chain: ChainStep<Hazard>): string {
  const { end } = endOf(chain);
  return end ? `\`${calleeName(end.callee)}\` ${hazardText(analysis, end)}` : '';
}

function confidenceOf(chain: ChainStep<Hazard>, weak: boolean): Confidence {
  return weak ? 'possible' : chainConfidence(chain);
}
