/** One function's locks: followed path by path, or only looked through where no path can differ from another. */
import type { Fn, Target } from '../../program/program';
import { clearedByCalls } from '../calls/cleared-pointees';
import { namesOf } from '../calls/names';
import { keyOf } from '../paths/access-path';
import { explore } from '../paths/explore';
import { resultsRead } from '../paths/results-read';
import { findFreshObjects } from './fresh-objects';
import { runsOf } from './given-routines';
import { locksDeclared } from './held-by-claim';
import { isDecidedAlike } from './lock-bypasses';
import { type Context, domainOf, type LockContext } from './lock-domain';
import { acquiresOf, withoutOrdered } from './lock-edges';
import { trackedFields } from './lock-entry';
import { makeEventLog } from './lock-events';
import type { Acquisition, LockEdge, LockEvents, LockLeak, LockOutcome, LockSummary } from './lock-facts';
import { leaksOf } from './lock-leaks';
import { changesOf, type Ending, outcomesOf } from './lock-summary';
import { surveyed, takingNodes } from './lock-survey';
import { releasedClasses } from './passed-sections';

export interface LockFindings {
  edges: LockEdge[];
  summary: LockSummary;
  events: LockEvents;
  complete: boolean;
}

/** More locks below one call would make every caller's edges a product. */
const MAX_ACQUIRES = 48;

/** Follows one function; callees should have their summaries. */
export function followLocks(around: LockContext, fn: Fn): LockFindings {
  const first = contextOf(around, fn);
  const taking = takingNodes(first);
  const ends = taking && surveyed(first, taking);
  if (ends) return findingsOf(first, outcomesOf(ends), ends, true, false);
  // What was noted before a path turned out to differ is not to be noted twice.
  const ctx = taking ? contextOf(around, fn) : first;
  const complete = explore(fn.facts.nodes, domainOf(ctx));
  const endings = [...ctx.endings.values()];
  const unknown = !complete || endings.some(({ state }) => state.blurred);
  return findingsOf(ctx, complete ? outcomesOf(endings) : [], endings, complete, unknown);
}

function contextOf(around: LockContext, fn: Fn): Context {
  const { program, writes } = around;
  const names = namesOf(program, fn, writes);
  const written = writes[fn.id] ?? new Set();
  const tracked = trackedFields(fn, names, written, calleesOf(around, fn));
  let read: ReadonlySet<number> | undefined;
  let released: ReadonlySet<string> | undefined;
  const ctx: Context = {
    ...around,
    fn,
    isFresh: findFreshObjects(program, fn),
    declared: locksDeclared(program, fn),
    names,
    changes: changesOf(fn, names, written, tracked, clearedByCalls(program, fn)),
    targets: targetsOf(around, fn),
    reached: new Map(),
    edges: new Map(),
    pending: new Map(),
    acquires: new Map(),
    nested: new Map(),
    endings: new Map(),
    handedOn: new Map(),
    thrown: new Map(),
    conditionsAt: new Map(),
    log: makeEventLog(fn.facts),
    knownBefore: new Map(),
    passed: new Set(),
    isRead: () => {
      read ??= resultsRead(fn.facts.nodes);
      return read;
    },
    released: () => {
      released ??= releasedClasses(ctx);
      return released;
    },
  };
  return ctx;
}

/** What calls reach; a method of what a template is given is that of the class that all callers give. */
function targetsOf({ program, graph, summaryOf }: LockContext, fn: Fn): ReadonlyMap<number, Target> {
  const named = program.targets[fn.id] ?? new Map<number, Target>();
  let targets: Map<number, Target> | undefined;
  for (const [node, { kind, receiver }] of named) {
    const [method] = kind === 'model' ? graph.possible.at(fn, node) : [];
    // A class that locks by other means than locks is one to the template.
    if (!method || !receiver || !summaryOf(method)) continue;
    targets ??= new Map(named);
    targets.set(node, { kind: 'function', fn: method, receiver });
  }
  return targets ?? named;
}

/** What is known of the functions that a function calls by name. */
function* calleesOf({ program, summaryOf }: LockContext, fn: Fn): Iterable<LockSummary | undefined> {
  for (const target of program.targets[fn.id]?.values() ?? [])
    if (target.kind === 'function') yield summaryOf(target.fn);
}

/** Who has entered several times leaves as often: the last time gives the lock back, and others end behind that test. */
function isCounted({ fn, lastReference }: Context, { by, exit }: LockLeak): boolean {
  return by !== undefined && exit > by.node && lastReference.guards(fn, by.node);
}

function findingsOf(
  ctx: Context,
  outcomes: readonly LockOutcome[],
  endings: readonly Ending[],
  complete: boolean,
  unknown: boolean,
): LockFindings {
  const events = ctx.log.events(
    // What a declaration says is no mistake of a body.
    complete && !ctx.fn.facts.declaredOnly
      ? leaksOf(ctx.fn, endings, [...ctx.thrown.values()], ctx.log.gave).filter(
          (leak) => !isCounted(ctx, leak),
        )
      : [],
    complete ? [...ctx.nested.values()] : [],
    complete,
  );
  return {
    edges: [...ctx.edges.values()],
    summary: {
      acquires: withoutRetakenAlike(ctx, acquiresOf(ctx))
        .slice(0, MAX_ACQUIRES)
        .map((one, _, all) => asWaited(one, all, outcomes)),
      outcomes,
      pending: withoutOrdered([...ctx.pending.values()]).slice(0, MAX_ACQUIRES),
      needs: ctx.log.needs(),
      runs: runsOf(ctx, events.heldAt),
      ...(unknown ? { unknown } : {}),
    },
    events: withoutDecidedAlike(ctx, events),
    complete,
  };
}

/** What is only taken again where it was given back is not taken without that either. */
function withoutRetakenAlike({ fn, names }: Context, all: readonly Acquisition[]): readonly Acquisition[] {
  const idOf = ({ node, place }: Acquisition): string => `${node} ${keyOf(place)}`;
  const retaken = new Set(all.flatMap((one) => (one.retaken ? [idOf(one)] : [])));
  if (retaken.size === 0) return all;
  const alike = new Map<number, boolean>();
  const isAlike = (node: number): boolean => {
    const known = alike.get(node) ?? isDecidedAlike(fn.facts, names, node, node);
    alike.set(node, known);
    return known;
  };
  return all.filter((one) => one.retaken || !retaken.has(idOf(one)) || !isAlike(one.node));
}

function withoutDecidedAlike({ fn, names }: Context, events: LockEvents): LockEvents {
  const { relocks, strays } = events;
  if (relocks.length + strays.length === 0) return events;
  const isAlike = (node: number, other: number | undefined): boolean =>
    isDecidedAlike(fn.facts, names, node, other);
  return {
    ...events,
    relocks: relocks.filter(({ again, held }) => !isAlike(again.node, held.node)),
    strays: strays.filter(({ release, before }) => !isAlike(release.node, before?.node)),
  };
}

/**
 * Who comes back with the lock alone waits for it like everybody else: who does nothing but try again until it has the
 * lock, as spin locks do, and who waits where a try has failed.
 */
function asWaited(
  acquisition: Acquisition,
  all: readonly Acquisition[],
  outcomes: readonly LockOutcome[],
): Acquisition {
  const { tried, inner, cls, place } = acquisition;
  const key = keyOf(place);
  const ends = outcomes.filter(({ refused }) => !refused);
  const isHeld = ({ holds }: LockOutcome): boolean => holds.some((one) => keyOf(one.place) === key);
  if (ends.length === 0 || !ends.every(isHeld)) return acquisition;
  if (!tried) return { ...acquisition, always: true };
  const waits = all.some((other) => !other.tried && other.cls?.key === cls?.key);
  const isAlone = ends.every(({ holds }) => holds.some((one) => one.tried && one.node === acquisition.node));
  return waits || inner || !isAlone ? acquisition : { ...acquisition, tried: false };
}
