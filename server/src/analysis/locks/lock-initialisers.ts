/** Kinds of locks by what the objects around them begin with: `struct s o = { 0, RECURSIVE_INITIALISER };`. */
import type { Expr, TypeRef } from '../../facts/expr';
import type { UnitFacts } from '../../facts/facts';
import type { LockKind } from '../../models/schema';
import type { Program } from '../../program/program';

/** A lock inside of an object that is initialised; an empty path is the object itself. */
export interface InitialKind {
  path: readonly (string | number)[];
  kind: LockKind;
  /** What the lock is called in all objects of the type around it. */
  family?: string;
}

/** Objects in objects; deeper ones hold tables, not locks. */
const MAX_DEPTH = 5;

/** The locks that `init` gives a kind to, in an object of this type. */
export function initialKinds(
  program: Program,
  unit: UnitFacts,
  scope: string,
  type: TypeRef,
  init: Expr,
): InitialKind[] {
  if (init.k === 'cast') return initialKinds(program, unit, scope, type, init.e);
  if (init.k === 'name') {
    const kind = kindNamed(program, unit, init.n);
    return kind ? [{ path: [], kind }] : [];
  }
  if (init.k !== 'init' || !mayNameLock(program, init, 0)) return [];
  const isArray = type.arr > 0;
  const struct = isArray ? undefined : program.types.structOf(unit, scope, type);
  return init.items.flatMap(({ f, e }, at): InitialKind[] => {
    const index = f === undefined || /^\d+$/.test(f) ? Number(f ?? at) : undefined;
    if (isArray) {
      const element = { ...type, arr: type.arr - 1 };
      const inner = index === undefined ? [] : initialKinds(program, unit, scope, element, e);
      return inner.map(({ path, ...rest }) => ({ ...rest, path: [index ?? 0, ...path] }));
    }
    const field = index === undefined ? f : struct?.facts.fields[index]?.name;
    const known = struct && field ? program.types.fieldOf(struct, field) : undefined;
    if (!field || !known) return [];
    const { owner } = known;
    const family = `${owner.unit.file}#${owner.facts.name}.${field}`;
    const found = initialKinds(program, owner.unit, owner.facts.name, known.type, e);
    return found.map(({ path, ...rest }) => ({
      ...(path.length === 0 ? { family } : {}),
      ...rest,
      path: [field, ...path],
    }));
  });
}

/** Constants and macros are written so; a project may have its own name for an initialiser. */
const MAY_NAME = /^[A-Z_][A-Z0-9_]*$/;

/** The kind that an initialiser gives, by the library's name or by the project's own for it. */
export function kindNamed(program: Program, unit: UnitFacts, name: string, depth = 0): LockKind | undefined {
  const kind = program.models.initialisers.get(name);
  if (kind || depth > MAX_DEPTH || !MAY_NAME.test(name)) return kind;
  const macro = program.functionNamed(unit, name)?.facts;
  if (!macro?.macro?.object) return undefined;
  const value = macro.nodes.find((node) => node.op === 'return');
  const means = value?.op === 'return' && value.value?.k === 'name' ? value.value.n : undefined;
  return means === undefined ? undefined : kindNamed(program, unit, means, depth + 1);
}

/** Most tables hold none, and the types of their objects need not be looked up. */
function mayNameLock(program: Program, e: Expr, depth: number): boolean {
  if (e.k === 'cast') return mayNameLock(program, e.e, depth);
  if (e.k === 'name') return program.models.initialisers.has(e.n);
  return (
    e.k === 'init' && depth < MAX_DEPTH && e.items.some((item) => mayNameLock(program, item.e, depth + 1))
  );
}
