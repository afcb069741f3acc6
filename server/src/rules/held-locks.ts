/** How a finding speaks of locks that are held at a call. */
import type { Acquisition } from '../analysis/locks/lock-facts';
import type { Program } from '../program/program';
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

/** The lock is one whose holder must not sleep. */
export function spins(program: Program, lock: Acquisition): boolean {
  let at = lock;
  while (at.inner) at = at.inner;
  const target = program.targets[at.fn.id]?.get(at.node);
  return target?.kind === 'model' && target.model.lock?.spins === true;
}
