/** Functions that the workspace stores in fields: what a call through a field may reach, and which handlers it keeps. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { ownMember } from '../../program/own-member';
import type { Fn, Program } from '../../program/program';
import { callValue } from '../paths/call-value';
import { kept } from './kept';
import { functionsOf } from './names';

/** A function is stored in a field here; the node is absent for an initialiser outside of functions. */
export interface Stored {
  target: Fn;
  /** The type that holds the field, by file and name. */
  owner?: string;
  fn?: Fn;
  node?: number;
}

export interface StoredFunctions {
  /** What is stored in fields of this name, of this type where it is known; in the order of the sources. */
  in(field: string, owner?: string): readonly Stored[];
  /** What the type is called whose field an expression reads; undefined where that is not known. */
  ownerOf(fn: Fn, e: Expr): string | undefined;
  /** The functions a value may stand for: named, held by a variable or parameter, or read from a field. */
  of(fn: Fn, e: Expr | undefined): readonly Fn[];
}

interface Store {
  fn: Fn;
  node: number;
  from: Expr;
  /** The object whose field is written. Few fields are ever called, so its type is found when one is. */
  object: Expr;
}

/** A handler that is copied from field to field comes from somewhere near. */
const MAX_COPIES = 3;

export function findStoredFunctions(
  program: Program,
  callers: readonly (readonly number[])[],
): StoredFunctions {
  const stores = storesByField(program);
  const known = new Map<string, readonly Stored[]>();
  const byOwner = new Map<readonly Stored[], Map<string, readonly Stored[]>>();

  const functionsAt = (fn: Fn, e: Expr | undefined, depth: number): Fn[] => {
    const direct = functionsOf(program, callers, fn, e);
    if (direct.length > 0 || !e || depth > MAX_COPIES) return direct;
    const plain = e.k === 'cast' ? e.e : e;
    const field = fieldOf(program, fn, plain);
    if (field) return storedIn(field.f, ownerOf(program, fn, field), depth + 1).map(({ target }) => target);
    if (plain.k !== 'var') return [];
    const copies = fn.facts.nodes.flatMap((node) =>
      node.op === 'assign' && node.to.k === 'var' && node.to.v === plain.v && fieldOf(program, fn, node.from)
        ? functionsAt(fn, node.from, depth + 1)
        : [],
    );
    return [...new Set(copies)];
  };

  const storedIn = (field: string, owner: string | undefined, depth: number): readonly Stored[] => {
    const all = known.get(field) ?? resolved(field, depth);
    return owner && all.length > 0 ? ofOwner(all, owner) : all;
  };

  // Many types have a field of one name, and many calls go through it.
  const ofOwner = (all: readonly Stored[], owner: string): readonly Stored[] => {
    const own = byOwner.get(all) ?? new Map<string, readonly Stored[]>();
    byOwner.set(all, own);
    const found = own.get(owner) ?? all.filter((one) => !one.owner || one.owner === owner);
    own.set(owner, found);
    return found;
  };

  const resolved = (field: string, depth: number): readonly Stored[] => {
    known.set(field, []);
    const assigned = (stores.assigned.get(field) ?? []).flatMap(({ fn, node, from, object }) => {
      const targets = functionsAt(fn, from, depth);
      const owner = targets.length > 0 ? ownerOfObject(program, fn, object) : undefined;
      return targets.map((target) => ({ target, fn, node, ...(owner ? { owner } : {}) }));
    });
    const all = [...assigned, ...(stores.initialised.get(field) ?? [])];
    known.set(field, all);
    return all;
  };

  return {
    in: (field, owner) => storedIn(field, owner, 0),
    ownerOf: (fn, e) => {
      const field = fieldOf(program, fn, e);
      return field && ownerOf(program, fn, field);
    },
    of: (fn, e) => functionsAt(fn, e, 0),
  };
}

function fieldOf(program: Program, fn: Fn, e: Expr): (Expr & { k: 'field' }) | undefined {
  if (e.k === 'deref' || e.k === 'index') return fieldOf(program, fn, e.of);
  if (e.k === 'cast') return fieldOf(program, fn, e.e);
  // A reference to an element, as a loop over a container has it.
  if (e.k === 'addr')
    return e.of.k === 'index' && fn.unit.language === 'cpp' ? fieldOf(program, fn, e.of) : undefined;
  if (e.k === 'name') return ownMember(program, fn, e);
  return e.k === 'field' && !e.f.startsWith('{') ? e : undefined;
}

function ownerOf(program: Program, fn: Fn, { of }: Expr & { k: 'field' }): string | undefined {
  return ownerOfObject(program, fn, of);
}

function ownerOfObject(program: Program, fn: Fn, object: Expr): string | undefined {
  return structKey(program, fn.unit, fn.facts.name, program.types.typeOf(program, fn, object).base);
}

function structKey(program: Program, unit: Fn['unit'], scope: string, base: string): string | undefined {
  const struct = base ? program.types.structOf(unit, scope, { base, ptr: 0, arr: 0 }) : undefined;
  return struct && `${struct.unit.file}#${struct.facts.name}`;
}

interface Stores {
  assigned: ReadonlyMap<string, readonly Store[]>;
  initialised: ReadonlyMap<string, readonly Stored[]>;
}

function storesByField(program: Program): Stores {
  const assigned = new Map<string, Store[]>();
  const initialised = new Map<string, Stored[]>();
  for (const fn of program.fns)
    for (const { field, store } of kept(fn, 'stores in fields', () => storesIn(program, fn)))
      push(assigned, field, store);
  for (const unit of program.units) {
    for (const store of unit.stores) {
      const target = program.functionNamed(unit, store.function);
      if (!target) continue;
      const owner = structKey(program, unit, '', store.owner);
      const field = nameOfField(program, unit, '', store.owner, store.field);
      push(initialised, field, { target, ...(owner ? { owner } : {}) });
    }
  }
  return { assigned, initialised };
}

function storesIn(program: Program, fn: Fn): readonly { field: string; store: Store }[] {
  const found: { field: string; store: Store }[] = [];
  fn.facts.nodes.forEach((node, index) => {
    const given = node.op === 'assign' ? node : (firstValue(node) ?? putInto(program, fn, node, index));
    const from = given && passedOn(program, fn, given.from);
    // `handlers_[name] = f` puts it into the container.
    const to = given?.to.k === 'index' && fn.unit.language === 'cpp' ? given.to.of : given?.to;
    const field = to && from && mayBeFunction(from) ? (ownMember(program, fn, to) ?? to) : undefined;
    if (field?.k === 'field' && from)
      found.push({ field: field.f, store: { fn, node: index, from, object: field.of } });
    if (node.op !== 'assign') return;
    if (node.from.k !== 'init' || !node.from.items.some(({ e }) => mayBeFunction(e))) return;
    const type = program.types.typeOf(program, fn, node.to);
    node.from.items.forEach(({ f, e }, at) => {
      if (!mayBeFunction(e)) return;
      const field = nameOfField(program, fn.unit, fn.facts.name, type.base, f ?? String(at));
      found.push({ field, store: { fn, node: index, from: e, object: node.to } });
    });
  });
  return found;
}

/** `: callback_(f)` stores a function in a member. */
function firstValue(node: CfgNode): { to: Expr; from: Expr } | undefined {
  if (node.op !== 'call' || node.callee.k !== 'field' || node.callee.f !== '{constructor}') return undefined;
  const [from, ...more] = node.args;
  return from && more.length === 0 && node.callee.of.k === 'field' ? { to: node.callee.of, from } : undefined;
}

/** `listeners_.push_back(f)`: what a container's method that grows it is given last. */
function putInto(
  program: Program,
  fn: Fn,
  node: CfgNode,
  index: number,
): { to: Expr; from: Expr } | undefined {
  const target = node.op === 'call' && node.args.length > 0 ? program.targets[fn.id]?.get(index) : undefined;
  if (node.op !== 'call' || target?.kind !== 'model' || !target.receiver) return undefined;
  if (target.model.allocates !== 'allocates') return undefined;
  const from = node.args[node.args.length - 1];
  return from && { to: target.receiver, from };
}

/** `std::move(f)` is `f`. */
function passedOn(program: Program, fn: Fn, e: Expr): Expr {
  return (e.k === 'result' && callValue(program, fn, e.n)) || e;
}

function mayBeFunction(e: Expr): boolean {
  const plain = e.k === 'cast' ? e.e : e;
  return !['num', 'str', 'unknown', 'result', 'bin', 'un', 'init'].includes(plain.k);
}

/** Positional initialisers name a field by its index. */
function nameOfField(
  program: Program,
  unit: Fn['unit'],
  scope: string,
  owner: string,
  field: string,
): string {
  if (!/^\d+$/.test(field)) return field;
  const struct = program.types.structOf(unit, scope, { base: owner, ptr: 0, arr: 0 });
  return struct?.facts.fields[Number(field)]?.name ?? field;
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
