/** What a call's result is, where it is an expression of the caller's own: `atomic_load(&s->run)` is `s->run`. */
import type { Expr } from '../../facts/expr';
import { nameOfStatic } from '../../facts/returned-statics';
import type { FunctionModel } from '../../models/schema';
import { ownMember } from '../../program/own-member';
import type { CallNode, Fn, Program } from '../../program/program';
import { addressOf, isSmall, mapLeaves } from './access-path';
import { operandOf } from './operand';
import { SELF } from './value';

/** Macros that wrap macros that wrap an expression. */
const MAX_DEPTH = 6;

/** The expression, or undefined where the call computes something of its own. */
export function callValue(program: Program, fn: Fn, index: number, depth = 0): Expr | undefined {
  const node = fn.facts.nodes[index];
  const target = program.targets[fn.id]?.get(index);
  if (node?.op !== 'call' || !target || depth > MAX_DEPTH) return undefined;
  if (target.kind === 'model') return modelledValue(target.model, node, target.receiver);
  if (target.kind !== 'function') return undefined;
  const isPlain = target.fn.facts.kind === 'macro' || isAccessor(target.fn);
  return isPlain ? expressionOf(program, target.fn, node, target.receiver, depth) : undefined;
}

function modelledValue(model: FunctionModel, { args }: CallNode, receiver?: Expr): Expr | undefined {
  if (model.returns) return operandOf(model.returns, args, receiver);
  if (model.thread?.op === 'self' || model.caller) return { k: 'name', n: SELF };
  const held = model.tellsHeld && operandOf(model.tellsHeld.lock, args, receiver);
  if (held) return heldProperty(held);
  const [l, r] = model.compares?.map((one) => operandOf(one, args, receiver)) ?? [];
  if (l && r) return { k: 'bin', op: '==', l, r };
  const of = model.equals && operandOf(model.equals.of, args, receiver);
  return of && model.equals && { k: 'bin', op: '==', l: of, r: { k: 'name', n: model.equals.value } };
}

/** Whether the thread holds a lock, as a property of the lock. */
export function heldProperty(lock: Expr): Expr & { k: 'field' } {
  return { k: 'field', of: lock, f: HELD };
}

export const HELD = '#held';

/** `static int is_threaded(struct srv *s) { return s->threads > 1; }`: nothing but an expression, or its parts. */
function isAccessor({ facts }: Fn): boolean {
  if (facts.nodes.length > MAX_NODES || facts.damaged) return false;
  return facts.nodes.every(
    (node) =>
      node.op === 'return' ||
      node.op === 'nop' ||
      node.op === 'call' ||
      node.op === 'scope-end' ||
      (node.op === 'assign' && node.decl === true && node.to.k === 'var'),
  );
}

/** What a variable of an accessor begins with, and so is. */
function partOf({ facts }: Fn, v: number): Expr | undefined {
  const [only, ...more] = facts.nodes.filter((node) => node.op === 'assign');
  const isOnly = only?.op === 'assign' && more.length === 0 && only.to.k === 'var' && only.to.v === v;
  return isOnly && facts.kind === 'function' ? only.from : undefined;
}

/** A longer body computes something of its own. */
const MAX_NODES = 8;

/**
 * A macro or function that is one expression has that expression's value, its parameters replaced by the
 * arguments.
 */
function expressionOf(
  program: Program,
  macro: Fn,
  call: CallNode,
  receiver: Expr | undefined,
  depth: number,
): Expr | undefined {
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
    if (leaf.k === 'this') {
      if (receiver) return addressOf(receiver);
      known = false;
    }
    const member = leaf.k === 'name' ? ownMember(program, macro, leaf) : undefined;
    if (member) {
      if (receiver) return { k: 'field', of: receiver, f: member.f };
      known = false;
    }
    if (leaf.k === 'var') {
      const variable = macro.facts.variables[leaf.v];
      if (variable?.storage === 'static')
        return { k: 'name', n: nameOfStatic(macro.facts.name, variable.name) };
      const arg = leaf.v < macro.facts.params ? call.args[leaf.v] : undefined;
      if (arg) return arg;
      const part = leaf.v < macro.facts.params ? undefined : partOf(macro, leaf.v);
      if (part) return mapLeaves(part, give);
      known = false;
    }
    return leaf;
  };
  const value = mapLeaves(only.value, give);
  return known && isSmall(value) ? value : undefined;
}
