import type { Analysis } from '../analysis/analysis';
import { type ChainStep, endOf } from '../analysis/calls/reach';
import { EMPTY, type Environment, set } from '../analysis/paths/environment';
import type { Hazard } from '../analysis/runtime/hazards';
import type { Kept } from '../analysis/runtime/kept-routines';
import { calleeName, functionName } from '../program/spelling';
import type { Confidence } from './finding';
import { defineRule, placeOf, step } from './rule';
import {
  type CallGroup,
  chainConfidence,
  chainSteps,
  groupCalls,
  groupText,
  hazardText,
} from './runtime-wording';

const meta = {
  id: 'signal-unsafe-call',
  severity: 'warning',
  title: 'A signal handler reaches a call that is not async-signal-safe',
  cwe: [479, 828],
  cert: ['SIG30-C'],
  misra: [],
  docs: `A signal can arrive while its thread is inside \`malloc\`, inside \`printf\`, or between a lock and its unlock.
A handler that calls into the same code then finds data half changed, or waits for a lock that its own thread
holds and can never release.

## What it finds

A handler installed with \`signal\`, \`sigset\` or \`sigaction\` (through the fields of the structure, a table, or a
function that installs it) which calls, directly or through other functions, something that is not
async-signal-safe: the manual of the C library says so, and POSIX does not require the contrary. A lock of the
program that is taken there is said so. Several calls of the same function in one handler are one finding.

## Incorrect

    static void on_term(int sig)
    {
        printf("got %d\\n", sig);
        exit(1);
    }

## Correct

    static volatile sig_atomic_t stop;
    static void on_term(int sig)
    {
        (void)sig;
        stop = 1;
    }

Set a flag of type \`volatile sig_atomic_t\`, write a byte to a pipe, or call only functions of the list in
signal-safety(7): \`write\`, \`_exit\`, \`sem_post\`, \`kill\`, \`sigaction\` and the like. \`signalfd\` and \`sigwait\` in
a thread of its own have no such limits.

## Known problems

- A handler of \`SIGSEGV\`, \`SIGBUS\`, \`SIGILL\`, \`SIGFPE\`, \`SIGABRT\`, \`SIGTRAP\` or \`SIGSYS\` alone writes a last
  report of a process that is lost anyway. What is said about it is true (such handlers do hang now and then,
  when the crash was inside \`malloc\`), but the confidence is only _possible_, so it is not shown by default.
- \`snprintf\` and its family allocate in glibc for very large fields only: _possible_ as well.
- A chain of calls with many conditions on the way is _possible_.
- A signal that is blocked wherever it could do harm is not recognised.
`,
} as const;

/** The process is lost when one of these arrives: their handlers report and end it. */
const CRASHES = new Set([
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGABRT',
  'SIGTRAP',
  'SIGSYS',
  'SIGIOT',
  'SIGEMT',
]);

interface Witness {
  installed: readonly Kept[];
  group: CallGroup;
}

export const signalUnsafeCall = defineRule<Witness>({
  meta,
  detect(analysis) {
    const handlers = new Map<number, Kept[]>();
    for (const kept of analysis.runtime.kept()) {
      if (kept.kind !== 'signal' || kept.routine.facts.kind === 'macro') continue;
      handlers.set(kept.routine.id, [...(handlers.get(kept.routine.id) ?? []), kept]);
    }
    return [...handlers.values()].flatMap((installed) => {
      const handler = installed[0]?.routine;
      if (!handler) return [];
      const chains = unsafeCalls(analysis, handler, installed);
      return groupCalls(handler, chains).map((group) => ({ installed, group }));
    });
  },

  report(analysis, { installed, group }) {
    const [first] = installed;
    const [chain] = group.chains;
    if (!first || !chain) throw new Error('a witness has a handler and a call');
    const handler = first.routine;
    const signals = [...new Set(installed.flatMap((kept) => kept.signals))].filter((name) =>
      /^SIG/.test(name),
    );
    const what =
      signals.length > 0 ? `handles \`${signals.slice(0, 3).join('`, `')}\`` : 'is a signal handler';
    return {
      rule: meta.id,
      confidence: confidenceOf(installed, signals, chain),
      place: placeOf(handler, chain.node),
      message: `\`${functionName(handler.facts)}\` ${what}, and ${groupText(analysis, group)}. That is not async-signal-safe: it hangs or corrupts data when the signal interrupts the same code.`,
      flows: [
        {
          title: 'the handler',
          steps: installed
            .slice(0, 3)
            .map((kept) =>
              step(
                kept.fn,
                kept.node,
                `\`${functionName(handler.facts)}\` becomes a handler for \`${kept.callee}\``,
              ),
            ),
        },
        ...[...group.chains, ...group.again].map((each) => ({
          title: 'the unsafe call',
          steps: chainSteps(each, saysEnd(analysis, each)),
        })),
      ],
    };
  },
});

function unsafeCalls(
  analysis: Analysis,
  handler: Kept['routine'],
  installed: readonly Kept[],
): ChainStep<Hazard>[] {
  const knowns = signalsGiven(analysis, handler, installed);
  return [...(analysis.program.targets[handler.id]?.keys() ?? [])].flatMap((node) => {
    for (const known of knowns) {
      const chain = analysis.runtime.hazardFrom(handler, node, known);
      if (chain) return [chain];
    }
    return [];
  });
}

/** What a handler knows of its first parameter, for each signal that it is there for; nothing where one is not known. */
function signalsGiven(
  { program }: Analysis,
  { facts, unit }: Kept['routine'],
  installed: readonly Kept[],
): readonly Environment[] {
  const names = new Set(installed.flatMap(({ signals }) => signals));
  const numbers = [...names].map((name) => program.constantNamed(unit, name));
  const isKept = facts.nodes.every((node) => node.op !== 'assign' || node.to.k !== 'var' || node.to.v !== 0);
  const isSure = installed.every(({ signals }) => signals.length > 0) && !numbers.includes(undefined);
  if (facts.params === 0 || !isKept || !isSure) return [EMPTY];
  return numbers.map((eq) => set({ k: 'var', v: 0 }, { eq }, EMPTY));
}

function saysEnd(analysis: Analysis, chain: ChainStep<Hazard>): string {
  const { end } = endOf(chain);
  return end ? `\`${calleeName(end.callee)}\` ${hazardText(analysis, end)}` : '';
}

function confidenceOf(
  installed: readonly Kept[],
  signals: readonly string[],
  chain: ChainStep<Hazard>,
): Confidence {
  const all = installed.flatMap((kept) => kept.signals);
  if (all.length > 0 && signals.length === new Set(all).size && signals.every((name) => CRASHES.has(name)))
    return 'possible';
  const confidence = chainConfidence(chain);
  return confidence === 'likely' && !chain.next ? 'certain' : confidence;
}
