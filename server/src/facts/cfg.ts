/** Building a control-flow graph: nodes in source order, edges patched where control meets again. */
import type { Expr, Span } from './expr';
import type { CfgNode, LoopFacts } from './facts';

/** A node's way out that still leads nowhere. */
export interface Edge {
  node: number;
  slot: number;
}

export interface CfgBuilder {
  nodes: CfgNode[];
  loops: LoopFacts[];
  /** The ways that lead to whatever is added next; empty where control cannot come. */
  open: Edge[];
}

/** A builder whose entry node is made: it waits for its first successor. */
export function startCfg(at: Span): CfgBuilder {
  return { nodes: [{ op: 'nop', at, next: [] }], loops: [], open: [{ node: 0, slot: 0 }] };
}

/** Adds a node after all open ways; its own first way out is then the only open one. Returns its index. */
export function add(cfg: CfgBuilder, node: CfgNode): number {
  const index = cfg.nodes.length;
  cfg.nodes.push(node);
  join(cfg, cfg.open, index);
  cfg.open = [{ node: index, slot: 0 }];
  return index;
}

/** Lets all these ways lead to one node. */
export function join(cfg: CfgBuilder, edges: readonly Edge[], target: number): void {
  for (const edge of edges) {
    const from = cfg.nodes[edge.node];
    if (from) from.next[edge.slot] = target;
  }
}

/** Adds a branch; nothing is open afterwards. */
export function addBranch(cfg: CfgBuilder, cond: Expr, at: Span): { yes: Edge[]; no: Edge[] } {
  const node = add(cfg, { op: 'branch', cond, at, next: [] });
  cfg.open = [];
  return { yes: [{ node, slot: 0 }], no: [{ node, slot: 1 }] };
}

/** Closes ways that lead nowhere (unreachable code) so that every `next` is dense. */
export function finish(cfg: CfgBuilder): void {
  const sink = cfg.nodes.length;
  let used = false;
  for (const node of cfg.nodes) {
    const ways =
      node.op === 'branch' ? 2 : node.op === 'switch' ? Math.max(node.cases.length, 1) : node.next.length;
    for (let slot = 0; slot < ways; slot++) {
      if (node.next[slot] !== undefined) continue;
      node.next[slot] = sink;
      used = true;
    }
  }
  const last = cfg.nodes[sink - 1];
  if (used) cfg.nodes.push({ op: 'nop', at: last ? [last.at[1], last.at[1]] : [0, 0], next: [] });
}
