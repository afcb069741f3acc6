import type { Deed, FaultKind, LifetimeFault } from '../analysis/lock-lifetimes/lock-lifetime-facts';
import { findLifetimeFaults } from '../analysis/lock-lifetimes/lock-lifetimes';
import type { Confidence, RuleFinding, Step } from './finding';
import { chain, lockName } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'lock-lifetime',
  severity: 'warning',
  title: 'A lock is used, destroyed, initialised or copied out of turn',
  cwe: [667, 908],
  cert: ['CON31-C'],
  misra: ['22.12', '22.14', '22.15'],
  docs: `A lock has a life: it is initialised once, used at one address, and destroyed once when nobody holds it. Outside of
that the behaviour is undefined. In practice threads that think they exclude each other do not, or a thread waits
for a lock that nobody will ever release.

## What it finds

- a lock destroyed, or freed with the object around it, while it is held;
- a lock used after it was destroyed, or destroyed twice;
- a lock initialised again, or after it was in use, without being destroyed in between;
- a local lock used before anything has initialised it;
- a lock assigned from another, passed or returned by value, or used in a copy of the object that holds it.

Wrappers that initialise and destroy locks are understood from their bodies.

## Incorrect

    pthread_mutex_lock(&conn->lock);
    conn->open = 0;
    pthread_mutex_destroy(&conn->lock);
    pthread_mutex_unlock(&conn->lock);
    free(conn);

## Correct

    pthread_mutex_lock(&conn->lock);
    conn->open = 0;
    pthread_mutex_unlock(&conn->lock);
    pthread_mutex_destroy(&conn->lock);
    free(conn);

## What silences it

Initialising again after destroying; objects that are handed to code which is not visible, or filled by it; static
and global locks, which begin as zeros; a copy whose lock is initialised anew; assigning an initialiser.

## Known problems

Locks on the heap are not known to be uninitialised, and the copies made by \`memcpy\` are not seen. Elements of an
array are followed only while their index does not change.
`,
} as const;

export const lockLifetime = defineRule<LifetimeFault>({
  meta,
  detect: findLifetimeFaults,

  report(_, fault): RuleFinding {
    const { kind, deed, before } = fault;
    return {
      rule: meta.id,
      confidence: confidenceOf(fault),
      place: placeOf(deed.fn, deed.node),
      message: MESSAGES[kind](lockName(deed), before ? lockName(before) : ''),
      flows: [
        {
          title: `the life of ${lockName(deed)}`,
          steps: [...(before ? stepsTo(before, BEFORE[kind]) : []), ...stepsTo(deed, NOW[kind])],
        },
      ],
    };
  },
});

function confidenceOf({ kind, deed, before, unused }: LifetimeFault): Confidence {
  if (unused) return 'possible';
  if (kind === 'copied' || kind === 'initialised-used') return 'likely';
  return deed.inner || before?.inner ? 'likely' : 'certain';
}

const MESSAGES: Readonly<Record<FaultKind, (name: string, other: string) => string>> = {
  'destroyed-held': (name) => `\`${name}\` is destroyed while it is held.`,
  'freed-held': (name) => `\`${name}\` is freed with the object that holds it while it is held.`,
  'destroyed-twice': (name) => `\`${name}\` is destroyed a second time.`,
  'used-destroyed': (name) => `\`${name}\` is used after it was destroyed.`,
  'initialised-twice': (name) =>
    `\`${name}\` is initialised again without having been destroyed: a thread that holds or awaits it is forgotten.`,
  'initialised-used': (name) =>
    `\`${name}\` is initialised although it is in use: a thread that holds or awaits it is forgotten.`,
  uninitialised: (name) => `\`${name}\` is used, but nothing has initialised it.`,
  copied: (name, other) =>
    other
      ? `\`${name}\` is a copy of the lock \`${other}\`: the two do not exclude each other.`
      : `The lock \`${name}\` is returned by value: the copy is no lock.`,
  'copy-used': (name) =>
    `\`${name}\` is used as a lock, but it is a copy of another: the two do not exclude each other.`,
};

const BEFORE: Readonly<Record<FaultKind, string>> = {
  'destroyed-held': 'is taken here',
  'freed-held': 'is taken here',
  'destroyed-twice': 'is destroyed here',
  'used-destroyed': 'is destroyed here',
  'initialised-twice': 'is initialised here',
  'initialised-used': 'is used here',
  uninitialised: 'is declared here, without a value',
  copied: 'is copied here',
  'copy-used': 'is copied here',
};

const NOW: Readonly<Record<FaultKind, string>> = {
  'destroyed-held': 'is destroyed here',
  'freed-held': 'is freed here',
  'destroyed-twice': 'is destroyed again here',
  'used-destroyed': 'is used here',
  'initialised-twice': 'is initialised again here',
  'initialised-used': 'is initialised here',
  uninitialised: 'is used here',
  copied: 'takes the copy',
  'copy-used': 'is used here',
};

function stepsTo(deed: Deed, message: string): Step[] {
  const { fn, parameter } = deed;
  const span = parameter === undefined ? undefined : fn.facts.variables[parameter]?.span;
  return span ? [step(fn, span, `\`${lockName(deed)}\` ${message}`)] : chain(deed, message);
}
