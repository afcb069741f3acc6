/** Local pointers that mean one of a few locks: `m = writes ? &writers : &readers;`. */
import type { Expr } from '../../facts/expr';
import type { FunctionFacts } from '../../facts/facts';
import { classOf } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { isLocal } from '../calls/names';
import { dereference, keyOf } from '../paths/access-path';
import { type Environment, set } from '../paths/environment';

/** One of the addresses that a pointer may hold, and the variables that then hold it. */
export interface LockChoice {
  lock: Expr;
  writes: readonly { to: Expr; value: Expr }[];
  env: Environment;
}

/** More are a table. */
const MAX_CHOICES = 3;
/** `c ? a : b` has a variable of its own. */
const MAX_COPIES = 3;

/**
 * All that the pointer in a place may mean; empty unless each of them is one object with a name. `written` is the
 * place as the source has it: its pointer may be a copy.
 */
export function lockChoices(
  program: Program,
  fn: Fn,
  env: Environment,
  place: Expr,
  written: Expr | undefined,
): readonly LockChoice[] {
  const pointer = pointerIn(place);
  const source = written && pointerIn(written);
  if (pointer?.k !== 'var' || source?.k !== 'var' || !isLocal(fn, pointer)) return [];
  const values = new Map<string, Expr>();
  const isNamed = (e: Expr): boolean => e.k === 'addr' && classOf(program, fn, e.of)?.single === true;
  const all = valuesOf(fn.facts, pointer.v, MAX_COPIES);
  if (!all?.every(isNamed)) return [];
  for (const value of all) values.set(keyOf(value), value);
  if (values.size < 2 || values.size > MAX_CHOICES) return [];
  const pointers = pointer.v === source.v ? [pointer] : [pointer, source];
  return [...values.values()].map((value) => ({
    lock: dereference(value),
    writes: pointers.map((to) => ({ to, value })),
    env: pointers.reduce((now, to) => set(to, { alias: value }, now), env),
  }));
}

function pointerIn(place: Expr): Expr | undefined {
  if (place.k === 'field') return pointerIn(place.of);
  if (place.k !== 'deref') return undefined;
  return place.of.k === 'cast' ? place.of.e : place.of;
}

/** Everything that is assigned to a variable; undefined where something else may be. */
function valuesOf(facts: FunctionFacts, v: number, copies: number): Expr[] | undefined {
  const found: Expr[] = [];
  for (const node of facts.nodes) {
    const isGiven = node.op === 'call' && node.args.some((arg) => arg.k === 'addr' && isVariable(arg.of, v));
    if (isGiven) return undefined;
    if (node.op !== 'assign' || !isVariable(node.to, v)) continue;
    const from = node.from.k === 'cast' ? node.from.e : node.from;
    const inner = from.k === 'var' && copies > 0 ? valuesOf(facts, from.v, copies - 1) : [from];
    if (!inner) return undefined;
    found.push(...inner);
  }
  return found.length > 0 ? found : undefined;
}

function isVariable(e: Expr, v: number): boolean {
  return e.k === 'var' && e.v === v;
}
