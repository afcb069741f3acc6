/**
 * Locks behind pointers that are kept in members and globals: which lock that is, where the whole workspace stores
 * one thing there.
 */
import type { Expr, TypeRef } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { classOf, memberKey, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { dereference, isPath, withoutCasts } from '../paths/access-path';
import { originsOf } from './instance-origins';
import type { Acquisition, LockEdge } from './lock-facts';

/** A place that a pointer is given, in the terms of the function that has the place. */
export interface Pointee {
  fn: Fn;
  place: Expr;
}

export interface LockPointees {
  /** Everything that is stored in the member or global that a pointer is read from; undefined where more may be. */
  storedIn(fn: Fn, pointer: Expr): readonly Pointee[] | undefined;
  /** What a class of locks is called, through the pointer that leads there. */
  keyOf(cls: PlaceClass): string;
  /** The edge between the locks that are behind its pointers. */
  edgeOf(edge: LockEdge): LockEdge;
}

/** A pointer that is handed further comes from somewhere else. */
const MAX_HANDS = 2;
/** With more values a pointer is a choice. */
const MAX_STORES = 4;

type Stored = Pointee[] | 'unknown';

/** Looks only for what is stored in the pointers that the edges' locks are behind. */
export function findLockPointees(
  program: Program,
  graph: CallGraph,
  edges: readonly LockEdge[],
): LockPointees {
  const pointers = new Map<string, { fn: Fn; pointer: Expr }>();
  for (const { from, to } of edges) for (const end of [from, to]) notePointer(pointers, end);
  const stores = storesOf(program, graph, [...pointers.values()]);
  const storedIn = (fn: Fn, pointer: Expr): readonly Pointee[] | undefined => {
    const stored = stores.get(pointerKey(program, fn, pointer) ?? '');
    return stored === 'unknown' ? undefined : stored;
  };
  const classes = new Map<string, PlaceClass>();
  for (const [key, { fn, pointer }] of pointers) {
    const cls = commonClass(program, storedIn(fn, pointer) ?? []);
    if (cls && cls.key !== key) classes.set(key, cls);
  }
  const named = (end: Acquisition): Acquisition => {
    const cls = end.cls && classes.get(end.cls.key);
    return cls ? { ...end, cls } : end;
  };
  const keyOf = (key: string): string => classes.get(key)?.key ?? key;
  return {
    storedIn,
    keyOf: ({ key }) => keyOf(key),
    edgeOf: (edge) => {
      const [from, to] = [named(edge.from), named(edge.to)];
      const isGated = [...edge.gates].some((key) => classes.has(key));
      if (from === edge.from && to === edge.to && !isGated) return edge;
      return { from, to, gates: isGated ? new Set([...edge.gates].map(keyOf)) : edge.gates };
    },
  };
}

function notePointer(found: Map<string, { fn: Fn; pointer: Expr }>, end: Acquisition): void {
  const { cls } = end;
  if (!cls?.key.endsWith('*') || found.has(cls.key)) return;
  for (let at: Acquisition | undefined = end; at; at = at.inner) {
    const pointer = at.place.k === 'deref' ? withoutCasts(at.place.of) : undefined;
    if (at.cls?.key !== cls.key || (pointer?.k !== 'field' && pointer?.k !== 'name')) continue;
    found.set(cls.key, { fn: at.fn, pointer });
    return;
  }
}

/** A member is the same in all objects of its type. */
function pointerKey(program: Program, fn: Fn, pointer: Expr): string | undefined {
  return (
    memberKey(program, fn, pointer) ?? (pointer.k === 'name' ? classOf(program, fn, pointer)?.key : undefined)
  );
}

function commonClass(program: Program, stored: readonly Pointee[]): PlaceClass | undefined {
  const classes = stored.map(({ fn, place }) => classOf(program, fn, place));
  const [first] = classes;
  if (!first) return undefined;
  if (classes.every((cls) => cls?.key === first.key)) return first;
  const family = first.family ?? first.key;
  if (!classes.every((cls) => cls && (cls.family ?? cls.key) === family)) return undefined;
  return { key: family, label: first.label.replace(/\[\d+\]$/, '[]'), single: false };
}

function storesOf(
  program: Program,
  graph: CallGraph,
  pointers: readonly { fn: Fn; pointer: Expr }[],
): ReadonlyMap<string, Stored> {
  const found = new Map<string, Stored>();
  const names = new Set(pointers.map(({ pointer }) => nameIn(pointer)));
  names.delete(undefined);
  if (names.size === 0) return found;
  const note = (key: string | undefined, stored: Stored): void => {
    const known = key === undefined ? [] : (found.get(key) ?? []);
    if (key === undefined) return;
    const isOver = known === 'unknown' || stored === 'unknown' || known.length + stored.length > MAX_STORES;
    found.set(key, isOver ? 'unknown' : [...known, ...stored]);
  };
  const store = (fn: Fn, to: Expr, from: Expr): void => {
    if (from.k !== 'init') {
      if (names.has(nameIn(to)))
        note(pointerKey(program, fn, to), pointeesOf(program, graph, fn, from, MAX_HANDS));
      return;
    }
    if (!mayGive(from, names)) return;
    for (const [field, value] of membersIn(program, fn, program.types.typeOf(program, fn, to), from))
      store(fn, { k: 'field', of: to, f: field }, value);
  };
  for (const fn of program.fns) {
    const { assigned, handedOut } = writesIn(fn.facts.nodes);
    for (const { to, from } of assigned) store(fn, to, from);
    // Whoever gets the pointer's address may store something.
    for (const place of handedOut)
      if (names.has(nameIn(place))) note(pointerKey(program, fn, place), 'unknown');
  }
  const homes = new Map(program.fns.map((fn) => [fn.unit, fn]));
  for (const [unit, fn] of homes)
    for (const { name, init } of unit.globals) if (init) store(fn, { k: 'name', n: name }, init);
  return found;
}

interface Writes {
  assigned: readonly { to: Expr; from: Expr }[];
  handedOut: readonly Expr[];
}

/** Graphs do not change once they are made, and few of their nodes write a member or a global. */
const writes = new WeakMap<readonly CfgNode[], Writes>();

function writesIn(nodes: readonly CfgNode[]): Writes {
  const known = writes.get(nodes);
  if (known) return known;
  const assigned: { to: Expr; from: Expr }[] = [];
  const handedOut: Expr[] = [];
  for (const node of nodes) {
    if (node.op === 'assign' && (nameIn(node.to) !== undefined || node.from.k === 'init'))
      assigned.push(node);
    if (node.op !== 'call') continue;
    for (const arg of node.args) if (arg.k === 'addr' && nameIn(arg.of) !== undefined) handedOut.push(arg.of);
  }
  const found = { assigned, handedOut };
  writes.set(nodes, found);
  return found;
}

function nameIn(pointer: Expr): string | undefined {
  return pointer.k === 'field' ? pointer.f : pointer.k === 'name' ? pointer.n : undefined;
}

/** Whether one of the members may be among those given, which only the type can tell of those without a name. */
function mayGive({ items }: Expr & { k: 'init' }, names: ReadonlySet<string | undefined>): boolean {
  return items.some(({ f, e }) => f === undefined || /^\d/.test(f) || names.has(f) || e.k === 'init');
}

/** What an initialiser gives to each member; of an array, to those of each element. */
function membersIn(
  program: Program,
  fn: Fn,
  type: TypeRef,
  init: Expr & { k: 'init' },
): (readonly [string, Expr])[] {
  if (type.ptr > 0) return [];
  if (type.arr > 0)
    return init.items.flatMap(({ e }) =>
      e.k === 'init' ? membersIn(program, fn, { ...type, arr: type.arr - 1 }, e) : [],
    );
  const struct = program.types.structOf(fn.unit, fn.facts.name, type);
  return init.items.flatMap(({ f, e }, at) => {
    const place = f === undefined ? at : /^\d+$/.test(f) ? Number(f) : -1;
    const name = place < 0 ? f : struct?.facts.fields[place]?.name;
    return name === undefined ? [] : [[name, e] as const];
  });
}

/** The places that a pointer's value may mean, through variables and parameters; no place for a null pointer. */
function pointeesOf(program: Program, graph: CallGraph, fn: Fn, value: Expr, hands: number): Stored {
  const e = withoutCasts(value);
  if (e.k === 'num') return e.v === 0 ? [] : 'unknown';
  const object = e.k === 'addr' ? withoutCasts(e.of) : undefined;
  const given = object ?? e;
  if (given.k === 'var' && given.v < fn.facts.params) {
    const isReference = fn.facts.variables[given.v]?.type.ref === true;
    return (object !== undefined) === isReference
      ? givenTo(program, graph, fn, given.v, isReference, hands)
      : 'unknown';
  }
  if (object) return isPath(object) ? [{ fn, place: object }] : 'unknown';
  if (e.k === 'var') {
    const sources = originsOf(program, fn).sourcesOf(e.v);
    return hands === 0 || sources.length === 0
      ? 'unknown'
      : together(
          sources.map((from) =>
            from.k === 'var' ? 'unknown' : pointeesOf(program, graph, fn, from, hands - 1),
          ),
        );
  }
  return e.k === 'field' || e.k === 'name' ? [{ fn, place: dereference(e) }] : 'unknown';
}

/** What all callers give for a parameter. */
function givenTo(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  v: number,
  isReference: boolean,
  hands: number,
): Stored {
  const callers = (graph.callers[fn.id] ?? []).flatMap((id) => program.fns[id] ?? []);
  if (hands === 0 || callers.length === 0 || callers.length > MAX_STORES) return 'unknown';
  return together(
    callers.flatMap((caller) =>
      [...(program.targets[caller.id] ?? [])].flatMap(([node, target]): Stored[] => {
        const call = caller.facts.nodes[node];
        if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') return [];
        const arg = call.args[v];
        if (!arg) return ['unknown'];
        return [pointeesOf(program, graph, caller, isReference ? { k: 'addr', of: arg } : arg, hands - 1)];
      }),
    ),
  );
}

function together(all: readonly Stored[]): Stored {
  const found: Pointee[] = [];
  for (const one of all) {
    if (one === 'unknown') return 'unknown';
    found.push(...one);
  }
  return found.length > MAX_STORES ? 'unknown' : found;
}
