/**
 * Objects that own another one: `std::unique_ptr`, `std::optional`. What they own ends when they let go of it
 * (`reset`, an assignment, their own end), and what they are given is theirs.
 *
 * Which classes are owners, and what their methods do, is data (`owners` in the models).
 */
import { type Expr, type TypeRef, UNKNOWN } from '../facts/expr';
import type { CfgNode, FunctionFacts, UnitFacts } from '../facts/facts';
import type { OwnerModel } from '../models/schema';
import { expressionsOf, namesIn } from './expressions';
import { insertNodes } from './insertion';
import { type CallNode, type Fn, lastPart, type NamedType, type Program } from './program';
import type { CallNames } from './targets';
import { instantiated } from './type-text';

const NOTHING: Expr = { k: 'num', v: 0 };

interface Owned {
  owner: OwnerModel;
  type: TypeRef;
  /** Its class, where the workspace defines it; a library's guard has none. */
  struct?: NamedType;
}

/** The class of the workspace, or the guard, whose object ends with an owner of this type. */
export function ownedBy(
  { models, types }: Program,
  unit: UnitFacts,
  scope: string,
  type: TypeRef,
): Owned | undefined {
  if (type.ptr > 0 || type.arr > 0 || type.ref) return undefined;
  const { base, args } = types.canonical(unit, scope, type);
  const owner = args === undefined ? undefined : models.owners.get(base);
  if (!owner) return undefined;
  const owned = instantiated(owner.owns, args);
  const struct = owned.ptr > 0 ? undefined : types.structOf(unit, scope, owned);
  if (struct) return owner.holds ? undefined : { owner, type: owned, struct };
  const [name = ''] = owned.ptr > 0 ? [] : types.classChain(unit, scope, owned.base);
  return models.functions.get(`${name}::{constructor}`)?.guard && { owner, type: { ...owned, base: name } };
}

/** The function with what its owners let go of and are given; undefined where it has none. */
export function withOwners(_: CallNames, program: Program, fn: Fn): FunctionFacts | undefined {
  const before = new Map<number, CfgNode[]>();
  const after = new Map<number, CfgNode[]>();
  const nodes = fn.facts.nodes.map((node, index): CfgNode => {
    const change = changeAt(program, fn, node);
    if (!change) return node;
    if (change.ends) before.set(index, [endOf(change.owner, node)]);
    if (change.made) after.set(index, [madeIn(change.owner, change.made, node)]);
    const { at, next } = node;
    return change.value
      ? { op: 'assign', to: change.owner, from: change.value, at, next, ...(change.decl && { decl: true }) }
      : node;
  });
  const changed = nodes.some((node, index) => node !== fn.facts.nodes[index]);
  if (!changed && before.size === 0 && after.size === 0) return undefined;
  return insertNodes({ ...fn.facts, nodes }, { before, after }).facts;
}

interface Change {
  owner: Expr;
  /** It lets go of what it owns. */
  ends: boolean;
  /** What it owns now, where the node becomes an assignment. */
  value?: Expr;
  decl?: boolean;
  /** An object is made in it from these arguments. */
  made?: { type: TypeRef; args: readonly Expr[] };
}

function changeAt(program: Program, fn: Fn, node: CfgNode): Change | undefined {
  if (node.op === 'assign') {
    const { to, from, decl } = node;
    const owned = ownedIn(program, fn, to);
    if (owned && isOwned(program, fn, owned, from))
      return {
        owner: to,
        ends: !decl,
        value: UNKNOWN,
        ...(decl && { decl }),
        made: { type: owned.type, args: [from] },
      };
    // A choice or a call may give back the very object.
    return !decl && owned ? { owner: to, ends: from.k !== 'unknown' } : undefined;
  }
  if (node.op !== 'call' || node.callee.k !== 'field') return undefined;
  const { of: owner, f } = node.callee;
  if (f === '{constructor}') return initial(program, fn, node, owner);
  const owned = ownedIn(program, fn, owner);
  if (owned?.owner.replaces?.includes(f)) return { owner, ends: true, value: node.args[0] ?? NOTHING };
  if (!owned?.owner.makes?.includes(f) || (owned.owner.holds && !holdsOne(fn, owner, owned.owner)))
    return undefined;
  return { owner, ends: !owned.owner.holds, value: UNKNOWN, made: { type: owned.type, args: node.args } };
}

/** A local container that is given one object, outside of loops, and is not used for anything else. */
function holdsOne(
  { facts: { nodes, loops, params } }: Fn,
  container: Expr,
  { makes = [], leaves = [] }: OwnerModel,
): boolean {
  if (container.k !== 'var' || container.v < params) return false;
  const { v } = container;
  let given = 0;
  const isIt = (e: Expr): boolean => e.k === 'var' && e.v === v;
  const isUsed = (e: Expr): boolean => {
    let found = false;
    namesIn(e, (part) => {
      found ||= isIt(part) || (part.k === 'lambda' && (part.captures ?? []).some(isUsed));
    });
    return found;
  };
  const isOther = (node: CfgNode, index: number): boolean => {
    if (node.op !== 'call' || node.callee.k !== 'field' || !isIt(node.callee.of))
      return expressionsOf(node).some(isUsed);
    if (node.args.some(isUsed)) return true;
    const { f } = node.callee;
    if (!makes.includes(f)) return !f.startsWith('{') && !leaves.includes(f);
    given++;
    return loops.some(({ first, last }) => first <= index && index <= last);
  };
  return !nodes.some(isOther) && given === 1;
}

/** An object of the class that the owner holds, and makes its own from. */
function isOwned(program: Program, fn: Fn, { owner, type }: Owned, e: Expr): boolean {
  if (owner.inPlace === undefined || (e.k !== 'result' && e.k !== 'var')) return false;
  const given = program.types.typeOf(program, fn, e);
  return given.ptr === 0 && given.base !== '' && lastPart(given.base) === lastPart(type.base);
}

/** An owner begins with nothing, or with the pointer that it is given. */
function initial(program: Program, fn: Fn, { type, args }: CallNode, owner: Expr): Change | undefined {
  if (owner.k !== 'var' || !type) return undefined;
  const owned = ownedBy(program, fn.unit, fn.facts.name, type);
  const [given, ...more] = args;
  const inPlace = owned?.owner.inPlace;
  const isTagged = inPlace !== undefined && given?.k === 'name' && lastPart(given.n) === lastPart(inPlace);
  if (owned && (isTagged || (given && more.length === 0 && isOwned(program, fn, owned, given))))
    return {
      owner,
      ends: false,
      value: UNKNOWN,
      decl: true,
      made: { type: owned.type, args: isTagged ? more : args },
    };
  if (!owned || more.length > 0) return undefined;
  const isPointer = given?.k === 'result' && program.types.typeOf(program, fn, given).ptr > 0;
  if (given && !isPointer) return undefined;
  return { owner, ends: false, value: given ?? NOTHING, decl: true };
}

function ownedIn(program: Program, fn: Fn, e: Expr): Owned | undefined {
  if (e.k === 'result' || e.k === 'unknown') return undefined;
  const type = program.types.typeOf(program, fn, e);
  return ownedBy(program, fn.unit, fn.facts.name, type.ref ? { ...type, ref: false } : type);
}

function endOf(owner: Expr, { at }: CfgNode): CallNode {
  return {
    op: 'call',
    callee: { k: 'field', of: { k: 'deref', of: owner }, f: '{destructor}' },
    args: [],
    at,
    next: [],
  };
}

function madeIn(
  owner: Expr,
  { type, args }: { type: TypeRef; args: readonly Expr[] },
  { at }: CfgNode,
): CallNode {
  const object: Expr = { k: 'deref', of: owner };
  return {
    op: 'call',
    callee: { k: 'field', of: object, f: '{constructor}' },
    args: [...args],
    type,
    at,
    next: [],
  };
}

/** Whether a local owner is sure to own at its end what it was given: nobody else has got hold of it. */
export function keepsWhatItOwns(program: Program, fn: Fn, v: number): boolean {
  const handsOn = ownedIn(program, fn, { k: 'var', v })?.owner.handsOn ?? [];
  const isIt = (e: Expr): boolean => {
    if (e.k === 'addr' || e.k === 'cast') return isIt(e.k === 'addr' ? e.of : e.e);
    return e.k === 'var' && e.v === v;
  };
  const isWithin = (e: Expr): boolean => {
    let found = isIt(e);
    namesIn(e, (part) => {
      if (part.k === 'lambda') found ||= part.captures?.some(isIt) ?? false;
      if (part.k === 'init') found ||= part.items.some((item) => isIt(item.e));
    });
    return found;
  };
  return !fn.facts.nodes.some((node) => {
    if (node.op === 'assign') return isWithin(node.from);
    if (node.op === 'return') return node.value !== undefined && isWithin(node.value);
    if (node.op !== 'call') return false;
    const { callee, args } = node;
    const isHanded = callee.k === 'field' && handsOn.includes(callee.f) && isIt(callee.of);
    return isHanded || args.some(isWithin);
  });
}

/** Whether these endings are those of what an owner owns. */
export function areOwned([first]: readonly { path: readonly string[] }[]): boolean {
  return first?.path[0] === '*';
}
