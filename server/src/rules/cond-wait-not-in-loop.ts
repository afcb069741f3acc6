import type { Analysis } from '../analysis/analysis';
import {
  isLookedAt,
  isRepeated,
  reliedOn,
  type StateGuard,
  stateGuards,
} from '../analysis/conditions/cond-tests';
import { callSitesOf, type WaitChain, waitChains } from '../analysis/conditions/cond-waits';
import type { Wait } from '../analysis/locks/lock-facts';
import { keyOf } from '../analysis/paths/access-path';
import { reachableFrom } from '../analysis/paths/control-dependence';
import type { Fn } from '../program/program';
import { conditionName, waits } from './cond-wording';
import { ifToWhile } from './edits/if-to-while';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'cond-wait-not-in-loop',
  severity: 'warning',
  title: 'A condition is waited for without being tested again afterwards',
  cwe: [691],
  cert: ['CON36-C', 'CON54-CPP'],
  misra: [],
  docs: `A wait on a condition variable may return although nobody has signalled it, and after a signal another thread
may come first and take what was waited for. So the condition has to be tested again, in a loop around the wait.
A wait that is not preceded by a test sleeps for ever where the signal came before it.

## What it finds

- a wait under an \`if\` that tests shared state, after which nothing tests that state again;
- a wait after which the code relies on the state straight away, even where an outer loop comes back to the test;
- a wait without any test.

The wait may stand in a function or macro that the test's function calls.

## Incorrect

    pthread_mutex_lock(&q->lock);
    if (q->count == 0)
        pthread_cond_wait(&q->filled, &q->lock);
    item = q->items[--q->count];

## Correct

    pthread_mutex_lock(&q->lock);
    while (q->count == 0)
        pthread_cond_wait(&q->filled, &q->lock);
    item = q->items[--q->count];

## What silences it

Any loop around the wait that comes back to it, also with \`goto\`, also in all callers; a test of the same state
after the wait; a wait with a predicate; a wait with a timeout that is used as a sleep.

## Known problems

A loop that counts wakeups instead of testing the condition is taken for a test.
`,
} as const;

interface Witness {
  wait: Wait;
  /** What led to the wait; none where nothing was tested. */
  guard?: StateGuard;
  /** Where the state is relied on afterwards. */
  use?: number;
}

export const condWaitNotInLoop = defineRule<Witness>({
  meta,
  detect(analysis) {
    const found = new Map<string, Witness>();
    for (const chain of waitChains(analysis.program, analysis.locks)) {
      const witness = judge(analysis, chain);
      if (witness) found.set(`${witness.wait.fn.id} ${witness.wait.node}`, witness);
    }
    return [...found.values()];
  },

  report(_, { wait, guard, use }) {
    const { fn, node } = wait;
    const name = conditionName(wait);
    const test = guard && fn.facts.nodes[guard.node]?.at;
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(fn, node),
      message: guard
        ? `The wait for \`${name}\` is not in a loop: it may return while what was tested before it does not hold, and nothing tests it again.`
        : `Nothing is tested before or after the wait for \`${name}\`: it may return although nobody has signalled.`,
      flows: [
        {
          title: 'the wait and its test',
          steps: [
            ...(guard ? [step(fn, guard.node, 'tested once, here')] : []),
            ...waits(wait, 'is waited for here'),
            ...(use === undefined ? [] : [step(fn, use, 'relied on here without another test')]),
          ],
        },
      ],
      ...(test ? { data: { testStart: test[0], testEnd: test[1] } } : {}),
    };
  },

  fixes({ data, place }, source) {
    if (typeof data?.testStart !== 'number' || typeof data.testEnd !== 'number') return [];
    const changed = ifToWhile(source, place, data.testStart, data.testEnd);
    return changed
      ? [{ title: 'Change `if` to `while`', preferred: changed.isAll, edits: [changed.edit] }]
      : [];
  },
});

function judge(analysis: Analysis, { top, levels }: WaitChain): Witness | undefined {
  const { program, locks } = analysis;
  if (levels.some(({ predicate, fn }) => predicate || fn.facts.damaged)) return undefined;
  const own = levels.filter((wait) => wait.fn.facts.kind !== 'macro' && !isWrapper(wait)).reverse();
  if (own.length === 0) return undefined;
  const guardOf = (wait: Wait): StateGuard | undefined =>
    stateGuards(program, wait.fn, wait.node).findLast((one) => isUnderLock(analysis, wait, one));
  const tested = own.flatMap((wait) => {
    const guard = guardOf(wait);
    return guard ? [{ wait, guard }] : [];
  });
  // What is given the condition alone tests by itself what it waits for.
  const isTestedBelow = levels.filter(isWrapper).some((wait) => {
    const guard = guardOf(wait);
    return guard && isLookedAt(program, wait.fn, wait.node, guard.state);
  });
  if (isTestedBelow) return undefined;
  if (tested.some(({ wait, guard }) => waitsEitherWay(analysis, wait, guard))) return undefined;
  const [nearest] = tested;
  if (nearest) {
    const { wait, guard } = nearest;
    const use = reliedOn(program, locks, wait.fn, wait.node, guard.state);
    if (use !== undefined) return { wait, guard, use };
  }
  if (top.timed || levels.some(({ fn, node }) => isRepeated(fn.facts.nodes, node))) return undefined;
  if (isAlwaysRepeated(analysis, top.fn)) return undefined;
  if (nearest) {
    const { wait, guard } = nearest;
    const again = tested.some(({ guard: g }) =>
      levels.some(({ fn, node }) => isLookedAt(program, fn, node, g.state)),
    );
    return again ? undefined : { wait, guard };
  }
  // Where nothing is tested, the one who takes the lock for the wait answers for it.
  if (!top.isHeld || own.some((one) => isLookedAt(program, one.fn, one.node, 'any'))) return undefined;
  return { wait: top };
}

/** It waits on the condition that it is given, as `pthread_cond_wait` does: what is waited for, callers know. */
function isWrapper({ fn, condition }: Wait): boolean {
  const pointer = condition.k === 'deref' ? condition.of : undefined;
  const plain = pointer?.k === 'cast' ? pointer.e : pointer;
  return plain?.k === 'var' && plain.v < fn.facts.params;
}

/** What was tested before the lock was taken says nothing of what is waited for. */
function isUnderLock({ locks }: Analysis, { fn, node, cls, place }: Wait, guard: StateGuard): boolean {
  const held = locks.events[fn.id]?.heldAt.get(node) ?? [];
  const own = held.find((one) => keyOf(one.place) === keyOf(place) || (cls && one.cls?.key === cls.key));
  return !own || reachableFrom(fn.facts.nodes, own.node).has(guard.node);
}

/** The function waits for the same condition whatever the test says: it decides how, not whether. */
function waitsEitherWay({ locks }: Analysis, { fn, condition }: Wait, guard: StateGuard): boolean {
  const { nodes } = fn.facts;
  const all = locks.events[fn.id]?.waits ?? [];
  const seen = new Set(all.flatMap((one) => (keyOf(one.condition) === keyOf(condition) ? [one.node] : [])));
  const queue = [...(nodes[guard.node]?.next ?? [])];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const next = nodes[at]?.next ?? [];
    if (next.length === 0 || at === guard.node) return false;
    queue.push(...next);
  }
  return true;
}

/** Loops further up than this are not about the wait. */
const MAX_CALLERS = 2;

/** Every call of the function stands in a loop. */
function isAlwaysRepeated(analysis: Analysis, fn: Fn, depth = 0): boolean {
  const sites = callSitesOf(analysis.program, analysis.graph.callers, fn);
  const isLoop = (site: { fn: Fn; node: number }): boolean =>
    isRepeated(site.fn.facts.nodes, site.node) ||
    (depth < MAX_CALLERS && isAlwaysRepeated(analysis, site.fn, depth + 1));
  return sites.length > 0 && sites.every(isLoop);
}
