/**
 * What holds at single nodes, by what the statements on the way there say: along the dominators, with all that may be
 * written in between forgotten. It says nearly what following all paths would, for the few nodes that it is asked of.
 */
import type { CfgNode } from '../../facts/facts';
import { assigned, written } from './assignments';
import { type Dominators, downDominators } from './dominators';
import { assume, EMPTY, type Environment, type NameInfo } from './environment';
import { afterCall, withoutTouched } from './explore';
import { forget, forgetPlace, nextTurn } from './forgetting';
import type { FactsAt } from './lasting-facts';
import { loopTests } from './loop-tests';

/** The environment at a node; undefined where conditions on the way contradict each other. */
export function nearFactsAt(
  nodes: readonly CfgNode[],
  { above, before }: Dominators,
  names: NameInfo,
): FactsAt {
  const testsOf = loopTests(nodes, names);
  /** Without what any way from one node to another may write. */
  const past = (top: number, node: number, env: Environment): Environment => {
    let now = env;
    let last = node - 1;
    for (let index = top + 1; index <= Math.max(last, node); index++) {
      for (const one of before[index] ?? [])
        if (one >= index) {
          last = Math.max(last, one);
          now = nextTurn(testsOf(index, one), now);
        }
      if (index !== node || last > node) now = withoutWritten(nodes[index], index, now, names);
    }
    return now;
  };
  const onward = (top: number, node: number, env: Environment): Environment | undefined => {
    const [only, ...others] = before[node] ?? [];
    if (only === top && others.length === 0) return behind(nodes[top], top, node, env, names);
    const all = nodes[top]?.op === 'branch' ? env : behind(nodes[top], top, node, env, names);
    return all && past(top, node, all);
  };
  return downDominators(above, EMPTY, onward);
}

function behind(
  node: CfgNode | undefined,
  index: number,
  next: number,
  env: Environment,
  names: NameInfo,
): Environment | undefined {
  switch (node?.op) {
    case 'assign':
      return assigned(node.to, node.from, env, names);
    case 'declare':
      return forget([`v${node.v}`], env);
    case 'branch':
      return node.next[0] === node.next[1] ? env : assume(node.cond, node.next[0] === next, env, names);
    case 'call':
      return afterCall(names, node, index, env, {});
    default:
      return env;
  }
}

function withoutWritten(
  node: CfgNode | undefined,
  index: number,
  env: Environment,
  names: NameInfo,
): Environment {
  if (env.length === 0) return env;
  switch (node?.op) {
    case 'assign': {
      const next = forget(written(node.to), env);
      return node.to.k === 'deref' || node.to.k === 'index' ? forgetPlace(node.to, next) : next;
    }
    case 'declare':
      return forget([`v${node.v}`], env);
    case 'call':
      return withoutTouched(names, node, index, env);
    default:
      return env;
  }
}
