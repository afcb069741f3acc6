import type { Analysis } from '../analysis/analysis';
import { findSignals, signalsOf } from '../analysis/conditions/cond-signals';
import { findSilent } from '../analysis/conditions/cond-uses';
import { levelsOf, waitChains } from '../analysis/conditions/cond-waits';
import type { Wait } from '../analysis/locks/lock-facts';
import type { PlaceClass } from '../program/identity';
import { waits } from './cond-wording';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'cond-never-signalled',
  severity: 'information',
  title: 'A condition is waited for, but nothing signals it',
  cwe: [833],
  cert: ['CON38-C'],
  misra: [],
  docs: `Who waits without a timeout for a condition that nobody signals waits for ever, or until the wait returns by
accident. Mostly the signal was forgotten when its code was changed, or another condition is signalled instead.

## What it finds

A condition variable in a global or a field that is waited for without a timeout, while no code of the workspace
signals or broadcasts it, by itself or through a function or macro.

## Incorrect

    static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;

    void put(int item)  { pthread_mutex_lock(&m); push(item); pthread_mutex_unlock(&m); }
    int take(void)      { … while (empty()) pthread_cond_wait(&filled, &m); … }

## Correct

    void put(int item)
    {
        pthread_mutex_lock(&m);
        push(item);
        pthread_cond_signal(&filled);
        pthread_mutex_unlock(&m);
    }

## What silences it

A condition whose address is stored, compared, or given to code that is not visible; one that is only declared in
the workspace; any wait for it with a timeout; a file in which functions that use it could not be read.

## Known problems

A condition that is signalled only by a program outside of the workspace, through shared memory, is reported.
`,
} as const;

interface Witness {
  cls: PlaceClass;
  waits: Wait[];
}

export const condNeverSignalled = defineRule<Witness>({
  meta,
  detect(analysis) {
    const waited = waitsByCondition(analysis);
    const signals = findSignals(analysis.program, analysis.graph);
    const unsignalled = waited.filter(({ cls }) => signalsOf(signals, cls).length === 0);
    const silent = findSilent(
      analysis.program,
      unsignalled.map(({ cls }) => cls),
    );
    return unsignalled.filter(({ cls, waits }) => waits.every(({ timed }) => !timed) && silent.isSilent(cls));
  },

  report(_, { cls, waits: all }) {
    const [first] = all;
    if (!first) throw new Error('a condition is waited for somewhere');
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(first.fn, first.node),
      message: `Nothing in the workspace signals \`${cls.label}\`: who waits for it here waits for ever.`,
      flows: [
        { title: `waits for ${cls.label}`, steps: all.flatMap((wait) => waits(wait, 'is waited for here')) },
      ],
    };
  },
});

/** Each wait where its condition first has a name, by condition, in the order of the sources. */
function waitsByCondition({ program, locks }: Analysis): Witness[] {
  const found = new Map<string, { cls: PlaceClass; waits: Map<string, Wait> }>();
  for (const { levels } of waitChains(program, locks)) {
    const named = levels.findLast(({ conditionClass, fn }) => conditionClass && fn.facts.kind !== 'macro');
    if (!named?.conditionClass) continue;
    const { conditionClass: cls, fn, node } = named;
    const known = found.get(cls.key) ?? { cls, waits: new Map<string, Wait>() };
    found.set(cls.key, known);
    known.waits.set(`${fn.id} ${node}`, levelsOf(named)[0] ?? named);
  }
  return [...found.values()].map(({ cls, waits }) => ({ cls, waits: [...waits.values()] }));
}
