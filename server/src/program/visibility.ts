/**
 * Which of several files of the same workspace a name in one file means.
 *
 * A workspace holds many programs: the same function, type and global names stand in several places. A name
 * means the definition its file can be linked with: the same file, then a file it includes, then the nearest
 * folder. Of equally near ones a file with a `main` is a program of its own, so the name means the other. Two that
 * are alike in this are two programs, and the name means neither.
 */
import type { UnitFacts } from '../facts/facts';
import { cellOf, type History } from './history';
import { closest, includeClosure, makeIncludes } from './includes';
import type { Fn, GlobalVariable, Types } from './program';
import { type Cell, type Reads, read, readAgain, reading } from './reads';

export interface Visibility {
  /** The candidate that `from` means, or undefined where none is nearer than the others. */
  nearest<T extends { unit: UnitFacts }>(from: UnitFacts, candidates: readonly T[]): T | undefined;
  /** The file that an `#include` means. */
  included(from: UnitFacts, path: string): UnitFacts | undefined;
  /** Whether a file includes another, itself or through others. */
  sees(from: UnitFacts, other: UnitFacts): boolean;
}

export function isHeader(file: string): boolean {
  return /\.(?:h|hh|hpp|hxx|h\+\+|inl|ipp|tpp|H)$/.test(file);
}

/**
 * Remembers answers by unit and name: the same few names are asked for at every use. Each question is a reading
 * of the name, which is all of the key or what `nameOf` takes from it.
 */
export function remembered<T>(
  history: History,
  find: (unit: UnitFacts, name: string) => T,
  nameOf: (key: string) => string = (key) => key,
): (unit: UnitFacts, key: string) => T {
  const known = new Map<UnitFacts, Map<string, { answer: T; cell: Cell }>>();
  return (unit, name) => {
    let own = known.get(unit);
    if (!own) {
      own = new Map();
      known.set(unit, own);
    }
    let found = own.get(name);
    if (!found) {
      found = { answer: find(unit, name), cell: cellOf(history, nameOf(name)) };
      own.set(name, found);
    }
    read(history.layout);
    read(found.cell);
    return found.answer;
  };
}

/** Remembers what is found for a name in a file, and notes at each use what that was found from. */
export function rememberedInFile<T>(
  find: (unit: UnitFacts, name: string) => T,
): (unit: UnitFacts, name: string) => T {
  const known = new Map<UnitFacts, Map<string, { result: T; reads: Reads }>>();
  return (unit, name) => {
    let own = known.get(unit);
    if (!own) {
      own = new Map();
      known.set(unit, own);
    }
    const found = own.get(name);
    if (found) {
      readAgain(found.reads);
      return found.result;
    }
    const made = reading(() => find(unit, name));
    own.set(name, made);
    return made.result;
  };
}

/**
 * Remembers what a name means in a scope. Scopes of the methods of one class are the same but for what a function
 * declares for itself, which `find` must not look at.
 */
export function rememberedInScope<T>(
  find: (unit: UnitFacts, scope: string, name: string) => T,
): (unit: UnitFacts, scope: string, name: string) => T {
  const known = new Map<UnitFacts, Map<string, Map<string, { result: T; reads: Reads }>>>();
  const parents = new Map<string, string>();
  return (unit, scope, name) => {
    let parent = parents.get(scope);
    if (parent === undefined) {
      const end = scope.lastIndexOf('::');
      parent = end < 0 ? '' : `${scope.slice(0, end)}::`;
      parents.set(scope, parent);
    }
    let scopes = known.get(unit);
    if (!scopes) {
      scopes = new Map();
      known.set(unit, scopes);
    }
    let names = scopes.get(parent);
    if (!names) {
      names = new Map();
      scopes.set(parent, names);
    }
    const found = names.get(name);
    if (found) {
      readAgain(found.reads);
      return found.result;
    }
    const made = reading(() => find(unit, scope, name));
    names.set(name, made);
    return made.result;
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
  const programs = new Map<UnitFacts, boolean>();
  const beginsProgram = (unit: UnitFacts): boolean => {
    const known = programs.get(unit) ?? unit.functions.some(({ name }) => name === 'main');
    programs.set(unit, known);
    return known;
  };
  return {
    included: (from, path) => includes.included(from, path),
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
      const among = visible.length > 0 ? visible : candidates;
      const near = closest(from.file, among, ({ unit }) => unit.file);
      if (near) return near;
      const shared = among.filter(({ unit }) => !beginsProgram(unit));
      return shared.length < among.length ? closest(from.file, shared, ({ unit }) => unit.file) : undefined;
    },
  };
}

/** In a method, a member of its class is meant before a variable of that name outside. */
export function isHiddenByMember(types: Types, fn: Fn, name: string, { facts }: GlobalVariable): boolean {
  if (fn.unit.language !== 'cpp' || name.includes('::')) return false;
  const around = types.classAround(fn);
  const member = around && types.fieldOf(around, name);
  return member !== undefined && facts.name !== `${member.owner.facts.name}::${name}`;
}
