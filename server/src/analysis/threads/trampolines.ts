/**
 * Routines that only run what their argument names: `void *start(void *p) { t = p; t->run(t->arg); }`. What stands in
 * that field where the thread is made is the thread's routine as well.
 */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { kept } from '../calls/kept';
import { assignedIn, functionsOf } from '../calls/names';
import { rootOf } from '../paths/access-path';

/** A function that a thread runs, and the call that says so. */
export interface Trampolined {
  routine: Fn;
  site: { fn: Fn; node: number };
}

/** The functions that a routine runs for its creator, which makes the thread at `node`; in source order. */
export function trampolined(
  program: Program,
  callers: readonly (readonly number[])[],
  { fn: creator, node }: { fn: Fn; node: number },
  routine: Fn,
): Trampolined[] {
  const fields = kept(routine, 'fields called once', () => fieldsCalled(routine));
  if (fields.length === 0) return [];
  const stored = creator.facts.nodes.flatMap((node): Expr[] => {
    if (node.op !== 'assign') return [];
    if (node.to.k === 'field') return fields.includes(node.to.f) ? [node.from] : [];
    if (node.from.k !== 'init') return [];
    return node.from.items.flatMap(({ f, e }) => (f !== undefined && fields.includes(f) ? [e] : []));
  });
  return stored.flatMap((value) => {
    const plain = value.k === 'cast' ? value.e : value;
    if (plain.k === 'var' && plain.v < creator.facts.params)
      return givenBy(program, callers, creator, plain.v);
    return functionsOf(program, callers, creator, plain).map((one) => ({
      routine: one,
      site: { fn: creator, node },
    }));
  });
}

/** What the creator's callers give it to run: each of them starts a thread of its own. */
function givenBy(
  program: Program,
  callers: readonly (readonly number[])[],
  creator: Fn,
  param: number,
): Trampolined[] {
  return (callers[creator.id] ?? []).flatMap((id) => {
    const caller = program.fns[id];
    return [...(program.targets[id] ?? [])].flatMap(([node, target]): Trampolined[] => {
      const call = caller?.facts.nodes[node];
      if (!caller || target.kind !== 'function' || target.fn !== creator || call?.op !== 'call') return [];
      const given = functionsOf(program, callers, caller, call.args[param]);
      return given.map((one) => ({ routine: one, site: { fn: caller, node } }));
    });
  });
}

/** Fields of the object that its argument is, which it calls; not in a loop, as those do that work on jobs. */
function fieldsCalled(routine: Fn): readonly string[] {
  const { nodes, loops } = routine.facts;
  const assigned = assignedIn(routine);
  const isArgument = (e: Expr): boolean =>
    e.k === 'cast'
      ? isArgument(e.e)
      : e.k === 'var' &&
        (e.v === 0 || (assigned.get(e.v)?.length === 1 && (assigned.get(e.v) ?? []).every(isArgument)));
  return nodes.flatMap((node, index) => {
    if (node.op !== 'call' || loops.some(({ first, last }) => first <= index && index <= last)) return [];
    const callee = node.callee.k === 'deref' ? node.callee.of : node.callee;
    return callee.k === 'field' && isArgument(rootOf(callee)) ? [callee.f] : [];
  });
}
