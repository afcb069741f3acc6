/**
 * Callables that are made of others: `auto job = std::bind(&pool::wake, this, _1); job(2);`,
 * `std::mem_fn(&pool::rest)(p)`, `std::function<void(pool &)> step = &pool::rest; step(p);`, `std::packaged_task<int()>
 * task(run);`.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { type Fn, lastPart, type Program } from './program';

/** What is called in the end, and with what. */
export interface BoundCall {
  callable: Expr;
  args: readonly Expr[];
}

/** Callables of callables of callables; one that is made of itself ends here as well. */
const MAX_LAYERS = 4;

/** What a call with these arguments calls in the end, if its callee is made of another callable. */
export function boundCall(
  program: Program,
  fn: Fn,
  facts: FunctionFacts,
  callee: Expr,
  args: readonly Expr[],
): BoundCall | undefined {
  let bound = oneLayer(program, fn, facts, callee, args);
  for (let layer = 1; bound; layer++) {
    const inner = oneLayer(program, fn, facts, bound.callable, bound.args);
    if (!inner) return bound;
    if (layer === MAX_LAYERS) return undefined;
    bound = inner;
  }
  return undefined;
}

function oneLayer(
  program: Program,
  fn: Fn,
  facts: FunctionFacts,
  callee: Expr,
  args: readonly Expr[],
): BoundCall | undefined {
  if (callee.k === 'var') {
    const given = onlyValue(facts, callee.v);
    // A method's address takes its object as an argument.
    if (given?.k === 'addr' && given.of.k === 'name') return { callable: given, args };
    return given?.k === 'result' ? oneLayer(program, fn, facts, given, args) : undefined;
  }
  const made = callee.k === 'result' ? facts.nodes[callee.n] : undefined;
  if (made?.op !== 'call' || made.callee.k !== 'name') return undefined;
  const binds = bindsOf(program, fn, made.callee.n);
  const [callable, ...bound] = made.args;
  if (!binds || !callable) return undefined;
  if (binds === 'front') return { callable, args: [...bound, ...args] };
  return { callable, args: bound.map((arg) => placed(arg, args)) };
}

function bindsOf({ models, usedNames }: Program, fn: Fn, name: string): 'front' | 'places' | undefined {
  const full = [name, ...usedNames(fn.unit, fn.facts.name, name)];
  return full.map((each) => models.functions.get(each)?.binds).find((each) => each);
}

/** `std::function<void()> job(run);` makes the variable what it is given, as `= run` does. */
export function withHeldCallables(program: Program, fn: Fn, facts: FunctionFacts): FunctionFacts {
  const { models, types } = program;
  let changed = false;
  const nodes = facts.nodes.map((node): CfgNode => {
    if (node.op !== 'call' || node.callee.k !== 'field' || node.callee.f !== '{constructor}') return node;
    const [from, ...more] = node.args;
    const { of: to } = node.callee;
    if (!node.type || !from || more.length > 0 || to.k !== 'var' || onlyValue(facts, to.v)) return node;
    const [base = ''] = types.classChain(fn.unit, fn.facts.name, node.type.base);
    if (!models.callables.has(base)) return node;
    changed = true;
    return { op: 'assign', to, from, decl: true, at: node.at, next: node.next };
  });
  return changed ? { ...facts, nodes } : facts;
}

/** `_2` stands for the second argument of the call. */
function placed(arg: Expr, args: readonly Expr[]): Expr {
  const [, place] = (arg.k === 'name' && /^_([1-9])$/.exec(lastPart(arg.n))) || [];
  return place === undefined ? arg : (args[Number(place) - 1] ?? { k: 'unknown' });
}

/** What a variable always is. */
export function onlyValue({ nodes, params }: FunctionFacts, v: number): Expr | undefined {
  if (v < params) return undefined;
  const given = nodes.filter((node) => node.op === 'assign' && node.to.k === 'var' && node.to.v === v);
  const [only] = given;
  return given.length === 1 && only?.op === 'assign' ? only.from : undefined;
}
