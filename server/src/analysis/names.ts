/** What the analysis needs to know of a function's names: references, constants, locals. */
import { type Expr, NO_TYPE } from '../facts/expr';
import type { Fn, Program } from '../program/program';
import { rootOf } from './access-path';
import { callValue } from './call-value';
import type { Constant, NameInfo } from './environment';

export function namesOf(program: Program, fn: Fn): NameInfo {
  const constants = new Map<string, Constant | undefined>();
  const values = new Map<number, Expr | undefined>();
  const inClass = program.types.classAround(fn) !== undefined;
  return {
    isMember: (name) => inClass && !program.globalNamed(fn, name) && isMember(program, fn, name),
    callValue(node) {
      if (!values.has(node)) values.set(node, callValue(program, fn, node));
      return values.get(node);
    },
    typeOf: (v) => fn.facts.variables[v]?.type ?? NO_TYPE,
    isReference: (v) => fn.facts.variables[v]?.type.ref === true,
    constant(name) {
      if (!constants.has(name)) {
        const isVariable = program.globalNamed(fn, name) || isMember(program, fn, name);
        constants.set(name, isVariable ? undefined : (program.constantNamed(fn.unit, name) ?? name));
      }
      return constants.get(name);
    },
  };
}

function isMember(program: Program, fn: Fn, name: string): boolean {
  const around = program.types.classAround(fn);
  return around !== undefined && program.types.fieldOf(around, name) !== undefined;
}

/** True for a variable of the function itself: neither parameter nor static. */
export function isLocal(fn: Fn, e: Expr): boolean {
  if (e.k !== 'var' || e.v < fn.facts.params) return false;
  const variable = fn.facts.variables[e.v];
  return variable !== undefined && !variable.storage && !variable.type.ref;
}

/** Whether an expression reads or points into a variable. */
export function mentions(e: Expr, v: number): boolean {
  switch (e.k) {
    case 'var':
      return e.v === v;
    case 'un':
      return mentions(e.e, v);
    case 'bin':
      return mentions(e.l, v) || mentions(e.r, v);
    case 'init':
      return e.items.some((item) => mentions(item.e, v));
    default: {
      const root = rootOf(e);
      return root !== e && mentions(root, v);
    }
  }
}

/** The function an expression names: `worker`, `&worker`, `(void *(*)(void *))worker`, a lambda. */
export function functionOf(program: Program, fn: Fn, e: Expr | undefined): Fn | undefined {
  if (!e) return undefined;
  if (e.k === 'cast') return functionOf(program, fn, e.e);
  if (e.k === 'addr') return functionOf(program, fn, e.of);
  if (e.k === 'un') return functionOf(program, fn, e.e);
  if (e.k === 'name') return program.functionNamed(fn.unit, e.n, fn.facts.name);
  if (e.k === 'lambda') return program.functionNamed(fn.unit, e.f);
  return undefined;
}

/** Functions whose address is taken: given to calls, assigned, or stored by an initialiser. */
export function mentionedFunctions(program: Program): Set<Fn> {
  const found = new Set<Fn>();
  const take = (fn: Fn, e: Expr): void => {
    if (e.k === 'init') for (const item of e.items) take(fn, item.e);
    const target = functionOf(program, fn, e);
    if (target) found.add(target);
  };
  for (const fn of program.fns) {
    for (const node of fn.facts.nodes) {
      if (node.op === 'call') for (const arg of node.args) take(fn, arg);
      if (node.op === 'assign') take(fn, node.from);
      if (node.op === 'return' && node.value) take(fn, node.value);
    }
  }
  for (const unit of program.units) {
    for (const store of unit.stores) {
      const target = program.functionNamed(unit, store.function);
      if (target) found.add(target);
    }
  }
  return found;
}
