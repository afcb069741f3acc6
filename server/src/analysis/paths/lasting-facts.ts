/**
 * What holds at a node whatever way leads there: conditions on values that the function does not change, and what
 * variables that are written once are copies of. Found along the dominators, without following paths.
 */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { dependenciesOf, isDirect, keyOf, rootOf } from './access-path';
import { assigned, written } from './assignments';
import { type Dominators, downDominators } from './dominators';
import { assume, EMPTY, type Environment, type NameInfo } from './environment';

/** Which values are the same wherever the function asks for them. */
export interface Lasting {
  /** A value made of what callers give and of variables that are written once, which nothing changes. */
  isLasting(e: Expr): boolean;
  /** The variable is written here alone, nobody has its address, and the value is what it was at the start. */
  isCopy(v: number, from: Expr, node: number): boolean;
}

/** The environment at a node; undefined where conditions on the way contradict each other. */
export type FactsAt = (node: number) => Environment | undefined;

/** Each node is asked once: what holds there is what holds at its dominator, and what the way from there adds. */
export function factsAt(
  nodes: readonly CfgNode[],
  { above, before }: Dominators,
  names: NameInfo,
  lasting: Lasting,
): FactsAt {
  const isBelow = (node: number, top: number): boolean => {
    for (let at = node; ; at = above[at] ?? 0) {
      if (at === top) return true;
      if (at === 0 || at === -1) return false;
    }
  };
  const onward = (top: number, node: number, env: Environment): Environment | undefined => {
    const at = nodes[top];
    if (at?.op === 'assign') {
      const isCopy = at.to.k === 'var' && lasting.isCopy(at.to.v, at.from, top);
      return isCopy ? assigned(at.to, at.from, env, names) : env;
    }
    if (at?.op !== 'branch' || at.next[0] === at.next[1] || !lasting.isLasting(at.cond)) return env;
    const slot = at.next.indexOf(node);
    // Other ways may lead there as well, if only round a loop.
    const isOnly = slot >= 0 && (before[node] ?? []).every((one) => one === top || isBelow(one, node));
    return isOnly ? assume(at.cond, slot === 0, env, names) : env;
  };
  return downDominators(above, EMPTY, onward);
}

/** What a function changes. */
export interface Written {
  /** Parameters come first. */
  params: number;
  /** Dependencies that the function or its callees write. */
  written: ReadonlySet<string>;
  /** Parameters that it assigns. */
  assigned: ReadonlySet<number>;
  /** Places it writes through a pointer. */
  stored: ReadonlySet<string>;
  /** Static variables keep what earlier calls have left. */
  isStatic(v: number): boolean;
  /** What happens in a loop may come before what stands before it. */
  isInLoop(node: number): boolean;
}

/** Of a function's own text and what it is known to change. */
export function lastingValues(nodes: readonly CfgNode[], names: NameInfo, changes: Written): Lasting {
  const writes = new Map<number, number>();
  const given = new Set<number>();
  for (const node of nodes) {
    if (node.op === 'assign' && node.to.k === 'var') writes.set(node.to.v, (writes.get(node.to.v) ?? 0) + 1);
    if (node.op === 'assign') noteAddresses(node.from, given);
    if (node.op === 'call') for (const arg of node.args) noteAddresses(arg, given);
    if (node.op === 'return' && node.value) noteAddresses(node.value, given);
  }
  const isWrittenOnce = (v: number): boolean =>
    v >= changes.params && writes.get(v) === 1 && !given.has(v) && !changes.isStatic(v);
  const isMade = (e: Expr): boolean => {
    switch (e.k) {
      case 'un':
      case 'cast':
        return isMade(e.e);
      case 'bin':
        return isMade(e.l) && isMade(e.r);
      case 'field':
      case 'deref':
      case 'addr':
        return isMade(e.of);
      case 'var':
        return e.v < changes.params ? !changes.assigned.has(e.v) : isWrittenOnce(e.v);
      case 'num':
      case 'name':
      case 'this':
        return true;
      case 'result': {
        const value = names.callValue(e.n);
        return value !== undefined && isMade(value);
      }
      default:
        return false;
    }
  };
  /** An accessor's result is what it reads. */
  const read = (e: Expr): Expr => {
    if (e.k === 'cast') return read(e.e);
    return (e.k === 'result' ? names.callValue(e.n) : undefined) ?? e;
  };
  const isUnchanged = (e: Expr): boolean => {
    if (changes.stored.size > 0 && changes.stored.has(keyOf(e))) return false;
    for (const dep of dependenciesOf(read(e))) if (changes.written.has(dep)) return false;
    return true;
  };
  const isWriteOf = (dep: string, node: CfgNode | undefined, index: number): boolean => {
    if (node?.op === 'assign') return written(node.to).includes(dep);
    return node?.op === 'call' && names.callWrites(index).has(dep);
  };
  const isUnchangedBefore = (e: Expr, before: number): boolean => {
    const deps = [...dependenciesOf(read(e))].filter((dep) => changes.written.has(dep));
    for (let index = 0; index < before; index++)
      if (deps.some((dep) => isWriteOf(dep, nodes[index], index))) return false;
    return true;
  };
  const copies = new Map<number, boolean>();
  return {
    isLasting: (e) => isMade(e) && isUnchanged(e),
    isCopy(v, from, node) {
      const known = copies.get(node);
      if (known !== undefined) return known;
      const isIt =
        isWrittenOnce(v) &&
        isMade(from) &&
        (isUnchanged(from) || (!changes.isInLoop(node) && isUnchangedBefore(from, node)));
      copies.set(node, isIt);
      return isIt;
    },
  };
}

function noteAddresses(e: Expr, into: Set<number>): void {
  if (e.k === 'addr') {
    const root = rootOf(e.of);
    if (root.k === 'var' && isDirect(e.of)) into.add(root.v);
  }
  if (e.k === 'init') for (const item of e.items) noteAddresses(item.e, into);
  if (e.k === 'cast' || e.k === 'un') noteAddresses(e.e, into);
  if (e.k === 'bin') {
    noteAddresses(e.l, into);
    noteAddresses(e.r, into);
  }
}
