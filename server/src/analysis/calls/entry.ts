/** What holds wherever a function is called from: facts of call sites, carried from callers to callees. */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from './call-graph';

/**
 * By function id: what `at` says at every call of the function, or at its callers' entries. Nothing is known
 * at the entry of a function that nobody calls, or whose address is taken. Calls that are `ignored` do not count.
 */
export function atEntry<T>(
  program: Program,
  graph: CallGraph,
  at: (fn: Fn, node: number) => ReadonlySet<T> | undefined,
  ignored: (fn: Fn, node: number) => boolean = () => false,
): ReadonlySet<T>[] {
  const nothing: ReadonlySet<T> = new Set();
  const entry: (ReadonlySet<T> | undefined)[] = program.fns.map((fn) =>
    (graph.callers[fn.id] ?? []).length === 0 ? nothing : undefined,
  );
  for (const fn of graph.addressTaken) entry[fn.id] = nothing;
  for (const component of [...graph.components].reverse()) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn) continue;
      const own = entry[id] ?? nothing;
      entry[id] = own;
      for (const [node, target] of program.targets[id] ?? []) {
        if (target.kind !== 'function' || component.includes(target.fn.id)) continue;
        const known = entry[target.fn.id];
        if (known?.size === 0 || ignored(fn, node)) continue;
        const here = at(fn, node) ?? nothing;
        const facts = own.size === 0 ? here : new Set([...own, ...here]);
        entry[target.fn.id] = known ? new Set([...known].filter((fact) => facts.has(fact))) : facts;
      }
    }
  }
  return entry.map((facts) => facts ?? nothing);
}
