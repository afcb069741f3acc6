/** What a call may write, so that what was known of it before the call is forgotten. */
import type { Program } from '../program/program';
import type { CallGraph } from './call-graph';
import { written } from './environment';
import { operandOf } from './operand';

/** By function id: dependency keys (`n:x`, `.f`) of globals and fields it or its callees assign. */
export type CallWrites = readonly ReadonlySet<string>[];

const NOTHING: ReadonlySet<string> = new Set();

/** Callees come before callers, so each set is made once; a function that adds nothing shares its callee's. */
export function findCallWrites(program: Program, graph: CallGraph): CallWrites {
  const writes: ReadonlySet<string>[] = program.fns.map(() => NOTHING);
  for (const component of graph.components) {
    let all: ReadonlySet<string> = NOTHING;
    for (const id of component) {
      all = union(all, directWrites(program, id));
      for (const callee of graph.callees[id] ?? []) all = union(all, writes[callee] ?? NOTHING);
    }
    for (const id of component) writes[id] = all;
  }
  return writes;
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a === b || b.size === 0) return a;
  if (a.size === 0) return b;
  const [large, small] = a.size >= b.size ? [a, b] : [b, a];
  let made: Set<string> | undefined;
  for (const key of small) {
    if (large.has(key)) continue;
    made ??= new Set(large);
    made.add(key);
  }
  return made ?? large;
}

function directWrites(program: Program, id: number): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (keys: readonly string[]): void => {
    for (const key of keys) if (!key.startsWith('v')) found.add(key);
  };
  program.fns[id]?.facts.nodes.forEach((node, index) => {
    if (node.op === 'assign') add(written(node.to));
    const target = node.op === 'call' ? program.targets[id]?.get(index) : undefined;
    if (node.op !== 'call' || target?.kind !== 'model') return;
    for (const { to } of target.model.stores ?? []) {
      const place = operandOf(to, node.args, target.receiver);
      if (place) add(written(place).filter((key) => !key.startsWith('.#')));
    }
  });
  return found;
}
