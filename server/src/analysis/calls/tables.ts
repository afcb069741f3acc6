/** Functions in tables: `routines[i]` and `services[i].run`, as their initialisers have them. */
import type { Expr, TypeRef } from '../../facts/expr';
import type { UnitFacts } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';

/** A longer table reaches everything. */
const MAX_ENTRIES = 16;

interface Part {
  unit: UnitFacts;
  e: Expr;
  type: TypeRef;
}

/** The functions that a place in a table may hold; none where it is no table, or a long one. */
export function tabledFunctions(program: Program, fn: Fn, e: Expr): readonly Fn[] {
  if (e.k !== 'index' && e.k !== 'field') return [];
  const found = new Set<Fn>();
  for (const part of partsOf(program, fn, e)) {
    const named = part.e.k === 'addr' ? part.e.of : part.e.k === 'cast' ? part.e.e : part.e;
    const name = named.k === 'name' ? named.n : named.k === 'lambda' ? named.f : undefined;
    const target = name === undefined ? undefined : program.functionNamed(part.unit, name, fn.facts.name);
    if (target && target.facts.kind !== 'macro') found.add(target);
  }
  return found.size > MAX_ENTRIES ? [] : [...found];
}

function partsOf(program: Program, fn: Fn, e: Expr): readonly Part[] {
  switch (e.k) {
    case 'name': {
      const global = program.globalNamed(fn, e.n);
      const init = global?.facts.init;
      return init ? [{ unit: global.unit, e: init, type: global.facts.type }] : [];
    }
    case 'var': {
      const type = fn.facts.variables[e.v]?.type;
      return fn.facts.nodes.flatMap((node) =>
        type && node.op === 'assign' && node.to.k === 'var' && node.to.v === e.v && node.from.k === 'init'
          ? [{ unit: fn.unit, e: node.from, type }]
          : [],
      );
    }
    case 'index':
      return itemsOf(partsOf(program, fn, e.of), () => true);
    case 'field':
      return itemsOf(partsOf(program, fn, e.of), ({ unit, type }, item) => {
        if (item === e.f) return true;
        if (!/^\d+$/.test(item)) return false;
        const struct = program.types.structOf(unit, fn.facts.name, { ...type, ptr: 0, arr: 0 });
        return struct?.facts.fields[Number(item)]?.name === e.f;
      });
    default:
      return [];
  }
}

function itemsOf(parts: readonly Part[], isMeant: (part: Part, item: string) => boolean): Part[] {
  return parts.flatMap((part) =>
    part.e.k === 'init'
      ? part.e.items.flatMap(({ f, e }, at) =>
          isMeant(part, f ?? String(at)) ? [{ unit: part.unit, e, type: part.type }] : [],
        )
      : [],
  );
}
