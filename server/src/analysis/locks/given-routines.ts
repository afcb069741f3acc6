/**
 * Callables that a function is given and runs, perhaps with locks held: `with_lock([&] { add(); })`.
 *
 * What a call through a parameter may reach in any caller is known without this. Here it is what this caller gives,
 * with the objects of this caller: so the lock that it takes is told to be the one that is held there.
 */
import type { Expr } from '../../facts/expr';
import { onlyValue } from '../../program/bound-callables';
import type { CallNode, Fn, Target } from '../../program/program';
import { isUnavoidable } from '../paths/control-dependence';
import type { Context } from './lock-domain';
import { addEdge, noteAcquisition } from './lock-edges';
import type { Acquisition, LockSummary, Run } from './lock-facts';
import { type CallView, lifted, viewOf } from './lock-lifting';
import { hold, type LockState } from './lock-state';
import { isVisible } from './lock-summary';

/** A function that runs more callables than these is a loop over them. */
const MAX_RUNS = 8;
const THIS: Expr = { k: 'deref', of: { k: 'this' } };
const NOTHING: readonly Acquisition[] = [];

/** The parameters that a function calls itself, and those that it hands to functions that do. */
export function runsOf(ctx: Context, heldAt: ReadonlyMap<number, readonly Acquisition[]>): Run[] {
  const { fn, names, targets } = ctx;
  const found: Run[] = [];
  fn.facts.nodes.forEach((node, index) => {
    if (node.op !== 'call' || targets.get(index)?.kind === 'model') return;
    const param = parameter(ctx, passedOn(node.callee, names));
    if (param === undefined) return;
    const held = (heldAt.get(index) ?? NOTHING).filter((lock) => isVisible(fn, lock));
    found.push({ fn, node: index, param, held, doubts: doubtsAt(fn, index) });
  });
  return [...found, ...ctx.handedOn.values()].slice(0, MAX_RUNS);
}

/** `std::forward<F>(f)` is `f`. */
function passedOn(e: Expr, names: Context['names']): Expr {
  return (e.k === 'result' && names.callValue(e.n)) || e;
}

function parameter({ fn }: Context, e: Expr): number | undefined {
  const called = e.k === 'deref' ? e.of : e;
  return called.k === 'var' && called.v < fn.facts.params ? called.v : undefined;
}

function doubtsAt({ facts }: Fn, node: number): number {
  return isUnavoidable(facts.nodes, node) ? 0 : 1;
}

/** Runs what this caller gives to the callee, with what is held there. */
export function runGiven(ctx: Context, state: LockState, { runs }: LockSummary, view: CallView): void {
  for (const run of runs) {
    const written = view.written({ k: 'var', v: run.param });
    if (!written) continue;
    const value = passedOn(written, ctx.names);
    const given = (value.k === 'var' && onlyValue(ctx.fn.facts, value.v)) || value;
    const own = run.held.map((lock) => lifted(ctx, lock, view));
    const param = parameter(ctx, given);
    if (param !== undefined) {
      const held = own.filter((lock) => isVisible(ctx.fn, lock));
      const doubts = run.doubts + doubtsAt(ctx.fn, view.index);
      ctx.handedOn.set(`${view.index} ${param}`, { ...run, param, held, doubts });
      continue;
    }
    const closure = closureOf(ctx, given);
    const summary = closure && ctx.summaryOf(closure.fn);
    const listed = closure && isListed(ctx, run, closure.fn);
    if (!closure || !summary || listed === undefined) continue;
    const inside = own.reduce((now, lock) => hold(now, lock), state);
    // Of the one lock of its class, what this caller holds itself is known without this.
    const heldThere = own.reduce<LockState>((now, lock) => hold(now, lock), { ...state, held: [] });
    const below = viewOf(
      { ...ctx, conditionsAt: new Map() },
      closure,
      callOf(given, view),
      view.index,
      view.env,
      state,
    );
    for (const inner of summary.acquires) {
      if (inner.retaken) continue;
      const { cls } = inner;
      // Where the lock is the one that is held there for every caller, it is told where the parameter is called.
      const isKnown = listed && cls?.single && run.held.some((lock) => lock.cls?.key === cls.key);
      if (isKnown) continue;
      const when = below.conditions(inner.when);
      if (!below.isPossible(when)) continue;
      const lock = lifted(ctx, inner, below, when);
      const again = { ...lock, doubts: lock.doubts + run.doubts };
      ctx.log.noteRelock(cls?.single && listed ? heldThere : inside, again);
      if (listed) noteOrder(ctx, run.held, own, again);
      else noteAcquisition(ctx, inside, again);
    }
  }
}

/** The order of the lock that is held there and the closure's, where only this caller knows which of its class it is. */
function noteOrder(
  ctx: Context,
  known: readonly Acquisition[],
  own: readonly Acquisition[],
  to: Acquisition,
): void {
  own.forEach((from, i) => {
    if (from.cls?.key === known[i]?.cls?.key || from.cls?.key === to.cls?.key) return;
    const gates = new Set(own.flatMap((other) => (other !== from && other.cls ? [other.cls.key] : [])));
    addEdge(ctx, { from, to, gates });
  });
}

/** A closure that is made here. */
function closureOf({ program, fn }: Context, e: Expr): (Target & { kind: 'function' }) | undefined {
  const found = e.k === 'lambda' ? program.functionNamed(fn.unit, e.f) : undefined;
  return found && { kind: 'function', fn: found, receiver: THIS };
}

/**
 * Whether the callee's call is known to reach the closure, whoever calls the callee. One that is given very many is
 * known to reach none.
 */
function isListed({ graph }: Context, run: Run, closure: Fn): boolean | undefined {
  const all = graph.possible.at(run.fn, run.node);
  return all.length === 0 ? false : all.includes(closure) || undefined;
}

/** The call that runs the closure, with what it has captured behind arguments that are not known. */
function callOf(e: Expr, { index }: CallView): CallNode {
  const lambda = e.k === 'lambda' ? e : undefined;
  const own = Array.from({ length: lambda?.params ?? 0 }, (): Expr => ({ k: 'unknown' }));
  return { op: 'call', callee: e, args: [...own, ...(lambda?.captures ?? [])], at: [index, index], next: [] };
}
