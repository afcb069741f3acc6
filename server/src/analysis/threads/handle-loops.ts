/** Arrays of handles: filled by one loop, joined by another. */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import { classOf } from '../../program/identity';
import type { Fn } from '../../program/program';
import { keyOf, substitute } from '../paths/access-path';
import { operandOf } from '../paths/operand';
import { type HandleContext, type HandleState, type Live, sameHandle, settle } from './handle-state';
import type { Creation } from './thread-facts';

/**
 * A loop that joins the elements of an array joins all of them: the path on which it turns no time at all is
 * that on which the creating loop did not turn either.
 */
export function leaveLoops(ctx: HandleContext, state: HandleState, from: number, to: number): HandleState {
  if (state.length === 0) return state;
  let next = state;
  for (const [loop, keys] of ctx.loopCloses) {
    const leaves = from >= loop.first && from <= loop.last && (to < loop.first || to > loop.last);
    if (!leaves || keys.length === 0) continue;
    next = next.filter((live) => {
      const closing = keys.find(
        ({ key, cls, node }) =>
          (sameHandle(key, live.key) || (cls !== undefined && isElement(ctx, live, cls))) &&
          !joinsFewer(ctx, node, live.creation),
      );
      if (!closing) return true;
      settle(ctx, live.creation, { kind: closing.kind, fn: ctx.fn, node: closing.node });
      return false;
    });
  }
  return next;
}

/** A call in a loop that closes elements of an array. */
export interface ElementClosing {
  key: string;
  /** For a handle behind a pointer that moves: the class of what it points to. */
  cls?: string;
  node: number;
  kind: 'joined' | 'detached';
}

export function elementsClosedIn(ctx: HandleContext, loop: LoopFacts): ElementClosing[] {
  const closings: ElementClosing[] = [];
  for (let index = loop.first; index <= loop.last; index++) {
    const node = ctx.fn.facts.nodes[index];
    const target = ctx.targets.get(index);
    if (node?.op !== 'call' || !target) continue;
    const closed: { e: Expr | undefined; waits: boolean }[] = [];
    const thread = target.kind === 'model' ? target.model.thread : undefined;
    if (thread && 'handle' in thread && thread.op !== 'create')
      closed.push({
        e: operandOf(thread.handle, node.args, target.kind === 'model' ? target.receiver : undefined),
        waits: thread.op === 'join',
      });
    if (target.kind === 'function') {
      for (const { path, waits } of ctx.summaries[target.fn.id]?.closes ?? [])
        closed.push({ e: substitute(path, target.fn.facts.params, node.args, target.receiver), waits });
    }
    for (const { e: written, waits } of closed) {
      const e = written && elementOf(ctx.fn, loop, written);
      const key = e && keyOf(e, true);
      const kind = waits ? 'joined' : 'detached';
      if (!key) continue;
      const cls = movesAlong(e) ? classOf(ctx.program, ctx.fn, e)?.key : undefined;
      if (cls || key.includes('[*]')) closings.push({ key, ...(cls ? { cls } : {}), node: index, kind });
    }
  }
  return closings;
}

/** `for (auto &t : threads) t.join();` closes `threads[…]`. */
function elementOf({ facts }: Fn, { first, last }: LoopFacts, e: Expr): Expr {
  const variable = e.k === 'deref' && e.of.k === 'var' ? e.of : e;
  if (variable.k !== 'var') return e;
  const made = facts.nodes
    .slice(first, last + 1)
    .find((node) => node.op === 'assign' && node.decl && node.to.k === 'var' && node.to.v === variable.v);
  if (made?.op !== 'assign') return e;
  const from = made.from.k === 'addr' ? made.from.of : made.from;
  return from.k === 'index' ? from : e;
}

/** `p->thread` with a local `p`: which element it is hangs on the turn. */
function movesAlong(e: Expr): boolean {
  return e.k === 'field' && e.of.k === 'deref' && e.of.of.k === 'var';
}

/** An element of an array of objects, of the class that a moving pointer points to. */
function isElement(ctx: HandleContext, live: Live, cls: string): boolean {
  return live.key.includes('[') && classOf(ctx.program, ctx.fn, live.place)?.key === cls;
}

/** A bound of a loop: a number, or an expression and a distance from it. */
interface Bound {
  base: string;
  offset: number;
}

interface Range {
  from: Bound;
  to: Bound;
}

/** The joining loop runs over fewer elements than the creating one, as far as both can be told. */
export function joinsFewer(ctx: HandleContext, node: number, creation: Creation): boolean {
  if (creation.fn !== ctx.fn) return false;
  const joining = rangeAround(ctx.fn, node);
  const creating = rangeAround(ctx.fn, creation.node);
  if (!joining || !creating) return false;
  const isLater = isLess(creating.from, joining.from);
  return isLater || isLess(joining.to, creating.to);
}

function isLess(a: Bound, b: Bound): boolean {
  return a.base === b.base && a.offset < b.offset;
}

/** The range of the loop right around a node, where it counts up by one from a known start. */
function rangeAround(fn: Fn, node: number): Range | undefined {
  const { loops, nodes } = fn.facts;
  const around = loops.filter((loop) => node >= loop.first && node <= loop.last);
  const loop = around.sort((a, b) => a.last - a.first - (b.last - b.first))[0];
  if (!loop || around.length !== 1) return undefined;
  const tests = nodes.slice(loop.condFirst, loop.condLast + 1).filter((one) => one.op === 'branch');
  const [test] = tests;
  if (tests.length !== 1 || test?.op !== 'branch' || test.cond.k !== 'bin') return undefined;
  const { op, l, r } = test.cond;
  if (l.k !== 'var' || (op !== '<' && op !== '<=')) return undefined;
  const from = startOf(fn, loop, l.v);
  const to = boundOf(fn, r);
  if (!from || !to || !countsUp(fn, loop, l.v)) return undefined;
  return { from, to: op === '<' ? to : { ...to, offset: to.offset + 1 } };
}

/** The last value that the counter is given before the loop. */
function startOf(fn: Fn, loop: LoopFacts, v: number): Bound | undefined {
  for (let index = loop.first - 1; index >= 0; index--) {
    const node = fn.facts.nodes[index];
    if (node?.op === 'assign' && node.to.k === 'var' && node.to.v === v) return boundOf(fn, node.from);
    if (node?.op === 'branch' || node?.op === 'switch') return undefined;
  }
  return undefined;
}

function boundOf(fn: Fn, e: Expr): Bound | undefined {
  if (e.k === 'num') return { base: '', offset: e.v };
  if (e.k === 'cast') return boundOf(fn, e.e);
  if (e.k === 'name') return { base: keyOf(e), offset: 0 };
  if (e.k === 'bin' && (e.op === '-' || e.op === '+') && e.r.k === 'num') {
    const base = boundOf(fn, e.l);
    return base && { ...base, offset: base.offset + (e.op === '+' ? e.r.v : -e.r.v) };
  }
  if (e.k !== 'var') return undefined;
  const changes = fn.facts.nodes.filter((n) => n.op === 'assign' && n.to.k === 'var' && n.to.v === e.v);
  // A count that changes may mean something else in the second loop.
  return changes.length <= (e.v < fn.facts.params ? 0 : 1) ? { base: keyOf(e), offset: 0 } : undefined;
}

function countsUp(fn: Fn, loop: LoopFacts, v: number): boolean {
  const changes = fn.facts.nodes
    .slice(loop.first, loop.last + 1)
    .filter((n) => n.op === 'assign' && n.to.k === 'var' && n.to.v === v);
  const [only] = changes;
  if (changes.length !== 1 || only?.op !== 'assign' || only.from.k !== 'bin') return false;
  const { op, l, r } = only.from;
  return op === '+' && l.k === 'var' && l.v === v && r.k === 'num' && r.v === 1;
}
