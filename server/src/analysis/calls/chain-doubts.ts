/** How much a chain of calls takes for granted. */
import { isUnavoidable } from '../paths/control-dependence';
import type { ChainStep } from './reach';

/** Conditions below the first call that nobody has shown to hold together. */
export function doubtsOf<T>(chain: ChainStep<T>): number {
  let doubts = chain.through ? 1 : 0;
  for (let at = chain.next; at; at = at.next) {
    if (at.through) doubts++;
    if (at.fn.facts.kind !== 'macro' && !isUnavoidable(at.fn.facts.nodes, at.node)) doubts++;
  }
  return doubts;
}
