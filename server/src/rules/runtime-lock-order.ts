import { doubtsOf } from '../analysis/calls/chain-doubts';
import { endOf } from '../analysis/calls/reach';
import type { RuntimeCycle, TakenUnder, Way } from '../analysis/runtime/runtime-order';
import { calleeName, functionName, spell } from '../program/spelling';
import type { Step } from './finding';
import { taken } from './lock-steps';
import { defineRule, placeOf, step } from './rule';
import { chainSteps, LOCK_NAMES } from './runtime-wording';

const meta = {
  id: 'runtime-lock-order',
  severity: 'warning',
  title: 'A cycle of locks passes through a lock of the runtime that the source does not name',
  cwe: [833],
  cert: [],
  misra: [],
  docs: `The C library has locks of its own. \`dl_iterate_phdr\`, \`dlsym\`, \`dladdr\` and everything that unwinds the stack
take the dynamic loader's lock; \`dlopen\` holds it while it allocates and runs constructors. Code of the program
that runs in there, a callback or an allocator that was put in the place of \`malloc\`, must not take a lock
that is held elsewhere across a call into the loader.

## What it finds

- a lock that is held across a call which takes the loader's lock, and which code running under the loader's
  lock takes: a callback of \`dl_iterate_phdr\`, an interposed allocator that \`dlopen\` or such a callback calls, a
  constructor or destructor of a library (also of a global object) that \`dlopen\` or \`dlclose\` runs;
- a lock that is held where the process exits, and which a function registered with \`atexit\` takes.

Both sides are shown with all calls in between.

## Incorrect

    void *malloc(size_t n)
    {
        void *p = real_malloc(n);
        pthread_mutex_lock(&tracker);
        …
    }

    void refresh(void)
    {
        pthread_mutex_lock(&tracker);
        dl_iterate_phdr(on_image, NULL);
        …
    }

    handle = dlopen(file, RTLD_NOW);

## Correct

    static __thread int busy;

    void *malloc(size_t n)
    {
        void *p = real_malloc(n);
        if (busy)
            return p;
        …
    }

    busy = 1;
    handle = dlopen(file, RTLD_NOW);
    busy = 0;

A thread-local flag that is tested before the lock is taken, and set around the call into the loader, closes the
way it covers and no other. Calling the loader before the lock is taken is as good.

## Known problems

- The three locks of glibc's loader are taken for one.
- A flag in storage that \`pthread_getspecific\` returns is not recognised.
- Constructors and destructors are taken to run in \`dlopen\` and \`dlclose\` where they stand in another folder than
  the call, and beside no \`main\`; of those in the same folder a cycle is only _possible_. Whether they are in a
  library that is loaded does not stand in the source.
`,
} as const;

/** With more conditions on both sides together the cycle is seldom feasible. */
const MAX_DOUBTS = 3;

export const runtimeLockOrder = defineRule<RuntimeCycle>({
  meta,
  detect: ({ runtime }) => [...runtime.cycles()],

  report(_analysis, cycle) {
    const { held, chain, lock, under, alone } = cycle;
    const label = `\`${held.cls?.label}\``;
    const doubts = doubtsOf(chain) + held.doubts + under.acquisition.doubts;
    const isSingle = held.cls?.single === true && under.acquisition.cls?.single === true;
    const isSure = isSingle && !under.entry.isDoubtful;
    return {
      rule: meta.id,
      confidence: isSure && doubts <= MAX_DOUBTS ? 'likely' : 'possible',
      place: placeOf(chain.fn, chain.node),
      message: message(cycle, label, LOCK_NAMES[lock], alone),
      flows: [
        {
          title: `thread A: ${held.cls?.label}, then ${LOCK_NAMES[lock]}`,
          steps: [
            ...taken(held, 'is taken here'),
            ...chainSteps(chain, `\`${endName(chain)}\` takes ${LOCK_NAMES[lock]} while ${label} is held`),
          ],
        },
        {
          title: `thread ${alone ? 'A' : 'B'}: ${LOCK_NAMES[lock]}, then ${held.cls?.label}`,
          steps: underSteps(under, LOCK_NAMES[lock]),
        },
      ],
    };
  },
});

function endName(chain: RuntimeCycle['chain']): string {
  const { fn, node } = endOf(chain);
  const call = fn.facts.nodes[node];
  return call?.op === 'call' ? calleeName(spell(fn.facts, call.callee)) : '';
}

function message({ lock, under }: RuntimeCycle, label: string, name: string, alone: boolean): string {
  const { entry } = under;
  const by = `\`${functionName(under.acquisition.fn.facts)}\``;
  if (lock === 'exit')
    return `The process may end here while ${label} is held, and ${by}, which runs at exit, takes ${label}: the process hangs instead of ending.`;
  if (alone)
    return `${label} is held here while \`${entry.callee}\` runs code that takes ${label} again: the thread waits for itself.`;
  return `${label} is held here while ${name} is taken, but under that lock, which \`${entry.callee}\` holds, ${by} takes ${label}: two threads can wait for each other for ever.`;
}

function underSteps({ entry, ways, acquisition }: TakenUnder, name: string): Step[] {
  const steps = ways.flatMap((way, i) => wayStep(way, i === 0, name, entry.lock === 'exit'));
  return [...steps, ...taken(acquisition, 'is taken here')];
}

function wayStep(way: Way, isFirst: boolean, name: string, atExit: boolean): Step[] {
  const { fn, node, to, hook, callee } = way;
  const target = `\`${functionName(to.facts)}\``;
  const library = `\`${calleeName(callee ?? '')}\``;
  if (isFirst && atExit) return [step(fn, node, `${library} has ${target} run at exit`)];
  const what = isFirst ? `${library} holds ${name} and` : callee ? library : `\`${functionName(fn.facts)}\``;
  const steps = [
    step(fn, node, hook ? `${what} allocates, which runs ${target}` : `${what} calls ${target}`),
  ];
  if (hook && !hook.isRun)
    steps.push(step(to, to.facts.nameSpan, `${target} stands in the place of the library's`));
  if (hook?.at) steps.push(step(hook.at.fn, hook.at.node, `${target} is installed here as \`${hook.name}\``));
  return steps;
}
