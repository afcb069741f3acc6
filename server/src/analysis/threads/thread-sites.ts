/** Every call that makes a thread, with what is seen of the thread's end. */
import type { FunctionModel } from '../../models/schema';
import { mayOverlap } from '../../program/identity';
import type { HandleFindings } from './handle-state';
import type { Detachment } from './thread-attribute';
import { isEndless, type RoutineContext } from './thread-endless';
import type { Closer, Fate, Stored, ThreadSite } from './thread-facts';

export function sitesOf(ctx: RoutineContext, found: HandleFindings): ThreadSite[] {
  return [...found.creations.values()].map((creation) => ({
    creation,
    made: single(found.made.get(creation.node)),
    fates: found.fates.get(creation.node) ?? [],
    detachSelf: creation.routines.filter((routine) => ctx.summaries[routine.id]?.detachesSelf),
    endless: creation.routines.filter((routine) => isEndless(ctx, creation, routine)),
  }));
}

function single(made: ReadonlySet<Detachment> | undefined): Detachment | 'either' {
  if (!made || made.size === 0) return 'unknown';
  const [only] = made;
  return made.size === 1 && only ? only : 'either';
}

/** Joins, detaches and closes of the places that a creation's handle comes to stand in. */
export function closersOf(
  site: ThreadSite,
  stored: readonly Stored[],
  closers: readonly Closer[],
): readonly Closer[] {
  const places = stored.filter(({ creation }) => creation === site.creation).map(({ place }) => place);
  return closers.filter((closer) => places.some((place) => mayOverlap(closer.place, place)));
}

/** The call starts the thread that the object is which it is made on. */
export function startsItself({ routineMethod, thread }: FunctionModel): boolean {
  return routineMethod !== undefined && !thread;
}

/** A handle that leaves the view: handed to code that may keep it, or returned. */
export function leavesView(fates: readonly Fate[]): boolean {
  return fates.some(({ kind }) => kind === 'handed' || kind === 'returned');
}
