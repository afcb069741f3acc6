/** Which conditions decide whether a node is reached. */
import type { Expr } from '../facts/expr';
import type { CfgNode } from '../facts/facts';

export interface Guard {
  node: number;
  cond: Expr;
  /** The way that leads there: the condition holds, or does not. */
  holds: boolean;
}

/** The branches of which exactly one way can come to `target`. */
export function guardsOf(nodes: readonly CfgNode[], target: number): Guard[] {
  const reaching = reachingNodes(nodes, target);
  const guards: Guard[] = [];
  nodes.forEach((node, index) => {
    if (node.op !== 'branch' || index === target || !reaching[index]) return;
    const [yes, no] = node.next.map((next) => next === target || canReach(nodes, next, target, index));
    if (yes !== no) guards.push({ node: index, cond: node.cond, holds: Boolean(yes) });
  });
  return guards;
}

/** Whether every way from the entry to a return passes `node`. */
export function isUnavoidable(nodes: readonly CfgNode[], node: number): boolean {
  const seen = new Uint8Array(nodes.length);
  const queue = node === 0 ? [] : [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (index === node || seen[index]) continue;
    seen[index] = 1;
    const at = nodes[index];
    if (at?.op === 'return') return false;
    queue.push(...(at?.next ?? []));
  }
  return true;
}

function reachingNodes(nodes: readonly CfgNode[], target: number): Uint8Array {
  const before: number[][] = nodes.map(() => []);
  nodes.forEach((node, index) => {
    for (const next of node.next) before[next]?.push(index);
  });
  const seen = new Uint8Array(nodes.length);
  const queue = [target];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen[index]) continue;
    seen[index] = 1;
    queue.push(...(before[index] ?? []));
  }
  return seen;
}

/** Whether control can come from one node to another without passing `avoid`. */
function canReach(nodes: readonly CfgNode[], from: number, target: number, avoid: number): boolean {
  const seen = new Uint8Array(nodes.length);
  const queue = [from];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (index === target) return true;
    if (index === avoid || seen[index]) continue;
    seen[index] = 1;
    queue.push(...(nodes[index]?.next ?? []));
  }
  return false;
}
