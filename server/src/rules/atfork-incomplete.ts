import type { Analysis } from '../analysis/analysis';
import type { Acquisition } from '../analysis/locks/lock-facts';
import { type AtforkGap, findAtforkGaps } from '../analysis/runtime/atfork';
import type { Fn } from '../program/program';
import { functionName, spell } from '../program/spelling';
import { addToHandlers, type HandlerEdit } from './fork-edits';
import { lockName, taken } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'atfork-incomplete',
  severity: 'warning',
  title: '`pthread_atfork` handlers cover some of the locks that the child can need, and not all',
  cwe: [833],
  cert: [],
  misra: [],
  docs: `\`pthread_atfork\` handlers keep a library usable in the child of a fork: all its locks are taken before, so
that no thread is in the middle of anything, and given back on both sides. A lock that is left out may be held by
another thread at that moment, and is then locked in the child for ever.

## What it finds

- handlers that take some locks, while code of the same files that the child can run takes another one;
- a handler of the parent or of the child that does not give back (or make anew) what the first one takes.

Where the workspace shows forks, only what their children call is looked at.

## Incorrect

    static void lock_all(void)   { pthread_mutex_lock(&pages); }
    static void unlock_all(void) { pthread_mutex_unlock(&pages); }

    pthread_atfork(lock_all, unlock_all, unlock_all);

    void *profiled_alloc(size_t n) { pthread_mutex_lock(&profile); … }

## Correct

    static void lock_all(void)   { pthread_mutex_lock(&profile); pthread_mutex_lock(&pages); }
    static void unlock_all(void) { pthread_mutex_unlock(&pages); pthread_mutex_unlock(&profile); }

Take the locks in the order in which the rest of the program nests them. In the child a lock may also be made anew
with \`pthread_mutex_init\`.

## Known problems

Locks in arrays and in objects are not compared: handlers that take such are not reported.
`,
} as const;

export const atforkIncomplete = defineRule<AtforkGap>({
  meta,
  detect: ({ program, graph, locks, runtime }) =>
    findAtforkGaps({ program, graph, locks, forks: runtime.forks(), kept: runtime.kept() }),

  report(analysis, gap) {
    const { handlers, takes, missing, kept } = gap;
    const { fn, node, prepare } = handlers;
    const left = kept.map(
      ({ handler, lock }) => `\`${functionName(handler.facts)}\` does not give back \`${label(lock)}\``,
    );
    const names = missing.map((lock) => `\`${label(lock)}\``).join(', ');
    const known = [...new Set(takes.map((lock) => `\`${label(lock)}\``))].join(', ');
    const lacks = `the handlers take ${known} only, but what the child can run takes ${names} as well`;
    const why = missing.length > 0 ? lacks : left.join(', and ');
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(fn, node),
      message: `${why.charAt(0).toUpperCase()}${why.slice(1)}: it can stay locked in the child for ever.`,
      flows: [
        {
          title: 'what the handlers do',
          steps: [
            ...takes.flatMap((lock) =>
              taken(lock, `is taken by \`${functionName(prepare.facts)}\` before the fork`),
            ),
            ...kept.map(({ handler, lock }) =>
              step(
                handler,
                handler.facts.nameSpan,
                `\`${functionName(handler.facts)}\` does not give \`${label(lock)}\` back`,
              ),
            ),
          ],
        },
        ...missing.map((lock) => ({
          title: `what takes ${label(lock)}`,
          steps: [
            step(
              lock.fn,
              lock.node,
              `\`${functionName(lock.fn.facts)}\`, which the child can run, takes \`${label(lock)}\``,
            ),
          ],
        })),
      ],
      ...fixData(analysis, gap),
    };
  },

  fixes: (finding, source) => addToHandlers(finding, source),
});

function label(lock: Acquisition): string {
  return lock.cls?.label ?? lockName(lock);
}

/** One lock is missing, and the handlers show where it belongs. */
function fixData(analysis: Analysis, { handlers, takes, missing, kept }: AtforkGap): { data?: HandlerEdit } {
  const [lock, ...more] = missing;
  const { prepare, parent, child } = handlers;
  const last = takes[takes.length - 1];
  if (!lock || more.length > 0 || kept.length > 0 || !last || last.inner || !parent || !child) return {};
  if (takes.some((held) => comesFirst(analysis, lock, held))) return {};
  const call = lock.fn.facts.nodes[lock.node];
  const release = lock.releaseText;
  const argument = call?.op === 'call' ? call.args[0] : undefined;
  const first = firstRelease(analysis, parent);
  const second = firstRelease(analysis, child);
  if (!release || !argument || call?.op !== 'call' || first === undefined || second === undefined) return {};
  // Where the lock is used is where its name is known.
  const files = new Set([handlers.fn, prepare, parent, child, lock.fn].map((fn) => fn.unit.file));
  if (files.size > 1) return {};
  const written = spell(lock.fn.facts, argument);
  return {
    data: {
      name: label(lock),
      lock: `${spell(lock.fn.facts, call.callee)}(${written})`,
      unlock: release.replace('{}', written),
      prepare: placeOf(prepare, last.node).start,
      parent: placeOf(parent, first).start,
      child: placeOf(child, second).start,
    },
  };
}

/** Elsewhere the new lock is held while the other is taken: adding it behind would turn that order round. */
function comesFirst({ locks }: Analysis, lock: Acquisition, held: Acquisition): boolean {
  return locks.edges.some(({ from, to }) => from.cls?.key === lock.cls?.key && to.cls?.key === held.cls?.key);
}

function firstRelease({ program }: Analysis, fn: Fn): number | undefined {
  for (const [node, target] of program.targets[fn.id] ?? [])
    if (target.kind === 'model' && target.model.lock?.op === 'release') return node;
  return undefined;
}
