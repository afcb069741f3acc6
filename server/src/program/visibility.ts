/**
 * Which of several files of the same workspace a name in one file means.
 *
 * A workspace holds many programs: the same function, type and global names stand in several places. A name
 * means the definition its file can be linked with: the same file, then a file it includes, then the nearest
 * folder. Two equally near candidates are two programs, and the name means neither.
 */
import type { UnitFacts } from '../facts/facts';
import { closest, includeClosure, makeIncludes } from './includes';

export interface Visibility {
  /** The candidate that `from` means, or undefined where none is nearer than the others. */
  nearest<T extends { unit: UnitFacts }>(from: UnitFacts, candidates: readonly T[]): T | undefined;
  /** Whether a file includes another, itself or through others. */
  sees(from: UnitFacts, other: UnitFacts): boolean;
}

export function isHeader(file: string): boolean {
  return /\.(?:h|hh|hpp|hxx|h\+\+|inl|ipp|tpp|H)$/.test(file);
}

/**
 * Remembers answers by unit and name: the same few names are asked for at every use.
 */
export function remembered<T>(
  find: (unit: UnitFacts, name: string) => T,
): (unit: UnitFacts, name: string) => T {
  const known = new Map<UnitFacts, Map<string, T>>();
  return (unit, name) => {
    const own = known.get(unit) ?? new Map<string, T>();
    known.set(unit, own);
    const found = own.get(name);
    if (found !== undefined || own.has(name)) return found as T;
    const made = find(unit, name);
    own.set(name, made);
    return made;
  };
}

export function makeVisibility(units: readonly UnitFacts[]): Visibility {
  const includes = makeIncludes(units);
  const closures = new Map<UnitFacts, Set<UnitFacts>>();
  const closureOf = (unit: UnitFacts): Set<UnitFacts> => {
    const known = closures.get(unit);
    if (known) return known;
    const closure = includeClosure(unit, includes);
    closures.set(unit, closure);
    return closure;
  };
  return {
    sees: (from, other) => closureOf(from).has(other),
    nearest(from, candidates) {
      if (candidates.length === 0) return undefined;
      const own = candidates.find((candidate) => candidate.unit === from);
      if (own) return own;
      const first = candidates[0];
      if (candidates.length === 1) return first;
      const included = closureOf(from);
      const visible = candidates.filter((candidate) => included.has(candidate.unit));
      if (visible.length === 1) return visible[0];
      return closest(from.file, visible.length > 0 ? visible : candidates, ({ unit }) => unit.file);
    },
  };
}
