/** What names of types mean: structs and classes with their bases and fields, typedefs, declarations. */
import type { TypeRef } from '../facts/expr';
import type { PrototypeFacts, UnitFacts } from '../facts/facts';
import { makeTypeOf, type TypeNames } from './expression-types';
import { type History, lastNameKey, readName } from './history';
import { type NamedAlias, type NamedType, scopedNames, type Types } from './program';
import { onceFor } from './reads';
import type { UsedNames } from './usings';
import { remembered, rememberedInScope, type Visibility } from './visibility';

const MAX_STEPS = 8;
/** A class with more bases than this is taken to have these. */
const MAX_BASES = 24;

export function makeTypes(
  history: History,
  units: readonly UnitFacts[],
  visibility: Visibility,
  usedNames: UsedNames,
  classes: ReadonlySet<string>,
): Types {
  const structs = new Map<string, NamedType[]>();
  const aliases = new Map<string, NamedAlias[]>();
  const prototypes = new Map<string, { unit: UnitFacts; facts: PrototypeFacts }[]>();
  for (const unit of units) {
    for (const facts of unit.types) entry(structs, facts.name).push({ unit, facts });
    for (const facts of unit.aliases) entry(aliases, facts.name).push({ unit, facts });
    for (const facts of unit.prototypes) entry(prototypes, facts.name).push({ unit, facts });
  }

  const structAt = remembered(history, (unit, name) => visibility.nearest(unit, structs.get(name) ?? []));
  const aliasAt = remembered(history, (unit, name) =>
    nearestOrSame(visibility, unit, aliases.get(name) ?? []),
  );
  const prototypeAt = remembered(history, (unit, name) =>
    visibility.nearest(unit, prototypes.get(name) ?? []),
  );
  const localScopes = new Set<string>();
  for (const table of [structs, aliases])
    for (const name of table.keys()) localScopes.add(name.slice(0, Math.max(0, name.lastIndexOf('::'))));

  const scoped = <T>(
    at: (unit: UnitFacts, name: string) => T | undefined,
    lasts: ReadonlySet<string>,
  ): ((unit: UnitFacts, scope: string, name: string) => T | undefined) => {
    const around = rememberedInScope((unit, scope, name) => {
      const last = name.slice(name.lastIndexOf(':') + 1);
      if (!lasts.has(last)) {
        readName(history, lastNameKey(last));
        return undefined;
      }
      for (const full of [...scopedNames(scope, name), ...usedNames(unit, scope, name)]) {
        const found = at(unit, full);
        if (found) return found;
      }
      return undefined;
    });
    // A function's own types are named after it, and so are those of a class.
    return (unit, scope, name) =>
      (localScopes.has(scope) && unit.language === 'cpp' ? at(unit, `${scope}::${name}`) : undefined) ??
      around(unit, scope, name);
  };
  const structIn = scoped(structAt, lastNames(structs));
  const aliasIn = scoped(aliasAt, lastNames(aliases));
  const prototypeIn = scoped(prototypeAt, lastNames(prototypes));

  /** Follows typedefs, each in its own scope. `pthread_t`-like names without a definition stay as they are. */
  const resolved = (
    from: UnitFacts,
    around: string,
    ref: TypeRef,
  ): { type: TypeRef; struct?: NamedType | undefined } => {
    let type = ref;
    let unit = from;
    let scope = around;
    for (let step = 0; step < MAX_STEPS; step++) {
      if (!type.base) return { type };
      const struct = structIn(unit, scope, type.base);
      if (struct) return { type, struct };
      const alias = aliasIn(unit, scope, type.base);
      if (!alias || alias.facts.target.base === type.base) return { type: withNamespace(unit, scope, type) };
      const { target } = alias.facts;
      unit = alias.unit;
      scope = alias.facts.name;
      type = {
        ...type,
        base: target.base,
        ptr: type.ptr + target.ptr,
        arr: type.arr + target.arr,
        args: target.args ?? type.args,
      };
    }
    return { type };
  };

  /** `using namespace std;` makes a plain `mutex` the library's. */
  const withNamespace = (unit: UnitFacts, scope: string, type: TypeRef): TypeRef => {
    const full = usedNames(unit, scope, type.base).find((name) => classes.has(name));
    return full === undefined ? type : { ...type, base: full };
  };

  /** By a name that means the same everywhere, where the type is known. */
  const canonical: TypeNames['canonical'] = (unit, scope, ref) => {
    const { type, struct } = resolved(unit, scope, ref);
    return struct && unit.language === 'cpp' && struct.facts.name !== type.base
      ? { ...type, base: struct.facts.name }
      : type;
  };

  const structOf: Types['structOf'] = (unit, scope, ref) => resolved(unit, scope, ref).struct;

  const baseOf = ({ unit, facts }: NamedType, base: string): NamedType | undefined =>
    structOf(unit, facts.name, { base, ptr: 0, arr: 0 });

  const fieldOf: Types['fieldOf'] = (type, field) => {
    const queue = [type];
    for (let step = 0; step < MAX_BASES; step++) {
      const owner = queue.shift();
      if (!owner) return undefined;
      const found = owner.facts.fields.find((f) => f.name === field);
      if (found) return { owner, type: found.type };
      for (const base of owner.facts.bases ?? []) {
        const parent = baseOf(owner, base);
        if (parent) queue.push(parent);
      }
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

  const chainFrom = onceFor((first: NamedType): string[] => {
    const chain: string[] = [];
    const queue = [first];
    for (let current = queue.shift(); current && chain.length < MAX_BASES; current = queue.shift()) {
      if (chain.includes(current.facts.name)) continue;
      chain.push(current.facts.name);
      for (const next of current.facts.bases ?? []) {
        const parent = baseOf(current, next);
        if (parent) queue.push(parent);
        else chain.push(next);
      }
    }
    return chain;
  });

  const classChain: Types['classChain'] = (unit, scope, base) => {
    const { type, struct } = resolved(unit, scope, { base, ptr: 0, arr: 0 });
    return struct ? chainFrom(struct) : [type.base];
  };

  const referencesOf = onceFor((type: NamedType): ReadonlySet<string> => {
    const found = new Set<string>();
    for (const base of chainFrom(type)) {
      const struct = structOf(type.unit, type.facts.name, { base, ptr: 0, arr: 0 });
      for (const { name, type: t } of struct?.facts.fields ?? [])
        if (t.ref && t.ptr === 0 && t.arr === 0) found.add(name);
    }
    return found;
  });

  const declarationOf: Types['declarationOf'] = (unit, scope, name) => prototypeIn(unit, scope, name)?.facts;

  const isDeclared: Types['isDeclared'] = (name, params) => {
    readName(history, name);
    return prototypes.get(name)?.some(({ facts }) => facts.params.length === params) ?? false;
  };

  const returnsOf: TypeNames['returnsOf'] = (unit, scope, name) => declarationOf(unit, scope, name)?.returns;

  const names = {
    canonical,
    structOf,
    classChain,
    classAround,
    fieldOf,
    referencesOf,
    returnsOf,
    declarationOf,
    isDeclared,
  };
  return { ...names, typeOf: makeTypeOf(names) };
}

function entry<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known) return known;
  const list: T[] = [];
  map.set(key, list);
  return list;
}

function lastNames(table: ReadonlyMap<string, unknown>): Set<string> {
  const lasts = new Set<string>();
  for (const name of table.keys()) lasts.add(name.slice(name.lastIndexOf(':') + 1));
  return lasts;
}

/** Of several that are equally near, any where all say the same: headers repeat `typedef struct conn conn;`. */
function nearestOrSame(
  visibility: Visibility,
  unit: UnitFacts,
  candidates: readonly NamedAlias[],
): NamedAlias | undefined {
  const near = visibility.nearest(unit, candidates);
  const [first] = candidates;
  if (near || !first) return near;
  const target = JSON.stringify(first.facts.target);
  return candidates.every(({ facts }) => JSON.stringify(facts.target) === target) ? first : undefined;
}
