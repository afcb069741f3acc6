/** What a call says of its arguments by coming back: behind `check(p)`, with `if (!p) abort();` in it, `p` holds. */
import type { Expr } from '../../facts/expr';
import type { FunctionFacts } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';
import { change } from '../../program/reads';
import { mapLeaves } from '../paths/access-path';
import { callValue } from '../paths/call-value';

const NOTHING: readonly Expr[] = [];

/**
 * Conditions on parameters without which no path comes to a return, in the function's terms.
 * `passes` tells the calls behind which control goes on; where all do, there is nothing to find.
 */
export function assertedIn(program: Program, fn: Fn, passes: (node: number) => boolean): readonly Expr[] {
  const { facts } = fn;
  const { nodes } = facts;
  if (nodes.every((node, index) => node.op !== 'call' || passes(index))) return NOTHING;
  const written = new Set(
    nodes.flatMap((node) => (node.op === 'assign' && node.to.k === 'var' ? [node.to.v] : [])),
  );
  const copies = copiesIn(facts, written);
  return nodes.flatMap((node, index): Expr[] => {
    if (node.op !== 'branch') return [];
    // `__builtin_expect(c, 1)` is `c`.
    const read = mapLeaves(
      node.cond,
      (leaf) => (leaf.k === 'result' && callValue(program, fn, leaf.n)) || leaf,
    );
    const cond = mapLeaves(read, (leaf) => (leaf.k === 'var' && copies.get(leaf.v)) || leaf);
    if (!isOfParameters(cond, facts, written)) return [];
    const [yes, no] = node.next;
    if (yes === undefined || no === undefined || yes === no) return [];
    if (!returnsWithout(facts, passes, index, yes)) return [cond];
    return returnsWithout(facts, passes, index, no) ? [] : [{ k: 'un', op: '!', e: cond }];
  });
}

/** `int error = (call);` in a macro is what it was given. */
function copiesIn({ nodes, params }: FunctionFacts, written: ReadonlySet<number>): ReadonlyMap<number, Expr> {
  const copies = new Map<number, Expr>();
  const again = new Set<number>();
  for (const node of nodes) {
    if (node.op !== 'assign' || node.to.k !== 'var') continue;
    const { to, from } = node;
    const isCopy = to.v >= params && from.k === 'var' && from.v < params && !written.has(from.v);
    if (!isCopy || copies.has(to.v)) again.add(to.v);
    copies.set(to.v, from);
  }
  for (const v of again) copies.delete(v);
  return copies;
}

/** Something is said of parameters, which have the values that they had at the call. */
function isOfParameters(e: Expr, facts: FunctionFacts, written: ReadonlySet<number>): boolean {
  switch (e.k) {
    case 'var':
      return e.v < facts.params && !written.has(e.v);
    case 'un':
      return e.op === '!' && isOfParameters(e.e, facts, written);
    case 'cast':
      return isOfParameters(e.e, facts, written);
    case 'bin':
      return isComparable(e.l, facts, written) && isComparable(e.r, facts, written);
    default:
      return false;
  }
}

function isComparable(e: Expr, facts: FunctionFacts, written: ReadonlySet<number>): boolean {
  return e.k === 'num' || isOfParameters(e, facts, written);
}

/** Whether a return can be reached that does not go from `branch` to `way`. */
function returnsWithout(
  { nodes }: FunctionFacts,
  passes: (node: number) => boolean,
  branch: number,
  way: number,
): boolean {
  const seen = new Uint8Array(nodes.length);
  const queue = [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const node = nodes[index];
    if (!node || seen[index]) continue;
    seen[index] = 1;
    if (node.op === 'return') return true;
    if (node.op === 'call' && !passes(index)) continue;
    for (const next of node.next) if (index !== branch || next !== way) queue.push(next);
  }
  return false;
}

/** Remembers it for callers; those of before have looked at it, and must look again where it differs. */
export function noteAsserted(fn: Fn, now: readonly Expr[]): void {
  const before = fn.kept.get('asserted') as readonly Expr[] | undefined;
  fn.kept.set('asserted', now);
  if (before && before !== now && JSON.stringify(before) !== JSON.stringify(now)) change(fn.cell);
}

/** What was remembered last. */
export function assertedBy(fn: Fn): readonly Expr[] {
  return (fn.kept.get('asserted') as readonly Expr[] | undefined) ?? NOTHING;
}
