/** Functions that the workspace stores in fields: what a call through a field may reach, and which handlers it keeps. */
import type { Expr } from '../facts/expr';
import type { Fn, Program } from '../program/program';
import { functionsOf } from './names';

/** A function is stored in a field here; the node is absent for an initialiser outside of functions. */
export interface Stored {
  target: Fn;
  fn?: Fn;
  node?: number;
}

export interface StoredFunctions {
  /** What is stored in fields of this name, in the order of the sources. */
  in(field: string): readonly Stored[];
  /** The functions a value may stand for: named, held by a variable or parameter, or read from a field. */
  of(fn: Fn, e: Expr | undefined): readonly Fn[];
}

interface Store {
  fn: Fn;
  node: number;
  from: Expr;
}

/** A handler that is copied from field to field comes from somewhere near. */
const MAX_COPIES = 3;

export function findStoredFunctions(
  program: Program,
  callers: readonly (readonly number[])[],
): StoredFunctions {
  const stores = storesByField(program);
  const known = new Map<string, readonly Stored[]>();

  const functionsAt = (fn: Fn, e: Expr | undefined, depth: number): Fn[] => {
    const direct = functionsOf(program, callers, fn, e);
    if (direct.length > 0 || !e || depth > MAX_COPIES) return direct;
    const plain = e.k === 'cast' ? e.e : e;
    const field = fieldOf(plain);
    if (field) return storedIn(field, depth + 1).map(({ target }) => target);
    if (plain.k !== 'var') return [];
    const copies = fn.facts.nodes.flatMap((node) =>
      node.op === 'assign' && node.to.k === 'var' && node.to.v === plain.v && fieldOf(node.from)
        ? functionsAt(fn, node.from, depth + 1)
        : [],
    );
    return [...new Set(copies)];
  };

  const storedIn = (field: string, depth = 0): readonly Stored[] => {
    const found = known.get(field);
    if (found) return found;
    known.set(field, []);
    const assigned = (stores.assigned.get(field) ?? []).flatMap(({ fn, node, from }) =>
      functionsAt(fn, from, depth).map((target) => ({ target, fn, node })),
    );
    const all = [...assigned, ...(stores.initialised.get(field) ?? [])];
    known.set(field, all);
    return all;
  };

  return { in: (field) => storedIn(field), of: (fn, e) => functionsAt(fn, e, 0) };
}

function fieldOf(e: Expr): string | undefined {
  if (e.k === 'deref' || e.k === 'index') return fieldOf(e.of);
  if (e.k === 'cast') return fieldOf(e.e);
  return e.k === 'field' && !e.f.startsWith('{') ? e.f : undefined;
}

interface Stores {
  assigned: ReadonlyMap<string, readonly Store[]>;
  initialised: ReadonlyMap<string, readonly Stored[]>;
}

function storesByField(program: Program): Stores {
  const assigned = new Map<string, Store[]>();
  const initialised = new Map<string, Stored[]>();
  for (const fn of program.fns) {
    fn.facts.nodes.forEach((node, index) => {
      if (node.op !== 'assign') return;
      if (node.to.k === 'field') push(assigned, node.to.f, { fn, node: index, from: node.from });
      if (node.from.k !== 'init') return;
      const type = program.types.typeOf(program, fn, node.to);
      node.from.items.forEach(({ f, e }, at) => {
        if (e.k === 'num' || e.k === 'str' || e.k === 'unknown') return;
        const field = nameOfField(program, fn.unit, fn.facts.name, type.base, f ?? String(at));
        push(assigned, field, { fn, node: index, from: e });
      });
    });
  }
  for (const unit of program.units) {
    for (const store of unit.stores) {
      const target = program.functionNamed(unit, store.function);
      if (target) push(initialised, nameOfField(program, unit, '', store.owner, store.field), { target });
    }
  }
  return { assigned, initialised };
}

/** Positional initialisers name a field by its index. */
function nameOfField(program: Program, unit: Fn['unit'], scope: string, owner: string, field: string): string {
  if (!/^\d+$/.test(field)) return field;
  const struct = program.types.structOf(unit, scope, { base: owner, ptr: 0, arr: 0 });
  return struct?.facts.fields[Number(field)]?.name ?? field;
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
