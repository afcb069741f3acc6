/** Joins of threads that were never joinable, and of the thread that runs them, over fields and globals. */
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { guardsOf } from '../paths/control-dependence';
import { alwaysDetachesItself, type RoutineContext } from './thread-endless';
import type { Closer, HandleReuse, HandleUse, Stored } from './thread-facts';

export function findMisuses(
  ctx: RoutineContext,
  stored: readonly Stored[],
  closers: readonly Closer[],
): HandleReuse[] {
  const found: HandleReuse[] = [];
  for (const { fn, node, place, waits } of closers) {
    const held = stored.filter((one) => mayOverlap(one.place, place));
    const [first] = held;
    const call = fn.facts.nodes[node];
    if (!first || call?.op !== 'call') continue;
    const handle = call.args[0] ?? { k: 'unknown' as const };
    const use: HandleUse = { fn, node, how: waits ? 'joined' : 'detached' };
    if (held.every(({ made }) => made === 'detached') && !isGivenOtherwise(ctx.program, place, held)) {
      const { creation } = first;
      const itself = creation.routines.find((routine) => alwaysDetachesItself(ctx, routine));
      const before: HandleUse = {
        fn: creation.fn,
        node: creation.node,
        how: itself ? 'detaches itself' : 'made detached',
      };
      found.push({ kind: 'again', use, before, handle, place });
      continue;
    }
    const isOwn = held.every(({ creation }) => creation.routines.length === 1 && creation.routines[0] === fn);
    if (waits && place.single && isOwn && guardsOf(fn.facts.nodes, node).length === 0)
      found.push({
        kind: 'self',
        use,
        before: { fn: first.creation.fn, node: first.creation.node, how: 'joined' },
        handle,
        place,
      });
  }
  return found;
}

/** The place also takes a handle that comes from elsewhere, which may be joinable. */
function isGivenOtherwise(program: Program, place: PlaceClass, held: readonly Stored[]): boolean {
  const makers = new Set(held.map(({ creation }) => creation.fn));
  const writes = (fn: Fn): boolean =>
    fn.facts.nodes.some((node) => {
      if (node.op !== 'assign' || node.from.k === 'num' || node.from.k === 'init') return false;
      const own = classOf(program, fn, node.to);
      return own !== undefined && mayOverlap(own, place) && !makers.has(fn);
    });
  return program.fns.some(writes);
}
