/** Where a call's own name stands in the text. */
import type { Span } from '../facts/expr';
import type { Fn } from '../program/program';

/** The span of the name of a call, which begins its text; undefined where something else does. */
export function calleeSpan(fn: Fn, node: number): Span | undefined {
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call' || call.callee.k !== 'name') return undefined;
  const [start] = call.at;
  return [start, start + call.callee.n.length];
}
