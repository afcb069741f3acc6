/**
 * Operators that a class of the workspace defines, or that stand beside it: a use of one is a call, before the node
 * that holds it. An assignment becomes that call.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { associatedFunction } from './associated';
import { expressionsOf, namesIn } from './expressions';
import { insertNodes } from './insertion';
import type { CallNode, Fn, Program } from './program';
import { type CallNames, targetOf } from './targets';

/** Operators on one object, by what facts call them. */
const BINARY: ReadonlySet<string> = new Set('+ - * / % & | ^ << >> == != < > <= >='.split(' '));
const ORDERING: ReadonlySet<string> = new Set(['<', '>', '<=', '>=']);
const STEPS: ReadonlyMap<string, string> = new Map([
  ['+', 'operator++'],
  ['-', 'operator--'],
]);
/** The function with these calls; undefined where there are none. Its calls have their targets by now. */
export function withOperators(names: CallNames, program: Program, fn: Fn): FunctionFacts | undefined {
  const isMethod = onceByName((f) => names.methods.get(f)?.some(doesSomething) ?? false);
  const isBeside = onceByName((f) =>
    [...(names.associated.get(f)?.values() ?? [])].flat().some(doesSomething),
  );
  const callOf = (on: Expr, f: string, args: readonly Expr[], node: CfgNode): CallNode | undefined =>
    methodCall(on, f, args, node) ?? callBeside(on, f, args, node);
  const callBeside = (
    on: Expr,
    f: string,
    args: readonly Expr[],
    { at, next }: CfgNode,
  ): CallNode | undefined => {
    if (!isBeside(f)) return undefined;
    const call: CallNode = { op: 'call', callee: { k: 'name', n: f }, args: [on, ...args], at, next };
    const found = associatedFunction(names, program, fn, f, call);
    return found && doesSomething(found) ? call : undefined;
  };
  const methodCall = (
    on: Expr,
    f: string,
    args: readonly Expr[],
    { at, next }: CfgNode,
  ): CallNode | undefined => {
    if (!isMethod(f) || on.k === 'num' || on.k === 'str') return undefined;
    const type = program.types.typeOf(program, fn, on);
    if (type.ptr > 0 || type.arr > 0 || !program.types.structOf(fn.unit, fn.facts.name, type))
      return undefined;
    const call: CallNode = { op: 'call', callee: { k: 'field', of: on, f }, args: [...args], at, next };
    const target = targetOf(names, program, fn, call, -1);
    return target.kind === 'function' && doesSomething(target.fn) ? call : undefined;
  };
  const before = new Map<number, CfgNode[]>();
  let changed = false;
  const nodes = fn.facts.nodes.map((node, index) => {
    const calls: CallNode[] = [];
    const add = (call: CallNode | undefined): void => {
      if (call && !calls.some((one) => isSameUse(one, call))) calls.unshift({ ...call, next: [] });
    };
    const assigned = node.op === 'assign' && !node.decl ? assignment(node, callOf) : undefined;
    for (const e of expressionsOf(assigned ?? node))
      namesIn(e, (part) => {
        for (const { on, f, args, rewritten } of usesIn(part))
          add(
            callOf(on, f, args, node) ??
              (rewritten === undefined ? undefined : callOf(on, rewritten, args, node)),
          );
      });
    if (node.op === 'assign') add(conversion(fn, node, callOf));
    if (node.op === 'branch') add(callOf(node.cond, 'operator bool', [], node));
    if (calls.length > 0) before.set(valueAt(fn.facts.nodes, index), calls);
    changed ||= calls.length > 0 || assigned !== undefined;
    return assigned ?? node;
  });
  return changed ? insertNodes({ ...fn.facts, nodes }, { before, after: new Map() }).facts : undefined;
}

/** Calls of one method, or of one function with the same operands. */
function isSameUse(a: CallNode, b: CallNode): boolean {
  if (JSON.stringify(a.callee) !== JSON.stringify(b.callee)) return false;
  return a.callee.k !== 'name' || JSON.stringify(a.args) === JSON.stringify(b.args);
}

function onceByName(find: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const found = known.get(name) ?? find(name);
    known.set(name, found);
    return found;
  };
}

/** What is returned is computed before the objects around end. */
function valueAt(nodes: readonly CfgNode[], index: number): number {
  let at = index;
  while (nodes[index]?.op === 'return' && nodes[at - 1]?.op === 'scope-end' && nodes[at - 1]?.next[0] === at)
    at--;
  return at;
}

function doesSomething({ facts }: Fn): boolean {
  return facts.nodes.some(({ op }) => op === 'call');
}

interface Use {
  on: Expr;
  f: string;
  args: readonly Expr[];
  /** What a comparison without an operator of its own is made from. */
  rewritten?: string;
}

/** What an expression may be of these, without what is in it. */
function usesIn(e: Expr): readonly Use[] {
  switch (e.k) {
    case 'index':
      return [{ on: e.of, f: 'operator[]', args: [e.i] }];
    case 'deref':
      return [
        { on: e.of, f: 'operator->', args: [] },
        { on: e.of, f: 'operator*', args: [] },
      ];
    case 'bin':
      return BINARY.has(e.op) ? [binary(e)] : [];
    case 'cast':
      return e.t.ptr === 0 && /^\w+$/.test(e.t.base)
        ? [{ on: e.e, f: `operator ${e.t.base}`, args: [] }]
        : [];
    case 'un':
      return e.op === '!'
        ? [
            { on: e.e, f: 'operator!', args: [] },
            { on: e.e, f: 'operator bool', args: [] },
          ]
        : [];
    default:
      return [];
  }
}

/** `int n = counter;` where the class says how it becomes one. */
function conversion(
  fn: Fn,
  node: CfgNode & { op: 'assign' },
  callOf: (on: Expr, f: string, args: readonly Expr[], node: CfgNode) => CallNode | undefined,
): CallNode | undefined {
  const { to, from } = node;
  const type = to.k === 'var' ? fn.facts.variables[to.v]?.type : undefined;
  if (!type || type.ptr > 0 || type.arr > 0 || type.ref || !/^\w+$/.test(type.base)) return undefined;
  return callOf(from, `operator ${type.base}`, [], node);
}

function binary({ op, l, r }: Expr & { k: 'bin' }): Use {
  const use = { on: l, f: `operator${op}`, args: [r] };
  if (op === '!=') return { ...use, rewritten: 'operator==' };
  return ORDERING.has(op) ? { ...use, rewritten: 'operator<=>' } : use;
}

/** `a += b`, `++a`, `a = b`. */
function assignment(
  node: CfgNode & { op: 'assign' },
  callOf: (on: Expr, f: string, args: readonly Expr[], node: CfgNode) => CallNode | undefined,
): CallNode | undefined {
  const { to, from } = node;
  if (from.k === 'bin' && JSON.stringify(from.l) === JSON.stringify(to)) {
    const step = from.r.k === 'num' && from.r.v === 1 ? STEPS.get(from.op) : undefined;
    // Facts do not tell `++a` from `a += 1`.
    const call = step === undefined ? undefined : callOf(to, step, [], node);
    return call ?? callOf(to, `operator${from.op}=`, [from.r], node);
  }
  return callOf(to, 'operator=', [from], node);
}
