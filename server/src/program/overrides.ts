/** Virtual functions: which classes derive from a class, and what they have in the place of its methods. */
import type { UnitFacts } from '../facts/facts';
import { belowKey, type History, lastNameKey, readName } from './history';
import { type Fn, lastPart, type NamedType, type Program } from './program';
import { onceFor } from './reads';

export interface Overrides {
  /** What calls of this method through a pointer or reference can reach in derived classes. */
  of(type: NamedType, method: string, args: number): readonly Fn[];
  /** Methods of that name in derived classes, virtual or not. */
  below(type: NamedType, method: string, args: number): readonly Fn[];
}

/** More implementations of one method than these make no call clearer. */
const MAX_OVERRIDES = 24;
const NONE: readonly Fn[] = [];

export function makeOverrides(
  history: History,
  units: readonly UnitFacts[],
  program: Program,
  methodNamed: (unit: UnitFacts, name: string, args: number) => Fn | undefined,
): Overrides {
  const below = new Map<string, NamedType[]>();
  const virtual = new Set<string>();
  const names = new Set<string>();
  for (const unit of units) {
    for (const facts of unit.types) {
      for (const base of facts.bases ?? []) {
        const list = below.get(belowKey(base));
        if (list) list.push({ unit, facts });
        else below.set(belowKey(base), [{ unit, facts }]);
      }
    }
    for (const facts of [...unit.functions, ...unit.prototypes]) {
      if (!facts.virtual) continue;
      virtual.add(facts.name);
      names.add(lastPart(facts.name));
    }
  }

  const derived = onceFor((type: NamedType): readonly NamedType[] => {
    const key = belowKey(type.facts.name);
    readName(history, key);
    return (below.get(key) ?? []).filter(({ unit, facts }) =>
      facts.bases?.some((base) => {
        const parent = program.types.structOf(unit, facts.name, { base, ptr: 0, arr: 0 });
        return parent?.facts === type.facts;
      }),
    );
  });

  const isVirtual = (type: NamedType, method: string): boolean =>
    program.types.classChain(type.unit, '', type.facts.name).some((name) => {
      readName(history, `${name}::${method}`);
      return virtual.has(`${name}::${method}`);
    });

  const find = (type: NamedType, method: string, args: number): readonly Fn[] =>
    isVirtual(type, method) ? inDerived(type, method, args) : NONE;

  const inDerived = (type: NamedType, method: string, args: number): readonly Fn[] => {
    const found = new Set<Fn>();
    const seen = new Set<NamedType['facts']>([type.facts]);
    const queue = [...derived(type)];
    for (let next = queue.shift(); next && found.size < MAX_OVERRIDES; next = queue.shift()) {
      if (seen.has(next.facts)) continue;
      seen.add(next.facts);
      const own = methodNamed(next.unit, `${next.facts.name}::${method}`, args);
      if (own) found.add(own);
      queue.push(...derived(next));
    }
    return takingAsMany([...found], args);
  };
  const tables = onceFor((_: NamedType) => new Map<string, () => readonly Fn[]>());

  return {
    below: inDerived,
    of(type, method, args) {
      if (!names.has(method)) {
        readName(history, lastNameKey(method));
        return NONE;
      }
      const table = tables(type);
      const key = `${method} ${args}`;
      let known = table.get(key);
      if (!known) {
        const once = onceFor((of: NamedType) => find(of, method, args));
        known = () => once(type);
        table.set(key, known);
      }
      return known();
    },
  };
}

/** What overrides a method takes what it takes; another method of that name may stand beside it. */
function takingAsMany(found: readonly Fn[], args: number): readonly Fn[] {
  const exact = found.filter(({ facts }) => facts.params === args);
  return exact.length > 0 ? exact : found.filter(({ facts }) => facts.params > args || facts.variadic);
}
