/**
 * Functions that are not followed path by path, but looked through: where nothing is held, no path differs from
 * another, so each call is looked at once, with what holds there on all ways. Only what lies between taking a lock
 * and giving it back is followed. Most functions of a program are of this kind: they log.
 */
import { returnsFrom } from '../calls/call-graph';
import { dominatorsOf } from '../paths/dominators';
import type { Environment } from '../paths/environment';
import { type Domain, explore } from '../paths/explore';
import { factsAt, type Lasting, lastingValues } from '../paths/lasting-facts';
import { nearFactsAt } from '../paths/near-facts';
import { lockAsserted } from './held-by-claim';
import { summaryAt } from './lock-callees';
import { type Context, call, domainOf } from './lock-domain';
import type { Doubt, LockOutcome } from './lock-facts';
import { type LockState, NOTHING_HELD } from './lock-state';
import { type Ending, endingAt } from './lock-summary';

/** Nodes that may take a lock; undefined where something is done to locks that only whole paths tell. */
export function takingNodes(ctx: Context): ReadonlySet<number> | undefined {
  if (ctx.fn.facts.kind === 'constructor' || ctx.declared.length > 0) return undefined;
  const taking = new Set<number>();
  for (const [node, target] of ctx.targets) {
    if (target.kind === 'model') {
      const { lock, condition, guard, together } = target.model;
      if (condition || guard || together) return undefined;
      if (lock) taking.add(node);
      continue;
    }
    if (target.kind === 'unknown' && ctx.graph.possible.mayLock(ctx.fn, node)) return undefined;
    const call = ctx.fn.facts.nodes[node];
    if (call?.op === 'call' && lockAsserted(ctx.program, ctx.fn, call)) return undefined;
    const summary = summaryAt(ctx, node, target);
    if (!summary) continue;
    if (summary.unknown || summary.needs.length > 0) return undefined;
    if (!summary.outcomes.every(leavesAsItWas)) taking.add(node);
  }
  return taking;
}

function leavesAsItWas({ holds, releases, refused }: LockOutcome): boolean {
  return holds.length + releases.length === 0 && !refused;
}

/**
 * The ends of the function, when all that it does is noted. Undefined where a lock that was taken is not given back
 * on every way, or one is given back that was not taken: then paths differ.
 */
export function surveyed(ctx: Context, taking: ReadonlySet<number>): readonly Ending[] | undefined {
  const { nodes } = ctx.fn.facts;
  const goesOn = (index: number): boolean =>
    nodes[index]?.op !== 'call' || returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns);
  const dominators = dominatorsOf(nodes, goesOn);
  const at = factsAt(nodes, dominators, ctx.names, lastingIn(ctx));
  const nearAt = nearFactsAt(nodes, dominators, ctx.names);
  // What is unsure somewhere is unsure wherever paths have come together.
  const unsure = new Map<string, Doubt>();
  const doubt = (state: LockState): void => {
    for (const [key, event] of state.unsure) unsure.set(key, event);
  };
  const seen: Seen = { idle: new Set(), held: new Set() };
  const look = (index: number): readonly number[] | undefined => {
    const node = nodes[index];
    if (node?.op !== 'call') return node?.next;
    // A flag may say which of the two it is.
    if (seen.held.has(index)) return undefined;
    seen.idle.add(index);
    if (taking.has(index)) {
      const near = nearAt(index);
      return near ? sectionFrom(ctx, index, near, seen, doubt) : [];
    }
    const env = at(index);
    const target = ctx.targets.get(index);
    // A call of which nothing is known does nothing here: it holds no lock that it could give away.
    if (!target || !summaryAt(ctx, index, target)) ctx.log.noteHeld(NOTHING_HELD, index);
    else if (env) for (const { state } of call(ctx, NOTHING_HELD, env, node, index)) doubt(state);
    return goesOn(index) ? node.next : [];
  };
  const isReached = reached(nodes.length, dominators.order, look);
  if (!isReached) return undefined;
  const state = unsure.size > 0 ? { ...NOTHING_HELD, unsure } : NOTHING_HELD;
  return dominators.order.flatMap((index): Ending[] => {
    const node = nodes[index];
    const env = node?.op === 'return' && isReached[index] ? at(index) : undefined;
    return node?.op === 'return' && env ? [endingAt(ctx.changes, index, state, env, node.value)] : [];
  });
}

/** Looks once at each node that is reached, in the given order as far as it can; `look` says where it leads. */
function reached(
  count: number,
  order: readonly number[],
  look: (index: number) => readonly number[] | undefined,
): Uint8Array | undefined {
  const isReached = new Uint8Array(count);
  const isDone = new Uint8Array(count);
  isReached[0] = 1;
  for (let isOpen = true; isOpen; ) {
    isOpen = false;
    for (const index of order) {
      if (!isReached[index] || isDone[index]) continue;
      isDone[index] = 1;
      isOpen = true;
      const next = look(index);
      if (!next) return undefined;
      for (const one of next) isReached[one] = 1;
    }
  }
  return isReached;
}

/** Calls that were met with nothing held, and in a section. */
interface Seen {
  idle: Set<number>;
  held: Set<number>;
}

/** Follows what a call may take to where it is given back, and says which nodes come next. */
function sectionFrom(
  ctx: Context,
  index: number,
  env: Environment,
  seen: Seen,
  leave: (state: LockState) => void,
): readonly number[] | undefined {
  const behind = new Set<number>();
  const over = new Set<string>();
  let isWhole = true;
  const domain = domainOf(ctx);
  const section: Domain<LockState> = {
    ...domain,
    call(state, env, node, index) {
      if (state.held.length > 0) {
        if (seen.idle.has(index)) isWhole = false;
        seen.held.add(index);
      }
      const outcomes = domain.call(state, env, node, index);
      const held = outcomes.flatMap((outcome) => outcome.state.held);
      // Whether a lock ends here hangs on what was done before, and which element is chosen on what was read before.
      if (held.length === 0 && state.held.length === 0) isWhole = false;
      if (held.some(({ acquisition }) => acquisition.element)) isWhole = false;
      return outcomes;
    },
    isOver(state, to) {
      if (state.held.length > 0) return !isWhole;
      if (!isAsBefore(state)) isWhole = false;
      for (const lock of state.over.keys()) over.add(lock);
      behind.add(to);
      leave(state);
      return true;
    },
  };
  const complete = explore(ctx.fn.facts.nodes, section, { index, env });
  if (!complete || !isWhole || ctx.endings.size > 0) return undefined;
  for (const lock of over) ctx.passed.add(lock);
  return [...behind];
}

/** No lock is held, and none of the callers' may have been given back. */
function isAsBefore({ released, cleanups, refused, blurred }: LockState): boolean {
  return released.length + cleanups.length === 0 && !refused && !blurred;
}

/** What the function does not change. */
function lastingIn({ fn, names, changes }: Context): Lasting {
  const { nodes, params, variables, loops } = fn.facts;
  const isStatic = (v: number): boolean => variables[v]?.storage !== undefined;
  const isInLoop = (index: number): boolean =>
    loops.some(({ first, last }) => first <= index && index <= last);
  return lastingValues(nodes, names, { ...changes, params, isStatic, isInLoop });
}
