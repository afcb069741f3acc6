import { type AllocationStep, allocationFrom } from '../analysis/allocation';
import type { Analysis } from '../analysis/analysis';
import { functionsOf } from '../analysis/names';
import { operandOf } from '../analysis/operand';
import type { Fn } from '../program/program';
import { calleeName, functionName } from '../program/spelling';
import { lineAt } from '../syntax/lines';
import type { Flow } from './finding';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'phdr-callback-allocates',
  severity: 'error',
  title: 'Code reachable from a `dl_iterate_phdr` callback allocates or frees memory',
  cwe: [833, 1265],
  cert: [],
  misra: [],
  docs: `\`dl_iterate_phdr\` holds the dynamic loader's lock while it runs its callback. An allocator takes locks of
its own, and allocators that profile or check memory unwind the stack while they hold them, which takes the
loader's lock. One thread in the callback and one in the allocator then wait for each other for ever.

## What it finds

A call inside the callback that allocates or frees, directly or any number of calls below: the malloc family,
\`new\` and \`delete\`, stdio (a stream's buffer is allocated at its first use), growing containers and strings,
\`strdup\` and the like. The chain of calls is shown.

## Incorrect

    static int on_image(struct dl_phdr_info *info, size_t size, void *out)
    {
        add_image(out, strdup(info->dlpi_name));
        return 0;
    }

## Correct

    static int on_image(struct dl_phdr_info *info, size_t size, void *out)
    {
        struct found *found = out;
        if (found->count == MAX_IMAGES)
            return 1;
        strncpy(found->items[found->count++].path, info->dlpi_name, MAX_PATH - 1);
        return 0;
    }

Collect into storage that was set aside before the call, and allocate after \`dl_iterate_phdr\` has returned.
\`snprintf\` into a buffer is not reported: glibc allocates there only for very large fields.

## Known problems

A call through a function pointer inside the callback is not followed yet.
`,
} as const;

/** The allocations on one line of a callback: one statement, one finding. */
interface Witness {
  /** The call that runs the callback, in the function that makes it. */
  entry: { fn: Fn; node: number; callee: string };
  callback: Fn;
  chains: AllocationStep[];
}

export const phdrCallbackAllocates = defineRule<Witness>({
  meta,
  detect(analysis) {
    const found = new Map<string, Witness>();
    for (const fn of analysis.program.fns) {
      for (const entry of callbacksUnderLoader(analysis, fn)) {
        for (const chain of allocationsIn(analysis, entry.callback)) {
          const line = lineAt(entry.callback.unit.lineStarts, placeOf(entry.callback, chain.node).start);
          const key = `${entry.callback.id} ${line}`;
          const known = found.get(key);
          if (!known)
            found.set(key, {
              entry: { fn, node: entry.node, callee: entry.callee },
              callback: entry.callback,
              chains: [chain],
            });
          else if (known.entry.fn === fn && known.entry.node === entry.node) known.chains.push(chain);
        }
      }
    }
    return [...found.values()];
  },

  report(_analysis, { entry, callback, chains }) {
    const [first] = chains;
    const names = chains.map((chain) => described(chain)).join(', and ');
    return {
      rule: meta.id,
      confidence: 'certain',
      place: placeOf(callback, first?.node ?? callback.facts.nameSpan),
      message: `\`${functionName(callback.facts)}\` runs under the dynamic loader's lock, which \`${entry.callee}\` holds, and ${names}: it deadlocks with a thread whose allocator unwinds the stack.`,
      flows: [
        {
          title: 'under the loader lock',
          steps: [
            step(
              entry.fn,
              entry.node,
              `\`${entry.callee}\` takes the loader's lock and calls \`${functionName(callback.facts)}\``,
            ),
          ],
        },
        ...chains.map(chainFlow),
      ],
    };
  },
});

/** Calls that run a function of the workspace with the loader's lock held. */
function callbacksUnderLoader(analysis: Analysis, fn: Fn): { node: number; callee: string; callback: Fn }[] {
  const found: { node: number; callee: string; callback: Fn }[] = [];
  for (const [node, target] of analysis.program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    if (target.kind !== 'model' || call?.op !== 'call') continue;
    for (const { routine, holding } of target.model.calls ?? []) {
      if (!holding?.includes('loader')) continue;
      const callbacks = functionsOf(
        analysis.program,
        analysis.graph.callers,
        fn,
        operandOf(routine, call.args),
      );
      for (const callback of callbacks) found.push({ node, callee: target.name, callback });
    }
  }
  return found;
}

function allocationsIn(analysis: Analysis, callback: Fn): AllocationStep[] {
  return [...(analysis.program.targets[callback.id]?.keys() ?? [])].flatMap((node) => {
    const chain = allocationFrom(analysis.program, analysis.allocation, callback, node);
    return chain ? [chain] : [];
  });
}

function lastOf(chain: AllocationStep): AllocationStep {
  let last = chain;
  while (last.next) last = last.next;
  return last;
}

function described(chain: AllocationStep): string {
  const last = lastOf(chain);
  const verb = last.how === 'frees' ? 'frees memory' : 'allocates';
  if (last === chain) return `\`${calleeName(last.callee ?? '')}\` ${verb}`;
  return `\`${chain.next ? functionName(chain.next.fn.facts) : ''}\` ${verb} through \`${calleeName(last.callee ?? '')}\``;
}

function chainFlow(chain: AllocationStep): Flow {
  const steps = [];
  for (let at: AllocationStep | undefined = chain; at; at = at.next) {
    const verb = at.how === 'frees' ? 'frees memory' : 'allocates';
    steps.push(
      step(
        at.fn,
        at.node,
        at.callee
          ? `\`${calleeName(at.callee)}\` ${verb}`
          : `\`${functionName(at.fn.facts)}\` calls \`${at.next ? functionName(at.next.fn.facts) : ''}\``,
      ),
    );
  }
  return { title: 'the allocation', steps };
}
