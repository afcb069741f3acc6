/** What a loop tests in memory: another thread may change it while the loop turns. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { dependencies } from './access-path';
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
    dependencies(e, found);
    for (const result of resultsIn(e)) {
      const value = names.callValue(result);
      if (value) dependencies(value, found);
    }
  };
  for (let at = first; at <= last; at++) {
    const node = nodes[at];
    if (node?.op === 'branch') take(node.cond);
    if (node?.op === 'switch') take(node.on);
    // A value is often read into a variable before it is tested.
    if (node?.op === 'assign') take(node.from);
  }
  found.delete('M');
  return found;
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
