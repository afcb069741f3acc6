/** Calls through function pointers in fields: the functions that the workspace stores there. */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { functionsOf } from './names';

/** The functions a call through a field can reach, by the field's name; empty where none is seen stored. */
export interface IndirectCalls {
  targets(fn: Fn, node: number): readonly Fn[];
}

export function findIndirectCalls(program: Program, callers: readonly (readonly number[])[]): IndirectCalls {
  const byField = new Map<string, readonly Fn[]>();
  let assigned: Map<string, Store[]> | undefined;
  return {
    targets(fn, node) {
      const call = fn.facts.nodes[node];
      if (call?.op !== 'call' || program.targets[fn.id]?.get(node)?.kind !== 'unknown') return [];
      const field = fieldOf(call.callee);
      if (!field) return [];
      assigned ??= assignedToFields(program);
      const known = byField.get(field) ?? storedIn(program, callers, assigned.get(field) ?? [], field);
      byField.set(field, known);
      return known;
    },
  };
}

function fieldOf(callee: Expr): string | undefined {
  if (callee.k === 'deref' || callee.k === 'cast')
    return fieldOf(callee.k === 'deref' ? callee.of : callee.e);
  return callee.k === 'field' && !callee.f.startsWith('{') ? callee.f : undefined;
}

interface Store {
  fn: Fn;
  from: Expr;
}

/** What any function assigns to fields, by the field's name. */
function assignedToFields(program: Program): Map<string, Store[]> {
  const found = new Map<string, Store[]>();
  for (const fn of program.fns)
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign' || node.to.k !== 'field') continue;
      const known = found.get(node.to.f);
      if (known) known.push({ fn, from: node.from });
      else found.set(node.to.f, [{ fn, from: node.from }]);
    }
  return found;
}

function storedIn(
  program: Program,
  callers: readonly (readonly number[])[],
  assigned: readonly Store[],
  field: string,
): readonly Fn[] {
  const found = new Set<Fn>();
  for (const { fn, from } of assigned)
    for (const target of functionsOf(program, callers, fn, from)) found.add(target);
  for (const unit of program.units) {
    for (const store of unit.stores) {
      const target = store.field === field ? program.functionNamed(unit, store.function) : undefined;
      if (target) found.add(target);
    }
  }
  return [...found];
}
