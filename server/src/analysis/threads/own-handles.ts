/** Threads that leave their own handle where others join it: `pool->last = pthread_self();`. */
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import type { Closer, Creation } from './thread-facts';

/** How far below its routine a thread is looked for that does so. */
const MAX_CALLERS = 4;

/** Whether the thread of a creation stores its own handle in a place that something joins or detaches. */
export function leavesOwnHandle(
  program: Program,
  { callers }: CallGraph,
  closers: readonly Closer[],
): (creation: Creation) => boolean {
  const found = new Set<number>();
  let next = storesOfSelf(program).flatMap(({ fn, place }) =>
    closers.some((closer) => mayOverlap(closer.place, place)) ? [fn.id] : [],
  );
  for (let step = 0; step <= MAX_CALLERS && next.length > 0; step++) {
    for (const id of next) found.add(id);
    next = next.flatMap((id) => callers[id] ?? []).filter((id) => !found.has(id));
  }
  return ({ routines }) => routines.some(({ id }) => found.has(id));
}

function storesOfSelf(program: Program): { fn: Fn; place: PlaceClass }[] {
  return modelledCalls(program).flatMap(({ fn, node, target }) => {
    if (target.model.thread?.op !== 'self') return [];
    return fn.facts.nodes.flatMap((at) => {
      if (at.op !== 'assign' || at.from.k !== 'result' || at.from.n !== node) return [];
      const place = classOf(program, fn, at.to);
      return place ? [{ fn, place }] : [];
    });
  });
}
