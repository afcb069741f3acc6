/**
 * What linking remembers from one time to the next: which functions there were, and what each name stood for.
 *
 * A name has a cell. Whoever looks a name up has read it, also where it found nothing; a unit that is read again
 * changes the cells of those names alone whose definitions in it differ. Bodies of functions define no name.
 */
import type { FunctionFacts, UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import { associatedClasses } from './associated';
import { LinkedFn } from './linked-function';
import { type Cell, change, newCell, type Reads, read } from './reads';

export interface History {
  library: Library | undefined;
  units: Map<string, UnitFacts>;
  names: Map<string, Cell>;
  /** Which files there are, what they include, where programs begin: it decides what any name means. */
  layout: Cell;
  /** Structs that wrap one lock. */
  wrappedLocks: { cell: Cell; types: ReadonlySet<string> };
  /** By file: the functions it holds, and those that its macro uses define. */
  functions: Map<string, FileFunctions>;
  /** What analyses have tabled over the whole program, by the table's name. */
  tables: Map<string, Map<string, { cell: Cell; value: unknown }>>;
}

export interface FileFunctions {
  unit: UnitFacts;
  written: readonly LinkedFn[];
  defined: readonly LinkedFn[];
  /** Those that its annotated declarations make, and what they were made from. */
  declared?: { fns: readonly LinkedFn[]; unit: UnitFacts; names: string };
  /** What the defined ones were made from. */
  uses?: { unit: UnitFacts; lists: readonly UnitFacts[]; reads: Reads };
}

export function newHistory(): History {
  return {
    library: undefined,
    units: new Map(),
    names: new Map(),
    layout: newCell(),
    wrappedLocks: { cell: newCell(), types: new Set() },
    functions: new Map(),
    tables: new Map(),
  };
}

export function cellOf({ names }: History, name: string): Cell {
  const known = names.get(name);
  if (known) return known;
  const made = newCell();
  names.set(name, made);
  return made;
}

/** Notes that the present reading hangs on which files there are, what they include and what they use. */
export function readLayout(history: History): void {
  read(history.layout);
}

/** A name is looked up. */
export function readName(history: History, name: string): void {
  read(history.layout);
  read(cellOf(history, name));
}

/** Takes new units (sorted, one a file) and changes the cells of all names that may mean something else now. */
export function enterUnits(history: History, units: readonly UnitFacts[], library: Library): void {
  const { library: before, units: old } = history;
  history.library = library;
  history.units = new Map(units.map((unit) => [unit.file, unit]));
  const isOther =
    before !== library ||
    old.size !== history.units.size ||
    units.some((unit) => {
      const known = old.get(unit.file);
      return !known || (known !== unit && layoutOf(known) !== layoutOf(unit));
    });
  if (isOther) change(history.layout);
  // What was made with another library is no part of this program.
  if (before !== library) history.functions.clear();
  for (const file of old.keys()) if (!history.units.has(file)) history.functions.delete(file);
  for (const unit of units) {
    const known = old.get(unit.file);
    if (!known || known === unit) continue;
    const was = definitionsOf(known);
    const is = definitionsOf(unit);
    for (const [name, text] of was) if (is.get(name) !== text) changeName(history, name);
    for (const name of is.keys()) if (!was.has(name)) changeName(history, name);
  }
}

/** Takes the structs that wrap one lock now. */
export function enterWrappedLocks({ wrappedLocks }: History, types: ReadonlySet<string>): void {
  const before = wrappedLocks.types;
  wrappedLocks.types = types;
  if (types.size !== before.size || [...types].some((type) => !before.has(type))) change(wrappedLocks.cell);
}

export function changeName(history: History, name: string): void {
  const cell = history.names.get(name);
  if (cell) change(cell);
  // Methods and types are also asked for by their last name.
  const last = name.lastIndexOf('::');
  const sameLast = history.names.get(lastNameKey(last < 0 ? name : name.slice(last + 2)));
  if (sameLast) change(sameLast);
}

/** The cell's name for all methods that are called so. */
export function lastNameKey(last: string): string {
  return `::${last}`;
}

/** The cell's name for all classes that have a base of this last name. */
export function belowKey(base: string): string {
  return `{below} ${base.slice(base.lastIndexOf(':') + 1)}`;
}

function layoutOf({ language, includes, functions, prototypes, globals, usings }: UnitFacts): string {
  return JSON.stringify([
    language,
    usings,
    includes.map(({ path, system }) => [path, system]),
    functions.some(({ name }) => name === 'main'),
    [prototypes, globals].map((all) => all.flatMap(({ name, noreturn }) => (noreturn ? [name] : []))),
  ]);
}

/** What a unit says of each name that it defines or declares, without places and bodies. */
function definitionsOf(unit: UnitFacts): Map<string, string> {
  const found = new Map<string, string>();
  const add = (name: string, ...what: readonly unknown[]): void => {
    found.set(name, `${found.get(name) ?? ''}${JSON.stringify(what, withoutPlaces)}`);
  };
  for (const facts of unit.functions) {
    const { name, kind, internal, macro, params, variadic, virtual, returns, defaults } = facts;
    add(
      name,
      'function',
      kind,
      internal,
      [params, variadic, virtual, returns, defaults, associatedClasses(facts)],
      macro?.object === true,
      macro?.defines?.length ?? 0,
      macro?.until === undefined,
    );
  }
  for (const { name } of unit.undefs) add(name, 'undef');
  for (const facts of unit.globals) add(facts.name, 'global', facts);
  for (const facts of unit.types) {
    add(facts.name, 'type', facts);
    for (const base of facts.bases ?? []) add(belowKey(base), 'below', facts.name);
  }
  for (const facts of unit.aliases) add(facts.name, 'alias', facts);
  for (const facts of unit.constants) add(facts.name, 'constant', facts);
  for (const facts of unit.prototypes) add(facts.name, 'prototype', facts);
  for (const { function: name, owner, field } of unit.stores) add(name, 'store', owner, field);
  return found;
}

function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'span' ? undefined : value;
}

/** The functions of a file: the same objects as before for the same functions. */
export function functionsOfFile(
  before: readonly LinkedFn[],
  unit: UnitFacts,
  facts: readonly FunctionFacts[],
): LinkedFn[] {
  const known = new Map<string, LinkedFn>();
  const counts = new Map<string, number>();
  const keyOf = (each: FunctionFacts): string => {
    const name = `${each.kind} ${each.name}`;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return `${name} ${count}`;
  };
  for (const fn of before) known.set(keyOf(fn.raw), fn);
  counts.clear();
  return facts.map((each) => {
    const fn = known.get(keyOf(each));
    if (!fn) return new LinkedFn(unit, each);
    fn.replace(unit, each);
    return fn;
  });
}
