/**
 * Objects of a library that can be reached through a guard of theirs alone: `auto map = shared.wlock();` makes a guard
 * of the object, and `shared.withWLock(f)` runs `f` while there is one.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { CfgNode, FunctionFacts, VariableFacts } from '../facts/facts';
import { callOf } from './callables';
import { insertNodes } from './insertion';
import type { CallNode, Fn, Program } from './program';

/** The function with these guards; the facts themselves where there are none. */
export function withGuardedObjects(program: Program, fn: Fn, facts: FunctionFacts): FunctionFacts {
  const variables: VariableFacts[] = [...facts.variables];
  const before = new Map<number, CfgNode[]>();
  let changed = false;
  const nodes = facts.nodes.map((node, index): CfgNode => {
    const guard = node.op === 'call' ? guardOf(program, fn, node) : undefined;
    if (node.op !== 'call' || !guard) return node;
    changed = true;
    const { type, object, runs } = guard;
    if (!runs) return { ...node, callee: { k: 'name', n: type.base }, args: [object], type };
    const own: Expr = { k: 'var', v: variables.length };
    variables.push({ name: '', type, span: node.at });
    const member = (f: string, args: Expr[]): CallNode => ({
      op: 'call',
      callee: { k: 'field', of: own, f },
      args,
      type,
      at: node.at,
      next: [],
    });
    const run = node.args.flatMap((arg) => callOf(program, fn, facts, arg, node, []) ?? []);
    before.set(index, [member('{constructor}', [object]), ...run, member('{destructor}', [])]);
    return { op: 'nop', at: node.at, next: node.next };
  });
  if (!changed) return facts;
  return insertNodes({ ...facts, nodes, variables }, { before, after: new Map() }).facts;
}

/** The guard that a call makes, and of which object. */
function guardOf(
  program: Program,
  fn: Fn,
  { callee }: CallNode,
): { type: TypeRef; object: Expr; runs: boolean } | undefined {
  const { models, types } = program;
  if (callee.k !== 'field' || !models.guardedBy.has(callee.f)) return undefined;
  const owner = types.typeOf(program, fn, callee.of);
  if (owner.ptr > 0 || owner.base === '') return undefined;
  const { base, args } = types.canonical(fn.unit, fn.facts.name, owner);
  const model = models.functions.get(`${base}::${callee.f}`);
  if (model?.guardedBy === undefined) return undefined;
  // What the workspace defines is followed as it stands.
  const chain = types.classChain(fn.unit, fn.facts.name, base);
  if (chain.some((name) => program.functionNamed(fn.unit, `${name}::${callee.f}`))) return undefined;
  const type: TypeRef = { base: model.guardedBy, ptr: 0, arr: 0, ...(args === undefined ? {} : { args }) };
  // The end of a class that the workspace declares is not the library's.
  if (types.structOf(fn.unit, '', type)) return undefined;
  return { type, object: callee.of, runs: model.runs !== undefined };
}
