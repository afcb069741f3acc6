import type { Analysis } from '../analysis/analysis';
import { waitChains } from '../analysis/conditions/cond-waits';
import type { Wait } from '../analysis/locks/lock-facts';
import { keyOf, rootOf } from '../analysis/paths/access-path';
import type { Expr } from '../facts/expr';
import { classOf, mayOverlap } from '../program/identity';
import { functionName } from '../program/spelling';
import { conditionName, mutexName, waits } from './cond-wording';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'cond-two-mutexes',
  severity: 'warning',
  title: 'One condition variable is waited for with two different mutexes',
  cwe: [662],
  cert: ['POS53-C'],
  misra: ['22.19'],
  docs: `While a thread waits for a condition with one mutex, waiting for the same condition with another one is
undefined. It cannot work either: a signaller that holds one of the mutexes does not exclude those who test the
condition under the other, and its signal is lost.

## What it finds

- a global condition that is waited for with two global mutexes;
- a member that is waited for with two members of the same object.

## Incorrect

    pthread_mutex_lock(&q->in_lock);
    while (full(q))
        pthread_cond_wait(&q->changed, &q->in_lock);
    …
    pthread_mutex_lock(&q->out_lock);
    while (empty(q))
        pthread_cond_wait(&q->changed, &q->out_lock);

## Correct

A condition of its own for each mutex.

## What silences it

Mutexes that are reached through a pointer: it may lead to the same one.

## Known problems

Waits that can never happen at the same time are allowed to use two mutexes, and are reported too.
`,
} as const;

interface Witness {
  one: Wait;
  other: Wait;
}

export const condTwoMutexes = defineRule<Witness>({
  meta,
  detect(analysis) {
    const found = new Map<string, Wait[]>();
    for (const wait of namedWaits(analysis)) {
      const key = conditionKey(analysis, wait);
      found.set(key, [...(found.get(key) ?? []), wait]);
    }
    return [...found.values()].flatMap((all) => {
      const [one] = all;
      const other = one && all.find((wait) => areTwo(one, wait));
      return one && other ? [{ one, other }] : [];
    });
  },

  report(_, { one, other }) {
    const name = conditionName(other);
    const flow = (wait: Wait) => ({
      title: `${conditionName(wait)} with ${mutexName(wait)}`,
      steps: waits(wait, `is waited for with \`${mutexName(wait)}\` here`),
    });
    return {
      rule: meta.id,
      confidence: other.conditionClass?.single ? 'certain' : 'likely',
      place: placeOf(other.fn, other.node),
      message: `\`${name}\` is waited for with \`${mutexName(other)}\` here, but with \`${mutexName(one)}\` in \`${functionName(one.fn.facts)}\`: a condition belongs to one mutex at a time.`,
      flows: [flow(other), flow(one)],
    };
  },
});

/** Waits whose condition and mutex are known: two globals, or members of one object. In the order of the sources. */
function namedWaits({ program, locks }: Analysis): Wait[] {
  const found = new Map<string, Wait>();
  for (const { levels } of waitChains(program, locks)) {
    const named = levels.findLast(
      (wait) => wait.conditionClass && wait.cls && wait.fn.facts.kind !== 'macro',
    );
    if (named && isSure(named)) found.set(`${named.fn.id} ${named.node} ${keyOf(named.place)}`, named);
  }
  return [...found.values()];
}

function isSure({ place, condition, cls, conditionClass }: Wait): boolean {
  if (cls?.single && conditionClass?.single) return true;
  return isMember(place) && isMember(condition) && keyOf(objectOf(place)) === keyOf(objectOf(condition));
}

/** A member of the object at hand, through members of members but no further pointer. */
function isMember(e: Expr): boolean {
  return e.k === 'field' && e.of.k !== 'unknown' && objectOf(e).k === 'deref';
}

/** A class around a condition says nothing of whose it is: what tells them apart is the member that holds it. */
function conditionKey({ program }: Analysis, { fn, condition, conditionClass }: Wait): string {
  const key = conditionClass?.key ?? '';
  const member = conditionClass?.single ? undefined : outermost(condition);
  const holder = member && member !== condition ? classOf(program, fn, member) : undefined;
  return holder && member ? `${holder.key}${keyOf(condition).slice(keyOf(member).length)}` : key;
}

function outermost(e: Expr): Expr {
  return e.k === 'field' && e.of.k === 'field' ? outermost(e.of) : e;
}

function objectOf(e: Expr): Expr {
  return e.k === 'field' ? objectOf(e.of) : e;
}

function areTwo(one: Wait, other: Wait): boolean {
  if (!one.cls || !other.cls || mayOverlap(one.cls, other.cls)) return false;
  return one.cls.single === other.cls.single || rootOf(one.place).k === rootOf(other.place).k;
}
