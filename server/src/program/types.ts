/** Types of expressions, fields of structs, and the class a lock or handle belongs to. */
import type { TypeRef } from '../facts/expr';
import { NO_TYPE } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import type { History } from './history';
import { type Fn, type NamedAlias, type NamedType, type Program, scopedNames, type Types } from './program';
import { remembered, type Visibility } from './visibility';

const MAX_STEPS = 8;

export function makeTypes(history: History, units: readonly UnitFacts[], visibility: Visibility): Types {
  const structs = new Map<string, NamedType[]>();
  const aliases = new Map<string, NamedAlias[]>();
  for (const unit of units) {
    for (const facts of unit.types) entry(structs, facts.name).push({ unit, facts });
    for (const facts of unit.aliases) entry(aliases, facts.name).push({ unit, facts });
  }

  const structAt = remembered(history, (unit, name) => visibility.nearest(unit, structs.get(name) ?? []));
  const aliasAt = remembered(history, (unit, name) => visibility.nearest(unit, aliases.get(name) ?? []));
  const scoped = <T>(
    at: (unit: UnitFacts, name: string) => T | undefined,
    unit: UnitFacts,
    scope: string,
    name: string,
  ): T | undefined => {
    // A function's own types are named after it.
    const local = unit.language === 'cpp' && scope !== '' ? at(unit, `${scope}::${name}`) : undefined;
    if (local) return local;
    for (const full of scopedNames(scope, name)) {
      const found = at(unit, full);
      if (found) return found;
    }
    return undefined;
  };

  /** Follows typedefs. The `pthread_t`-like names without a definition stay as they are. */
  const canonical = (unit: UnitFacts, scope: string, ref: TypeRef): TypeRef => {
    let type = ref;
    for (let step = 0; step < MAX_STEPS; step++) {
      if (!type.base || scoped(structAt, unit, scope, type.base)) return type;
      const alias = scoped(aliasAt, unit, scope, type.base);
      if (!alias || alias.facts.target.base === type.base) return type;
      const { target } = alias.facts;
      type = {
        ...type,
        base: target.base,
        ptr: type.ptr + target.ptr,
        arr: type.arr + target.arr,
        args: target.args ?? type.args,
      };
    }
    return type;
  };

  const structOf: Types['structOf'] = (unit, scope, ref) => {
    const type = canonical(unit, scope, ref);
    return type.base ? scoped(structAt, unit, scope, type.base) : undefined;
  };

  const fieldOf: Types['fieldOf'] = (type, field) => {
    let owner: NamedType | undefined = type;
    for (let step = 0; owner && step < MAX_STEPS; step++) {
      const found: { type: TypeRef } | undefined = owner.facts.fields.find((f) => f.name === field);
      if (found) return { owner, type: found.type };
      const base: string | undefined = owner.facts.bases?.[0];
      owner = base ? structOf(owner.unit, owner.facts.name, { base, ptr: 0, arr: 0 }) : undefined;
    }
    return undefined;
  };

  const classAround: Types['classAround'] = (fn) => {
    const parts = fn.facts.name.split('::');
    for (let i = parts.length - 1; i > 0; i--) {
      const found = structAt(fn.unit, parts.slice(0, i).join('::'));
      if (found) return found;
    }
    return undefined;
  };

  const typeOf: Types['typeOf'] = (program, fn, e) => {
    switch (e.k) {
      case 'var':
        return variableType(program, fn, e.v);
      case 'name': {
        const global = program.globalNamed(fn, e.n);
        if (global) return global.facts.type;
        const around = classAround(fn);
        return (around && fieldOf(around, e.n)?.type) ?? NO_TYPE;
      }
      case 'this': {
        const around = classAround(fn);
        return around ? { base: around.facts.name, ptr: 1, arr: 0 } : NO_TYPE;
      }
      case 'field': {
        const owner = typeOf(program, fn, e.of);
        const type = canonical(fn.unit, fn.facts.name, owner);
        const struct = type.ptr === 0 && type.arr === 0 ? structOf(fn.unit, fn.facts.name, type) : undefined;
        return (struct && fieldOf(struct, e.f)?.type) ?? NO_TYPE;
      }
      case 'deref':
        return pointee(canonical(fn.unit, fn.facts.name, typeOf(program, fn, e.of)));
      case 'addr': {
        const type = typeOf(program, fn, e.of);
        return type.base ? { ...type, ptr: type.ptr + 1 } : NO_TYPE;
      }
      case 'index':
        return pointee(canonical(fn.unit, fn.facts.name, typeOf(program, fn, e.of)), true);
      case 'cast':
        return e.t;
      case 'result': {
        const target = program.targets[fn.id]?.get(e.n);
        const call = fn.facts.nodes[e.n];
        if (target && target.kind !== 'unknown' && target.made) return target.made;
        if (target?.kind === 'function') return target.fn.facts.returns;
        const given = target?.kind === 'model' && target.model.returns === '0' && call?.op === 'call';
        if (given && call.args[0]) return typeOf(program, fn, call.args[0]);
        return call?.op === 'call' && call.type ? { ...call.type, ptr: call.type.ptr + 1 } : NO_TYPE;
      }
      default:
        return NO_TYPE;
    }
  };

  /** `auto` takes its initialiser's type. */
  const variableType = (program: Program, fn: Fn, v: number): TypeRef => {
    const type = fn.facts.variables[v]?.type ?? NO_TYPE;
    if (type.base !== 'auto') return type;
    const init = fn.facts.nodes.find(
      (node) => node.op === 'assign' && node.decl && node.to.k === 'var' && node.to.v === v,
    );
    if (init?.op !== 'assign' || (init.from.k === 'var' && init.from.v >= v)) return NO_TYPE;
    const from = typeOf(program, fn, type.ref && init.from.k === 'addr' ? init.from.of : init.from);
    return from.base === 'auto' ? NO_TYPE : { ...from, ref: type.ref };
  };

  const classChain: Types['classChain'] = (unit, scope, base) => {
    const type = canonical(unit, scope, { base, ptr: 0, arr: 0 });
    const chain: string[] = [];
    let current: NamedType | undefined = structOf(unit, scope, type);
    if (!current) return [type.base];
    for (let step = 0; current && step < MAX_STEPS; step++) {
      chain.push(current.facts.name);
      const next: string | undefined = current.facts.bases?.[0];
      if (!next) break;
      const parent: NamedType | undefined = structOf(current.unit, current.facts.name, {
        base: next,
        ptr: 0,
        arr: 0,
      });
      if (!parent) chain.push(next);
      current = parent;
    }
    return chain;
  };

  return { typeOf, structOf, classChain, classAround, fieldOf };
}

function entry<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known) return known;
  const list: T[] = [];
  map.set(key, list);
  return list;
}

/** What a pointer or array type gives when one level is taken off; smart pointers give their argument. */
function pointee(type: TypeRef, indexing = false): TypeRef {
  if (type.arr > 0) return { ...type, arr: type.arr - 1 };
  if (type.ptr > 0) return { ...type, ptr: type.ptr - 1 };
  if (type.ref && !indexing) return { ...type, ref: false };
  const first = type.args?.split(',')[0]?.trim();
  if (!first || !/^[A-Za-z_][\w:]*(?:\s*\*)?$/.test(first)) return NO_TYPE;
  const holds = indexing
    ? /(?:vector|deque|array|span)$/.test(type.base)
    : /(?:unique_ptr|shared_ptr)$/.test(type.base);
  if (!holds) return NO_TYPE;
  return { base: first.replace(/\s*\*$/, ''), ptr: first.endsWith('*') ? 1 : 0, arr: 0 };
}
