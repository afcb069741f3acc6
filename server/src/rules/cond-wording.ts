/** Conditions and their waits in the words of a finding. */

import type { Wait } from '../analysis/locks/lock-facts';
import { rootOf } from '../analysis/paths/access-path';
import type { Expr } from '../facts/expr';
import type { PlaceClass } from '../program/identity';
import type { Fn } from '../program/program';
import { functionName, spell } from '../program/spelling';
import type { Step } from './finding';
import { step } from './rule';

/** What a reader calls the condition: as the function at hand writes it, else by its class. */
export function conditionName({ fn, condition, conditionClass }: Wait): string {
  return nameOf(fn, condition, conditionClass);
}

/** What a reader calls the mutex that a wait gives back. */
export function mutexName({ fn, place, cls }: Wait): string {
  return nameOf(fn, place, cls);
}

/** A parameter without a type, which the source gives another name first, says less than the class. */
function nameOf(fn: Fn, place: Expr, cls: PlaceClass | undefined): string {
  const name = spell(fn.facts, place);
  const root = rootOf(place);
  const isUntyped = root.k === 'var' && fn.facts.variables[root.v]?.type.base === 'void';
  return isUntyped || name.includes('…') ? (cls?.label ?? name) : name;
}

/** The way down to the waiting call. */
export function waits(wait: Wait, message: string): Step[] {
  const steps: Step[] = [];
  for (let at: Wait | undefined = wait; at; at = at.inner) {
    const { fn, node, inner } = at;
    const what = inner
      ? `\`${functionName(fn.facts)}\` calls \`${functionName(inner.fn.facts)}\``
      : `\`${shown(at, wait.conditionClass)}\` ${message}`;
    steps.push(step(fn, node, what));
  }
  return steps;
}

/** A callee's parameter says less than what it stands for. */
function shown(wait: Wait, cls: PlaceClass | undefined): string {
  const isParameter = isNamedByParameter(wait.fn, wait);
  return isParameter && cls ? cls.label : conditionName(wait);
}

function isNamedByParameter({ facts }: Fn, { condition }: Wait): boolean {
  const plain = condition.k === 'deref' ? condition.of : condition;
  return plain.k === 'var' && plain.v < facts.params;
}
