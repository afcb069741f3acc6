import type { Analysis } from '../analysis/analysis';
import { type ChainStep, endOf, findReach } from '../analysis/calls/reach';
import type { Acquisition } from '../analysis/locks/lock-facts';
import { operandOf } from '../analysis/paths/operand';
import type { ForkChild, ForkSite } from '../analysis/runtime/fork-facts';
import { classOf } from '../program/identity';
import { functionName } from '../program/spelling';
import { childGoesOn } from './fork-in-threaded-program';
import { forkSteps } from './fork-wording';
import { lockName, taken } from './lock-steps';
import { defineRule, placeOf, step } from './rule';
import { doubtsOf } from './runtime-wording';

const meta = {
  id: 'fork-under-lock',
  severity: 'warning',
  title: 'A fork while a lock is held',
  cwe: [833],
  cert: [],
  misra: [],
  docs: `The child of a fork has a copy of every lock in the state of that moment. A lock that the forking thread
holds is held in the child as well: what the child calls hangs when it takes the lock, and the data it guards is
half changed.

## What it finds

A \`fork\` that is reached, in the same function or through calls, while a lock is held, where the child goes on
without \`exec\` and does not give the lock back.

## Incorrect

    pthread_mutex_lock(&jobs);
    if (fork() == 0) {
        run(next_job());
        _exit(0);
    }
    pthread_mutex_unlock(&jobs);

## Correct

    pthread_mutex_lock(&jobs);
    struct job *job = next_job();
    pthread_mutex_unlock(&jobs);
    if (fork() == 0) {
        run(job);
        _exit(0);
    }

Also correct: a child that calls \`exec\` or \`_exit\` at once, and a lock that is taken around the fork on purpose
and given back on both sides, as \`pthread_atfork\` handlers do.

## Known problems

A lock that only some paths to the fork hold is not reported. A child that returns from the function that forked, as
a daemon does, goes on as the program and is taken to give its locks back.
`,
} as const;

interface Witness {
  held: Acquisition;
  chain: ChainStep<ForkChild>;
}

export const forkUnderLock = defineRule<Witness>({
  meta,
  detect(analysis) {
    const { program, runtime, locks } = analysis;
    const risky = new Map<string, ForkChild>();
    for (const child of runtime.forks().children)
      if (!child.site.shares && child.returns.length === 0 && childGoesOn(analysis, child))
        risky.set(key(child.site), child);
    if (risky.size === 0) return [];
    const reach = findReach(program, runtime.calls(), (fn, node) => risky.get(key({ fn, node })));
    return program.fns.flatMap((fn) =>
      [...(locks.events[fn.id]?.heldAt ?? [])].flatMap(([node, all]) => {
        const chain = all.length > 0 ? reach.from(fn, node) : undefined;
        const child = chain && endOf(chain).end;
        if (!chain || !child) return [];
        return all
          .filter((held) => !givesBack(analysis, child, held) && !isTakenAgain(analysis, chain, held))
          .map((held) => ({ held, chain }));
      }),
    );
  },

  report(_analysis, { held, chain }) {
    const name = held.cls?.label ?? lockName(held);
    const site = endOf(chain).end?.site;
    return {
      rule: meta.id,
      confidence: doubtsOf(chain) + held.doubts > MAX_DOUBTS ? 'possible' : 'likely',
      place: placeOf(chain.fn, chain.node),
      message: `\`${name}\` is held at this fork, so it is held in the child as well, which goes on without \`exec\`: what takes \`${name}\` there waits for ever.`,
      flows: [
        {
          title: 'the lock and the fork',
          steps: [...taken(held, 'is taken here'), ...callsTo(chain), ...(site ? forkSteps(site) : [])],
        },
      ],
    };
  },
});

/** Below this many conditions the way to the fork is likely to be taken as a whole. */
const MAX_DOUBTS = 2;

function key({ fn, node }: Pick<ForkSite, 'fn' | 'node'>): string {
  return `${fn.id} ${node}`;
}

/** The calls on the way down to the function that forks. */
function callsTo(chain: ChainStep<ForkChild>) {
  const steps = [];
  for (let at: ChainStep<ForkChild> | undefined = chain; at?.next; at = at.next)
    steps.push(
      step(at.fn, at.node, `\`${functionName(at.fn.facts)}\` calls \`${functionName(at.next.fn.facts)}\``),
    );
  return steps;
}

/** What the child calls takes the lock again: another rule says so, with both places. */
function isTakenAgain({ locks }: Analysis, { fn, node }: ChainStep<ForkChild>, held: Acquisition): boolean {
  const relocks = locks.events[fn.id]?.relocks ?? [];
  return relocks.some(({ again }) => again.node === node && again.cls?.key === held.cls?.key);
}

/** The child releases the lock, itself or through a function. */
function givesBack(
  { program, locks, runtime }: Analysis,
  { site, calls }: ForkChild,
  held: Acquisition,
): boolean {
  const { fn } = site;
  return calls.some((node) => {
    const target = program.targets[fn.id]?.get(node);
    const call = fn.facts.nodes[node];
    if (target?.kind === 'model' && target.model.lock && call?.op === 'call') {
      const { op, lock } = target.model.lock;
      const place = op === 'release' || op === 'init' ? operandOf(lock, call.args) : undefined;
      return place !== undefined && (held.fn !== fn || classOf(program, fn, place)?.key === held.cls?.key);
    }
    return runtime
      .calls()
      .at(fn, node)
      .flatMap((callee) => locks.summaries[callee.id]?.outcomes ?? [])
      .some(({ releases }) => releases.some(({ cls }) => cls !== undefined && cls.key === held.cls?.key));
  });
}
