import type { Analysis } from '../analysis/analysis';
import { mayHaveOtherName, takenUnseen } from '../analysis/conditions/cond-locking';
import { type WaitChain, waitChains } from '../analysis/conditions/cond-waits';
import type { Release, Wait } from '../analysis/locks/lock-facts';
import { lockCallsFor } from './cond-lock-calls';
import { conditionName, mutexName, waits } from './cond-wording';
import { lockAround } from './edits/lock-around';
import { givenBack } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'cond-wait-without-lock',
  severity: 'error',
  title: 'A condition is waited for without its mutex held',
  cwe: [667],
  cert: [],
  misra: ['22.17'],
  docs: `A wait gives the mutex back and takes it again; where the caller does not hold it, that is undefined. The test
before the wait is not protected either: a signal that comes between the two is lost, and the wait lasts for ever.

## What it finds

- a wait after the same function has released the mutex;
- a wait in \`main\` or in a thread's routine, or in a function they call, that no path has locked the mutex for.

## Incorrect

    pthread_mutex_lock(&m);
    int empty = count == 0;
    pthread_mutex_unlock(&m);
    if (empty)
        pthread_cond_wait(&filled, &m);

## Correct

    pthread_mutex_lock(&m);
    while (count == 0)
        pthread_cond_wait(&filled, &m);
    pthread_mutex_unlock(&m);

## What silences it

A function that others may call: its callers may hold the mutex. A call before the wait that could take the mutex
in a way that is not visible.

## Known problems

A mutex that is reached by another name than the one it was locked by is taken for another mutex where nothing
shows that they are equal.
`,
} as const;

interface Witness {
  /** As the function sees it that lacks the lock. */
  wait: Wait;
  released?: Release;
}

export const condWaitWithoutLock = defineRule<Witness>({
  meta,
  detect(analysis) {
    const chains = waitChains(analysis.program, analysis.locks);
    return [...released(analysis, chains), ...unlocked(analysis)];
  },

  report(analysis, { wait, released: release }) {
    const condition = conditionName(wait);
    const lock = mutexName(wait);
    const [thread] = analysis.roots.describe([wait.fn]);
    return {
      rule: meta.id,
      confidence: release || !wait.inner ? 'certain' : 'likely',
      place: placeOf(wait.fn, wait.node),
      message: release
        ? `\`${condition}\` is waited for after \`${lock}\` has been released: the wait needs it held.`
        : `\`${condition}\` is waited for without \`${lock}\` held: ${thread ?? 'the thread'} has not taken it on the way here.`,
      flows: [
        {
          title: `${lock} is not held`,
          steps: [
            ...(release
              ? givenBack(release, 'is released here')
              : [step(wait.fn, wait.fn.facts.nameSpan, `${thread ?? 'the thread'} begins here`)]),
            ...waits(wait, `is waited for here, without \`${lock}\``),
          ],
        },
      ],
      ...lockCallsFor(analysis, wait),
    };
  },

  fixes: (finding, source) => lockAround(finding, source),
});

/** The first wait behind a release says it for those that follow. */
function released(analysis: Analysis, chains: readonly WaitChain[]): Witness[] {
  const said = new Set<string>();
  return chains.flatMap(({ top }) => {
    const { released: release, fn } = top;
    if (!release || fn.facts.damaged || takenUnseen(analysis, top, release.node)) return [];
    const id = `${fn.id} ${release.node}`;
    if (said.has(id)) return [];
    said.add(id);
    return [{ wait: top, released: release }];
  });
}

/** Nobody above the first function of a thread can hold anything. */
function unlocked(analysis: Analysis): Witness[] {
  const { program, locks, roots } = analysis;
  const starts = program.fns.filter((fn) => fn.facts.name === 'main' || roots.isRoutine(fn));
  return starts.flatMap((fn) =>
    (locks.events[fn.id]?.waits ?? []).flatMap((wait) => {
      if (wait.isHeld || wait.released) return [];
      for (let at: Wait | undefined = wait; at; at = at.inner)
        if (mayHaveOtherName(at.place) || at.others.length > 0 || at.fn.facts.damaged) return [];
      for (let at: Wait | undefined = wait; at; at = at.inner) if (takenUnseen(analysis, at)) return [];
      return [{ wait }];
    }),
  );
}
