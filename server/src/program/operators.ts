/**
 * Operators that a class of the workspace defines: a use of one is a call of its method, before the node that holds
 * it. An assignment becomes that call.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { expressionsOf, namesIn } from './expressions';
import { insertNodes } from './insertion';
import type { CallNode, Fn, Program } from './program';
import { type CallNames, targetOf } from './targets';

/** Operators on one object, by what facts call them. */
const BINARY: ReadonlySet<string> = new Set('+ - * / % & | ^ << >> == != < > <= >='.split(' '));
const STEPS: ReadonlyMap<string, string> = new Map([
  ['+', 'operator++'],
  ['-', 'operator--'],
]);
/** The function with these calls; undefined where there are none. Its calls have their targets by now. */
export function withOperators(names: CallNames, program: Program, fn: Fn): FunctionFacts | undefined {
  const known = new Map<string, boolean>();
  const isDefined = (f: string): boolean => {
    const found = known.get(f) ?? names.methods.get(f)?.some(doesSomething) ?? false;
    known.set(f, found);
    return found;
  };
  const callOf = (
    on: Expr,
    f: string,
    args: readonly Expr[],
    { at, next }: CfgNode,
  ): CallNode | undefined => {
    if (!isDefined(f) || on.k === 'num' || on.k === 'str') return undefined;
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
      if (call && !calls.some((one) => JSON.stringify(one.callee) === JSON.stringify(call.callee)))
        calls.unshift({ ...call, next: [] });
    };
    const assigned = node.op === 'assign' && !node.decl ? assignment(node, callOf) : undefined;
    for (const e of expressionsOf(assigned ?? node))
      namesIn(e, (part) => {
        for (const { on, f, args } of usesIn(part)) add(callOf(on, f, args, node));
      });
    if (node.op === 'branch') add(callOf(node.cond, 'operator bool', [], node));
    if (calls.length > 0) before.set(valueAt(fn.facts.nodes, index), calls);
    changed ||= calls.length > 0 || assigned !== undefined;
    return assigned ?? node;
  });
  return changed ? insertNodes({ ...fn.facts, nodes }, { before, after: new Map() }).facts : undefined;
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
      return BINARY.has(e.op) ? [{ on: e.l, f: `operator${e.op}`, args: [e.r] }] : [];
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
