/** Arrays of handles: filled by one loop, joined by another. */
import type { Expr } from '../facts/expr';
import type { LoopFacts } from '../facts/facts';
import { keyOf, substitute } from './access-path';
import { type HandleContext, type HandleState, sameHandle } from './handle-state';
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
      if (!keys.some((key) => sameHandle(key, live.key))) return true;
      ctx.closed.add(live.creation);
      return false;
    });
  }
  return next;
}

export function elementsClosedIn(ctx: HandleContext, loop: LoopFacts): string[] {
  const keys: string[] = [];
  for (let index = loop.first; index <= loop.last; index++) {
    const node = ctx.fn.facts.nodes[index];
    const target = ctx.targets.get(index);
    if (node?.op !== 'call' || !target) continue;
    const closed: (Expr | undefined)[] = [];
    if (
      target.kind === 'model' &&
      target.model.thread &&
      'handle' in target.model.thread &&
      target.model.thread.op !== 'create'
    ) {
      closed.push(operandOf(target.model.thread.handle, node.args, target.receiver));
    }
    if (target.kind === 'function') {
      for (const { path } of ctx.summaries[target.fn.id]?.closes ?? [])
        closed.push(substitute(path, target.fn.facts.params, node.args, target.receiver));
    }
    for (const e of closed) if (e && keyOf(e, true).includes('[*]')) keys.push(keyOf(e, true));
  }
  return keys;
}
