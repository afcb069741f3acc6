/** What a loop tests in memory: another thread may change it while the loop turns. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { isDirect, keyOf, rootOf } from './access-path';
import type { NameInfo } from './environment';

/**
 * Dependencies of the conditions between two nodes, and of what calls there stand for; by the node that the loop
 * goes back to and the one it comes from.
 */
export type LoopTests = (first: number, last: number) => ReadonlySet<string>;

export function loopTests(nodes: readonly CfgNode[], names: NameInfo): LoopTests {
  const known = new Map<string, ReadonlySet<string>>();
  return (first, last) => {
    const key = `${first} ${last}`;
    const tests = known.get(key) ?? testsIn(nodes, names, first, last);
    known.set(key, tests);
    return tests;
  };
}

function testsIn(nodes: readonly CfgNode[], names: NameInfo, first: number, last: number): Set<string> {
  const found = new Set<string>();
  const take = (e: Expr): void => {
    readIn(e, found);
    for (const result of resultsIn(e)) {
      const value = names.callValue(result);
      if (value) readIn(value, found);
    }
  };
  for (let at = first; at <= last; at++) {
    const node = nodes[at];
    if (node?.op === 'branch') take(node.cond);
    const leaves = node?.op === 'branch' && node.next.some((next) => next < first || next > last);
    if (node?.op === 'branch' && leaves) noteShared(node.cond, names, found);
    if (node?.op === 'switch') take(node.on);
    // A value is often read into a variable before it is tested.
    if (node?.op === 'assign') take(node.from);
  }
  return found;
}

/** What decides whether the loop goes on and others may write, by `&` and its key: a local whose address was given away. */
function noteShared(e: Expr, names: NameInfo, into: Set<string>): void {
  if (e.k === 'un' || e.k === 'cast') noteShared(e.e, names, into);
  if (e.k === 'bin') {
    noteShared(e.l, names, into);
    noteShared(e.r, names, into);
  }
  const root = isDirect(e) ? rootOf(e) : e;
  if (root.k === 'var' && names.isShared(root.v)) into.add(`&${keyOf(e)}`);
}

/** What is read in memory: of `object.flag` the flag alone, not the object around it. */
function readIn(e: Expr, into: Set<string>): void {
  switch (e.k) {
    case 'var':
      into.add(`v${e.v}`);
      return;
    case 'name':
      into.add(`n:${e.n}`);
      return;
    case 'field': {
      into.add(`.${e.f}`);
      let object = e.of;
      while (object.k === 'field') object = object.of;
      if (object.k === 'deref' || object.k === 'index') readIn(object, into);
      return;
    }
    case 'deref':
      readIn(e.of, into);
      return;
    case 'index':
      readIn(e.of, into);
      readIn(e.i, into);
      return;
    case 'un':
    case 'cast':
      readIn(e.e, into);
      return;
    case 'bin':
      readIn(e.l, into);
      readIn(e.r, into);
  }
}

function resultsIn(e: Expr): number[] {
  switch (e.k) {
    case 'result':
      return [e.n];
    case 'bin':
      return [...resultsIn(e.l), ...resultsIn(e.r)];
    case 'un':
    case 'cast':
      return resultsIn(e.e);
    case 'field':
    case 'deref':
    case 'addr':
    case 'index':
      return resultsIn(e.of);
    default:
      return [];
  }
}
