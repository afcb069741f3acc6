/**
 * The class of a place: what it is called across functions and threads.
 *
 * Inside a function a place is an instance, named by its access path. Across functions the same global is the
 * same place, and the same field of the same type is one class of places.
 */
import type { Expr } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import { nameOfStatic } from '../facts/returned-statics';
import type { Fn, NamedType, Program } from './program';

export interface PlaceClass {
  /** Equal for equal classes; holds the defining file, so equal names of different programs differ. */
  key: string;
  /** As a reader would write it: `g_lock`, `struct conn.lock`. */
  label: string;
  /** One object rather than a class of them. */
  single: boolean;
  /** For a field of one object: the key of that field in all objects of its type. */
  family?: string;
  /** For a lock inside of a type that wraps it: the key of that member in all objects of the wrapping type. */
  wrapper?: string;
  /** A pointer that is all of the object around it: what it points to is that object's own. */
  handle?: true;
}

/** Whether two classes can name the same place: the same class, or an object and the class of its type. */
export function mayOverlap(a: PlaceClass, b: PlaceClass): boolean {
  return a.key === b.key || a.key === b.family || a.family === b.key;
}

/** The class of the place that `e` names in `fn`, or undefined where it has none (locals, unknown types). */
export function classOf(program: Program, fn: Fn, e: Expr): PlaceClass | undefined {
  switch (e.k) {
    case 'cast':
      return classOf(program, fn, e.e);
    case 'name':
      return globalClass(program, fn, e.n);
    case 'var':
      return staticLocal(fn, e.v);
    case 'field':
      return fieldClass(program, fn, e);
    case 'index': {
      const array = classOf(program, fn, e.of);
      if (!array) return undefined;
      const any = `${array.key}[]`;
      if (e.i.k !== 'num') return { key: any, label: `${array.label}[]`, single: false };
      return {
        key: `${array.key}[${e.i.v}]`,
        label: `${array.label}[${e.i.v}]`,
        single: array.single,
        family: any,
      };
    }
    case 'deref': {
      const pointer = classOf(program, fn, e.of);
      if (pointer?.handle) return { ...pointer, key: `${pointer.key}!` };
      return pointer && { key: `${pointer.key}*`, label: `*${pointer.label}`, single: false };
    }
    default:
      return undefined;
  }
}

function globalClass(program: Program, fn: Fn, name: string): PlaceClass | undefined {
  const global = program.globalNamed(fn, name);
  if (global) {
    // A declaration without a definition in the workspace names the same object in every file of a program.
    const home = global.facts.extern && !hasMain(global.unit) ? '' : global.unit.file;
    return { key: `${home}#${global.facts.name}`, label: global.facts.name, single: true };
  }
  const around = program.types.classAround(fn);
  const member = around && program.types.fieldOf(around, name);
  if (!member || isLockable(program, member.owner)) return undefined;
  return {
    key: `${member.owner.unit.file}#${member.owner.facts.name}.${name}`,
    label: `${member.owner.facts.name}::${name}`,
    single: false,
  };
}

const withMain = new WeakMap<UnitFacts, boolean>();

/** What stands in the file of a `main` belongs to no other program. */
function hasMain(unit: UnitFacts): boolean {
  const known = withMain.get(unit);
  if (known !== undefined) return known;
  const has = unit.functions.some(({ name }) => name === 'main');
  withMain.set(unit, has);
  return has;
}

function staticLocal(fn: Fn, v: number): PlaceClass | undefined {
  const variable = fn.facts.variables[v];
  if (variable?.storage !== 'static' && variable?.storage !== 'thread') return undefined;
  return {
    key: `${fn.unit.file}#${nameOfStatic(fn.facts.name, variable.name)}`,
    label: variable.name,
    single: true,
  };
}

function fieldClass(program: Program, fn: Fn, e: Expr & { k: 'field' }): PlaceClass | undefined {
  if (e.f.startsWith('#')) return undefined;
  const object = singleObject(program, fn, e.of);
  const family = fieldOfType(program, fn, e);
  if (!object) return family;
  return {
    key: `${object.key}.${e.f}`,
    label: `${object.label}.${e.f}`,
    single: true,
    ...(family ? { family: family.key } : {}),
    ...(family?.handle ? { handle: true } : {}),
  };
}

function fieldOfType(program: Program, fn: Fn, e: Expr & { k: 'field' }): PlaceClass | undefined {
  const type = program.types.typeOf(program, fn, e.of);
  if (type.ptr > 0 || type.arr > 0) return undefined;
  const struct = program.types.structOf(fn.unit, fn.facts.name, type);
  const owner = struct && program.types.fieldOf(struct, e.f)?.owner;
  if (!owner) return undefined;
  if (isHandle(owner)) {
    const holder = memberOfHolder(program, fn, e);
    return holder && { ...holder, handle: true };
  }
  if (isLockable(program, owner)) return memberOfHolder(program, fn, e);
  return {
    key: `${owner.unit.file}#${owner.facts.name}.${e.f}`,
    label: `${nameOf(program, fn, e.of, owner)}.${e.f}`,
    single: false,
  };
}

/** The key of a member in all objects of its type, also where the type says nothing of which one it is. */
export function memberKey(program: Program, fn: Fn, place: Expr): string | undefined {
  if (place.k === 'cast') return memberKey(program, fn, place.e);
  const name = place.k === 'name' ? place.n : place.k === 'field' ? place.f : undefined;
  const type =
    place.k === 'field'
      ? program.types.structOf(fn.unit, fn.facts.name, program.types.typeOf(program, fn, place.of))
      : program.types.classAround(fn);
  const owner = name === undefined || !type ? undefined : program.types.fieldOf(type, name)?.owner;
  return owner && `${owner.unit.file}#${owner.facts.name}.${name}`;
}

/**
 * A class that wraps one lock (`lock` and `unlock` are its methods, C++ calls that lockable; in C, functions take it
 * for their callers) says nothing by itself: all locks of a program would be one class. What tells them apart is the
 * object that holds the wrapper.
 */
function isLockable(program: Program, type: NamedType): boolean {
  if (program.wrapsLock(type)) return true;
  const { unit, facts } = type;
  if (unit.language !== 'cpp') return false;
  return ['lock', 'Lock'].some((name) => program.functionNamed(unit, `${facts.name}::${name}`) !== undefined);
}

/** `struct lock { void *priv; };`: a struct around one pointer is that pointer, with a type of its own. */
function isHandle({ unit, facts: { fields } }: NamedType): boolean {
  return unit.language === 'c' && fields.length === 1 && fields[0]?.type.ptr === 1;
}

/** The class of a member by what holds its object, also where the object's type cannot be seen. */
export function memberOfHolder(program: Program, fn: Fn, e: Expr & { k: 'field' }): PlaceClass | undefined {
  const holder = classOf(program, fn, e.of);
  const wrapper = memberKey(program, fn, e);
  return (
    holder && {
      ...holder,
      key: `${holder.key}.${e.f}`,
      label: holder.label,
      ...(wrapper === undefined ? {} : { wrapper }),
    }
  );
}

/** `struct conn` in C, `Conn` in C++; a struct without a name is called by the place that has its type. */
function nameOf(program: Program, fn: Fn, object: Expr, { unit, facts }: NamedType): string {
  if (!facts.name.startsWith('{')) return unit.language === 'c' ? `${facts.kind} ${facts.name}` : facts.name;
  return classOf(program, fn, object)?.label ?? program.types.typeOf(program, fn, object).base;
}

/** A global object reached without following a pointer or choosing an element. */
function singleObject(program: Program, fn: Fn, e: Expr): PlaceClass | undefined {
  if (e.k === 'cast') return singleObject(program, fn, e.e);
  if (e.k === 'name' && program.globalNamed(fn, e.n)) return globalClass(program, fn, e.n);
  if (e.k === 'var') return staticLocal(fn, e.v);
  if (e.k !== 'field') return undefined;
  const outer = singleObject(program, fn, e.of);
  return outer && { key: `${outer.key}.${e.f}`, label: `${outer.label}.${e.f}`, single: true };
}
