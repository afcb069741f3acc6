/** One function's locks: followed path by path, or only looked through where no path can differ from another. */
import type { Fn } from '../../program/program';
import { returnsFrom } from '../calls/call-graph';
import { namesOf } from '../calls/names';
import { dominatorsOf } from '../paths/dominators';
import { explore } from '../paths/explore';
import { factsAt, lastingValues } from '../paths/lasting-facts';
import { resultsRead } from '../paths/results-read';
import { findFreshObjects } from './fresh-objects';
import { runsOf } from './given-routines';
import { lockAsserted, locksDeclared } from './held-by-claim';
import { summaryAt } from './lock-callees';
import { type Context, call, domainOf, type LockContext } from './lock-domain';
import { acquiresOf, withoutOrdered } from './lock-edges';
import { trackedFields } from './lock-entry';
import { makeEventLog } from './lock-events';
import type { Acquisition, LockEdge, LockEvent, LockEvents, LockOutcome, LockSummary } from './lock-facts';
import { leaksOf } from './lock-leaks';
import { NOTHING_HELD } from './lock-state';
import { changesOf, type Ending, endingAt, outcomesOf } from './lock-summary';
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
  const ctx = contextOf(around, fn);
  if (isBystander(ctx)) return surveyed(ctx);
  const complete = explore(fn.facts.nodes, domainOf(ctx));
  const endings = [...ctx.endings.values()];
  const unknown = !complete || endings.some(({ state }) => state.blurred);
  return findingsOf(ctx, complete ? outcomesOf(endings) : [], endings, complete, unknown);
}

function contextOf(around: LockContext, fn: Fn): Context {
  const { program, writes } = around;
  const names = namesOf(program, fn, writes);
  const written = writes[fn.id] ?? new Set();
  let read: ReadonlySet<number> | undefined;
  let released: ReadonlySet<string> | undefined;
  const ctx: Context = {
    ...around,
    fn,
    isFresh: findFreshObjects(program, fn),
    declared: locksDeclared(program, fn),
    names,
    changes: changesOf(fn, names, written, trackedFields(fn, names, written, calleesOf(around, fn))),
    targets: program.targets[fn.id] ?? new Map(),
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

/** What is known of the functions that a function calls by name. */
function* calleesOf({ program, summaryOf }: LockContext, fn: Fn): Iterable<LockSummary | undefined> {
  for (const target of program.targets[fn.id]?.values() ?? [])
    if (target.kind === 'function') yield summaryOf(target.fn);
}

function findingsOf(
  ctx: Context,
  outcomes: readonly LockOutcome[],
  endings: readonly Ending[],
  complete: boolean,
  unknown: boolean,
): LockFindings {
  const events = ctx.log.events(
    complete ? leaksOf(ctx.fn, endings, [...ctx.thrown.values()], ctx.log.gave) : [],
    complete ? [...ctx.nested.values()] : [],
    complete,
  );
  return {
    edges: [...ctx.edges.values()],
    summary: {
      acquires: acquiresOf(ctx)
        .slice(0, MAX_ACQUIRES)
        .map((one, _, all) => asWaited(one, all, outcomes)),
      outcomes,
      pending: withoutOrdered([...ctx.pending.values()]).slice(0, MAX_ACQUIRES),
      needs: ctx.log.needs(),
      runs: runsOf(ctx, events.heldAt),
      ...(unknown ? { unknown } : {}),
    },
    events,
    complete,
  };
}

/** Who does nothing but try again until it has the lock, as spin locks do, waits for it like everybody else. */
function asWaited(
  acquisition: Acquisition,
  all: readonly Acquisition[],
  outcomes: readonly LockOutcome[],
): Acquisition {
  const isHeld = ({ holds }: LockOutcome): boolean =>
    holds.some(({ node, tried }) => tried && node === acquisition.node);
  if (!acquisition.tried || acquisition.inner || outcomes.length === 0 || !outcomes.every(isHeld))
    return acquisition;
  const waits = all.some(({ tried, cls }) => !tried && cls?.key === acquisition.cls?.key);
  return waits ? acquisition : { ...acquisition, tried: false };
}

/**
 * No lock changes hands in the function, only in what it calls, and every call leaves the locks as they were, as
 * far as is known. Then no path differs from another in what is held, and most functions of a program are of this
 * kind: they log.
 */
function isBystander(ctx: Context): boolean {
  if (ctx.fn.facts.kind === 'constructor' || ctx.declared.length > 0) return false;
  for (const [node, target] of ctx.targets) {
    if (target.kind === 'model') {
      const { lock, condition, guard, together } = target.model;
      if (lock || condition || guard || together) return false;
      continue;
    }
    if (target.kind === 'unknown' && ctx.graph.possible.mayLock(ctx.fn, node)) return false;
    const call = ctx.fn.facts.nodes[node];
    if (call?.op === 'call' && lockAsserted(ctx.program, ctx.fn, call)) return false;
    const summary = summaryAt(ctx, node, target);
    if (summary && (summary.unknown || summary.needs.length > 0 || !summary.outcomes.every(leavesAsItWas)))
      return false;
  }
  return true;
}

function leavesAsItWas({ holds, releases, refused }: LockOutcome): boolean {
  return holds.length + releases.length === 0 && !refused;
}

/** Of a bystander every call is looked at once, with what holds there on all ways. */
function surveyed(ctx: Context): LockFindings {
  const { fn, names, changes, graph } = ctx;
  const { nodes, params, variables, loops } = fn.facts;
  const goesOn = (index: number): boolean =>
    nodes[index]?.op !== 'call' || returnsFrom(ctx.program, fn, index, graph.neverReturns);
  const dominators = dominatorsOf(nodes, goesOn);
  const isStatic = (v: number): boolean => variables[v]?.storage !== undefined;
  const isInLoop = (index: number): boolean =>
    loops.some(({ first, last }) => first <= index && index <= last);
  const lasting = lastingValues(nodes, names, { ...changes, params, isStatic, isInLoop });
  const at = factsAt(nodes, dominators, names, lasting);
  // What is unsure somewhere is unsure wherever paths have come together.
  const unsure = new Map<string, LockEvent>();
  for (const index of dominators.order) {
    const node = nodes[index];
    const target = ctx.targets.get(index);
    if (node?.op !== 'call') continue;
    // A call of which nothing is known does nothing here: it holds no lock that it could give away.
    if (!target || !summaryAt(ctx, index, target)) {
      ctx.log.noteHeld(NOTHING_HELD, index);
      continue;
    }
    const env = at(index);
    if (!env) continue;
    for (const { state } of call(ctx, NOTHING_HELD, env, node, index))
      for (const [key, event] of state.unsure) unsure.set(key, event);
  }
  const state = unsure.size > 0 ? { ...NOTHING_HELD, unsure } : NOTHING_HELD;
  const endings = dominators.order.flatMap((index): Ending[] => {
    const node = nodes[index];
    const env = node?.op === 'return' ? at(index) : undefined;
    return node?.op === 'return' && env ? [endingAt(changes, index, state, env, node.value)] : [];
  });
  return findingsOf(ctx, outcomesOf(endings), endings, true, false);
}
