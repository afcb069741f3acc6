/**
 * Functions that are given to a call and run before it returns: `std::for_each(a, b, [&](auto &x) { … })`,
 * `std::call_once(flag, start)`, `qsort(…, by_name)`; constructors that `make_unique` runs; and what a callable is
 * made of that is called. Each is a call of its own beside the call that runs it, with what a lambda has captured;
 * what the library gives it as arguments is not known.
 */
import { type Expr, UNKNOWN } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { type Library, shapeName } from '../models/library';
import { boundCall, onlyValue, withHeldCallables } from './bound-callables';
import { insertNodes } from './insertion';
import type { CallNode, Fn, Program } from './program';
import { instantiated } from './type-text';

/** The function with these calls; the facts themselves where there are none. */
export function withCallables(program: Program, fn: Fn, given: FunctionFacts): FunctionFacts {
  const isCpp = fn.unit.language === 'cpp';
  const facts = isCpp ? withHeldCallables(program, fn, given) : given;
  const before = new Map<number, CfgNode[]>();
  const after = new Map<number, CfgNode[]>();
  facts.nodes.forEach((node, index) => {
    if (node.op !== 'call') return;
    const made = isCpp ? (madeBy(program, fn, node, index) ?? madeCall(program, fn, facts, node)) : undefined;
    if (made) after.set(index, [made]);
    const run = runsArguments(program, fn, node) ? node.args : [];
    const calls = run.flatMap((arg, i) => callOf(program, fn, facts, arg, node, run.slice(i + 1)) ?? []);
    if (calls.length > 0) before.set(index, calls);
  });
  return before.size + after.size === 0 ? facts : insertNodes(facts, { before, after }).facts;
}

/** `make_unique<session>(a)` runs the constructor of a class of the workspace. */
function madeBy(
  { models, types, usedNames }: Program,
  fn: Fn,
  { callee, type, args, at }: CallNode,
  index: number,
): CfgNode | undefined {
  if (callee.k !== 'name' || !type?.args) return undefined;
  const names = [callee.n, ...usedNames(fn.unit, fn.facts.name, callee.n)];
  const pattern = names.map((name) => models.shapes.get(shapeName(name, '+()'))).find((one) => one);
  if (pattern === undefined) return undefined;
  const made = instantiated(pattern, type.args);
  if (!types.structOf(fn.unit, fn.facts.name, made) && !isGuard(models, made.base)) return undefined;
  return {
    op: 'call',
    callee: { k: 'field', of: { k: 'deref', of: { k: 'result', n: index } }, f: '{constructor}' },
    args,
    type: made,
    at,
    next: [],
  };
}

function isGuard(models: Library, base: string): boolean {
  return models.functions.get(`${base}::{constructor}`)?.guard !== undefined;
}

/** `job(2)`, where `job` is made of another callable. */
function madeCall(program: Program, fn: Fn, facts: FunctionFacts, node: CallNode): CfgNode | undefined {
  const bound = node.on ? undefined : boundCall(program, fn, facts, node.callee, node.args);
  return bound && callOf(program, fn, facts, bound.callable, node, bound.args);
}

function runsArguments({ models, usedNames }: Program, { unit, facts }: Fn, { callee }: CallNode): boolean {
  if (callee.k !== 'name') return false;
  if (models.functions.get(callee.n)?.runs) return true;
  return usedNames(unit, facts.name, callee.n).some((full) => models.functions.get(full)?.runs);
}

/** The call of a callable that something else runs, beside that; `more` is what it is given. */
export function callOf(
  program: Program,
  fn: Fn,
  facts: FunctionFacts,
  arg: Expr,
  node: CallNode,
  more: readonly Expr[],
): CfgNode | undefined {
  const bound = boundCall(program, fn, facts, arg, more);
  if (bound) return callOf(program, fn, facts, bound.callable, node, bound.args);
  const { at } = node;
  const callee = arg.k === 'var' ? onlyValue(facts, arg.v) : arg.k === 'addr' ? arg.of : arg;
  if (callee?.k === 'lambda') {
    const own = Array.from({ length: callee.params ?? 0 }, () => UNKNOWN);
    return { op: 'call', callee, args: [...own, ...(callee.captures ?? [])], at, next: [] };
  }
  if (callee?.k !== 'name') return undefined;
  const named = program.functionNamed(fn.unit, callee.n, fn.facts.name);
  if (named?.facts.kind !== 'function') return undefined;
  if (!callee.n.includes('::')) return { op: 'call', callee, args: [...more], at, next: [] };
  const object = arg.k === 'addr' && more[0] ? objectIn(program, fn, more[0]) : undefined;
  if (!object) return undefined;
  const method: Expr = { k: 'field', of: object, f: callee.n.slice(callee.n.lastIndexOf(':') + 1) };
  return { op: 'call', callee: method, args: more.slice(1), at, next: [] };
}

/** The object that `std::invoke(&pool::run, object)` runs a method of: given itself, or by its address. */
function objectIn(program: Program, fn: Fn, given: Expr): Expr | undefined {
  if (given.k === 'addr') return given.of;
  const { base, ptr } = program.types.typeOf(program, fn, given);
  if (given.k === 'this' || ptr > 0) return { k: 'deref', of: given };
  return base === '' ? undefined : given;
}
