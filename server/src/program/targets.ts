/** What a call reaches: a function of the workspace, a model, or unknown. */
import { type Expr, type TypeRef, UNKNOWN } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import { parameterMethod, shapeName } from '../models/library';
import type { FunctionModel } from '../models/schema';
import { type AssociatedNames, associatedFunction } from './associated';
import { folderOf } from './includes';
import { bestOverload } from './overloads';
import type { Overrides } from './overrides';
import { type CallNode, type Fn, lastPart, type Program, type Target } from './program';
import { instantiated } from './type-text';

/** Names as linking has entered them. */
export interface CallNames extends AssociatedNames {
  /** The function that a name means; of several in one file that which takes this number of arguments. */
  functionNamed(unit: UnitFacts, name: string, scope: string, args?: number): Fn | undefined;
  overrides: Overrides;
  /** Functions of the same file with that name that can be called with as many arguments. */
  overloads(fn: Fn, args: number): readonly Fn[];
  /** Whether a file includes another. */
  sees(from: UnitFacts, other: UnitFacts): boolean;
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
  const target = targetByName(names, program, fn, node, index);
  if (fn.unit.language !== 'cpp' || target.kind !== 'function') return target;
  const candidates = names.overloads(target.fn, node.args.length);
  const { name } = target.fn.facts;
  // An overload that takes these arguments is declared, and defined nowhere: it may be pure virtual.
  if (candidates.length === 0 && program.types.isDeclared(name, node.args.length)) return declared(target);
  const best =
    candidates.length > 1
      ? { ...target, fn: bestOverload(program, fn, node, target.fn, candidates) }
      : target;
  return isImplied(program, fn, node, best.fn) ? { kind: 'unknown', name: '{constructor}' } : best;
}

function declared({ fn, receiver, also = [] }: Target & { kind: 'function' }): Target {
  const [only] = also;
  const at = receiver ? { receiver } : {};
  if (only && also.length === 1) return { kind: 'function', fn: only, ...at };
  return { kind: 'unknown', name: fn.facts.name, ...at, ...(only ? { also } : {}) };
}

/** `plain b(std::move(a))` where no constructor that is written takes an object of the class. */
function isImplied(program: Program, fn: Fn, { callee, args, type }: CallNode, known: Fn): boolean {
  const [only] = args;
  if (callee.k !== 'field' || callee.f !== '{constructor}' || !type || !only || args.length > 1) return false;
  const asked = known.facts.variables[0]?.type.base;
  if (asked === undefined || lastPart(asked) === lastPart(type.base)) return false;
  const given = program.types.typeOf(program, fn, only);
  return given.ptr === 0 && given.arr === 0 && lastPart(given.base) === lastPart(type.base);
}

function targetByName(names: CallNames, program: Program, fn: Fn, node: CallNode, index: number): Target {
  const { callee } = node;
  const made = fn.unit.language === 'cpp' ? madeInside(program, fn, node, index) : undefined;
  if (made) return made;
  if (callee.k === 'name')
    return (
      associatedTarget(names, program, fn, node, callee.n) ??
      namedTarget(names, program, fn, node, callee.n, index)
    );
  if (callee.k === 'field') return methodTarget(names, program, fn, callee, node);
  if (callee.k === 'lambda') {
    const lambda = names.functionNamed(fn.unit, callee.f, '');
    if (lambda) return { kind: 'function', fn: lambda, receiver: THIS };
  }
  const called = calledObject(names, program, fn, node);
  const receiver = node.on ?? holderOf(program, fn, callee);
  return called ?? { kind: 'unknown', name: '', ...(receiver ? { receiver } : {}) };
}

/** `handlers_[name]()` is called on the object that holds the container. */
function holderOf({ types }: Program, fn: Fn, callee: Expr): Expr | undefined {
  if (callee.k !== 'index') return undefined;
  if (callee.of.k === 'field') return callee.of.of;
  const around = callee.of.k === 'name' ? types.classAround(fn) : undefined;
  return around && callee.of.k === 'name' && types.fieldOf(around, callee.of.n) ? THIS : undefined;
}

/** `object(…)` is the `operator()` of the object's class. */
function calledObject(names: CallNames, program: Program, fn: Fn, node: CallNode): Target | undefined {
  if (fn.unit.language !== 'cpp' || node.on) return undefined;
  const type = program.types.typeOf(program, fn, node.callee);
  if (type.ptr > 0 || type.arr > 0 || !program.types.structOf(fn.unit, fn.facts.name, type)) return undefined;
  return memberOf(names, program, fn, node, type, 'operator()', node.callee);
}

/** `threads.emplace_back(f)` and `make_unique<thread>(f)` start what the constructor of that class starts. */
function madeInside(program: Program, fn: Fn, { callee, type }: CallNode, index: number): Target | undefined {
  const { models, types } = program;
  const isMethod = callee.k === 'field';
  if (!isMethod && callee.k !== 'name') return undefined;
  const member = isMethod ? `+${callee.f}` : '+()';
  if (isMethod && !models.makers.has(callee.f)) return undefined;
  const owner = isMethod ? types.typeOf(program, fn, callee.of) : { ...type, base: callee.n };
  const pattern = owner.ptr ? undefined : models.shapes.get(shapeName(owner.base, member));
  if (pattern === undefined) return undefined;
  const [base = ''] = types.classChain(fn.unit, fn.facts.name, instantiated(pattern, owner.args).base);
  const name = `${base}::{constructor}`;
  const model = models.functions.get(name);
  if (!model?.thread) return undefined;
  const receiver: Expr = isMethod ? { k: 'index', of: callee.of, i: UNKNOWN } : { k: 'result', n: index };
  return { kind: 'model', name, model, receiver };
}

/** A member of the class around hides what the arguments would find. */
function associatedTarget(
  names: CallNames,
  program: Program,
  fn: Fn,
  node: CallNode,
  name: string,
): Target | undefined {
  const found = associatedFunction(names, program, fn, name, node);
  if (!found || ownMember(names, program, fn, node, undefined, name)) return undefined;
  return { kind: 'function', fn: found };
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
  const isCpp = fn.unit.language === 'cpp';
  const named = program.models.functions.get(plain);
  const model = named?.arity === undefined || named.arity === node.args.length ? named : undefined;
  const known = names.functionNamed(fn.unit, name, fn.facts.name, node.args.length);
  const found =
    known &&
    !isDefinedLater(fn, node, known) &&
    !isElsewhere(program, fn, known) &&
    !isReplacement(names, fn, known)
      ? known
      : undefined;
  const isOwn =
    found && found !== fn && found.unit === fn.unit && (found.facts.internal || found.facts.kind === 'macro');
  if (model && !model.weak && !isOwn) return { kind: 'model', name: plain, model };
  const inherited = isCpp ? ownMember(names, program, fn, node, found, name) : undefined;
  if (inherited) return inherited;
  if (found && found.facts.kind !== 'constructor')
    return { kind: 'function', fn: found, ...(isMethod(found) ? { receiver: THIS } : {}) };
  if (model) return { kind: 'model', name: plain, model };
  const ofBase = isCpp ? baseMember(names, program, fn, node.args.length, plain) : undefined;
  if (ofBase) return { kind: 'function', fn: ofBase, receiver: THIS };
  const made = isCpp ? objectTarget(names, program, fn, node, plain, index) : undefined;
  const used = made
    ? undefined
    : program.usedNames(fn.unit, fn.facts.name, plain).find((full) => program.models.functions.has(full));
  if (used !== undefined) return namedTarget(names, program, fn, node, used, index);
  if (made || !isCpp) return made ?? { kind: 'unknown', name: plain };
  const around = program.types.classAround(fn);
  // What is stored in a member is called on the object that holds it.
  const isMember = around !== undefined && program.types.fieldOf(around, plain) !== undefined;
  return (
    calledObject(names, program, fn, node) ?? {
      kind: 'unknown',
      name: plain,
      ...(isMember ? { receiver: THIS } : {}),
    }
  );
}

/** `f()` in a method means that of its object's class or a base, before any function around. */
function ownMember(
  names: CallNames,
  program: Program,
  fn: Fn,
  node: CallNode,
  found: Fn | undefined,
  name: string,
): Target | undefined {
  if (name.includes('::') || found?.facts.kind === 'macro') return undefined;
  // Most functions are no methods of anything.
  if (names.methods.get(name) === undefined && !program.models.methods.has(name)) return undefined;
  const around = program.types.classAround(fn);
  if (!around) return undefined;
  const own: TypeRef = { base: around.facts.name, ptr: 0, arr: 0 };
  const member = memberOf(names, program, fn, node, own, name, THIS);
  // A library's method is not meant by its bare name unless its class is a base.
  const isOwn = member?.kind === 'model' && member.name === `${around.facts.name}::${name}`;
  return isOwn ? undefined : member;
}

/** `base::f()`, where `base` has `f` from a class above it: no class below is meant. */
function baseMember(
  names: CallNames,
  { types }: Program,
  fn: Fn,
  args: number,
  name: string,
): Fn | undefined {
  const last = lastPart(name);
  if (last === name || names.methods.get(last) === undefined) return undefined;
  const [, ...above] = types.classChain(fn.unit, fn.facts.name, name.slice(0, -last.length - 2));
  for (const base of above) {
    const found = names.functionNamed(fn.unit, `${base}::${last}`, '', args);
    if (found) return found;
  }
  return undefined;
}

/** What another folder defines by a name of POSIX is another program's replacement: the library is meant. */
function isElsewhere({ models }: Program, fn: Fn, { facts, unit }: Fn): boolean {
  // What is internal is seen by an include, and meant.
  if (facts.kind !== 'function' || facts.internal || !models.safety.safe.has(facts.name)) return false;
  return folderOf(unit) !== folderOf(fn.unit);
}

/** `#define open(p) my_open(p)`, where `my_open` itself does not see that: it calls what is really named so. */
function isReplacement({ sees }: CallNames, fn: Fn, { facts, unit }: Fn): boolean {
  if (facts.kind !== 'macro' || unit === fn.unit || sees(fn.unit, unit)) return false;
  return facts.nodes.some(
    (node) => node.op === 'call' && node.callee.k === 'name' && node.callee.n === fn.facts.name,
  );
}

/** A macro that the same file defines behind the call. */
function isDefinedLater(fn: Fn, node: CallNode, macro: Fn): boolean {
  const { kind, nameSpan } = macro.facts;
  return kind === 'macro' && fn.facts.kind !== 'macro' && macro.unit === fn.unit && nameSpan[0] > node.at[0];
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
  const own = names.functionNamed(struct.unit, `${base}::${lastPart(base)}`, '', node.args.length);
  if (own) return { kind: 'function', fn: own, receiver, made };
  const full = `${base}::{constructor}`;
  return { kind: 'model', name: full, model: models.functions.get(full) ?? NOTHING, receiver, made };
}

function isMethod(fn: Fn): boolean {
  return fn.facts.kind !== 'lambda' && fn.facts.name.includes('::');
}

/** `: base(m)`, and `: own(m, 0)` of a constructor that leaves the work to another one. */
function baseInitialised({ types }: Program, fn: Fn, of: Expr): TypeRef | undefined {
  if (fn.facts.kind !== 'constructor' || of.k !== 'field' || of.of.k !== 'deref' || of.of.of.k !== 'this')
    return undefined;
  const around = types.classAround(fn);
  if (!around || types.fieldOf(around, of.f)) return undefined;
  const last = lastPart(of.f);
  const classes = [around.facts.name, ...(around.facts.bases ?? [])];
  const base = classes.find((name) => lastPart(name) === last);
  return base === undefined ? undefined : { base, ptr: 0, arr: 0 };
}

/** `object.method(…)`: by the object's class and its bases; else the only method of that name. */
function methodTarget(
  names: CallNames,
  program: Program,
  fn: Fn,
  callee: Expr & { k: 'field' },
  node: CallNode,
): Target {
  const name = callee.f;
  const base = name === '{constructor}' ? baseInitialised(program, fn, callee.of) : undefined;
  const receiver = base ? THIS : callee.of;
  const owner = node.type ?? base ?? program.types.typeOf(program, fn, receiver);
  if (owner.base) {
    const found =
      memberOf(names, program, fn, node, owner, name, receiver) ??
      parameterMember(names, program, fn, node, owner, name, receiver) ??
      calledObject(names, program, fn, node);
    return found ?? { kind: 'unknown', name, receiver };
  }
  // A library's class may be meant as well.
  const isLibrarys = program.models.methods.has(name);
  if (fn.unit.language === 'c' || isLibrarys || name.startsWith('{')) return { kind: 'unknown', name };
  const candidates = names.methods.get(name) ?? [];
  const only = candidates.length === 1 ? candidates[0] : undefined;
  if (only) return { kind: 'function', fn: only, receiver };
  // Which class it is, the callers say.
  const isGiven = receiver.k === 'var' && receiver.v < fn.facts.params;
  return { kind: 'unknown', name, ...(isGiven ? { receiver } : {}) };
}

/**
 * A method of an object whose class is a parameter of the class around: what all classes mean by the name, or what the
 * classes derived from this one have, where the object is this one.
 */
function parameterMember(
  names: CallNames,
  { types, models }: Program,
  fn: Fn,
  node: CallNode,
  owner: TypeRef,
  name: string,
  receiver: Expr,
): Target | undefined {
  const full = parameterMethod(name);
  const model = models.functions.get(full);
  const around = types.classAround(fn);
  const isOfClass = around?.facts.params?.includes(owner.base);
  if (model && (isOfClass || fn.facts.templates?.includes(owner.base)))
    return { kind: 'model', name: full, model, receiver };
  if (!around || !isOfClass || !isThis(receiver)) return undefined;
  const below = names.overrides.below(around, name, node.args.length);
  const [only] = below;
  if (!only) return undefined;
  return below.length === 1
    ? { kind: 'function', fn: only, receiver }
    : { kind: 'unknown', name, receiver, also: below };
}

/** `*static_cast<D *>(this)`, also from a method that gives it. */
function isThis(e: Expr): boolean {
  if (e.k === 'deref') return isThis(e.of);
  return e.k === 'cast' ? isThis(e.e) : e.k === 'this' || e.k === 'result';
}

/** A method of a class or of its bases; what derived classes have in its place where the object may be theirs. */
function memberOf(
  names: CallNames,
  program: Program,
  fn: Fn,
  node: CallNode,
  owner: TypeRef,
  name: string,
  receiver: Expr,
): Target | undefined {
  const { types, models } = program;
  const struct = types.structOf(fn.unit, fn.facts.name, owner);
  const isKnown = name === '{constructor}' || (receiver.k === 'var' && !owner.ref);
  const also = struct && !isKnown ? names.overrides.of(struct, name, node.args.length) : [];
  const more = also.length > 0 ? { also } : {};
  for (const className of types.classChain(fn.unit, fn.facts.name, owner.base)) {
    const last = lastPart(className);
    const member = name === '{constructor}' ? last : name === '{destructor}' ? `~${last}` : name;
    const found = names.functionNamed(fn.unit, `${className}::${member}`, '', node.args.length);
    if (found) return { kind: 'function', fn: found, receiver, ...more };
    // An object made from nothing takes no memory yet.
    const model = models.functions.get(`${className}::${name}`);
    const isEmpty = name === '{constructor}' && node.args.length === 0 && !model?.guard;
    if (model && !isEmpty) {
      const method = model.routineMethod;
      const routines = method === undefined ? undefined : routinesOf(names, program, fn, owner, method);
      return { kind: 'model', name: `${className}::${name}`, model, receiver, ...(routines && { routines }) };
    }
    // A constructor that nobody has written runs that of the base without arguments, and takes none for it.
    if (name === '{constructor}' && node.args.length > 0 && !struct?.facts.inherits) return undefined;
  }
  const [only] = also;
  if (only && also.length === 1) return { kind: 'function', fn: only, receiver };
  return only && { kind: 'unknown', name, receiver, also };
}

/** A method without arguments of the class that an object is declared to have, and of the classes below it. */
function routinesOf(
  names: CallNames,
  { types }: Program,
  fn: Fn,
  owner: TypeRef,
  method: string,
): readonly Fn[] {
  const struct = types.structOf(fn.unit, fn.facts.name, owner);
  const own = types.classChain(fn.unit, fn.facts.name, owner.base).flatMap((className) => {
    return names.functionNamed(fn.unit, `${className}::${method}`, '', 0) ?? [];
  });
  return [...own.slice(0, 1), ...(struct ? names.overrides.of(struct, method, 0) : [])];
}
