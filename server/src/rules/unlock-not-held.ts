import type { Analysis } from '../analysis/analysis';
import type { LockSummary, Release, StrayRelease } from '../analysis/locks/lock-facts';
import { keyOf } from '../analysis/paths/access-path';
import type { Expr } from '../facts/expr';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import { removeStatement } from './edits/remove-statement';
import { givenBack, isFlag, lockName } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'unlock-not-held',
  severity: 'warning',
  title: 'A lock is released that is not held here',
  cwe: [832, 765],
  cert: ['POS48-C'],
  misra: ['22.17'],
  docs: `Releasing a lock that is not held is undefined. In practice it lets two threads into one critical section: the
second release sets the lock free that another thread has taken in between.

## What it finds

- a second release on a path of one function, by itself or through a call;
- a release on a path that has gone round where the function takes the lock: \`goto out\` before it is taken;
- a release behind a call that takes the lock where it succeeds, and has failed;
- a release of a lock that no path has taken: in a thread's routine, in \`main\`, or in a function none of whose
  callers has taken it, up to where threads begin.

## Incorrect

    pthread_mutex_lock(&m);
    if (empty()) {
        pthread_mutex_unlock(&m);
        report();
    }
    pthread_mutex_unlock(&m);

## Correct

    pthread_mutex_lock(&m);
    if (empty()) {
        pthread_mutex_unlock(&m);
        report();
        return;
    }
    pthread_mutex_unlock(&m);

## What silences it

A function that releases its caller's lock; a recursive lock taken as often as it is released.

## Known problems

A lock that is handed from one thread to another, which some libraries allow for semaphores used as locks.
`,
} as const;

export const unlockNotHeld = defineRule<StrayRelease>({
  meta,
  detect: (analysis) => straysOf(analysis).filter(({ kind }) => kind !== 'tried'),

  report(_, { release, kind, before, always }) {
    const name = lockName(release);
    const { fn, node } = release;
    const callee = release.inner && functionName(release.inner.fn.facts);
    const subject = callee ? `\`${callee}\` releases \`${name}\`` : `\`${name}\` is released`;
    return {
      rule: meta.id,
      confidence: kind === 'never' || kind === 'bypassed' ? 'likely' : 'certain',
      place: placeOf(fn, node),
      message: `${subject} ${kind === 'again' && release.endsOnError ? CHECKED : WORDING[kind].message}`,
      flows: [
        {
          title: `${name} is not held`,
          steps: [
            ...(before ? [step(before.fn, before.node, `\`${name}\` ${WORDING[kind].before}`)] : []),
            ...givenBack(release, kind === 'again' ? 'is released again here' : 'is released here'),
          ],
        },
      ],
      data: { isRemovable: release.inner === undefined && kind === 'again' && always },
    };
  },

  fixes(finding, { file, text, root }) {
    if (finding.data?.isRemovable !== true) return [];
    const edit = removeStatement(file, text, root, finding.place);
    return edit ? [{ title: 'Remove this release', preferred: false, edits: [edit] }] : [];
  },
});

const CHECKED = 'a second time: the lock checks for that, and its error ends the program.';

const WORDING: Readonly<Record<StrayRelease['kind'], { message: string; before: string }>> = {
  again: {
    message: 'a second time: another thread may have taken it in between and loses it here.',
    before: 'is released here',
  },
  tried: { message: 'here, although it could not be taken.', before: 'is tried here' },
  failed: {
    message: 'here, but the call that takes it has failed: another thread may hold it and loses it here.',
    before: 'is not taken where this call fails',
  },
  bypassed: {
    message: 'here, but a path to this place has not taken it: another thread may hold it and loses it here.',
    before: 'is taken here, which that path goes round',
  },
  never: { message: 'here, but no path to this place has taken it.', before: 'is released here' },
};

/** Those of all functions. What a macro does is said where it is used. */
function straysOf(analysis: Analysis): StrayRelease[] {
  const { program, locks, roots } = analysis;
  return program.fns.flatMap((fn) => {
    const events = locks.events[fn.id];
    if (!events || fn.facts.kind === 'macro') return [];
    const isRoot = fn.facts.name === 'main' || roots.isRoutine(fn);
    const strays = events.strays.filter(
      (stray) => stray.kind !== 'bypassed' || !isCallers(analysis, fn, stray),
    );
    const nobody = isRoot ? neverTaken(locks.summaries[fn.id]) : forNobody(analysis, fn);
    // Of two releases of what nobody has taken, the first one says it.
    const isSaid = ({ before }: StrayRelease): boolean =>
      !isRoot && nobody.some(({ release }) => release.node === before?.node);
    const all = [...strays.filter((stray) => !isSaid(stray)), ...nobody];
    return all.filter(({ release }) => !isFlag(analysis, release) || isTakenSomewhere(analysis, release));
  });
}

function isTakenSomewhere({ locks }: Analysis, { cls }: Release): boolean {
  return locks.summaries.some((summary) =>
    summary?.acquires.some((one) => cls !== undefined && one.cls?.key === cls.key),
  );
}

/**
 * Some caller holds such a lock where it calls the function: it may be what is given back. Where no caller is seen,
 * one may hold it that knows what decides.
 */
function isCallers(analysis: Analysis, fn: Fn, { release, isDecided }: StrayRelease): boolean {
  const { program, graph, locks } = analysis;
  const callers = graph.callers[fn.id] ?? [];
  if (isDecided && (callers.length === 0 || graph.addressTaken.has(fn))) return true;
  return callers.some((id) =>
    [...(program.targets[id] ?? [])].some(([node, target]) => {
      if (target.kind !== 'function' || target.fn !== fn) return false;
      const held = locks.events[id]?.heldAt.get(node) ?? [];
      return held.some(({ cls }) => cls === undefined || cls.key === release.cls?.key);
    }),
  );
}

/** Nothing above the function has taken it, so nobody's critical section ends here. */
function forNobody({ balance }: Analysis, fn: Fn): StrayRelease[] {
  return balance.neverTakenBy(fn).flatMap((release): StrayRelease[] => {
    for (let inner = release.inner; inner; inner = inner.inner)
      if (balance.neverTakenBy(inner.fn).some(({ cls }) => cls?.key === inner?.cls?.key)) return [];
    return [{ release, kind: 'never', always: true }];
  });
}

/** Where a thread begins no lock is held, so what is released there without being taken anywhere is not held. */
function neverTaken(summary: LockSummary | undefined): StrayRelease[] {
  const found = new Map<string, StrayRelease>();
  for (const release of summary?.outcomes.flatMap((outcome) => outcome.releases) ?? []) {
    const isTaken = summary?.acquires.some(
      ({ cls, place }) =>
        (cls ? cls.key === release.cls?.key : keyOf(place) === keyOf(release.place)) ||
        isSameArray(place, release.place),
    );
    // What only the callee can name may be any of its class.
    if (!isTaken && release.place.k !== 'unknown')
      found.set(`${release.node} ${keyOf(release.place)}`, { release, kind: 'never', always: true });
  }
  return [...found.values()];
}

/** `t[i]` may be the element that was taken as `t[0]`. */
function isSameArray(a: Expr, b: Expr): boolean {
  const [one, other] = [arrayOf(a), arrayOf(b)];
  return one !== undefined && other !== undefined && keyOf(one) === keyOf(other);
}

function arrayOf(e: Expr): Expr | undefined {
  if (e.k === 'index') return e.of;
  return e.k === 'field' || e.k === 'deref' || e.k === 'addr' ? arrayOf(e.of) : undefined;
}
