/**
 * Joins that no class of places leads to: of a field whose object has no known type, and of a copy of the handle
 * behind a pointer. They are for orientation in `threadlint threads`; no rule rests on them.
 */
import type { Expr } from '../../facts/expr';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { substitute } from '../paths/access-path';
import { operandOf } from '../paths/operand';
import type { ThreadFacts, ThreadSite } from './thread-facts';

export interface LooseJoin {
  fn: Fn;
  node: number;
  waits: boolean;
  /** The field that it names; none for what a pointer points to. */
  field?: string;
}

/** Every join and detach whose handle is a field of something unknown, or stands behind a bare pointer. */
export function looseJoins(program: Program, { summaries }: ThreadFacts): LooseJoin[] {
  return program.fns.flatMap((fn) =>
    [...(program.targets[fn.id] ?? [])].flatMap(([node, target]): LooseJoin[] => {
      const call = fn.facts.nodes[node];
      if (call?.op !== 'call') return [];
      const closed: { handle: Expr | undefined; waits: boolean }[] = [];
      const thread = target.kind === 'model' ? target.model.thread : undefined;
      if (target.kind === 'model' && (thread?.op === 'join' || thread?.op === 'detach'))
        closed.push({
          handle: operandOf(thread.handle, call.args, target.receiver),
          waits: thread.op === 'join',
        });
      if (target.kind === 'function')
        // What the callee can name is its own join.
        for (const { path, waits } of summaries[target.fn.id]?.closes ?? [])
          if (!classOf(program, target.fn, path))
            closed.push({
              handle: substitute(path, target.fn.facts.params, call.args, target.receiver),
              waits,
            });
      return closed.flatMap(({ handle, waits }): LooseJoin[] => {
        const value = handle?.k === 'cast' ? handle.e : handle;
        if (!value || classOf(program, fn, value)) return [];
        if (value.k === 'field') return [{ fn, node, waits, field: value.f }];
        const isPointed = value.k === 'deref' && value.of.k === 'var' && value.of.v >= fn.facts.params;
        return isPointed ? [{ fn, node, waits }] : [];
      });
    }),
  );
}

/** Those of them that may join this site's thread. */
export function looseJoinsOf(
  program: Program,
  site: ThreadSite,
  places: readonly PlaceClass[],
  all: readonly LooseJoin[],
): LooseJoin[] {
  const { fn, handle } = site.creation;
  const field = handle.k === 'field' ? handle.f : undefined;
  const named = all.filter((one) => field !== undefined && one.field === field && one.fn.unit === fn.unit);
  if (named.length > 0) return named;
  const pointed = all.filter((one) => one.field === undefined);
  return pointed.length > 0 && places.some((place) => isCopied(program, place)) ? pointed : [];
}

/** The objects of C++ that the creation's result is given to: what waits for such an object waits for the thread. */
export function wrappersOf(program: Program, { creation: { fn, node, handle } }: ThreadSite): PlaceClass[] {
  if (handle.k !== 'result' || fn.unit.language === 'c') return [];
  const isHandle = (e: Expr): boolean => (e.k === 'cast' ? isHandle(e.e) : e.k === 'result' && e.n === node);
  return fn.facts.nodes.flatMap((one, index) => {
    const target = program.targets[fn.id]?.get(index);
    const receiver = target?.kind === 'function' ? target.receiver : undefined;
    if (one.op === 'call' && receiver && one.args.some(isHandle)) return classOf(program, fn, receiver) ?? [];
    return one.op === 'assign' && isHandle(one.from) ? (classOf(program, fn, one.to) ?? []) : [];
  });
}

/** `*copy = object->handle`: the handle's value goes to memory that nothing names. */
function isCopied(program: Program, place: PlaceClass): boolean {
  return program.fns.some((fn) =>
    fn.facts.nodes.some((node) => {
      if (node.op !== 'assign' || node.to.k !== 'deref' || node.to.of.k !== 'var') return false;
      if (node.from.k !== 'field' && node.from.k !== 'name' && node.from.k !== 'index') return false;
      const from = classOf(program, fn, node.from);
      return from !== undefined && mayOverlap(from, place);
    }),
  );
}
