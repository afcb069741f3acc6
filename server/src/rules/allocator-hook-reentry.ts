import { isUnavoidable } from '../analysis/paths/control-dependence';
import { findReentries, type Reentry, type ReentryKind } from '../analysis/runtime/allocator-reentry';
import { calleeName, functionName } from '../program/spelling';
import type { Confidence } from './finding';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'allocator-hook-reentry',
  severity: 'warning',
  title: 'An interposed or hooked allocator comes back to itself without a recursion guard',
  cwe: [674, 833],
  cert: [],
  misra: [],
  docs: `A \`malloc\` that calls what allocates is called again from there: without end, or until it waits for its own
lock. Stdio allocates its buffers, the loader allocates, and an unwinder loads a library at its first use.

## What it finds

A definition of \`malloc\`, \`free\` and their family or of \`operator new\` and \`operator delete\`, or a function given
to an allocation hook, that reaches, directly or through calls, something that allocates, enters the loader,
or calls the function itself; and no thread-local flag is tested before and set around it.

## Incorrect

    void *malloc(size_t n)
    {
        void *p = real_malloc(n);
        fprintf(log, "%zu\\n", n);
        return p;
    }

## Correct

    static __thread int busy;

    void *malloc(size_t n)
    {
        void *p = real_malloc(n);
        if (!busy) {
            busy = 1;
            fprintf(log, "%zu\\n", n);
            busy = 0;
        }
        return p;
    }

## Known problems

- What happens under a test of a variable that is set once (\`if (!real_malloc) real_malloc = dlsym(…)\`) is only
  _possible_, and so is an unwinder, which allocates at its first call.
- What happens under a test of a key (\`pthread_getspecific\`) is only _possible_ too, whether the test is a guard or not.
- What is called only before the process is given up is not reported.
`,
} as const;

const TEXTS: Readonly<Record<ReentryKind, string>> = {
  itself: 'is this function again',
  allocates: 'allocates or frees by this function again',
  loader: "takes the dynamic loader's lock and may allocate",
  unwinds: 'unwinds the stack, which enters the loader and allocates at its first use',
};

export const allocatorHookReentry = defineRule<Reentry>({
  meta,
  detect({ program, graph, runtime }) {
    if (runtime.hooks().all.length === 0) return [];
    const all = findReentries({
      program,
      graph,
      calls: runtime.calls(),
      hooks: runtime.hooks(),
      guards: runtime.guards(),
    });
    // One finding for what a call of the hook leads to.
    const first = new Map<string, Reentry>();
    for (const one of all) {
      const key = `${one.hook.fn.id} ${one.steps[0]?.node}`;
      const known = first.get(key);
      if (!known || rank(one) < rank(known)) first.set(key, one);
    }
    return [...first.values()];
  },

  report(_analysis, { hook, steps, callee, kind, once }) {
    const [top] = steps;
    const name = functionName(hook.fn.facts);
    const role = hook.isRun ? `is run by \`${hook.name}\`` : "stands in the place of the library's allocator";
    return {
      rule: meta.id,
      confidence: confidenceOf({ hook, steps, callee, kind, once }),
      place: placeOf(hook.fn, top?.node ?? hook.fn.facts.nameSpan),
      message: `\`${name}\` ${role} and reaches \`${calleeName(callee)}\`, which ${TEXTS[kind]}: without a recursion guard it calls itself without end, or waits for its own lock.`,
      flows: [
        {
          title: 'the way back',
          steps: [
            ...(hook.at ? [step(hook.at.fn, hook.at.node, `\`${name}\` is installed here`)] : []),
            ...steps.map(({ fn, node, to }) =>
              step(
                fn,
                node,
                to
                  ? `\`${functionName(fn.facts)}\` calls \`${functionName(to.facts)}\``
                  : `\`${calleeName(callee)}\` ${TEXTS[kind]}`,
              ),
            ),
          ],
        },
      ],
    };
  },
});

/** More conditions on the way down say that something keeps the way closed. */
const MAX_DOUBTS = 2;

function confidenceOf({ steps, kind, once }: Reentry): Confidence {
  const doubts = steps.slice(1).filter(({ fn, node }) => !isUnavoidable(fn.facts.nodes, node)).length;
  return once || kind === 'unwinds' || doubts > MAX_DOUBTS ? 'possible' : 'likely';
}

function rank(one: Reentry): number {
  return confidenceOf(one) === 'likely' ? 0 : 1;
}
