/** Ways round a loop: from its head back to it. */
import type { LoopFacts } from '../../facts/facts';
import type { Fn } from '../../program/program';
import { EMPTY, type NameInfo, truth } from '../paths/environment';

/** Where control can go from a node. */
export type Feasible = (index: number) => readonly number[];

/** `do … while (0)` comes round no more. */
export function feasibleIn(fn: Fn, namesIn: () => NameInfo): Feasible {
  const known: (readonly number[])[] = [];
  return (index) => {
    const found = known[index];
    if (found) return found;
    const node = fn.facts.nodes[index];
    const holds = node?.op === 'branch' ? truth(node.cond, EMPTY, namesIn()) : undefined;
    const next = node?.next ?? [];
    const made = holds === undefined ? next : next.slice(holds ? 0 : 1, holds ? 1 : 2);
    known[index] = made;
    return made;
  };
}

/** Most loops are those of macros, whose text runs once: that much is seen without looking into them. */
export function comesRound(fn: Fn, feasible: Feasible, loop: LoopFacts): boolean {
  return isReturnedTo(fn, feasible, loop.first, loop.last) && comesBack(fn, feasible, loop, () => true);
}

/** Whether a way through these nodes leads from the loop's head back to it. */
export function comesBack(
  fn: Fn,
  feasible: Feasible,
  { first, last }: LoopFacts,
  isPassed: (index: number) => boolean,
): boolean {
  const { nodes } = fn.facts;
  const seen = new Uint8Array(last - first + 1);
  const queue = [first];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (seen[index - first] || nodes[index]?.op === 'return' || !isPassed(index)) continue;
    seen[index - first] = 1;
    for (const target of feasible(index)) {
      if (target === first) return true;
      if (target > first && target <= last) queue.push(target);
    }
  }
  return false;
}

function isReturnedTo(fn: Fn, feasible: Feasible, first: number, last: number): boolean {
  for (let index = last; index >= first; index--)
    if (fn.facts.nodes[index]?.next.includes(first) && feasible(index).includes(first)) return true;
  return false;
}

/** Nodes on some way from the loop's head back to it, through these nodes alone. */
export function roundThrough(next: Feasible, inside: ReadonlySet<number>, head: number): Set<number> {
  const before = new Map<number, number[]>();
  for (const index of inside) {
    for (const target of next(index)) {
      if (!inside.has(target)) continue;
      const sources = before.get(target);
      if (sources) sources.push(index);
      else before.set(target, [index]);
    }
  }
  const closure = (start: readonly number[], step: (index: number) => readonly number[]): Set<number> => {
    const seen = new Set<number>();
    const queue = [...start];
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      if (seen.has(index) || !inside.has(index)) continue;
      seen.add(index);
      queue.push(...step(index));
    }
    return seen;
  };
  const ahead = closure(next(head), next);
  if (!ahead.has(head)) return new Set();
  const behind = closure(before.get(head) ?? [], (index) => before.get(index) ?? []);
  return new Set([...ahead].filter((index) => behind.has(index)));
}
