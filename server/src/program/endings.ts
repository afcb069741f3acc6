/** What runs when an object's life ends: destructors, written or implied by members and bases, and models. */
import type { TypeRef } from '../facts/expr';
import type { UnitFacts } from '../facts/facts';
import { shapeName } from '../models/library';
import type { FunctionModel } from '../models/schema';
import { ownedBy } from './owners';
import type { Fn, NamedType, Program } from './program';
import { type Reads, readAgain, reading } from './reads';
import { instantiated } from './type-text';

/** One destructor that runs: of the object itself, or of what the path of members and `*` leads to. */
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

/** Deeper members come from names that mean each other. */
const MAX_DEPTH = 8;
/** An object that ends more than this is described by its first parts. */
const MAX_ENDINGS = 12;
const NONE: readonly Ending[] = [];

export function makeEndings(program: Program): Endings {
  const members = new Map<NamedType, { result: readonly Ending[]; reads: Reads }>();
  const active = new Set<NamedType>();
  // What was found while a class was left out of itself holds for that question only.
  let cuts = 0;

  const ofType = (unit: UnitFacts, scope: string, type: TypeRef): readonly Ending[] => {
    if (type.base === '' || type.ptr > 0 || type.arr > 0 || type.ref) return NONE;
    const struct = program.types.structOf(unit, scope, type);
    if (struct) return ofClass(struct);
    const owned = ownedBy(program, unit, scope, type);
    if (owned) {
      const inner = owned.struct ? ofClass(owned.struct) : ofType(unit, scope, owned.type);
      return inner.map((ending) => ({ ...ending, path: ['*', ...ending.path] }));
    }
    const parts = ofParts(unit, scope, type);
    if (parts) return parts;
    const [name = ''] = program.types.classChain(unit, scope, type.base);
    const full = `${name}::{destructor}`;
    const model = program.models.functions.get(full);
    return model ? [{ path: [], model: { name: full, model } }] : NONE;
  };

  /** Of a pair, what its parts end with; what a part owns may have been moved on. */
  const ofParts = (unit: UnitFacts, scope: string, type: TypeRef): readonly Ending[] | undefined => {
    const { base, args } = program.types.canonical(unit, scope, type);
    const names = program.models.parts.get(base);
    if (!names || args === undefined) return undefined;
    return [...names].reverse().flatMap((name) => {
      const part = instantiated(program.models.shapes.get(shapeName(base, `.${name}`)) ?? '', args);
      return ofType(unit, scope, part).flatMap((ending) =>
        ending.path.includes('*') ? [] : [{ ...ending, path: [name, ...ending.path] }],
      );
    });
  };

  const ofClass = (type: NamedType): readonly Ending[] => {
    const { name } = type.facts;
    const own = program.functionNamed(type.unit, `${name}::~${name.slice(name.lastIndexOf(':') + 1)}`);
    const rest = ofMembers(type);
    if (!own) return rest;
    return rest.length > 0 || doesSomething(own) ? [{ path: [], fn: own }] : NONE;
  };

  const ofMembers = (type: NamedType): readonly Ending[] => {
    const known = members.get(type);
    if (known) readAgain(known.reads);
    if (known) return known.result;
    if (active.has(type) || active.size > MAX_DEPTH) {
      cuts++;
      return NONE;
    }
    const before = cuts;
    active.add(type);
    const found = reading(() => membersOf(type));
    active.delete(type);
    if (cuts === before) members.set(type, found);
    return found.result;
  };

  const membersOf = ({ facts, unit }: NamedType): readonly Ending[] => {
    const found: Ending[] = [];
    for (const { name, type } of [...facts.fields].reverse()) {
      const endings = ofType(unit, facts.name, type);
      // What a static member is ends with the program.
      if (endings.length === 0 || unit.globals.some((g) => g.name === `${facts.name}::${name}`)) continue;
      for (const ending of endings) found.push({ ...ending, path: [name, ...ending.path] });
    }
    for (const base of [...(facts.bases ?? [])].reverse())
      found.push(...ofType(unit, facts.name, { base, ptr: 0, arr: 0 }));
    return found.length > 0 ? found.slice(0, MAX_ENDINGS) : NONE;
  };

  return { ofType, ofMembers };
}

function doesSomething({ facts }: Fn): boolean {
  return facts.nodes.some(({ op }) => op === 'call' || op === 'assign');
}
