/**
 * Members that are references, and members that a constructor gives their first value.
 *
 * A reference member is a pointer that nobody writes: `mutex_` reads `*mutex_`, and `: mutex_(m)` stores the
 * address. So what a constructor was given is found again wherever the member is used.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { addressOf } from '../facts/pointers';
import { rebuild } from './expressions';
import { insertNodes, withExpressions } from './insertion';
import { type Fn, lastPart, type NamedType, type Program } from './program';

const BUILTIN = /^(?:(?:un)?signed|bool|char|short|int|long|float|double|size_t|u?int\d*_t|u?intptr_t| )+$/;

const NONE = new Map<number, CfgNode[]>();

/** The function with its reference members read through; the facts themselves where there are none. */
export function withMembers(program: Program, fn: Fn): FunctionFacts {
  const { facts } = fn;
  const around = facts.kind === 'macro' ? undefined : program.types.classAround(fn);
  if (!around) return facts;
  const references = program.types.referencesOf(around);
  if (references.size === 0 && facts.kind !== 'constructor') return facts;
  const isReference = (name: string): boolean => references.has(name) && !program.globalNamed(fn, name);
  const by = {
    leaf: (e: Expr): Expr => (e.k === 'name' && isReference(e.n) ? { k: 'deref', of: e } : e),
    field: (name: string): string => name,
    type: (base: string): string => base,
    whole: (e: Expr): Expr => (isOwnField(e) && isReference(e.f) ? { k: 'deref', of: e } : e),
  };
  let changed = false;
  const nodes = facts.nodes.map((node) => {
    const made = initialiser(program, around, node, facts.kind) ?? node;
    const to = made.op === 'assign' && made !== node ? made.to : undefined;
    const read = withExpressions(made, (e) => (e === to ? e : rebuild(e, by)));
    changed ||= read !== node;
    return read;
  });
  const own = changed ? { ...facts, nodes } : facts;
  const implied = facts.kind === 'constructor' ? impliedIn(program, around, facts.nodes) : NONE;
  return implied.size === 0 ? own : insertNodes(own, { before: new Map(), after: implied }).facts;
}

/**
 * What runs before a constructor's body for bases and members that it does not name: constructors without arguments,
 * and the values that members begin with.
 */
function impliedIn(program: Program, around: NamedType, nodes: readonly CfgNode[]): Map<number, CfgNode[]> {
  const named = new Set<string>();
  let last = 0;
  nodes.forEach((node, index) => {
    if (node.op !== 'call' || node.callee.k !== 'field' || node.callee.f !== '{constructor}') return;
    if (!isOwnField(node.callee.of)) return;
    named.add(node.callee.of.f);
    last = index;
  });
  const { facts } = around;
  // One that leaves the work to another of its class has nothing left to do.
  if (named.has(lastPart(facts.name))) return NONE;
  const at = nodes[0]?.at ?? [0, 0];
  const values = valuesGiven(program, around).flatMap(({ name, value }): CfgNode[] => {
    if (named.has(name)) return [];
    return [{ op: 'assign', to: ownField(name), from: { k: 'num', v: value }, at, next: [] }];
  });
  const made = [...basesMade(program, around), ...membersMade(program, around)].flatMap(
    ({ name }): CfgNode[] => {
      if (named.has(name)) return [];
      const callee: Expr = { k: 'field', of: ownField(name), f: '{constructor}' };
      return [{ op: 'call', callee, args: [], at, next: [] }];
    },
  );
  const implied = new Map<number, CfgNode[]>();
  if (made.length + values.length > 0) implied.set(0, [...made, ...values]);
  // A guard may be made of a reference that is bound before it.
  const guards = guardsMade(program, around, named, at);
  if (guards.length > 0) implied.set(last, [...(implied.get(last) ?? []), ...guards]);
  return implied;
}

/** `std::lock_guard<std::mutex> held_{m_};`: a guard among the members, of a lock that the class names. */
function guardsMade(
  program: Program,
  around: NamedType,
  named: ReadonlySet<string>,
  at: CfgNode['at'],
): CfgNode[] {
  const { types, models } = program;
  const { unit, facts } = around;
  return facts.fields.flatMap(({ name, type, init }): CfgNode[] => {
    if (init === undefined || named.has(name) || type.ptr + type.arr > 0) return [];
    const [base = ''] = types.classChain(unit, facts.name, type.base);
    if (!models.functions.get(`${base}::{constructor}`)?.guard) return [];
    const isMember = types.fieldOf(around, init) !== undefined;
    const own: Expr = isMember ? ownField(init) : { k: 'name', n: init };
    const lock: Expr = isMember && types.referencesOf(around).has(init) ? { k: 'deref', of: own } : own;
    const callee: Expr = { k: 'field', of: ownField(name), f: '{constructor}' };
    return [{ op: 'call', callee, args: [lock], type: { ...type, base }, at, next: [] }];
  });
}

/** `bool locked_ = true;`: of a class whose objects do something when they end, which may ask for it. */
function valuesGiven(program: Program, { unit, facts }: NamedType): { name: string; value: number }[] {
  const destructor = `${facts.name}::~${lastPart(facts.name)}`;
  if (!facts.fields.some(({ value }) => value !== undefined) || !program.functionNamed(unit, destructor))
    return [];
  return facts.fields.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
}

/** A base or member with the constructor that makes it without arguments. */
interface Made {
  name: string;
  fn: Fn;
}

function basesMade(program: Program, type: NamedType): Made[] {
  return (type.facts.bases ?? []).flatMap((base) => {
    const fn = constructorOf(program, type, { base, ptr: 0, arr: 0 });
    return fn ? [{ name: lastPart(base), fn }] : [];
  });
}

/** The members of a class that a constructor does something for, in the order in which they are made. */
export function membersMade(program: Program, type: NamedType): Made[] {
  const { unit, facts } = type;
  return facts.fields.flatMap((field) => {
    const fn = constructorOf(program, type, field.type);
    const isStatic = fn && unit.globals.some((global) => global.name === `${facts.name}::${field.name}`);
    return fn && !isStatic ? [{ name: field.name, fn }] : [];
  });
}

function constructorOf(program: Program, { unit, facts }: NamedType, type: TypeRef): Fn | undefined {
  if (type.ptr > 0 || type.arr > 0 || type.ref || BUILTIN.test(type.base)) return undefined;
  const struct = program.types.structOf(unit, facts.name, type);
  const found =
    struct && program.functionNamed(struct.unit, `${struct.facts.name}::${lastPart(struct.facts.name)}`);
  return found?.facts.params === 0 && found.facts.nodes.some(({ op }) => op === 'call') ? found : undefined;
}

function ownField(f: string): Expr {
  return { k: 'field', of: { k: 'deref', of: { k: 'this' } }, f };
}

function isOwnField(e: Expr): e is Expr & { k: 'field' } {
  return e.k === 'field' && e.of.k === 'deref' && e.of.of.k === 'this';
}

/** `: mutex_(m), count_(0)` are assignments where the member is no object. */
function initialiser(
  { types }: Program,
  around: NamedType,
  node: CfgNode,
  kind: FunctionFacts['kind'],
): CfgNode | undefined {
  if (kind !== 'constructor' || node.op !== 'call' || node.callee.k !== 'field') return undefined;
  const { of, f } = node.callee;
  const [from] = node.args;
  if (f !== '{constructor}' || !isOwnField(of) || node.args.length > 1) return undefined;
  const field = types.fieldOf(around, of.f);
  if (!field || field.type.arr > 0) return undefined;
  const { at, next } = node;
  if (field.type.ref) return from && { op: 'assign', to: of, from: addressOf(from), at, next };
  if (field.type.ptr === 0 && !BUILTIN.test(field.type.base)) return undefined;
  return { op: 'assign', to: of, from: from ?? { k: 'num', v: 0 }, at, next };
}
