/**
 * Locks that a template is given without knowing their class: to it they are locks by themselves, and its callers know
 * what they are. Where all callers give one class, its methods are called and none of this is needed.
 */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { kept } from '../calls/kept';
import type { LockEvent, LockOutcome } from './lock-facts';
import { lockWithin } from './lockables';

/** A parameter whose class is the template's to choose. */
export function isTemplates({ facts }: Fn, e: Expr): e is Expr & { k: 'var' } {
  const type = e.k === 'var' && e.v < facts.params ? facts.variables[e.v]?.type : undefined;
  return type !== undefined && (type.base === 'auto' || facts.templates?.includes(type.base) === true);
}

/** What a guard that the template was given knows at its end. */
export function ownedBehind(
  fn: Fn,
  { holds, releases }: Pick<LockOutcome, 'holds' | 'releases'>,
): LockOutcome['binds'] {
  const owns =
    (v: number) =>
    ({ place }: LockEvent): LockOutcome['binds'] =>
      isTemplates(fn, place) ? [{ to: { k: 'field', of: place, f: '#owned' }, value: { k: 'num', v } }] : [];
  return [...holds.flatMap(owns(1)), ...releases.flatMap(owns(0))];
}

/** Calls that a method makes to see whether it does something to a lock: wrappers are shallow. */
const MAX_DEPTH = 3;

/**
 * Whether an object that a template locks or unlocks does something else to its lock than that: it keeps a flag, say,
 * and asks that first.
 */
export function isOwnWay(program: Program, fn: Fn, object: Expr, event: LockEvent): boolean {
  const inmost = innermost(event);
  const call = inmost.fn.facts.nodes[inmost.node];
  if (call?.op !== 'call' || call.callee.k !== 'field') return false;
  const { types } = program;
  const { base, ptr } = types.typeOf(program, fn, object);
  if (!base || ptr > 0) return false;
  for (const own of types.classChain(fn.unit, fn.facts.name, base)) {
    const method = program.functionNamed(fn.unit, `${own}::${call.callee.f}`, fn.facts.name);
    if (method) return touchesLock(program, method, MAX_DEPTH) && lockWithin(program, fn, object) === object;
  }
  return false;
}

function innermost(event: LockEvent & { inner?: LockEvent }): LockEvent {
  return event.inner ? innermost(event.inner) : event;
}

function touchesLock(program: Program, method: Fn, depth: number): boolean {
  return kept(method, `touches a lock ${depth}`, () =>
    [...(program.targets[method.id]?.values() ?? [])].some(
      (target) =>
        (target.kind === 'model' && target.model.lock !== undefined) ||
        (target.kind === 'function' && depth > 0 && touchesLock(program, target.fn, depth - 1)),
    ),
  );
}
