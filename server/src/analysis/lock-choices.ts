/** Local pointers that mean one of a few locks: `m = writes ? &writers : &readers;`. */
import type { Expr } from '../facts/expr';
import type { FunctionFacts } from '../facts/facts';
import { classOf } from '../program/identity';
import type { Fn, Program } from '../program/program';
import { keyOf } from './access-path';
import { isLocal } from './names';

/** A pointer, and one of the addresses that it may hold. */
export interface LockChoice {
  pointer: Expr;
  value: Expr;
}

/** More are a table. */
const MAX_CHOICES = 3;
/** `c ? a : b` has a variable of its own. */
const MAX_COPIES = 3;

/** All that the pointer in a place may mean; empty unless each of them is one object with a name. */
export function lockChoices(program: Program, fn: Fn, place: Expr): readonly LockChoice[] {
  const pointer = pointerIn(place);
  if (pointer?.k !== 'var' || !isLocal(fn, pointer)) return [];
  const found = new Map<string, Expr>();
  const isNamed = (e: Expr): boolean => e.k === 'addr' && classOf(program, fn, e.of)?.single === true;
  const values = valuesOf(fn.facts, pointer.v, MAX_COPIES);
  if (!values?.every(isNamed)) return [];
  for (const value of values) found.set(keyOf(value), value);
  if (found.size < 2 || found.size > MAX_CHOICES) return [];
  return [...found.values()].map((value) => ({ pointer, value }));
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
