/** Putting nodes into a graph: what refers to nodes by index is adjusted. */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { rebuild } from './expressions';

/** Nodes to put before and behind nodes, by index; a new node's `next` is not read. */
export interface Insertions {
  before: Map<number, CfgNode[]>;
  /** On every way out of the node. */
  after: Map<number, CfgNode[]>;
}

export interface Inserted {
  facts: FunctionFacts;
  /** The new index of an old node. */
  indexOf(old: number): number;
  /** Where the new nodes are: on every way out of a branch there is one. */
  made: ReadonlyMap<CfgNode, readonly number[]>;
  /** An expression of the old function in the new one. */
  rename(e: Expr): Expr;
}

/** The function with more nodes. Loops keep what is put into them. */
export function insertNodes(facts: FunctionFacts, { before, after }: Insertions): Inserted {
  const starts: number[] = [];
  const places: number[] = [];
  const ends: number[] = [];
  let size = 0;
  facts.nodes.forEach((node, index) => {
    starts.push(size);
    size += before.get(index)?.length ?? 0;
    places.push(size++);
    size += (after.get(index)?.length ?? 0) * node.next.length;
    ends.push(size - 1);
  });
  const renamed = {
    leaf: (e: Expr): Expr => (e.k === 'result' ? { k: 'result', n: places[e.n] ?? e.n } : e),
    field: (name: string): string => name,
    type: (base: string): string => base,
  };
  const give = (e: Expr): Expr => rebuild(e, renamed);
  const nodes: CfgNode[] = [];
  const made = new Map<CfgNode, number[]>();
  const chain = (list: readonly CfgNode[], target: number): void => {
    list.forEach((node, i) => {
      const next = [i === list.length - 1 ? target : nodes.length + 1];
      const copy: CfgNode = { ...withExpressions(node, give), next };
      made.set(node, [...(made.get(node) ?? []), nodes.length]);
      nodes.push(copy);
    });
  };
  facts.nodes.forEach((node, index) => {
    const place = places[index] ?? 0;
    chain(before.get(index) ?? [], place);
    const behind = after.get(index) ?? [];
    const next = node.next.map((target, way) =>
      behind.length > 0 ? place + 1 + way * behind.length : (starts[target] ?? target),
    );
    nodes.push({ ...withExpressions(node, give), ...marks(node, starts), next });
    for (const target of node.next) chain(behind, starts[target] ?? target);
  });
  const loops = facts.loops.map((loop) => ({
    ...loop,
    first: starts[loop.first] ?? loop.first,
    last: ends[loop.last] ?? loop.last,
    condFirst: starts[loop.condFirst] ?? loop.condFirst,
    condLast: ends[loop.condLast] ?? loop.condLast,
  }));
  return { facts: { ...facts, nodes, loops }, indexOf: (old) => places[old] ?? old, made, rename: give };
}

/** Other references to nodes than expressions and ways. */
function marks(node: CfgNode, starts: readonly number[]): object {
  if (node.op === 'call' && node.parts) return { parts: node.parts.map((part) => starts[part] ?? part) };
  if (node.op !== 'nop') return {};
  const place = (at: number): number => starts[at] ?? at;
  const { behind, again, turns } = node;
  return {
    ...(behind === undefined ? {} : { behind: place(behind) }),
    ...(again === undefined ? {} : { again: place(again) }),
    ...(turns
      ? { turns: { ...turns, cond: place(turns.cond), body: place(turns.body), exit: place(turns.exit) } }
      : {}),
  };
}

/** A copy of the node with other expressions; the node itself where nothing changes. */
export function withExpressions(node: CfgNode, give: (e: Expr) => Expr): CfgNode {
  switch (node.op) {
    case 'call': {
      const callee = give(node.callee);
      const args = node.args.map(give);
      const on = node.on && give(node.on);
      const same = callee === node.callee && on === node.on && args.every((arg, i) => arg === node.args[i]);
      return same ? node : { ...node, callee, args, ...(on ? { on } : {}) };
    }
    case 'assign': {
      const to = give(node.to);
      const from = give(node.from);
      return to === node.to && from === node.from ? node : { ...node, to, from };
    }
    case 'branch': {
      const cond = give(node.cond);
      return cond === node.cond ? node : { ...node, cond };
    }
    case 'switch':
      return { ...node, on: give(node.on), cases: node.cases.map((test) => test && give(test)) };
    case 'return':
    case 'nop': {
      const value = node.value && give(node.value);
      return value === node.value || !value ? node : { ...node, value };
    }
    default:
      return node;
  }
}
