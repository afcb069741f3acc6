/** Arrays of handles: filled by one loop, joined by another. */
import type { Expr } from '../facts/expr';
import type { LoopFacts } from '../facts/facts';
import { keyOf, substitute } from './access-path';
import { type HandleContext, type HandleState, sameHandle, settle } from './handle-state';
import { operandOf } from './operand';

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
      const closing = keys.find(({ key }) => sameHandle(key, live.key));
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
    for (const { e, waits } of closed) {
      const key = e && keyOf(e, true);
      if (key?.includes('[*]')) closings.push({ key, node: index, kind: waits ? 'joined' : 'detached' });
    }
  }
  return closings;
}
