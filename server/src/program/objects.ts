/** What becomes of the object that a call makes or returns, and where its full expression ends. */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';

export type Destination =
  /** It is the variable's initial value, given at node `at`. */
  { kind: 'variable'; v: number; at: number } | { kind: 'returned' } | { kind: 'temporary' };

const MAX_STEPS = 8;
/** Longer expressions end their objects early. */
const MAX_NODES = 64;

/** Follows the result of a call to where it goes, also through a choice `c ? a() : b()`. */
export function destinationOf({ nodes, variables }: FunctionFacts, index: number): Destination {
  let object: Expr = { k: 'result', n: index };
  let at = nodes[index]?.next[0];
  for (let step = 0; step < MAX_STEPS && at !== undefined; step++) {
    const node: CfgNode | undefined = nodes[at];
    if (!node || node.next.length > 1) break;
    if (node.op === 'return') return { kind: isIn(node.value, object) ? 'returned' : 'temporary' };
    if (node.op === 'assign' && isSame(node.from, object)) {
      const { to } = node;
      if (to.k !== 'var') break;
      if (node.decl) return { kind: 'variable', v: to.v, at };
      if (variables[to.v]?.name !== '') break;
      object = to;
    } else if (node.op !== 'nop' && node.op !== 'scope-end') break;
    at = node.next[0];
  }
  return { kind: 'temporary' };
}

/** `return {guard(m), &value};` moves the guard into what is returned. */
function isIn(value: Expr | undefined, object: Expr): boolean {
  return value?.k === 'init' ? value.items.some(({ e }) => isIn(e, object)) : isSame(value, object);
}

function isSame(a: Expr | undefined, b: Expr): boolean {
  if (a?.k === 'result') return b.k === 'result' && a.n === b.n;
  return a?.k === 'var' && b.k === 'var' && a.v === b.v;
}

/** The last node of the full expression around a node, as far as control surely comes there from it. */
export function lastOfExpression(nodes: readonly CfgNode[], index: number): number {
  const [start, end] = nodes[index]?.at ?? [0, 0];
  let last = index;
  for (let at = index, step = 0; step < MAX_NODES; step++) {
    const next: number | undefined = nodes[at]?.next[0];
    const node = next === undefined ? undefined : nodes[next];
    if (next === undefined || next <= at || !node || nodes[at]?.next.length !== 1) return last;
    const isPlain = node.op !== 'nop' || (node.at[0] <= start && node.at[1] > end);
    if (!isPlain || node.op === 'scope-end' || node.op === 'declare') return last;
    if (isMeeting(nodes, next, at)) return last;
    if (node.at[0] <= start && node.at[1] >= end) last = next;
    at = next;
  }
  return last;
}

/** Whether control comes to a node from elsewhere as well. */
function isMeeting(nodes: readonly CfgNode[], target: number, from: number): boolean {
  return nodes.some((node, index) => index !== from && node.next.includes(target));
}
