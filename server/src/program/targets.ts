/** What a call reaches: a function of the workspace, a model, or unknown. */
import type { Expr, TypeRef } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import type { FunctionModel } from '../models/schema';
import type { CallNode, Fn, Program, Target } from './program';

/** Names as linking has entered them. */
export interface CallNames {
  /** The function that a name means; of several in one file that which takes this number of arguments. */
  functionNamed(unit: UnitFacts, name: string, scope: string, args?: number): Fn | undefined;
  /** Methods of all classes by their last name. */
  methods: { get(last: string): readonly Fn[] | undefined };
}

const THIS: Expr = { k: 'deref', of: { k: 'this' } };
/** What does nothing that is known. */
const NOTHING: FunctionModel = {};
/** `size_type(n)` is its argument. */
const CONVERSION: FunctionModel = { returns: '0' };

/** The target of a call; what it hangs on is the program with the targets of the calls before it. */
export function targetOf(names: CallNames, program: Program, fn: Fn, node: CallNode, index: number): Target {
  const { callee } = node;
  if (callee.k === 'name') return namedTarget(names, program, fn, node, callee.n, index);
  if (callee.k === 'field') return methodTarget(names, program, fn, callee, node);
  if (callee.k === 'lambda') {
    const lambda = names.functionNamed(fn.unit, callee.f, '');
    if (lambda) return { kind: 'function', fn: lambda };
  }
  return { kind: 'unknown', name: '' };
}

function namedTarget(
  names: CallNames,
  program: Program,
  fn: Fn,
  node: CallNode,
  name: string,
  index: number,
): Target {
  const plain = name.startsWith('::') ? name.slice(2) : name;
  const named = program.models.functions.get(plain);
  const model = named?.arity === undefined || named.arity === node.args.length ? named : undefined;
  const found = names.functionNamed(fn.unit, name, fn.facts.name);
  const isOwn =
    found &&
    found !== fn &&
    (found.unit === fn.unit ? found.facts.internal || found.facts.kind === 'macro' : false);
  if (model && !model.weak && !isOwn) return { kind: 'model', name: plain, model };
  if (found && found.facts.kind !== 'constructor')
    return {
      kind: 'function',
      fn: found,
      ...(isMethod(found) ? { receiver: THIS } : {}),
    };
  if (model) return { kind: 'model', name: plain, model };
  const made = fn.unit.language === 'cpp' ? objectTarget(names, program, fn, node, plain, index) : undefined;
  return made ?? { kind: 'unknown', name: plain };
}

/** `guard(m)` where `guard` is a class: it makes an object without a name. */
function objectTarget(
  names: CallNames,
  program: Program,
  fn: Fn,
  node: CallNode,
  name: string,
  index: number,
): Target | undefined {
  const { types, models } = program;
  const ref: TypeRef = { base: name, ptr: 0, arr: 0, ...(node.type?.args ? { args: node.type.args } : {}) };
  const struct = types.structOf(fn.unit, fn.facts.name, ref);
  if (struct?.facts.kind === 'enum') return { kind: 'model', name, model: CONVERSION };
  const receiver: Expr = { k: 'result', n: index };
  if (!struct) {
    const [base = name] = types.classChain(fn.unit, fn.facts.name, name);
    const model = models.functions.get(`${base}::{constructor}`);
    return (
      model && { kind: 'model', name: `${base}::{constructor}`, model, receiver, made: { ...ref, base } }
    );
  }
  const base = struct.facts.name;
  const made: TypeRef = { ...ref, base };
  const own = names.functionNamed(struct.unit, `${base}::${lastOf(base)}`, '', node.args.length);
  if (own) return { kind: 'function', fn: own, receiver, made };
  const full = `${base}::{constructor}`;
  return { kind: 'model', name: full, model: models.functions.get(full) ?? NOTHING, receiver, made };
}

/** The last part of a qualified name. */
function lastOf(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

function isMethod(fn: Fn): boolean {
  return fn.facts.kind !== 'lambda' && fn.facts.name.includes('::');
}

/** `object.method(…)`: by the object's class and its bases; else the only method of that name. */
function methodTarget(
  names: CallNames,
  program: Program,
  fn: Fn,
  callee: Expr & { k: 'field' },
  node: CallNode,
): Target {
  const receiver = callee.of;
  const owner = node.type ?? program.types.typeOf(program, fn, receiver);
  const name = callee.f;
  if (owner.base) {
    for (const className of program.types.classChain(fn.unit, fn.facts.name, owner.base)) {
      const last = lastOf(className);
      const member = name === '{constructor}' ? last : name === '{destructor}' ? `~${last}` : name;
      const found = names.functionNamed(fn.unit, `${className}::${member}`, '');
      if (found) return { kind: 'function', fn: found, receiver };
      // An object made from nothing takes no memory yet.
      const model = program.models.functions.get(`${className}::${name}`);
      const isEmpty = name === '{constructor}' && node.args.length === 0 && !model?.guard;
      if (model && !isEmpty) return { kind: 'model', name: `${className}::${name}`, model, receiver };
    }
    return { kind: 'unknown', name };
  }
  if (fn.unit.language === 'c' || name.startsWith('{')) return { kind: 'unknown', name };
  const candidates = names.methods.get(name) ?? [];
  const only = candidates.length === 1 ? candidates[0] : undefined;
  return only ? { kind: 'function', fn: only, receiver } : { kind: 'unknown', name };
}
