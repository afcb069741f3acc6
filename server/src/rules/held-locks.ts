/** How a finding speaks of locks that are held at a call. */
import type { Acquisition } from '../analysis/locks/lock-facts';
import type { Fn, Program } from '../program/program';
import type { Step } from './finding';
import { lockName, taken } from './lock-steps';

/** `a`, `a` and `b`, with what they are where that matters. */
export function heldNames(program: Program, held: readonly Acquisition[]): string {
  const names = held.map((lock) => `${spins(program, lock) ? 'the spinlock ' : ''}\`${lockName(lock)}\``);
  return [...new Set(names)].join(' and ');
}

/** Where each of them was taken. */
export function heldSteps(held: readonly Acquisition[]): Step[] {
  return held.flatMap((lock) => taken(lock, 'is taken here'));
}

/** The lock is one whose holder must not sleep: those who want it wait in a loop, and do not yield there. */
export function spins(program: Program, lock: Acquisition): boolean {
  let at = lock;
  while (at.inner) at = at.inner;
  const target = program.targets[at.fn.id]?.get(at.node);
  const model = target?.kind === 'model' ? target.model.lock : undefined;
  return model?.spins === true && !(model.flag && isPolite(program, at.fn, at.node));
}

/** Locks of a project that yield after a while are waited for like any other; who tries one alone does not wait. */
function isPolite(program: Program, fn: Fn, node: number): boolean {
  const around = fn.facts.loops.filter(({ first, last }) => first <= node && node <= last);
  if (around.length === 0) return true;
  return around.some(({ first, last }) =>
    fn.facts.nodes.some((_, at) => first <= at && at <= last && yieldsAt(program, fn, at, 0)),
  );
}

/** Functions around a library's `yield`. */
const MAX_DEPTH = 2;

function yieldsAt(program: Program, fn: Fn, node: number, depth: number): boolean {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind === 'model') return target.model.yields === true || target.model.blocks !== undefined;
  if (target?.kind !== 'function' || depth > MAX_DEPTH) return false;
  return target.fn.facts.nodes.some((_, at) => yieldsAt(program, target.fn, at, depth + 1));
}
