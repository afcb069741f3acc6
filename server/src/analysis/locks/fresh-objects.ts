/**
 * Objects that a function has just made and has shown to nobody: another thread can neither hold their locks nor wait
 * for them, so they take no part in any order.
 */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { shapeName } from '../../models/library';
import { namesIn } from '../../program/expressions';
import type { CallNode, Fn, Program } from '../../program/program';
import { isDirect, keyOf, rootOf } from '../paths/access-path';

/** Whether the object around a lock is still the function's own when control comes to a node. */
export type IsFresh = (lock: Expr, node: number) => boolean;

export function findFreshObjects(program: Program, fn: Fn): IsFresh {
  const known = new Map<string, Uint8Array | undefined>();
  return (lock, node) => {
    const root = rootOf(lock);
    if (root.k !== 'var' && root.k !== 'result') return false;
    const isObject = isDirect(lock);
    const key = root.k === 'var' && !isObject ? `*${root.v}` : keyOf(root);
    if (!known.has(key)) known.set(key, publicAt(fn.facts.nodes, shownAt(program, fn, root, isObject)));
    return known.get(key)?.[node] === 0;
  };
}

/** The nodes at which others may know the object, by index: 1 for yes. */
function publicAt(nodes: readonly CfgNode[], shown: readonly number[] | undefined): Uint8Array | undefined {
  if (!shown) return undefined;
  const reached = new Uint8Array(nodes.length);
  const queue = [...shown];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (reached[index]) continue;
    reached[index] = 1;
    queue.push(...(nodes[index]?.next ?? []));
  }
  return reached;
}

/** Where others get to see the object; undefined where it is none that the function has made. */
function shownAt(program: Program, fn: Fn, root: Expr, isObject: boolean): readonly number[] | undefined {
  const names = root.k === 'var' && isObject ? ownObject(fn, root.v) : namesOfNew(program, fn, root);
  if (!names) return undefined;
  const { nodes } = fn.facts;
  return nodes.flatMap((node, index) => (shows(program, fn, node, index, names) ? [index] : []));
}

/** A local object, by its variable. */
function ownObject({ facts }: Fn, v: number): Names | undefined {
  const variable = facts.variables[v];
  if (!variable || v < facts.params || variable.storage || variable.type.ref || variable.type.ptr > 0)
    return undefined;
  return { vars: new Set([v]), result: -1 };
}

interface Names {
  vars: ReadonlySet<number>;
  result: number;
}

/** What holds the pointer to memory that the function has just got. */
function namesOfNew(program: Program, fn: Fn, root: Expr): Names | undefined {
  const { nodes, params } = fn.facts;
  const given = (v: number): Expr[] => {
    const found: Expr[] = [];
    for (const node of nodes) {
      if (node.op !== 'assign' || node.to.k !== 'var' || node.to.v !== v) continue;
      const from = plain(node.from);
      if (from.k !== 'num' || from.v !== 0) found.push(from);
    }
    return found;
  };
  const [only, ...more] = root.k === 'var' ? (root.v < params ? [] : given(root.v)) : [root];
  if (only?.k !== 'result' || more.length > 0 || !isNew(program, fn, only.n)) return undefined;
  const vars = new Set<number>();
  for (const node of nodes) {
    if (node.op !== 'assign' || node.to.k !== 'var') continue;
    const source = plain(node.from);
    if (source.k === 'result' && source.n === only.n) vars.add(node.to.v);
  }
  // Where a variable holds something else at times, what is done with that is not told apart.
  for (const v of vars) if (given(v).length > 1) return undefined;
  return { vars, result: only.n };
}

/** Functions that wrap an allocation in functions. */
const MAX_DEPTH = 3;

function isNew(program: Program, fn: Fn, n: number, depth = 0): boolean {
  const call = fn.facts.nodes[n];
  const target = program.targets[fn.id]?.get(n);
  if (call?.op !== 'call' || depth > MAX_DEPTH) return false;
  if (target?.kind === 'function') return target.fn !== fn && returnsNew(program, target.fn, depth + 1);
  if (call.callee.k !== 'name') return false;
  const names = [call.callee.n, ...program.usedNames(fn.unit, fn.facts.name, call.callee.n)];
  if (names.some((name) => program.models.shapes.has(shapeName(name, '+()')))) return true;
  return call.callee.n === 'operator new' || allocates(program, fn, n);
}

function allocates(program: Program, fn: Fn, n: number): boolean {
  const target = program.targets[fn.id]?.get(n);
  return target?.kind === 'model' && target.model.allocates === 'allocates';
}

/** All that the function returns is new memory, or nothing. */
function returnsNew(program: Program, fn: Fn, depth: number): boolean {
  let found = false;
  for (const node of fn.facts.nodes) {
    if (node.op !== 'return' || !node.value) continue;
    const value = plain(node.value);
    if (value.k === 'num' && value.v === 0) continue;
    const names = value.k === 'result' || value.k === 'var' ? namesOfNewAt(program, fn, value, depth) : false;
    if (!names) return false;
    found = true;
  }
  return found;
}

function namesOfNewAt(program: Program, fn: Fn, value: Expr, depth: number): boolean {
  if (value.k === 'result') return isNew(program, fn, value.n, depth);
  if (value.k !== 'var' || value.v < fn.facts.params) return false;
  const given = fn.facts.nodes.flatMap((node) =>
    node.op === 'assign' && node.to.k === 'var' && node.to.v === value.v ? [plain(node.from)] : [],
  );
  const some = given.filter((from) => from.k !== 'num');
  return some.length === 1 && some[0]?.k === 'result' && isNew(program, fn, some[0].n, depth);
}

/** Stored elsewhere, returned, or given to a call that may keep it; locks are given to what works on them. */
function shows(program: Program, fn: Fn, node: CfgNode, index: number, names: Names): boolean {
  switch (node.op) {
    case 'call':
      if (index === names.result || isLockCall(program, fn, index)) return false;
      return carried(node).some((e) => mentions(e, names));
    case 'assign':
      return !(node.to.k === 'var' && names.vars.has(node.to.v)) && carries(node.from, names);
    case 'return':
      return node.value !== undefined && carries(node.value, names);
    default:
      return false;
  }
}

function carried({ args, callee }: CallNode): Expr[] {
  return callee.k === 'field' ? [...args, callee.of] : args;
}

function isLockCall(program: Program, fn: Fn, index: number): boolean {
  const target = program.targets[fn.id]?.get(index);
  return target?.kind === 'model' && (target.model.lock !== undefined || target.model.guard !== undefined);
}

/** The pointer itself, or the address of a part: what is read from the object says nothing of where it is. */
function carries(e: Expr, names: Names): boolean {
  switch (e.k) {
    case 'cast':
      return carries(e.e, names);
    case 'addr':
      return mentions(e.of, names);
    case 'init':
      return e.items.some((item) => carries(item.e, names));
    case 'lambda':
      return e.captures?.some((one) => mentions(one, names)) === true;
    case 'var':
      return names.vars.has(e.v);
    case 'result':
      return e.n === names.result;
    default:
      return false;
  }
}

function mentions(e: Expr, names: Names): boolean {
  let found = false;
  namesIn(e, (part) => {
    found ||= part.k === 'var' ? names.vars.has(part.v) : part.k === 'result' && part.n === names.result;
    if (part.k === 'lambda') found ||= part.captures?.some((one) => mentions(one, names)) === true;
  });
  return found;
}

function plain(e: Expr): Expr {
  return e.k === 'cast' ? plain(e.e) : e;
}
