/**
 * What a function stores for its callers through a parameter: `*lock = &table->lock;`, or `lock = &table->lock;` where
 * the parameter is a reference to a pointer. Behind the call the variable that was given is a copy of that.
 */
import type { Expr } from '../../facts/expr';
import { ownMember } from '../../program/own-member';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import {
  dependenciesOf,
  dereference,
  isDirect,
  isNull,
  isPath,
  isSmall,
  keyOf,
  mapRoot,
  rootOf,
  substitute,
} from '../paths/access-path';
import { callValue } from '../paths/call-value';
import { isUnavoidable } from '../paths/control-dependence';
import type { GivenPointer } from '../paths/environment';
import type { CallWrites } from './call-writes';
import { kept } from './kept';

/** Functions that hand such a parameter on to others. */
const MAX_HANDS = 3;
/** Variables that are copies of others. */
const MAX_COPIES = 4;
const NOTHING: readonly GivenPointer[] = [];

/** What a call stores in the caller's variables, in the caller's terms. */
export function pointersGivenAt(
  program: Program,
  fn: Fn,
  index: number,
  writes: CallWrites,
): readonly GivenPointer[] {
  const node = fn.facts.nodes[index];
  const target = program.targets[fn.id]?.get(index);
  if (node?.op !== 'call' || target?.kind !== 'function' || target.also) return NOTHING;
  return pointersGivenBy(program, target.fn, writes, 0).flatMap((one) => {
    const own = asGiven(one, node, target);
    if (!own) return [];
    const isKnown = !own.isOptional || isSetByThisAlone(fn, index, own.to);
    return isKnown ? [own] : [{ to: own.to, isOptional: true }];
  });
}

function asGiven(
  { to, value, isOptional }: GivenPointer,
  { args }: CallNode,
  { fn, receiver }: Target & { kind: 'function' },
): GivenPointer | undefined {
  const { params } = fn.facts;
  const place = substitute(to, params, args, receiver);
  const given = value && substitute(value, params, args, receiver);
  return place && { to: place, isOptional, ...(given ? { value: given } : {}) };
}

/** Where nothing else gives the variable a value, it has this one or none at all. */
function isSetByThisAlone({ facts }: Fn, index: number, to: Expr): boolean {
  if (to.k !== 'var' || to.v < facts.params || facts.variables[to.v]?.storage) return false;
  const isIt = (e: Expr): boolean => e.k === 'var' && e.v === to.v;
  return facts.nodes.every((node, i) => {
    if (node.op === 'assign') return !isIt(node.to) || isNull(node.from);
    return node.op !== 'call' || i === index || !node.args.some((arg) => arg.k === 'addr' && isIt(arg.of));
  });
}

function pointersGivenBy(
  program: Program,
  fn: Fn,
  writes: CallWrites,
  hands: number,
): readonly GivenPointer[] {
  const { variables, params, damaged, kind } = fn.facts;
  const isOne = variables.some(({ type }, v) => v < params && type.ptr + (type.ref ? 1 : 0) > 1);
  if (!isOne || damaged || kind === 'macro' || hands > MAX_HANDS) return NOTHING;
  if (hands > 0) return storesIn(program, fn, writes, hands);
  return kept(fn, 'given pointers', () => storesIn(program, fn, writes, hands));
}

function storesIn(program: Program, fn: Fn, writes: CallWrites, hands: number): readonly GivenPointer[] {
  const { nodes } = fn.facts;
  const found = new Map<string, GivenPointer>();
  const note = (to: Expr, value: Expr | undefined, isOptional: boolean): void => {
    const key = keyOf(to);
    const other = found.get(key);
    if (!other) found.set(key, { to, isOptional, ...(value ? { value } : {}) });
    else if (!value || !other.value || keyOf(value) !== keyOf(other.value))
      found.set(key, { to, isOptional: true });
  };
  const nulls = new Set<string>();
  nodes.forEach((node, index) => {
    if (node.op === 'assign') {
      if (!isGivenPlace(fn, node.to)) return;
      if (isNull(node.from)) nulls.add(keyOf(node.to));
      else note(node.to, valueIn(program, fn, node.from, writes), !isUnavoidable(nodes, index));
      return;
    }
    const target = node.op === 'call' ? program.targets[fn.id]?.get(index) : undefined;
    if (node.op !== 'call' || target?.kind !== 'function' || target.also || target.fn === fn) return;
    if (!node.args.some((arg) => isGivenPlace(fn, arg) || isGivenPlace(fn, dereference(arg)))) return;
    for (const below of pointersGivenBy(program, target.fn, writes, hands + 1)) {
      const own = asGiven(below, node, target);
      if (!own || !isGivenPlace(fn, own.to)) continue;
      const isOptional = own.isOptional || !isUnavoidable(nodes, index);
      note(own.to, own.value && valueIn(program, fn, own.value, writes), isOptional);
    }
  });
  return [...found].map(([key, one]) => (nulls.has(key) ? { ...one, isOptional: true } : one));
}

/** What a parameter points to, or a parameter that is a reference, if it holds a pointer. */
function isGivenPlace({ facts }: Fn, to: Expr): boolean {
  const place = to.k === 'deref' ? to.of : to;
  if (place.k !== 'var' || place.v >= facts.params) return false;
  const { ptr = 0, ref = false } = facts.variables[place.v]?.type ?? {};
  return to.k === 'deref' ? ptr > 1 : ref && ptr > 0;
}

/** A value that callers can name, and that the function itself does not change. */
function valueIn(program: Program, fn: Fn, from: Expr, writes: CallWrites): Expr | undefined {
  const value = named(program, fn, from, 0);
  if (!value || !isSmall(value)) return undefined;
  const changed = writes[fn.id];
  for (const dep of dependenciesOf(value)) if (changed?.has(dep)) return undefined;
  return value;
}

function named(program: Program, fn: Fn, e: Expr, copies: number): Expr | undefined {
  if (!isPath(e) || copies > MAX_COPIES) return undefined;
  const root = rootOf(e);
  const instead = rootValue(program, fn, root);
  if (instead === root) return e;
  const within = instead && named(program, fn, instead, copies + 1);
  return within && mapRoot(e, () => within);
}

/** What the innermost part of a path stands for; itself where callers can name it. */
function rootValue(program: Program, fn: Fn, root: Expr): Expr | undefined {
  const { nodes, params, variables } = fn.facts;
  if (root.k === 'this') return root;
  if (root.k === 'name') return ownMember(program, fn, root) ?? root;
  if (root.k === 'result') return callValue(program, fn, root.n);
  if (root.k !== 'var') return undefined;
  const { v } = root;
  const isIt = (e: Expr): boolean => e.k === 'var' && e.v === v;
  const writes = nodes.filter((node) => node.op === 'assign' && isIt(node.to));
  const isGiven = nodes.some(
    (node) => node.op === 'call' && node.args.some((arg) => arg.k === 'addr' && isIt(arg.of)),
  );
  if (v < params) return writes.length === 0 && !isGiven ? root : undefined;
  const [only] = writes;
  if (only?.op !== 'assign' || writes.length > 1 || isGiven || variables[v]?.storage) return undefined;
  return variables[v]?.type.ref && only.from.k === 'addr' && isDirect(root)
    ? dereference(only.from)
    : only.from;
}
