/**
 * What holds at a node beyond what holds on all ways to it: the statements right before it are on every way, too, and
 * say what its variables mean, `struct conn *c = &all[i]; lock(&c->lock);`, however often they are written elsewhere.
 */
import type { CfgNode } from '../../facts/facts';
import type { Dominators } from './dominators';
import { assigned, assume, type Environment, type NameInfo } from './environment';
import { afterCall } from './explore';
import { forget } from './forgetting';
import type { FactsAt } from './lasting-facts';

/** What a lock is called is said shortly before it is taken. */
const MAX_WAY = 40;

/** The environment at a node; `at` gives what holds on all ways. Undefined where conditions contradict each other. */
export function nearFactsAt(
  nodes: readonly CfgNode[],
  { before }: Dominators,
  names: NameInfo,
  at: FactsAt,
): FactsAt {
  return (node) => {
    const way = [node];
    for (let [only, ...others] = before[node] ?? []; only !== undefined && others.length === 0; ) {
      way.push(only);
      if (way.length > MAX_WAY) break;
      [only, ...others] = before[only] ?? [];
    }
    let top = way.pop() ?? node;
    let env = at(top);
    for (let next = way.pop(); env && next !== undefined; next = way.pop()) {
      env = onward(nodes[top], top, next, env, names);
      top = next;
    }
    return env;
  };
}

function onward(
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
