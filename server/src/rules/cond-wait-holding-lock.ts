import type { Analysis } from '../analysis/analysis';
import { findSignals, type Signal, signalsOf } from '../analysis/conditions/cond-signals';
import { callSitesOf, type WaitChain, waitChains } from '../analysis/conditions/cond-waits';
import { isUnnamed } from '../analysis/locks/guards';
import type { Acquisition, Wait } from '../analysis/locks/lock-facts';
import { mustPass } from '../analysis/paths/control-dependence';
import { mayOverlap } from '../program/identity';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import { conditionName, waits } from './cond-wording';
import type { Step } from './finding';
import { lockName, taken } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'cond-wait-holding-lock',
  severity: 'warning',
  title: 'A second lock stays held while a thread waits for a condition',
  cwe: [833],
  cert: ['POS52-C'],
  misra: ['Dir 5.2'],
  docs: `A wait gives back its own mutex only. Every other lock that the thread holds stays held for as long as it
waits, and whoever needs that lock waits as well. Where the thread that would signal needs it, neither goes on, ever.

## What it finds

A wait at which another lock is held on every path, taken in the same function or by all of its callers. Where the
code that signals the condition takes that lock, the finding says so.

## Incorrect

    pthread_mutex_lock(&table->lock);
    pthread_mutex_lock(&job->lock);
    while (!job->done)
        pthread_cond_wait(&job->finished, &job->lock);

## Correct

    pthread_mutex_lock(&table->lock);
    job = find(table);
    pthread_mutex_unlock(&table->lock);
    pthread_mutex_lock(&job->lock);
    while (!job->done)
        pthread_cond_wait(&job->finished, &job->lock);

## What silences it

Another lock that is released before the wait, or held on some paths only; a wait with a timeout, unless every
signaller needs the lock.

## Known problems

A lock that serialises the waiting threads on purpose is reported.
`,
} as const;

interface Witness {
  /** As the function sees it that holds the other lock, or whose callers do. */
  wait: Wait;
  other: Acquisition;
  /** From the caller that holds it down to `wait`'s function. */
  way: Site[];
  /** A signaller that needs the other lock; whether all do. */
  signaller?: Signal;
  isDeadlock: boolean;
}

interface Site {
  fn: Fn;
  node: number;
}

export const condWaitHoldingLock = defineRule<Witness>({
  meta,
  detect(analysis) {
    const signals = findSignals(analysis.program, analysis.graph);
    const found = new Map<string, Witness>();
    for (const chain of waitChains(analysis.program, analysis.locks)) {
      if (!chain.top.isHeld) continue;
      const held = otherHeld(analysis, chain);
      const { wait } = held ?? {};
      if (!held || !wait) continue;
      const id = `${wait.fn.id} ${wait.node} ${held.other.fn.id} ${held.other.node}`;
      found.set(id, { ...held, ...signalling(analysis, signals, chain, held.other) });
    }
    return [...found.values()];
  },

  report(_, { wait, other, way, signaller, isDeadlock }) {
    const condition = conditionName(wait);
    const name = lockName(other);
    const who = signaller && `\`${functionName(signaller.fn.facts)}\``;
    return {
      rule: meta.id,
      confidence: wait.timed && !isDeadlock ? 'possible' : 'likely',
      place: placeOf(wait.fn, wait.node),
      message: who
        ? `\`${name}\` stays held while \`${condition}\` is waited for, and ${who} needs it in order to signal: the two can wait for each other for ever.`
        : `\`${name}\` stays held while \`${condition}\` is waited for: whoever needs it waits as long.`,
      flows: [
        {
          title: `${name}, then the wait`,
          steps: [...taken(other, 'is taken here'), ...calls(way), ...waits(wait, 'is waited for here')],
        },
        ...(signaller
          ? [
              {
                title: 'the signal',
                steps: [
                  step(signaller.fn, signaller.node, `${who} signals it here and needs \`${name}\` for that`),
                ],
              },
            ]
          : []),
      ],
    };
  },
});

function calls(way: readonly Site[]): Step[] {
  return way.map(({ fn, node }) => step(fn, node, `\`${functionName(fn.facts)}\` calls on`));
}

/** The lock taken last that is no name of the wait's own, from the wait outwards. */
function otherHeld(analysis: Analysis, { top, levels }: WaitChain): Omit<Witness, 'isDeadlock'> | undefined {
  for (const wait of [...levels].reverse()) {
    const other = wait.others.findLast((one) => isOther(one, levels));
    if (other && wait.fn.facts.kind !== 'macro') return { wait, other, way: [] };
  }
  return heldByCallers(analysis, top, levels);
}

function isOther({ cls, retaken }: Acquisition, levels: readonly Wait[]): boolean {
  // What a function has given back and taken again for its callers may be what they call by a guard.
  if (retaken && isByGuard(levels)) return false;
  return !cls || levels.every((wait) => !wait.cls || !mayOverlap(cls, wait.cls));
}

/** The lock is called by a guard that callers give, and which one it is, is not known. */
function isByGuard(levels: readonly Wait[]): boolean {
  return levels.every(({ cls, place }) => !cls && isUnnamed(place));
}

/** Callers of callers. */
const MAX_CALLERS = 8;

function heldByCallers(
  { program, graph, locks }: Analysis,
  top: Wait,
  levels: readonly Wait[],
): Omit<Witness, 'isDeadlock'> | undefined {
  const keys = locks.heldAtEntry[top.fn.id] ?? new Set<string>();
  // A wait on the lock of a guard that callers give: what they hold may be that.
  if (keys.size === 0 || isByGuard(levels)) return undefined;
  let ways: Site[][] = [[]];
  for (let step = 0; step < MAX_CALLERS && ways.length > 0; step++) {
    const next: Site[][] = [];
    for (const way of ways) {
      const below = way[0]?.fn ?? top.fn;
      for (const site of callSitesOf(program, graph.callers, below)) {
        const other = locks.events[site.fn.id]?.heldAt
          .get(site.node)
          ?.findLast((one) => one.cls && keys.has(one.cls.key) && isOther(one, levels));
        if (other) return { wait: top, other, way: [site, ...way] };
        if (!way.some(({ fn }) => fn === site.fn)) next.push([site, ...way]);
      }
    }
    ways = next.slice(0, MAX_CALLERS);
  }
  return undefined;
}

/** Which signallers hold the other lock where they signal, or have to take it before. */
function signalling(
  analysis: Analysis,
  signals: readonly Signal[],
  { levels }: WaitChain,
  other: Acquisition,
): Pick<Witness, 'signaller' | 'isDeadlock'> {
  const condition = levels.find(({ conditionClass }) => conditionClass)?.conditionClass;
  const { cls } = other;
  if (!condition || !cls) return { isDeadlock: false };
  const all = signalsOf(signals, condition);
  const needing = all.filter((signal) => needs(analysis, signal, other, cls.key));
  const [signaller] = needing;
  return signaller ? { signaller, isDeadlock: needing.length === all.length } : { isDeadlock: false };
}

function needs({ program, locks }: Analysis, { fn, node }: Signal, other: Acquisition, key: string): boolean {
  if (locks.heldAtEntry[fn.id]?.has(key)) return true;
  const conflicts = ({ cls, mode }: Acquisition): boolean =>
    cls?.key === key && (mode === 'exclusive' || other.mode === 'exclusive');
  if (locks.events[fn.id]?.heldAt.get(node)?.some(conflicts)) return true;
  const { nodes } = fn.facts;
  return [...(program.targets[fn.id] ?? [])].some(([at, target]) => {
    const summary = target.kind === 'function' ? locks.summaries[target.fn.id] : undefined;
    const takes = summary?.acquires.some((one) => !one.tried && one.doubts === 0 && conflicts(one)) ?? false;
    return takes && mustPass(nodes, at, node);
  });
}
