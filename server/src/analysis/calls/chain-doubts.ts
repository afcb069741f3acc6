/** How much a chain of calls takes for granted. */
import { isUnavoidable } from '../paths/control-dependence';
import type { ChainStep } from './reach';

/** Of several functions that a pointer may hold only some do it: that is no more than possible. */
const OF_SOME = 3;

/** Conditions below the first call that nobody has shown to hold together. */
export function doubtsOf<T>(chain: ChainStep<T>): number {
  let doubts = ofPointer(chain);
  for (let at = chain.next; at; at = at.next) {
    doubts += ofPointer(at);
    if (at.fn.facts.kind !== 'macro' && !isUnavoidable(at.fn.facts.nodes, at.node)) doubts++;
  }
  return doubts;
}

function ofPointer<T>({ through }: ChainStep<T>): number {
  return through === 'some' ? OF_SOME : through ? 1 : 0;
}
