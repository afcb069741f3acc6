import { doubtsOf } from '../analysis/calls/chain-doubts';
import { type ChainStep, endOf } from '../analysis/calls/reach';
import type { Allocation } from '../analysis/runtime/allocation';
import { findLoaderCallbacks, type LoaderCallback } from '../analysis/runtime/loader-callbacks';
import { calleeName, functionName } from '../program/spelling';
import { lineAt } from '../syntax/lines';
import type { Flow } from './finding';
import { underLoader } from './phdr-wording';
import { defineRule, placeOf } from './rule';
import { chainSteps } from './runtime-wording';

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

A call through a function pointer is followed where it is a parameter or a field, and few functions are stored there.
`,
} as const;

/** The allocations on one line of a callback: one statement, one finding. */
interface Witness {
  entry: LoaderCallback;
  chains: ChainStep<Allocation>[];
}

export const phdrCallbackAllocates = defineRule<Witness>({
  meta,
  detect(analysis) {
    const found = new Map<string, Witness>();
    for (const entry of findLoaderCallbacks(analysis.program, analysis.graph)) {
      const { callback } = entry;
      for (const node of analysis.program.targets[callback.id]?.keys() ?? []) {
        const chain = analysis.runtime.allocationFrom(callback, node);
        if (!chain) continue;
        const key = `${callback.id} ${lineAt(callback.unit.lineStarts, placeOf(callback, chain.node).start)}`;
        const known = found.get(key);
        if (!known) found.set(key, { entry, chains: [chain] });
        else if (known.entry === entry) known.chains.push(chain);
      }
    }
    return [...found.values()];
  },

  report(_analysis, { entry, chains }) {
    const [first] = chains;
    const { callback } = entry;
    const names = [...new Set(chains.map(described))].join(', and ');
    const isSure = chains.some((chain) => doubtsOf(chain) <= MAX_DOUBTS);
    return {
      rule: meta.id,
      confidence: isSure ? 'certain' : 'possible',
      place: placeOf(callback, first?.node ?? callback.facts.nameSpan),
      message: `\`${functionName(callback.facts)}\` runs under the dynamic loader's lock, which \`${entry.callee}\` holds, and ${names}: it deadlocks with a thread whose allocator unwinds the stack.`,
      flows: [underLoader(entry), ...chains.map(chainFlow)],
    };
  },
});

/** With more conditions on the way a chain of calls is seldom taken as a whole. */
const MAX_DOUBTS = 4;

function described(chain: ChainStep<Allocation>): string {
  const { end } = endOf(chain);
  if (!end) return '';
  if (!chain.next) return `\`${calleeName(end.callee)}\` ${verbOf(end)}`;
  return `\`${functionName(chain.next.fn.facts)}\` ${verbOf(end)} through \`${calleeName(end.callee)}\``;
}

function verbOf({ how }: Allocation): string {
  return how === 'frees' ? 'frees memory' : 'allocates';
}

function chainFlow(chain: ChainStep<Allocation>): Flow {
  const { end } = endOf(chain);
  const says = end ? `\`${calleeName(end.callee)}\` ${verbOf(end)}` : '';
  return { title: 'the allocation', steps: chainSteps(chain, says) };
}
