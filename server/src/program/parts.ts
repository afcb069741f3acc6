/**
 * Objects that are made of their parts: members that an unwritten constructor makes or moves, aggregates and pairs that
 * are made of a list. What a guard among them holds is the part's then.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { CfgNode } from '../facts/facts';
import { addressOf } from '../facts/pointers';
import { shapeName } from '../models/library';
import type { Ending } from './endings';
import { follow, type Life, passedOn, plain } from './life';
import { membersMade } from './members';
import { type CallNode, lastPart, type NamedType } from './program';
import { instantiated } from './type-text';

/** A constructor that nobody has written makes the members. */
export function membersBegin(life: Life, node: CallNode, index: number): void {
  const { program, fn } = life;
  const { callee, type, at } = node;
  if (callee.k !== 'field' || callee.f !== '{constructor}' || !type) return;
  const struct = program.types.structOf(fn.unit, fn.facts.name, type);
  const made = struct ? membersMade(program, struct) : [];
  if (made.length === 0) return;
  const list = made.map(({ name, fn: maker }): CfgNode => {
    const receiver: Expr = { k: 'field', of: callee.of, f: name };
    const own: CfgNode = { op: 'call', callee: { ...callee, of: receiver }, args: [], at, next: [] };
    life.made.set(own, { kind: 'function', fn: maker, receiver });
    return own;
  });
  follow(life, index, list);
}

/**
 * `plain b(std::move(a))`: a constructor that nobody has written moves each of the members. False where it is not given
 * an object of the class.
 */
export function membersMove(life: Life, node: CallNode, index: number): boolean {
  const { program, endings, fn } = life;
  const { callee, args, type } = node;
  const [from] = args;
  if (callee.k !== 'field' || callee.f !== '{constructor}' || !type || !from || args.length > 1) return false;
  const ends = endings.ofType(fn.unit, fn.facts.name, plain(type));
  const isOwn = program.types.typeOf(program, fn, passedOn(life, from)).base === type.base;
  if (!isOwn || !ends.some(({ path }) => path.length > 0)) return isOwn;
  const list = partsMoved(life, ends, callee.of, passedOn(life, from), node.at);
  follow(life, index, list);
  return true;
}

/** The moves of those members whose class a model describes. */
export function partsMoved(
  life: Life,
  ends: readonly Ending[],
  to: Expr,
  from: Expr,
  at: CfgNode['at'],
): CfgNode[] {
  return ends.flatMap(({ path, model }): CfgNode[] => {
    const name = model?.name.replace('{destructor}', '{constructor}') ?? '';
    const maker = life.program.models.functions.get(name);
    if (!maker?.guard || path.includes('*')) return [];
    const part = (of: Expr): Expr => path.reduce<Expr>((e, f) => ({ k: 'field', of: e, f }), of);
    const callee: Expr = { k: 'field', of: part(to), f: '{constructor}' };
    const own: CfgNode = { op: 'call', callee, args: [part(from)], at, next: [] };
    life.made.set(own, { kind: 'model', name, model: maker, receiver: part(to) });
    return [own];
  });
}

interface Part {
  name: string;
  type: TypeRef;
  /** The name that it begins with where nothing is given for it. */
  init?: string;
}

/** What an object is made of that a list of values makes; undefined where a constructor decides. */
function partsOf(
  { program, fn }: Life,
  type: TypeRef,
): { parts: readonly Part[]; struct?: NamedType } | undefined {
  const { types, models } = program;
  const known = types.canonical(fn.unit, fn.facts.name, type);
  const struct = types.structOf(fn.unit, fn.facts.name, known);
  if (!struct) {
    const names = models.parts.get(known.base);
    return (
      names && {
        parts: names.map((name) => ({
          name,
          type: instantiated(models.shapes.get(shapeName(known.base, `.${name}`)) ?? '', known.args),
        })),
      }
    );
  }
  const { name, bases, fields } = struct.facts;
  const hasConstructor = program.functionNamed(struct.unit, `${name}::${lastPart(name)}`) !== undefined;
  const isAggregate =
    !bases && !hasConstructor && !types.declarationOf(struct.unit, '', `${name}::${lastPart(name)}`);
  return isAggregate ? { parts: fields, struct } : undefined;
}

/** The nodes that make the parts of an object of the values in a list, and of what the class says without one. */
export function partsMade(
  life: Life,
  to: Expr,
  type: TypeRef,
  values: readonly { f?: string; e: Expr }[],
  at: CfgNode['at'],
): CfgNode[] {
  const { endings, fn } = life;
  const ends = endings.ofType(fn.unit, fn.facts.name, plain(type));
  // Its own destructor may do something to what it is given the address of.
  if (!ends.some(({ path, model }) => path.length === 0 || model?.model.guard)) return [];
  const made = partsOf(life, plain(type));
  if (!made) return [];
  const { parts, struct } = made;
  const unit = struct?.unit ?? fn.unit;
  return parts.flatMap(({ name, type: own, init }, i): CfgNode[] => {
    const value =
      values.find(({ f }) => f === name)?.e ?? (values[i]?.f === undefined ? values[i]?.e : undefined);
    const part: Expr = { k: 'field', of: to, f: name };
    if (own.ref) return value ? [{ op: 'assign', to: part, from: addressOf(value), at, next: [] }] : [];
    if (own.ptr > 0 && value && value.k !== 'init')
      return [{ op: 'assign', to: part, from: value, at, next: [] }];
    const inner = endings.ofType(unit, struct?.facts.name ?? fn.facts.name, own);
    if (value?.k === 'init')
      return value.items.length === 1 ? beginning(life, inner, part, value.items[0]?.e, at) : [];
    if (value)
      return isOfClass(life, value, own) ? partsMoved(life, inner, part, passedOn(life, value), at) : [];
    return init === undefined ? [] : beginning(life, inner, part, named(parts, to, init), at);
  });
}

function isOfClass(life: Life, value: Expr, { base }: TypeRef): boolean {
  const given = life.program.types.typeOf(life.program, life.fn, passedOn(life, value));
  return given.ptr === 0 && lastPart(given.base) === lastPart(base);
}

/** A member's own name, or one that stands outside of the class. */
function named(parts: readonly Part[], of: Expr, name: string): Expr {
  const part = parts.find((one) => one.name === name);
  if (!part) return { k: 'name', n: name };
  const field: Expr = { k: 'field', of, f: name };
  return part.type.ref ? { k: 'deref', of: field } : field;
}

/** `guard g{m};` of a class, or `{m}` in a list. */
function beginning(
  life: Life,
  [only]: readonly Ending[],
  to: Expr,
  from: Expr | undefined,
  at: CfgNode['at'],
): CfgNode[] {
  const name = only?.model?.name.replace('{destructor}', '{constructor}') ?? '';
  const model = life.program.models.functions.get(name);
  if (!model?.guard || only?.path.length !== 0 || !from) return [];
  const own: CallNode = {
    op: 'call',
    callee: { k: 'field', of: to, f: '{constructor}' },
    args: [from],
    at,
    next: [],
  };
  life.made.set(own, { kind: 'model', name, model, receiver: to });
  return [own];
}

/** The values that something is made of: written in braces, or given to a call that gathers them. */
export function valuesIn({ fn, targets }: Life, e: Expr): readonly { f?: string; e: Expr }[] | undefined {
  if (e.k === 'init') return e.items;
  const call = e.k === 'result' ? fn.facts.nodes[e.n] : undefined;
  const target = e.k === 'result' ? targets.get(e.n) : undefined;
  if (call?.op !== 'call' || target?.kind !== 'model' || !target.model.gathers) return undefined;
  return call.args.map((arg) => ({ e: arg }));
}

/** `return {guard(m), &value};` makes the object that the caller gets before the objects around end. */
export function partsReturned(life: Life, node: CfgNode & { op: 'return' }, index: number): void {
  const values = node.value && valuesIn(life, node.value);
  const { returns } = life.fn.facts;
  if (!values || values.length === 0 || returns.ptr > 0 || returns.ref) return;
  const v = life.variables.length;
  const list = partsMade(life, { k: 'var', v }, returns, values, node.at);
  if (list.length === 0) return;
  life.variables.push({ name: '', type: returns, span: node.at });
  life.nodes[index] = { ...node, value: { k: 'var', v } };
  let first = index;
  while (life.nodes[first - 1]?.op === 'scope-end' && life.nodes[first - 1]?.next[0] === first) first--;
  life.before.set(first, [...list, ...(life.before.get(first) ?? [])]);
  life.changed = true;
}
