/** Waits on condition variables, each seen from the function that holds the lock down to the waiting call. */
import type { Fn, Program } from '../../program/program';
import type { LockFacts, Wait } from '../locks/lock-facts';
import { keyOf } from '../paths/access-path';

export interface WaitChain {
  /** As the outermost function sees it: the one that holds the lock, or that nobody is known to call. */
  top: Wait;
  /** From the top down to the waiting call itself. */
  levels: readonly Wait[];
}

/** All waits, once for each function that answers for their lock. What a macro does counts where it is used. */
export function waitChains(program: Program, locks: LockFacts): WaitChain[] {
  const all = program.fns.flatMap((fn) => locks.events[fn.id]?.waits ?? []);
  const lifted = new Set(all.flatMap(({ inner }) => (inner ? [idOf(inner)] : [])));
  return all.flatMap((wait) => {
    const isTop = wait.isHeld || wait.released !== undefined || !lifted.has(idOf(wait));
    if (!isTop || wait.fn.facts.kind === 'macro') return [];
    return [{ top: wait, levels: levelsOf(wait) }];
  });
}

/** From a wait as one function sees it down to the waiting call. */
export function levelsOf(wait: Wait): Wait[] {
  const levels: Wait[] = [];
  for (let at: Wait | undefined = wait; at; at = at.inner) levels.push(at);
  return levels;
}

/** Calls of a function, by name. */
export function callSitesOf(
  program: Program,
  callers: readonly (readonly number[])[],
  fn: Fn,
): { fn: Fn; node: number }[] {
  return (callers[fn.id] ?? []).flatMap((id) => {
    const caller = program.fns[id];
    if (!caller) return [];
    return [...(program.targets[id] ?? [])].flatMap(([node, target]) =>
      target.kind === 'function' && target.fn === fn ? [{ fn: caller, node }] : [],
    );
  });
}

function idOf({ fn, node, place }: Wait): string {
  return `${fn.id} ${node} ${keyOf(place)}`;
}
