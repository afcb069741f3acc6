import type { Analysis } from '../analysis/analysis';
import { type ChainStep, endOf, findReach } from '../analysis/calls/reach';
import { lockTakenAt, runtimeLocksAt } from '../analysis/runtime/hazards';
import { findLoaderCallbacks, type LoaderCallback } from '../analysis/runtime/loader-callbacks';
import { calleeName, functionName } from '../program/spelling';
import { lineAt } from '../syntax/lines';
import type { Confidence } from './finding';
import { underLoader } from './phdr-wording';
import { defineRule, placeOf } from './rule';
import { chainSteps, doubtsOf } from './runtime-wording';

const meta = {
  id: 'phdr-callback-locks',
  severity: 'error',
  title:
    'Code reachable from a `dl_iterate_phdr` callback takes a lock, enters the loader again, throws or unwinds',
  cwe: [833],
  cert: [],
  misra: [],
  docs: `\`dl_iterate_phdr\` holds the dynamic loader's lock while it runs its callback. A lock taken there comes after
the loader's: wherever the same lock is held while something calls into the loader (\`dlopen\`, \`dlsym\`, unwinding,
in some C libraries the start of a thread), the order is the other way round, and two threads wait for each other
for ever. The loader itself has several locks with an order of their own, which a call from inside the callback
breaks: \`dladdr\` and \`dlsym\` take the outermost one while the innermost is held.

## What it finds

In the callback, directly or any number of calls below: a lock that is taken (not tried), a call of the loader,
a walk of the stack, an exception that is thrown. The chain of calls is shown.

## Incorrect

    static int on_image(struct dl_phdr_info *info, size_t size, void *out)
    {
        pthread_mutex_lock(&images.lock);
        add(&images, info->dlpi_addr);
        pthread_mutex_unlock(&images.lock);
        return 0;
    }

## Correct

    static int on_image(struct dl_phdr_info *info, size_t size, void *out)
    {
        struct found *found = out;
        if (found->count < MAX_IMAGES)
            found->base[found->count++] = info->dlpi_addr;
        return 0;
    }

Collect into storage that belongs to the call, and take the lock after \`dl_iterate_phdr\` has returned.

## Known problems

\`dl_iterate_phdr\` inside its own callback works with glibc, whose lock is recursive: it is only _possible_.
`,
} as const;

interface Danger {
  callee: string;
  says: string;
  /** The C library at hand allows it. */
  mild: boolean;
}

interface Witness {
  entry: LoaderCallback;
  chains: ChainStep<Danger>[];
}

export const phdrCallbackLocks = defineRule<Witness>({
  meta,
  detect(analysis) {
    const entries = findLoaderCallbacks(analysis.program, analysis.graph);
    if (entries.length === 0) return [];
    const reach = findReach(analysis.program, analysis.runtime.calls(), (fn, node) =>
      dangerAt(analysis, fn, node),
    );
    const found = new Map<string, Witness>();
    for (const entry of entries) {
      const { callback } = entry;
      for (const node of analysis.program.targets[callback.id]?.keys() ?? []) {
        const chain = reach.from(callback, node);
        if (!chain) continue;
        const key = `${callback.id} ${lineAt(callback.unit.lineStarts, placeOf(callback, node).start)}`;
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
    return {
      rule: meta.id,
      confidence: chains.map(confidenceOf).includes('likely') ? 'likely' : 'possible',
      place: placeOf(callback, first?.node ?? callback.facts.nameSpan),
      message: `\`${functionName(callback.facts)}\` runs under the dynamic loader's lock, which \`${entry.callee}\` holds, and ${[...new Set(chains.map(described))].join(', and ')}: another thread that takes them in the other order waits for this one for ever.`,
      flows: [
        underLoader(entry),
        ...chains.map((chain) => ({
          title: 'what is taken under it',
          steps: chainSteps(
            chain,
            `\`${calleeName(endOf(chain).end?.callee ?? '')}\` ${endOf(chain).end?.says ?? ''}`,
          ),
        })),
      ],
    };
  },
});

function dangerAt({ program }: Analysis, fn: LoaderCallback['fn'], node: number): Danger | undefined {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind !== 'model') return undefined;
  const { model, name: callee } = target;
  const lock = lockTakenAt(fn, node, model);
  if (lock !== undefined)
    return { callee, says: lock ? `takes the lock \`${lock}\`` : 'takes a lock', mild: false };
  if (model.unwinds) return { callee, says: 'unwinds the stack, which enters the loader again', mild: false };
  if (!runtimeLocksAt(program, fn, node).includes('loader')) return undefined;
  return { callee, says: 'enters the loader again', mild: model.calls !== undefined };
}

function described(chain: ChainStep<Danger>): string {
  const { end } = endOf(chain);
  if (!end) return '';
  return chain.next
    ? `\`${functionName(chain.next.fn.facts)}\` reaches \`${calleeName(end.callee)}\`, which ${end.says}`
    : `\`${calleeName(end.callee)}\` ${end.says}`;
}

/** Below this many conditions a chain is likely to be taken as a whole. */
const MAX_DOUBTS = 2;

function confidenceOf(chain: ChainStep<Danger>): Confidence {
  return endOf(chain).end?.mild || doubtsOf(chain) > MAX_DOUBTS ? 'possible' : 'likely';
}
