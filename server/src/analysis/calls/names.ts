/** What the analysis needs to know of a function's names: references, constants, locals. */
import { type Expr, NO_TYPE } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import type { FunctionModel } from '../../models/schema';
import { namesIn } from '../../program/expressions';
import { isMember } from '../../program/own-member';
import type { Fn, Program } from '../../program/program';
import { isDirect, rootOf, substituteValue } from '../paths/access-path';
import { callValue } from '../paths/call-value';
import type { Constant, GivenPointer, NameInfo } from '../paths/environment';
import { operandOf } from '../paths/operand';
import { assertedBy } from './asserted';
import type { CallWrites } from './call-writes';
import { pointersGivenAt } from './given-pointers';
import { hiddenObjects } from './hidden-objects';
import { kept, readCallers } from './kept';
import { tabledFunctions } from './tables';

const NOTHING: ReadonlySet<string> = new Set();

export function namesOf(program: Program, fn: Fn, writes: CallWrites): NameInfo {
  const constants = new Map<string, Constant | undefined>();
  const values = new Map<number, Expr | undefined>();
  const given = new Map<number, readonly GivenPointer[]>();
  let inClass: boolean | undefined;
  let shared: ReadonlySet<number> | undefined;
  let hidden: ReadonlySet<number> | undefined;
  return {
    isMember(name) {
      inClass ??= program.types.classAround(fn) !== undefined;
      return inClass && !program.globalNamed(fn, name) && isMember(program, fn, name);
    },
    callWrites(node) {
      const target = program.targets[fn.id]?.get(node);
      return (target?.kind === 'function' ? writes[target.fn.id] : undefined) ?? NOTHING;
    },
    isHidden(v, node) {
      hidden ??= hiddenObjects(program, fn);
      const call = hidden.has(v) ? fn.facts.nodes[node] : undefined;
      return call !== undefined && !isCalledOn(call, v);
    },
    claim: (node) => claimAt(program, fn, node),
    callValue(node) {
      if (!values.has(node)) values.set(node, callValue(program, fn, node));
      return values.get(node);
    },
    pointersGiven(node) {
      const known = given.get(node) ?? pointersGivenAt(program, fn, node, writes);
      given.set(node, known);
      return known;
    },
    typeOf: (v) => fn.facts.variables[v]?.type ?? NO_TYPE,
    isShared(v) {
      shared ??= sharedIn(fn);
      return shared.has(v);
    },
    isReference: (v) => fn.facts.variables[v]?.type.ref === true,
    isBound: (v) => v >= fn.facts.params && fn.facts.variables[v]?.type.ref === true,
    constant(name) {
      if (!constants.has(name)) {
        constants.set(name, constantOf(program, fn, name));
      }
      return constants.get(name);
    },
  };
}

function isCalledOn(call: CfgNode, v: number): boolean {
  const object = call.op === 'call' && call.callee.k === 'field' ? rootOf(call.callee.of) : undefined;
  return object?.k === 'var' && object.v === v;
}

/** Variables whose address is taken, and static ones. */
function sharedIn({ facts: { nodes, variables } }: Fn): ReadonlySet<number> {
  const found = new Set<number>();
  variables.forEach(({ storage }, v) => {
    if (storage) found.add(v);
  });
  const look = (e: Expr): void =>
    namesIn(e, (part) => {
      const root = part.k === 'addr' && isDirect(part.of) ? rootOf(part.of) : undefined;
      if (root?.k === 'var') found.add(root.v);
    });
  for (const node of nodes) {
    if (node.op === 'call') node.args.forEach(look);
    if (node.op === 'assign') look(node.from);
  }
  return found;
}

/** What holds where a call returns, because an assertion says so: a library's, or one that the project has written. */
export function claimAt(program: Program, fn: Fn, node: number): Expr | undefined {
  const target = program.targets[fn.id]?.get(node);
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call') return undefined;
  if (target?.kind === 'function') return claimOf(target.fn, call.args);
  return target?.kind === 'model' ? claimModelled(target.model, call.args) : undefined;
}

/** What an assertion of a library says. */
function claimModelled(model: FunctionModel, args: readonly Expr[]): Expr | undefined {
  const { assumes, assumesNot, assumesEqual } = model;
  if (assumes !== undefined) return operandOf(assumes, args);
  const not = assumesNot === undefined ? undefined : operandOf(assumesNot, args);
  if (not) return { k: 'un', op: '!', e: not };
  const [l, r] = assumesEqual?.map((one) => operandOf(one, args)) ?? [];
  return l && r && { k: 'bin', op: '==', l, r };
}

/** What must have been true of the arguments for the call to come back. */
function claimOf(callee: Fn, args: readonly Expr[]): Expr | undefined {
  const claims = assertedBy(callee).flatMap(
    (claim) => substituteValue(claim, callee.facts.params, args) ?? [],
  );
  return claims.reduce<Expr | undefined>((l, r) => (l ? { k: 'bin', op: '&&', l, r } : r), undefined);
}

/** The number of a constant, or the name itself where it is no variable. */
function constantOf(program: Program, fn: Fn, name: string): Constant | undefined {
  const global = program.globalNamed(fn, name);
  if (global)
    return global.facts.constant && global.facts.init?.k === 'num' ? global.facts.init.v : undefined;
  if (isMember(program, fn, name)) return undefined;
  return program.constantNamed(fn.unit, name) ?? name;
}

/** True for a variable of the function itself: neither parameter nor static. */
export function isLocal(fn: Fn, e: Expr): boolean {
  if (e.k !== 'var' || e.v < fn.facts.params) return false;
  const variable = fn.facts.variables[e.v];
  return variable !== undefined && !variable.storage && !variable.type.ref;
}

/** What each variable of a function is assigned, in the order of the text. */
export function assignedIn({ facts }: Fn): ReadonlyMap<number, readonly Expr[]> {
  const found = new Map<number, Expr[]>();
  for (const node of facts.nodes) {
    if (node.op !== 'assign' || node.to.k !== 'var') continue;
    const known = found.get(node.to.v);
    if (known) known.push(node.from);
    else found.set(node.to.v, [node.from]);
  }
  return found;
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

/** Callers of callers: a routine is handed down through few wrappers. */
const MAX_HANDS = 3;

/**
 * The functions an expression may stand for: named directly, held by a local variable, or given by the callers
 * where it is a parameter. In source order, each once.
 */
export function functionsOf(
  program: Program,
  callers: readonly (readonly number[])[],
  fn: Fn,
  e: Expr | undefined,
  hands = 0,
): Fn[] {
  const direct = functionOf(program, fn, e);
  if (direct) return [direct];
  const plain = e?.k === 'cast' ? e.e : e;
  if (hands > MAX_HANDS) return [];
  const called = plain && calledObject(program, fn, plain);
  if (called) return [called];
  if (plain?.k === 'result') {
    // `std::bind(&pool::run, this)` is its first argument here.
    const value = callValue(program, fn, plain.n);
    return value ? functionsOf(program, callers, fn, value, hands + 1) : [];
  }
  if (plain?.k !== 'var') return plain ? [...tabledFunctions(program, fn, plain)] : [];
  const found = new Set<Fn>();
  for (const node of fn.facts.nodes) {
    if (node.op !== 'assign' || node.to.k !== 'var' || node.to.v !== plain.v) continue;
    // `auto job = std::bind(run, 1);` is called like what it is made of.
    const from = (node.from.k === 'result' ? callValue(program, fn, node.from.n) : undefined) ?? node.from;
    const target = functionOf(program, fn, from);
    if (target) found.add(target);
    // `f = flag ? a : b` goes through a variable without a name.
    else if (from.k === 'var' && from.v !== plain.v && fn.facts.variables[from.v]?.name === '')
      for (const one of functionsOf(program, callers, fn, from, hands + 1)) found.add(one);
  }
  if (plain.v >= fn.facts.params) return [...found];
  readCallers(fn);
  for (const id of callers[fn.id] ?? []) {
    const caller = program.fns[id];
    if (!caller) continue;
    for (const [node, target] of program.targets[id] ?? []) {
      const call = caller.facts.nodes[node];
      if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') continue;
      for (const given of functionsOf(program, callers, caller, call.args[plain.v], hands + 1))
        found.add(given);
    }
  }
  return [...found];
}

/** An object that is called like a function: `operator()` of its class. */
function calledObject(program: Program, fn: Fn, e: Expr): Fn | undefined {
  if (fn.unit.language !== 'cpp') return undefined;
  const type = program.types.typeOf(program, fn, e);
  if (type.ptr > 0 || type.base === '' || type.base === 'auto') return undefined;
  const struct = program.types.structOf(fn.unit, fn.facts.name, type);
  return struct && program.functionNamed(struct.unit, `${struct.facts.name}::operator()`);
}

/** Functions whose address is taken: given to calls, assigned, or stored by an initialiser. */
export function mentionedFunctions(program: Program): Set<Fn> {
  const found = new Set<Fn>();
  for (const fn of program.fns)
    for (const target of kept(fn, 'mentioned functions', () => mentionedIn(program, fn))) found.add(target);
  for (const unit of program.units) {
    for (const store of unit.stores) {
      const target = program.functionNamed(unit, store.function);
      if (target) found.add(target);
    }
  }
  return found;
}

function mentionedIn(program: Program, fn: Fn): readonly Fn[] {
  const found = new Set<Fn>();
  const take = (e: Expr): void => {
    if (e.k === 'init') for (const item of e.items) take(item.e);
    const target = functionOf(program, fn, e);
    if (target) found.add(target);
  };
  for (const node of fn.facts.nodes) {
    if (node.op === 'call') node.args.forEach(take);
    if (node.op === 'assign') take(node.from);
    if (node.op === 'return' && node.value) take(node.value);
  }
  return [...found];
}
