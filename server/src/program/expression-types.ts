/** Types of expressions: variables, members, what calls return, what pointers and containers hold. */
import type { Expr, TypeRef } from '../facts/expr';
import { NO_TYPE } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import { shapeName } from '../models/library';
import type { CallNode, Fn, NamedType, Program, Target, Types } from './program';
import { instantiated, withArguments } from './type-text';

/** What of `Types` this is made of, and declarations of functions. */
export interface TypeNames extends Omit<Types, 'typeOf'> {
  /** What a function of that name is declared to return. */
  returnsOf(unit: UnitFacts, scope: string, name: string): TypeRef | undefined;
}

export function makeTypeOf(names: TypeNames): Types['typeOf'] {
  const typeOf: Types['typeOf'] = (program, fn, e) => {
    switch (e.k) {
      case 'var':
        return variableType(program, fn, e.v);
      case 'name': {
        const global = program.globalNamed(fn, e.n);
        if (global) return names.canonical(global.unit, global.facts.name, global.facts.type);
        const around = names.classAround(fn);
        return around ? memberType(around, e.n, undefined) : NO_TYPE;
      }
      case 'this': {
        const around = names.classAround(fn);
        return around ? { base: around.facts.name, ptr: 1, arr: 0 } : NO_TYPE;
      }
      case 'field':
        return fieldType(program, fn, e);
      case 'deref':
        return pointee(program, fn, typeOf(program, fn, e.of), '*');
      case 'addr': {
        const type = typeOf(program, fn, e.of);
        return type.base ? { ...type, ptr: type.ptr + 1 } : NO_TYPE;
      }
      case 'index':
        return pointee(program, fn, typeOf(program, fn, e.of), e.i.k === 'unknown' ? '[*]' : '[]');
      case 'cast':
        return e.t;
      case 'result':
        return resultType(program, fn, e.n);
      default:
        return NO_TYPE;
    }
  };

  const memberType = (around: NamedType, name: string, args: string | undefined): TypeRef => {
    const field = names.fieldOf(around, name);
    if (!field) return NO_TYPE;
    const type = withArguments(field.type, field.owner.facts.params ?? [], args);
    return names.canonical(field.owner.unit, field.owner.facts.name, type);
  };

  const fieldType = (program: Program, fn: Fn, e: Expr & { k: 'field' }): TypeRef => {
    const owner = typeOf(program, fn, e.of);
    const type = names.canonical(fn.unit, fn.facts.name, owner);
    if (type.ptr > 0 || type.arr > 0 || type.base === '') return NO_TYPE;
    const struct = names.structOf(fn.unit, fn.facts.name, type);
    if (struct) return memberType(struct, e.f, type.args);
    return shape(program, type, `.${e.f}`);
  };

  const shape = ({ models }: Program, type: TypeRef, member: string): TypeRef => {
    const pattern = models.shapes.get(shapeName(type.base, member));
    return pattern === undefined ? NO_TYPE : instantiated(pattern, type.args);
  };

  /** What a pointer, an array, a smart pointer or a container gives. */
  const pointee = (program: Program, fn: Fn, given: TypeRef, how: '*' | '[]' | '[*]'): TypeRef => {
    const type = names.canonical(fn.unit, fn.facts.name, given);
    if (type.arr > 0) return { ...type, arr: type.arr - 1 };
    if (type.ptr > 0) return { ...type, ptr: type.ptr - 1 };
    if (type.base === '') return NO_TYPE;
    const struct = names.structOf(fn.unit, fn.facts.name, type);
    if (!struct) {
      const known = shape(program, type, how);
      if (known.base) return plain(known);
      return how === '*' && type.ref ? plain(type) : NO_TYPE;
    }
    if (how === '[*]') {
      const iterator = methodType(program, fn, struct, 'begin', type.args);
      return iterator ? pointee(program, fn, plain(iterator), '*') : NO_TYPE;
    }
    const operators = how === '*' ? ['operator->', 'operator*'] : ['operator[]'];
    for (const operator of operators) {
      const returns = methodType(program, fn, struct, operator, type.args);
      if (returns)
        return returns.ptr > 0 && operator === 'operator->'
          ? { ...returns, ptr: returns.ptr - 1 }
          : plain(returns);
    }
    return how === '*' && type.ref ? plain(type) : NO_TYPE;
  };

  const methodType = (
    program: Program,
    fn: Fn,
    struct: NamedType,
    method: string,
    args: string | undefined,
  ): TypeRef | undefined => {
    for (const name of names.classChain(struct.unit, '', struct.facts.name)) {
      const full = `${name}::${method}`;
      const found = program.functionNamed(fn.unit, full);
      const declared = found?.facts.returns ?? names.returnsOf(struct.unit, '', full);
      if (!declared) continue;
      const owner = found?.unit ?? struct.unit;
      return names.canonical(
        owner,
        found?.facts.name ?? full,
        withArguments(declared, struct.facts.params ?? [], args),
      );
    }
    return undefined;
  };

  const resultType = (program: Program, fn: Fn, n: number): TypeRef => {
    const target = program.targets[fn.id]?.get(n);
    const call = fn.facts.nodes[n];
    if (call?.op !== 'call') return NO_TYPE;
    if (target && target.kind !== 'unknown' && target.made) return target.made;
    if (target?.kind === 'function') return returned(program, fn, target, call);
    if (target?.kind === 'model' && target.model.returns === '0' && call.args[0])
      return typeOf(program, fn, call.args[0]);
    const { callee, type } = call;
    if (callee.k === 'name') {
      if (callee.n === 'operator new' && type) return { ...type, ptr: type.ptr + 1 };
      const pattern = program.models.shapes.get(shapeName(callee.n, '()'));
      if (pattern !== undefined) return instantiated(pattern, type?.args);
      // `std::unique_ptr<session>(p)` makes an object of a library's class.
      if (type?.args !== undefined && program.models.classes.has(callee.n))
        return { ...type, base: callee.n };
      const declared = declaredAround(fn, callee.n);
      return declared ?? NO_TYPE;
    }
    if (callee.k !== 'field') return NO_TYPE;
    const owner = names.canonical(fn.unit, fn.facts.name, plain(typeOf(program, fn, callee.of)));
    if (owner.ptr > 0 || owner.base === '') return NO_TYPE;
    const struct = names.structOf(fn.unit, fn.facts.name, owner);
    if (struct) return methodType(program, fn, struct, callee.f, owner.args) ?? NO_TYPE;
    return shape(program, owner, callee.f);
  };

  /** A function that is only declared: of the class around or its bases, or of a namespace around. */
  const declaredAround = (fn: Fn, name: string): TypeRef | undefined => {
    const around = names.classAround(fn);
    for (const base of around ? names.classChain(around.unit, '', around.facts.name) : []) {
      const full = `${base}::${name}`;
      const found = names.returnsOf(fn.unit, '', full);
      if (found) return names.canonical(fn.unit, full, found);
    }
    const found = names.returnsOf(fn.unit, fn.facts.name, name);
    return found && names.canonical(fn.unit, fn.facts.name, found);
  };

  const returned = (
    program: Program,
    fn: Fn,
    target: Target & { kind: 'function' },
    call: CallNode,
  ): TypeRef => {
    const { unit, facts } = target.fn;
    const { returns } = facts;
    if (returns.base === 'auto' || returns.base === '') return NO_TYPE;
    const owner = call.callee.k === 'field' ? typeOf(program, fn, call.callee.of) : undefined;
    const struct = owner?.args ? names.structOf(fn.unit, fn.facts.name, plain(owner)) : undefined;
    return names.canonical(unit, facts.name, withArguments(returns, struct?.facts.params ?? [], owner?.args));
  };

  /** `auto` takes its initialiser's type. */
  const variableType = (program: Program, fn: Fn, v: number): TypeRef => {
    const { type = NO_TYPE, name = '' } = fn.facts.variables[v] ?? {};
    if (name === '' && type.base === '') return chosenType(program, fn, v);
    if (type.base !== 'auto') return type;
    const init = fn.facts.nodes.find(
      (node) => node.op === 'assign' && node.decl && node.to.k === 'var' && node.to.v === v,
    );
    if (init?.op !== 'assign' || (init.from.k === 'var' && init.from.v >= v)) return NO_TYPE;
    const from = typeOf(program, fn, type.ref && init.from.k === 'addr' ? init.from.of : init.from);
    return from.base === 'auto' || from.base === '' ? NO_TYPE : { ...from, ref: type.ref };
  };

  /** The value of `c ? a : b` has the type of the first one that has one. */
  const chosenType = (program: Program, fn: Fn, v: number): TypeRef => {
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign' || node.to.k !== 'var' || node.to.v !== v) continue;
      if (node.from.k === 'num' || (node.from.k === 'var' && node.from.v <= v)) continue;
      const type = typeOf(program, fn, node.from);
      if (type.base !== '') return type;
    }
    return NO_TYPE;
  };

  return typeOf;
}

function plain(type: TypeRef): TypeRef {
  return type.ref ? { ...type, ref: false } : type;
}
