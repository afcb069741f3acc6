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
  return {
    targets(fn, node) {
      const call = fn.facts.nodes[node];
      if (call?.op !== 'call' || program.targets[fn.id]?.get(node)?.kind !== 'unknown') return [];
      const field = fieldOf(call.callee);
      if (!field) return [];
      const known = byField.get(field) ?? storedIn(program, callers, field);
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

function storedIn(program: Program, callers: readonly (readonly number[])[], field: string): readonly Fn[] {
  const found = new Set<Fn>();
  for (const fn of program.fns) {
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign' || node.to.k !== 'field' || node.to.f !== field) continue;
      for (const target of functionsOf(program, callers, fn, node.from)) found.add(target);
    }
  }
  for (const unit of program.units) {
    for (const store of unit.stores) {
      const target = store.field === field ? program.functionNamed(unit, store.function) : undefined;
      if (target) found.add(target);
    }
  }
  return [...found];
}
