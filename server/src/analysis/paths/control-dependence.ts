/** Which conditions decide whether a node is reached. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';

export interface Guard {
  node: number;
  cond: Expr;
  /** The way that leads there: the condition holds, or does not. */
  holds: boolean;
}

/** The branches whose one way every path from the entry to `target` takes. */
export function guardsOf(nodes: readonly CfgNode[], target: number): Guard[] {
  const reaching = reachingNodes(nodes, target);
  const guards: Guard[] = [];
  nodes.forEach((node, index) => {
    if (node.op !== 'branch' || index === target || !reaching[index] || node.next[0] === node.next[1]) return;
    for (const slot of [0, 1]) {
      if (reachableWithout(nodes, target, index, slot)) continue;
      guards.push({ node: index, cond: node.cond, holds: slot === 0 });
      return;
    }
  });
  return guards;
}

/** Whether `target` can be reached from the entry when one way out of one branch is closed. */
function reachableWithout(nodes: readonly CfgNode[], target: number, branch: number, slot: number): boolean {
  const seen = new Uint8Array(nodes.length);
  const queue = [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (index === target) return true;
    if (seen[index]) continue;
    seen[index] = 1;
    for (const [way, next] of (nodes[index]?.next ?? []).entries()) {
      if (index !== branch || way !== slot) queue.push(next);
    }
  }
  return false;
}

/** Whether every way from the entry to `target` passes `node`. */
export function mustPass(nodes: readonly CfgNode[], node: number, target: number): boolean {
  return isOnEveryWay(nodes, node, (_, index) => index === target);
}

/** Graphs do not change once they are made, and the same few nodes are asked about again and again. */
const unavoidable = new WeakMap<readonly CfgNode[], Map<number, boolean>>();

/** Whether every way from the entry to a return passes `node`. */
export function isUnavoidable(nodes: readonly CfgNode[], node: number): boolean {
  let answers = unavoidable.get(nodes);
  if (!answers) {
    answers = new Map();
    unavoidable.set(nodes, answers);
  }
  let answer = answers.get(node);
  if (answer === undefined) {
    answer = isOnEveryWay(nodes, node, (at) => at.op === 'return');
    answers.set(node, answer);
  }
  return answer;
}

/** Whether every way from the entry to `node` passes `before`. */
export function isOnlyBehind(nodes: readonly CfgNode[], node: number, before: number): boolean {
  return isOnEveryWay(nodes, before, (_, index) => index === node);
}

function isOnEveryWay(
  nodes: readonly CfgNode[],
  node: number,
  isEnd: (at: CfgNode, index: number) => boolean,
): boolean {
  const seen = new Uint8Array(nodes.length);
  const queue = node === 0 ? [] : [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (index === node || seen[index]) continue;
    seen[index] = 1;
    const at = nodes[index];
    if (!at) continue;
    if (isEnd(at, index)) return false;
    queue.push(...at.next);
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

/** The nodes that control can come to after one; tests of constants go one way. */
export function reachableFrom(nodes: readonly CfgNode[], node: number): Set<number> {
  const seen = new Set<number>();
  const queue = [...(nodes[node]?.next ?? [])];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    queue.push(...waysOn(nodes[at]));
  }
  return seen;
}

function waysOn(node: CfgNode | undefined): readonly number[] {
  if (node?.op !== 'branch' || node.cond.k !== 'num') return node?.next ?? [];
  const way = node.next[node.cond.v === 0 ? 1 : 0];
  return way === undefined ? [] : [way];
}
