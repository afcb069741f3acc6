/** What exploring a function says about its use of locks, collected over all paths. */
import type { FunctionFacts } from '../../facts/facts';
import type { Fn } from '../../program/program';
import { keyOf, rootOf } from '../paths/access-path';
import { isGoneRound } from './lock-bypasses';
import { mayBeSameElement } from './lock-elements';
import type {
  Acquisition,
  Condition,
  Crossing,
  LockEdge,
  LockEvent,
  LockEvents,
  LockLeak,
  Release,
  Relock,
  StrayRelease,
  Wait,
} from './lock-facts';
import { areOfOtherClasses, type Given, type Held, isAway, isNamed, type LockState } from './lock-state';
import { areContrary, commonConditions } from './lock-summary';
import { isGivenBackInTurns } from './lock-turns';

export interface LockEventLog {
  noteHeld(state: LockState, node: number): void;
  /** Notes that a held lock is taken again, and says whether it is. */
  noteRelock(state: LockState, again: Acquisition): boolean;
  /** `when` says what is known of what callers can name, on the path that gives the lock back. */
  noteRelease(state: LockState, release: Release, given: Given, when: () => readonly Condition[]): void;
  /** A lock of the callers is given back. */
  noteGivenBack(release: Release): void;
  /** A lock is given back that the function has, or may have: it has taken it, or says so. */
  noteMatched(release: Release): void;
  noteWait(state: LockState, wait: Wait): void;
  /** Where locks were given back that this function had taken, by where they were taken; each node once. */
  gave: ReadonlyMap<string, ReadonlyMap<number, LockEvent>>;
  /** Waits on locks that this function does not hold itself. */
  needs(): Wait[];
  events(leaks: readonly LockLeak[], nested: readonly LockEdge[], complete: boolean): LockEvents;
}

export function makeEventLog(facts: FunctionFacts): LockEventLog {
  const heldAt = new Map<number, readonly Acquisition[]>();
  const perhapsAt = new Map<number, Map<string, LockEvent>>();
  // Many paths come to a node with the same locks.
  const notePerhaps = (node: number, events: Iterable<LockEvent>): void => {
    for (const event of events) {
      const known = perhapsAt.get(node) ?? new Map<string, LockEvent>();
      perhapsAt.set(node, known.set(event.cls?.key ?? '', event));
    }
  };
  const relocks = new Map<string, Relock>();
  const strays = new Map<string, StrayRelease>();
  const crossings = new Map<string, Crossing>();
  const waits = new Map<string, Wait>();
  const completes = new Set<Fn>();
  const givesBack = new Set<string>();
  const givesBackBehind = new Set<string>();
  const gave = new Map<string, Map<number, LockEvent>>();
  /** Nodes at which a lock was given back that was held, with where it was taken. */
  const proper = new Map<number, Acquisition>();
  const matched = new Set<number>();
  /** Releases of what is not known to be held, with what is known on all paths to them. */
  const untaken = new Map<string, { release: Release; when: readonly Condition[] }>();
  const noteGivenBack = ({ cls }: Release): void => {
    if (!cls) return;
    givesBack.add(cls.key);
    if (cls.wrapper !== undefined && cls.key.includes('*')) givesBackBehind.add(cls.wrapper);
  };
  return {
    gave,
    noteGivenBack,
    noteMatched: ({ node }) => matched.add(node),
    noteHeld(state, node) {
      const known = heldAt.get(node);
      notePerhaps(node, state.unsure.values());
      if (state.held.length === 0) {
        if (known) notePerhaps(node, known);
        if (!known || known.length > 0) heldAt.set(node, []);
        return;
      }
      const now = state.held.map((held) => held.acquisition);
      const isHere = (one: Acquisition): boolean => now.some((other) => isSame(one, other));
      const both = known ? known.filter(isHere) : now;
      if (known && both.length < Math.max(known.length, now.length))
        notePerhaps(
          node,
          [...known, ...now].filter((one) => !both.includes(one)),
        );
      heldAt.set(node, both);
    },
    noteRelock(state, again) {
      const still = state.held.filter((one) => !isAway(one, again));
      const same = still.find((one) => isAgain(one, again) && !isOfNextTurn(facts, one, again))?.acquisition;
      const held = same ?? still.find((one) => mayBeSameElement(one.acquisition, again))?.acquisition;
      if (!held || again.kind !== held.kind || (held.kind !== 'normal' && held.kind !== 'checked'))
        return false;
      if (held.chosen || again.chosen || (held.mode === 'shared' && again.mode === 'shared')) return false;
      if (again.tried) return same !== undefined && held.kind === 'normal';
      const id = `${again.node} ${keyOf(held.place)}`;
      const known = relocks.get(id);
      const isChecked = held.kind === 'checked' && (true as const);
      if (!state.blurred && (!known || again.doubts < known.again.doubts))
        relocks.set(id, {
          held,
          again,
          upgrade: held.mode === 'shared' && again.mode === 'exclusive',
          isElement: !same,
          ...(isChecked ? { isChecked } : {}),
        });
      return same !== undefined && !isChecked;
    },
    noteRelease(state, release, given, when) {
      const { held, before, failed, unsure } = given;
      if (unsure) {
        completes.add(unsure.fn);
        matched.add(release.node);
      }
      noteGivenBack(release);
      if (held) {
        const given = gave.get(held.id) ?? new Map<number, LockEvent>();
        // The last one comes last.
        given.delete(release.node);
        gave.set(held.id, given.set(release.node, release));
        proper.set(release.node, held.acquisition);
        matched.add(release.node);
        for (let inner = held.acquisition.inner; inner; inner = inner.inner) completes.add(inner.fn);
        const still = state.held[state.held.length - 1];
        const isTogether = still?.acquisition.node === held.acquisition.node;
        if (still && still !== held && !isTogether && !held.acquisition.chosen)
          crossings.set(`${release.node}`, { release, still: still.acquisition });
      }
      if (!held && !before && !unsure && !state.blurred && !state.refused) {
        const id = `${release.node} ${keyOf(release.place)}`;
        const known = untaken.get(id)?.when;
        untaken.set(id, { release, when: known ? commonConditions(known, when()) : when() });
      }
      // Without the lock because taking it had failed: that is the check's business.
      if (!before || state.blurred || state.refused) return;
      strays.set(`${release.node} ${keyOf(release.place)}`, {
        release,
        kind: failed ? (failed.tried ? 'tried' : 'failed') : 'again',
        before,
        always: true,
      });
    },
    noteWait(state, wait) {
      if (state.blurred) return;
      const key = keyOf(wait.place);
      const isLock = (held: Held): boolean =>
        isNamed(held, key) || (wait.cls !== undefined && held.acquisition.cls?.key === wait.cls.key);
      const held = state.held.find(isLock);
      if (!held && (state.refused || state.unsure.has(key))) return;
      const released = state.over.get(key) ?? state.released.find((one) => one.key === key);
      const others = state.held.filter((one) => !isLock(one)).map((one) => one.acquisition);
      const id = `${wait.node} ${key}`;
      const known = waits.get(id);
      const kept = known ? known.others.filter((one) => others.some((other) => isSame(one, other))) : others;
      const before = known?.released ?? (held ? undefined : (released as Release | undefined));
      waits.set(id, {
        ...wait,
        isHeld: held !== undefined && (known?.isHeld ?? true),
        others: kept,
        when: whenUnheld(known, held ? undefined : wait.when),
        ...(before ? { released: before } : {}),
      });
    },
    needs: () => [...waits.values()].filter(({ isHeld, released }) => !isHeld && !released),
    events: (leaks, nested, complete) => ({
      relocks: complete ? [...relocks.values()] : [],
      strays: complete
        ? [
            ...inNoTurns(facts, strays.values(), proper).map((one) => ({
              ...one,
              always: !proper.has(one.release.node),
            })),
            ...bypassed(facts, untaken.values(), proper),
          ]
        : [],
      crossings: complete ? [...crossings.values()] : [],
      waits: complete ? [...waits.values()] : [],
      leaks,
      nested,
      heldAt,
      perhapsAt,
      completes,
      givesBack,
      givesBackBehind,
      matched,
    }),
  };
}

/** Without what a loop gives back as often as another loop has taken it. */
function inNoTurns(
  facts: FunctionFacts,
  strays: Iterable<StrayRelease>,
  proper: ReadonlyMap<number, Acquisition>,
): StrayRelease[] {
  return [...strays].filter(({ release, before }) => {
    const taken = proper.get(release.node);
    return before?.node !== release.node || !taken || !isGivenBackInTurns(facts, taken, release.node);
  });
}

/**
 * Releases of a lock that the function takes itself on another path to the same place, so that no caller should hold
 * it. Where a value decides that callers know, `if (!locked) lock(m);`, theirs may be meant.
 */
function bypassed(
  facts: FunctionFacts,
  untaken: Iterable<{ release: Release; when: readonly Condition[] }>,
  proper: ReadonlyMap<number, Acquisition>,
): StrayRelease[] {
  return [...untaken].flatMap(({ release, when }): StrayRelease[] => {
    const before = proper.get(release.node);
    if (before?.kind !== 'normal' || before.retaken || before.chosen || before.claimed) return [];
    if (keyOf(before.place) !== keyOf(release.place)) return [];
    if (!isGoneRound(facts, before.node, release.node)) return [];
    const isDecided = areContrary(when, before.when) && (true as const);
    return [{ release, kind: 'bypassed', before, always: false, ...(isDecided ? { isDecided } : {}) }];
  });
}

/** Only paths without the lock count: with it there is nothing to blame a caller for. */
function whenUnheld(known: Wait | undefined, now: readonly Condition[] | undefined): readonly Condition[] {
  if (!now) return known?.when ?? [];
  return known && !known.isHeld ? commonConditions(known.when, now) : now;
}

/** Taken by one call: on two paths the object may go by two names. */
function isSame(a: Acquisition, b: Acquisition): boolean {
  if (a.node !== b.node) return false;
  return keyOf(a.place) === keyOf(b.place) || (a.cls !== undefined && a.cls.key === b.cls?.key);
}

/** The same object: by its path where that is known, or the one global of its class. */
/** In each turn of a loop a call gives another object: `for (…) lock_of(key++)->lock();`. */
function isOfNextTurn(
  { loops }: FunctionFacts,
  { acquisition }: Held,
  { place, node }: Acquisition,
): boolean {
  const root = rootOf(place);
  if (root.k !== 'result' || acquisition.node !== node) return false;
  return loops.some(({ first, last }) => first <= root.n && root.n <= last && first <= node && node <= last);
}

function isAgain(held: Held, again: Acquisition): boolean {
  const path = keyOf(again.place);
  if (isNamed(held, path) && !areOfOtherClasses(held.acquisition, again)) return !path.includes('?');
  // One object, however it is called: `Pool::lock` is the method's own `lock`.
  const { cls } = held.acquisition;
  return again.cls?.single === true && again.cls.key === cls?.key;
}
