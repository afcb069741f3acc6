/** Objects that are locks, or that hold some, by their types. */
import type { Expr, TypeRef } from '../../facts/expr';
import type { UnitFacts } from '../../facts/facts';
import type { Fn, NamedType, Program } from '../../program/program';
import { type Reads, readAgain, reading } from '../../program/reads';

export interface LockObjects {
  /** The type's objects are locks. */
  isLock(fn: Fn, type: TypeRef): boolean;
  /** Fields through which the locks inside of an object of this type are reached; one empty path for a lock. */
  within(fn: Fn, type: TypeRef): readonly (readonly string[])[];
}

/** Locks deeper inside than this belong to other modules' objects. */
const MAX_DEPTH = 3;
type Paths = readonly (readonly string[])[];
const NONE: Paths = [];
const ITSELF: Paths = [[]];

export function findLockObjects(program: Program): LockObjects {
  const { lockTypes } = program.models;
  const byStruct = new Map<NamedType['facts'], { result: Paths; reads: Reads }>();

  const named = new Map<UnitFacts, Map<string, { result: boolean; reads: Reads }>>();
  const isNamed = (unit: UnitFacts, scope: string, type: TypeRef): boolean => {
    if (lockTypes.has(type.base)) return true;
    const known = named.get(unit) ?? new Map<string, { result: boolean; reads: Reads }>();
    named.set(unit, known);
    const key = unit.language === 'c' ? type.base : `${scope} ${type.base}`;
    const found = known.get(key);
    if (found) {
      readAgain(found.reads);
      return found.result;
    }
    const is = reading(() => {
      const [name] = program.types.classChain(unit, scope, type.base);
      return name !== undefined && lockTypes.has(name);
    });
    known.set(key, is);
    return is.result;
  };

  const locksIn = (unit: UnitFacts, scope: string, type: TypeRef, depth: number): Paths => {
    if (type.ptr > 0 || type.arr > 0 || !type.base || depth > MAX_DEPTH) return NONE;
    if (lockTypes.has(type.base)) return ITSELF;
    const struct = program.types.structOf(unit, scope, type);
    if (!struct) return isNamed(unit, scope, type) ? ITSELF : NONE;
    const known = byStruct.get(struct.facts);
    if (known) {
      readAgain(known.reads);
      return known.result;
    }
    byStruct.set(struct.facts, { result: NONE, reads: { cells: [], versions: [] } });
    const found = reading(() =>
      struct.facts.fields.flatMap((field) =>
        locksIn(struct.unit, struct.facts.name, field.type, depth + 1).map((path) => [field.name, ...path]),
      ),
    );
    byStruct.set(struct.facts, found);
    return found.result;
  };

  return {
    isLock: (fn, type) =>
      type.ptr === 0 && type.arr === 0 && type.base !== '' && isNamed(fn.unit, fn.facts.name, type),
    within: (fn, type) => locksIn(fn.unit, fn.facts.name, type, 0),
  };
}

/** The lock that a path of fields selects from an object. */
export function memberAt(object: Expr, path: readonly string[]): Expr {
  return path.reduce<Expr>((of, f) => ({ k: 'field', of, f }), object);
}
