/** Calls that run what they are given only the first time: `pthread_once(&once, init)`. */
import type { Fn, Program } from '../../program/program';

/** The function called at a node is run by the first of all calls alone. */
export function runsOnce(program: Program, fn: Fn, node: number): boolean {
  const [next = -1] = fn.facts.nodes[node]?.next ?? [];
  const behind = program.targets[fn.id]?.get(next);
  // What such a call is given stands before it as a call of its own.
  return behind?.kind === 'model' && behind.model.runs === 'once';
}
