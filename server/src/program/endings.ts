/** What runs when an object's life ends: destructors, written or implied by members and bases, and models. */
import type { TypeRef } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import type { FunctionModel } from '../models/schema';
import type { Fn, NamedType, Program } from './program';

/** One destructor that runs: of the object itself, or of the member that the path leads to. */
export interface Ending {
  path: readonly string[];
  fn?: Fn;
  model?: { name: string; model: FunctionModel };
}

export interface Endings {
  /** In the order in which they run; empty where nothing is known to happen. */
  ofType(unit: UnitFacts, scope: string, type: TypeRef): readonly Ending[];
  /** Those of a class's members and bases: what follows its own destructor. */
  ofMembers(type: NamedType): readonly Ending[];
}

/** Members of members. */
const MAX_DEPTH = 4;
/** An object that ends more than this is described by its first parts. */
const MAX_ENDINGS = 12;
const NONE: readonly Ending[] = [];

export function makeEndings(program: Program): Endings {
  const classes = new Map<NamedType, readonly Ending[]>();
  const members = new Map<NamedType, readonly Ending[]>();

  const ofType = (unit: UnitFacts, scope: string, type: TypeRef, depth = 0): readonly Ending[] => {
    if (type.base === '' || type.ptr > 0 || type.arr > 0 || depth > MAX_DEPTH) return NONE;
    const struct = program.types.structOf(unit, scope, type);
    if (struct) return ofClass(struct, depth);
    const [name = ''] = program.types.classChain(unit, scope, type.base);
    const full = `${name}::{destructor}`;
    const model = program.models.functions.get(full);
    return model ? [{ path: [], model: { name: full, model } }] : NONE;
  };

  const ofClass = (type: NamedType, depth: number): readonly Ending[] => {
    const known = classes.get(type);
    if (known) return known;
    // A class that holds itself, by an error in its text, ends nothing more.
    classes.set(type, NONE);
    const { name } = type.facts;
    const own = program.functionNamed(type.unit, `${name}::~${name.slice(name.lastIndexOf(':') + 1)}`);
    const rest = ofMembers(type, depth);
    const made = !own ? rest : rest.length > 0 || doesSomething(own) ? [{ path: [], fn: own }] : NONE;
    if (depth === 0) classes.set(type, made);
    else classes.delete(type);
    return made;
  };

  const ofMembers = (type: NamedType, depth = 0): readonly Ending[] => {
    const known = members.get(type);
    if (known) return known;
    const { facts, unit } = type;
    const found: Ending[] = [];
    for (const field of [...facts.fields].reverse()) {
      if (field.type.ref) continue;
      for (const ending of ofType(unit, facts.name, field.type, depth + 1))
        found.push({ ...ending, path: [field.name, ...ending.path] });
    }
    for (const base of [...(facts.bases ?? [])].reverse())
      found.push(...ofType(unit, facts.name, { base, ptr: 0, arr: 0 }, depth + 1));
    const made = found.length > 0 ? found.slice(0, MAX_ENDINGS) : NONE;
    if (depth === 0) members.set(type, made);
    return made;
  };

  return { ofType: (unit, scope, type) => ofType(unit, scope, type), ofMembers: (type) => ofMembers(type) };
}

function doesSomething({ facts }: Fn): boolean {
  return facts.nodes.some(({ op }) => op === 'call' || op === 'assign');
}
