/** Where locks are taken and given back, as steps that a reader can follow. */

import type { Analysis } from '../analysis/analysis';
import { isUnnamed } from '../analysis/locks/guards';
import type { Acquisition, LockEvent, Release } from '../analysis/locks/lock-facts';
import type { Expr } from '../facts/expr';
import { functionName, spell } from '../program/spelling';
import type { Step } from './finding';
import { step } from './rule';

/** What a reader calls the lock: as the function at hand writes it, else by its class. */
export function lockName({ fn, place, cls }: LockEvent): string {
  const name = spellLock(fn, place);
  return name.includes('…') || isUnnamed(place) ? (cls?.label ?? name) : name;
}

/** As the source writes it; a lock that only a guard has goes by the guard. */
function spellLock({ facts }: LockEvent['fn'], place: Expr): string {
  return spell(facts, isUnnamed(place) ? place.of : place);
}

/** The way from the call in the function that holds, down to the lock call itself. */
export function taken(acquisition: Acquisition, message: string): Step[] {
  return chain(acquisition, message);
}

/** The way down to the call that gives the lock back. */
export function givenBack(release: Release, message: string): Step[] {
  return chain(release, message);
}

type Chained = LockEvent & { inner?: Chained; claimed?: Acquisition['claimed'] };

const CLAIMS = {
  declared: 'is held here: the function is declared to need it',
  asserted: 'is held here, as is asserted',
} as const;

/** The way down to what is done to a lock. */
export function chain(event: Chained, message: string): Step[] {
  const steps: Step[] = [];
  for (let at: Chained | undefined = event; at; at = at.inner) {
    const { fn, node, inner, cls } = at;
    if (inner) {
      steps.push(step(fn, node, `\`${functionName(fn.facts)}\` calls \`${functionName(inner.fn.facts)}\``));
      continue;
    }
    const name = spellLock(fn, at.place);
    const label = event.cls?.label ?? cls?.label ?? name;
    const also = name === label || name.includes('…') ? '' : ` (\`${name}\`)`;
    steps.push(step(fn, node, `\`${label}\`${also} ${at.claimed ? CLAIMS[at.claimed] : message}`));
  }
  return steps;
}

/** `atomic_flag_test_and_set(&started)` and its like: a flag, which need not be a lock. */
export function isFlag({ program }: Analysis, event: Acquisition | Release): boolean {
  let inmost = event;
  while (inmost.inner) inmost = inmost.inner;
  const target = program.targets[inmost.fn.id]?.get(inmost.node);
  return target?.kind === 'model' && target.model.lock?.flag === true;
}
