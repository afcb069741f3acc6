/**
 * Cleanup handlers that a function pushes and pops, `pthread_cleanup_push`, and those of variables,
 * `__attribute__((cleanup(f)))`, which run at the end of their scope. Popping one with a number other than
 * zero calls it there, and a thread that ends in between calls it as well; so calls stand in their place.
 *
 * The two are written as a pair of braces, so what stands between them in the text is what is between them.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts, UnitFacts } from '../facts/facts';
import { CALLED } from '../facts/written-cleanups';
import type { FunctionModel } from '../models/schema';
import { insertNodes } from './insertion';
import type { Fn, Program } from './program';

type Call = CfgNode & { op: 'call' };

interface Pair {
  push: number;
  pop: number;
  routine: Expr;
  argument: Expr;
  runs: boolean;
}

/** The function with calls of its cleanup handlers; its own facts where it has none. */
export function withCleanups(program: Program, { unit }: Fn, facts: FunctionFacts): FunctionFacts {
  const modelOf = (node: CfgNode): FunctionModel | undefined =>
    node.op === 'call' && node.callee.k === 'name' ? program.models.functions.get(node.callee.n) : undefined;
  const pairs = pairsIn(facts, modelOf);
  const hasOwn = facts.variables.some(({ cleanup }) => cleanup !== undefined);
  if (pairs.length === 0 && !hasOwn) return facts;
  const nodes = facts.nodes.map((node, index) => replaced(node, index, pairs));
  const before = new Map<number, CfgNode[]>();
  facts.nodes.forEach((node, index) => {
    if (node.op === 'scope-end' && hasOwn) {
      const [first, last] = endedInOrder(program, unit, facts, node);
      if (first.length > 0) before.set(index, first);
      nodes[index] = last;
    }
    if (modelOf(node)?.ends !== 'thread') return;
    // The handler that was pushed last is called first.
    const around = pairs.filter(({ push, pop }) => push < index && index < pop);
    const calls = around.sort((a, b) => b.push - a.push).map((pair) => callOf(pair, node));
    if (calls.length > 0) before.set(index, calls);
  });
  const now = { ...facts, nodes };
  return before.size > 0 ? insertNodes(now, { before, after: new Map() }).facts : now;
}

type ScopeEnd = CfgNode & { op: 'scope-end' };

/** What was declared behind a variable ends before its cleanup runs, and the rest of the scopes after that. */
function endedInOrder(
  program: Program,
  unit: UnitFacts,
  facts: FunctionFacts,
  node: ScopeEnd,
): [CfgNode[], ScopeEnd] {
  const first: CfgNode[] = [];
  let vars: number[] = [];
  for (const v of node.vars) {
    const call = scopeCleanup(program, unit, facts, v, node);
    if (call) {
      if (vars.length > 0) first.push({ ...node, vars });
      first.push(call);
      vars = [];
    }
    vars.push(v);
  }
  return [first, { ...node, vars }];
}

/** Captures are given where the closure is called. */
function closureCall(
  { nodes }: FunctionFacts,
  v: number,
  { at, next }: Pick<CfgNode, 'at' | 'next'>,
): Call | undefined {
  const made = nodes.find((node) => node.op === 'assign' && node.to.k === 'var' && node.to.v === v);
  if (made?.op !== 'assign' || made.from.k !== 'lambda') return undefined;
  return { op: 'call', callee: made.from, args: [...(made.from.captures ?? [])], at, next };
}

/** What a variable's scope ends with: `f(&v)` for the attribute, `f(v)` for a type of a library. */
function scopeCleanup(
  program: Program,
  unit: UnitFacts,
  facts: FunctionFacts,
  v: number,
  { at, next }: CfgNode,
): Call | undefined {
  const cleanup = facts.variables[v]?.cleanup;
  if (cleanup === undefined) return undefined;
  if (cleanup === CALLED) return closureCall(facts, v, { at, next });
  const variable: Expr = { k: 'var', v };
  const known = program.models.automatic.get(cleanup);
  if (known === undefined && cleanup.endsWith(')') && !program.functionNamed(unit, cleanup)) return undefined;
  const args: Expr[] = known === undefined ? [{ k: 'addr', of: variable }] : [variable];
  return { op: 'call', callee: { k: 'name', n: known ?? cleanup }, args, at, next };
}

/** Pairs of which it is known whether the handler is called at the end. */
function pairsIn(facts: FunctionFacts, modelOf: (node: CfgNode) => FunctionModel | undefined): Pair[] {
  const open: { push: number; routine?: Expr; argument?: Expr }[] = [];
  const pairs: Pair[] = [];
  facts.nodes.forEach((node, index) => {
    const cleanup = modelOf(node)?.cleanup;
    if (!cleanup || node.op !== 'call') return;
    if (cleanup.op === 'push') {
      const routine = node.args[cleanup.routine];
      const argument = node.args[cleanup.argument];
      open.push({ push: index, ...(routine ? { routine } : {}), ...(argument ? { argument } : {}) });
      return;
    }
    const last = open.pop();
    const run = node.args[cleanup.run];
    if (!last?.routine || !last.argument || run?.k !== 'num') return;
    const { push, routine, argument } = last;
    pairs.push({ push, pop: index, routine, argument, runs: run.v !== 0 });
  });
  return pairs;
}

function replaced(node: CfgNode, index: number, pairs: readonly Pair[]): CfgNode {
  const pair = pairs.find(({ push, pop }) => push === index || pop === index);
  if (!pair) return node;
  const { at, next } = node;
  return pair.pop === index && pair.runs ? callOf(pair, node) : { op: 'nop', at, next };
}

function callOf({ routine, argument }: Pair, { at, next }: CfgNode): Call {
  return { op: 'call', callee: routineOf(routine), args: [argument], at, next };
}

/** `(void (*)(void *))pthread_mutex_unlock`: a routine is often given by another type. */
function routineOf(e: Expr): Expr {
  return e.k === 'cast' ? routineOf(e.e) : e.k === 'addr' ? routineOf(e.of) : e;
}
