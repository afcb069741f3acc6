/** Calls that leave null where an argument points: `release(T **p) { if (*p) put(*p); *p = NULL; }`. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';
import { dereference, isNull, withoutCasts } from '../paths/access-path';
import { kept } from './kept';

/** What calls clear, by call node, as the function writes it. */
export type Cleared = ReadonlyMap<number, readonly Expr[]>;

/** What such a function does is short. */
const MAX_NODES = 60;

/** The calls of a function by name that clear something. */
export function clearedByCalls(program: Program, fn: Fn): Cleared {
  return kept(fn, 'cleared by calls', () => {
    const found = new Map<number, readonly Expr[]>();
    for (const [node, target] of program.targets[fn.id] ?? []) {
      const call = fn.facts.nodes[node];
      if (target.kind !== 'function' || call?.op !== 'call') continue;
      const places = clearedBy(target.fn).flatMap((param) => {
        const given = call.args[param];
        return given ? [dereference(withoutCasts(given))] : [];
      });
      if (places.length > 0) found.set(node, places);
    }
    return found;
  });
}

/** Parameters of which the function leaves null behind them, on every way. */
function clearedBy(fn: Fn): readonly number[] {
  return kept(fn, 'clears', () => {
    const { nodes } = fn.facts;
    if (nodes.length > MAX_NODES) return [];
    const given = new Set(nodes.flatMap((node) => (node.op === 'assign' ? (pointee(node.to) ?? []) : [])));
    return [...given].filter((v) => v < fn.facts.params && isCleared(nodes, v));
  });
}

function isCleared(nodes: readonly CfgNode[], v: number): boolean {
  const copies = new Set<number>();
  for (const node of nodes) {
    if (node.op !== 'assign') continue;
    if (node.to.k === 'var' && node.to.v === v) return false;
    if (pointee(node.to) === v && !isNull(node.from)) return false;
    if (node.to.k === 'var' && pointee(node.from) === v) copies.add(node.to.v);
  }
  const isValue = (e: Expr): boolean => pointee(e) === v || (e.k === 'var' && copies.has(e.v));
  const seen = new Set<number>();
  const queue = [0];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const node = nodes[at];
    if (!node || seen.has(at)) continue;
    seen.add(at);
    if (node.op === 'assign' && pointee(node.to) === v) continue;
    if (node.next.length === 0) return false;
    const empty = node.op === 'branch' ? emptyWay(node.cond, isValue) : undefined;
    node.next.forEach((next, slot) => {
      if (slot !== empty) queue.push(next);
    });
  }
  return true;
}

/** Which way of a test is taken where the value is null already. */
function emptyWay(e: Expr, isValue: (e: Expr) => boolean): number | undefined {
  if (isValue(e)) return 1;
  if (e.k === 'un' && e.op === '!' && isValue(e.e)) return 0;
  if (e.k !== 'bin' || !isNull(e.r) || !isValue(e.l)) return undefined;
  return e.op === '==' ? 0 : e.op === '!=' ? 1 : undefined;
}

/** The variable that a place is behind. */
function pointee(e: Expr): number | undefined {
  const pointer = e.k === 'deref' ? withoutCasts(e.of) : undefined;
  return pointer?.k === 'var' ? pointer.v : undefined;
}
