/** What class of object a call returns, also where the function leaves that to be deduced. */
import type { Expr, TypeRef } from '../facts/expr';
import type { Fn, Program, Target } from './program';
import { type CallNames, targetOf } from './targets';

const NO_OBJECT: ReadonlySet<string> = new Set(['', 'void', 'bool', 'int', 'char', 'size_t', 'auto']);
/** `auto a() { return b(); }`, `auto b() { return c(); }` and so on. */
const MAX_HANDS = 4;

/** The class of the object that a call returns by value, by a name that means the same for the caller. */
export function returnedObject(
  names: CallNames,
  program: Program,
  target: Target,
  hands = 0,
): TypeRef | undefined {
  if (target.kind !== 'function' || target.fn.facts.kind === 'macro') return undefined;
  const { unit, facts } = target.fn;
  const returns = facts.returns.base === 'auto' ? deduced(names, program, target.fn, hands) : facts.returns;
  if (!returns || returns.ptr > 0 || returns.ref || NO_OBJECT.has(returns.base)) return undefined;
  const type = program.types.canonical(unit, facts.name, returns);
  return type.ptr > 0 || type.ref ? undefined : type;
}

/** `auto get() { return lock(m); }`: the class of the object that is made there. */
function deduced(names: CallNames, program: Program, fn: Fn, hands: number): TypeRef | undefined {
  if (hands > MAX_HANDS) return undefined;
  for (const node of fn.facts.nodes) {
    const type = node.op === 'return' && node.value && typeOfValue(names, program, fn, node.value, hands);
    if (type) return type;
  }
  return undefined;
}

/** Targets are looked for by name: the function's file may be linked behind the one that asks. */
function typeOfValue(
  names: CallNames,
  program: Program,
  fn: Fn,
  value: Expr,
  hands: number,
): TypeRef | undefined {
  if (value.k === 'var') {
    const type = fn.facts.variables[value.v]?.type;
    if (type?.base !== 'auto') return type;
    const first = fn.facts.nodes.find(
      (node) => node.op === 'assign' && node.decl && node.to.k === 'var' && node.to.v === value.v,
    );
    if (first?.op !== 'assign' || first.from.k !== 'result') return undefined;
    return typeOfValue(names, program, fn, first.from, hands);
  }
  const call = value.k === 'result' ? fn.facts.nodes[value.n] : undefined;
  if (value.k !== 'result' || call?.op !== 'call') return undefined;
  const target = targetOf(names, program, fn, call, value.n);
  if (target.kind === 'unknown') return undefined;
  return target.made ?? returnedObject(names, program, target, hands + 1);
}
