/** Which node every way to another passes last: immediate dominators, by the iteration of Cooper, Harvey and Kennedy. */
import type { CfgNode } from '../../facts/facts';

export interface Dominators {
  /** Reachable nodes, each before those that can only be reached through it. */
  order: readonly number[];
  /** The immediate dominator of a node; the entry's is itself, that of what cannot be reached -1. */
  above: Int32Array;
  /** The reachable nodes before a node. */
  before: readonly (readonly number[])[];
}

/** `goesOn` says whether control passes a node: not a call of `exit`. */
export function dominatorsOf(nodes: readonly CfgNode[], goesOn: (index: number) => boolean): Dominators {
  const order = reversePostorder(nodes, goesOn);
  const rank = new Int32Array(nodes.length).fill(-1);
  order.forEach((index, at) => {
    rank[index] = at;
  });
  const before: number[][] = nodes.map(() => []);
  for (const index of order) {
    if (!goesOn(index)) continue;
    for (const next of nodes[index]?.next ?? []) before[next]?.push(index);
  }
  const above = new Int32Array(nodes.length).fill(-1);
  if (nodes.length > 0) above[0] = 0;
  const rankOf = (index: number): number => rank[index] ?? -1;
  const meet = (a: number, b: number): number => {
    let [left, right] = [a, b];
    while (left !== right) {
      while (rankOf(left) > rankOf(right)) left = above[left] ?? 0;
      while (rankOf(right) > rankOf(left)) right = above[right] ?? 0;
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const index of order) {
      if (index === 0) continue;
      let found = -1;
      for (const one of before[index] ?? []) {
        if (above[one] === -1) continue;
        found = found === -1 ? one : meet(found, one);
      }
      if (found === above[index]) continue;
      above[index] = found;
      changed = true;
    }
  }
  return { order, above, before };
}

function reversePostorder(nodes: readonly CfgNode[], goesOn: (index: number) => boolean): number[] {
  const seen = new Uint8Array(nodes.length);
  const done: number[] = [];
  const stack: { index: number; way: number }[] = [];
  const enter = (index: number): void => {
    if (index >= nodes.length || seen[index]) return;
    seen[index] = 1;
    stack.push({ index, way: 0 });
  };
  enter(0);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = goesOn(top.index) ? nodes[top.index]?.next[top.way++] : undefined;
    if (next !== undefined) {
      enter(next);
      continue;
    }
    done.push(top.index);
    stack.pop();
  }
  return done.reverse();
}

/**
 * What holds at a node, from what holds at its dominator and what the way from there adds; each node is asked once.
 * `onward` says the latter, and undefined where nothing can come there.
 */
export function downDominators<T>(
  above: Int32Array,
  atEntry: T,
  onward: (top: number, node: number, known: T) => T | undefined,
): (node: number) => T | undefined {
  const known = new Map<number, T | undefined>([[0, atEntry]]);
  return (node) => {
    const chain: number[] = [];
    let at = node;
    for (; !known.has(at) && at >= 0; at = above[at] ?? -1) chain.push(at);
    let one = known.get(at);
    for (let below = chain.pop(); below !== undefined; below = chain.pop()) {
      one = one && onward(at, below, one);
      known.set(below, one);
      at = below;
    }
    return one;
  };
}
