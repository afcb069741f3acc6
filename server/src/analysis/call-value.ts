/** What a call's result is, where it is an expression of the caller's own: `atomic_load(&s->run)` is `s->run`. */
import type { Expr } from '../facts/expr';
import type { CallNode, Fn, Program } from '../program/program';
import { isSmall, mapLeaves } from './access-path';
import { operandOf } from './operand';

/** Macros that wrap macros that wrap an expression. */
const MAX_DEPTH = 6;

/** The expression, or undefined where the call computes something of its own. */
export function callValue(program: Program, fn: Fn, index: number, depth = 0): Expr | undefined {
  const node = fn.facts.nodes[index];
  const target = program.targets[fn.id]?.get(index);
  if (node?.op !== 'call' || !target || depth > MAX_DEPTH) return undefined;
  if (target.kind === 'model')
    return target.model.returns ? operandOf(target.model.returns, node.args, target.receiver) : undefined;
  if (target.kind !== 'function' || target.fn.facts.kind !== 'macro') return undefined;
  return macroValue(program, target.fn, node, depth);
}

/** A macro that is one expression has that expression's value, its parameters replaced by the arguments. */
function macroValue(program: Program, macro: Fn, call: CallNode, depth: number): Expr | undefined {
  const returns = macro.facts.nodes.filter((node) => node.op === 'return');
  const only = returns.length === 1 ? returns[0] : undefined;
  if (only?.op !== 'return' || !only.value) return undefined;
  let known = true;
  const give = (leaf: Expr): Expr => {
    if (leaf.k === 'result') {
      const inner = callValue(program, macro, leaf.n, depth + 1);
      if (inner) return mapLeaves(inner, give);
      known = false;
    }
    if (leaf.k === 'var') {
      const arg = leaf.v < macro.facts.params ? call.args[leaf.v] : undefined;
      if (arg) return arg;
      known = false;
    }
    return leaf;
  };
  const value = mapLeaves(only.value, give);
  return known && isSmall(value) ? value : undefined;
}
