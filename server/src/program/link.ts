/** Linking: names to definitions, calls to their targets. */
import type { UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import { type Body, linkBody } from './bodies';
import { declaredLocking, functionsDeclared } from './declared-locks';
import { definedByMacros, endingsByLibrary, type IncludedList } from './definitions';
import { makeEndings } from './endings';
import { expandMacros } from './expansion';
import {
  changeName,
  enterUnits,
  enterWrappedLocks,
  functionsOfFile,
  type History,
  lastNameKey,
  newHistory,
  readName,
} from './history';
import type { LinkedFn } from './linked-function';
import { type MacroTable, makeMacroTable } from './macros';
import { takes } from './overloads';
import { makeOverrides } from './overrides';
import type { Program, Target } from './program';
import { isCurrent, read, reading } from './reads';
import { withScopedLocks } from './scoped-locks';
import { enter, enterFunction, functionNamed, globalNamed, push, type Tables, tablesOf } from './tables';
import type { CallNames } from './targets';
import { makeTypes } from './types';
import { isHeader, type Visibility } from './visibility';
import { findWrappedLocks, keyOfType } from './wrapped-locks';

/**
 * Links units. They may come in any order. With the history of an earlier linking, whatever it made is used again
 * where nothing has changed that it was made from; functions stay the same objects, so the earlier program no
 * longer stands.
 */
export function link(
  unsorted: readonly UnitFacts[],
  library: Library,
  history: History = newHistory(),
): Program {
  const units = [...unsorted].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  enterUnits(history, units, library);
  const tables = tablesOf(history, units, library);
  for (const unit of units) enter(tables, unit);
  defineDeclared(tables, units);
  expandAll(tables, units);
  const types = makeTypes(history, units, tables.visibility, tables.usedNames, library.classes);
  enterWrappedLocks(history, findWrappedLocks(units, types, library));
  const targets: ReadonlyMap<number, Target>[] = [];
  const program: Program = {
    history,
    units,
    fns: tables.fns,
    types,
    models: library,
    wrapsLock(type) {
      read(history.wrappedLocks.cell);
      return history.wrappedLocks.types.has(keyOfType(type));
    },
    isNoReturn: noReturnNames(units, tables.visibility),
    targets,
    usedNames: tables.usedNames,
    functionNamed: (unit, name, scope) => functionNamed(tables, unit, name, scope ?? ''),
    constantNamed: (unit, name) => tables.constantAt(unit, name),
    globalNamed: (fn, name) => globalNamed(tables, program.types, fn, name),
  };
  const names: CallNames = {
    functionNamed: (unit, name, scope, args) => functionNamed(tables, unit, name, scope, args),
    overrides: makeOverrides(history, units, program, (unit, name, args) =>
      tables.functionAt(unit, name, args),
    ),
    overloads(fn, args) {
      readName(history, fn.facts.name);
      const all = tables.functions.get(fn.facts.name) ?? [];
      return all.filter(({ unit, raw }) => unit === fn.unit && takes(raw, tables.defaults(raw), args));
    },
    sees: tables.visibility.sees,
    takes: (fn, args) => takes(fn.facts, tables.defaults(fn.facts), args),
    associated: {
      get(last) {
        readName(history, lastNameKey(last));
        return tables.associated.get(last);
      },
    },
    methods: {
      get(last) {
        readName(history, lastNameKey(last));
        return tables.methods.get(last);
      },
    },
  };
  const endings = makeEndings(program);
  for (const fn of tables.fns) {
    const from = fn.expanded?.value ?? fn.raw;
    if (fn.linked?.from !== from || !isCurrent(fn.linked.reads)) {
      const { result, reads } = reading(() => linkBody(names, program, endings, fn, showing(fn, targets)));
      fn.link({ from, reads, value: result });
      fn.show('expanded');
    }
    targets[fn.id] = fn.linked?.value.targets ?? new Map();
  }
  for (const fn of tables.fns) fn.show('linked');
  return program;
}

/** Types of results hang on what is there so far of the body that is being linked. */
function showing(fn: LinkedFn, targets: ReadonlyMap<number, Target>[]): (body: Body) => void {
  return (body) => {
    fn.showBody(body);
    targets[fn.id] = body.targets;
  };
}

/** All are expanded from the facts as they were read, so the order has no influence. */
function expandAll(tables: Tables, units: readonly UnitFacts[]): void {
  const { history, fns, models } = tables;
  for (const fn of fns) fn.show('raw');
  const plain = new Set(fns.flatMap(({ raw }) => (raw.kind === 'macro' ? [] : [raw.name])));
  const isTaken = (name: string): boolean =>
    models.functions.has(name) || tables.globals.has(name) || plain.has(name);
  const isModelled = (name: string): boolean =>
    models.functions.get(name)?.weak !== true && models.functions.has(name);
  const isHalf = (name: string): boolean => models.functions.get(name)?.cleanup !== undefined;
  const macros = makeMacroTable(history, fns, tables.visibility, { isTaken, isModelled, isHalf });
  for (const unit of units) {
    for (const fn of defineByUses(tables, unit, macros)) {
      enterFunction(tables, fn);
      fn.show('raw');
      plain.add(fn.raw.name);
    }
  }
  for (const fn of fns) {
    const { raw, expanded } = fn;
    if (expanded?.from === raw && isCurrent(expanded.reads)) continue;
    const { result, reads } = reading(() => expandMacros(fn, macros, withScopedLocks(models, fn)));
    fn.expand({ from: raw, reads, value: result });
  }
  for (const fn of fns) fn.show('expanded');
}

/** What annotated declarations say of locks is done by functions of their own, where nothing else defines them. */
function defineDeclared(tables: Tables, units: readonly UnitFacts[]): void {
  const { history, models } = tables;
  const written = new Set(tables.functions.keys());
  const isDefined = (name: string): boolean => written.has(name) || models.functions.has(name);
  for (const unit of units) {
    const file = history.functions.get(unit.file);
    if (!file) continue;
    const said = declaredLocking(unit, models.lockAnnotations, isDefined);
    const names = said.map(({ name }) => name).join();
    const { declared: known } = file;
    if (names === '' && !known) continue;
    if (known?.unit !== unit || known.names !== names) {
      const result = functionsDeclared(unit, models.lockAnnotations, said);
      const before = new Set((known?.fns ?? []).map(({ raw }) => raw.name));
      const now = new Set(result.map(({ name }) => name));
      for (const name of before) if (!now.has(name)) changeName(history, name);
      for (const name of now) if (!before.has(name)) changeName(history, name);
      file.declared = { fns: functionsOfFile(known?.fns ?? [], unit, result), unit, names };
    }
    for (const fn of file.declared?.fns ?? []) enterFunction(tables, fn);
  }
}

/** The functions that a unit's macro uses define. Their names are known only now. */
function defineByUses(tables: Tables, unit: UnitFacts, macros: MacroTable): readonly LinkedFn[] {
  const { history, visibility } = tables;
  const file = history.functions.get(unit.file);
  const includes = includedLists(visibility, unit);
  if (!file || (unit.uses.length + includes.length === 0 && file.defined.length === 0)) return [];
  const lists = includes.map(({ list }) => list);
  const { uses } = file;
  if (uses?.unit === unit && isCurrent(uses.reads) && sameItems(uses.lists, lists)) return file.defined;
  const { result, reads } = reading(() => [
    ...definedByMacros(unit, macros, includes),
    ...endingsByLibrary(unit, tables.models.automaticDefiners),
  ]);
  const before = new Set(file.defined.map(({ raw }) => raw.name));
  const now = new Set(result.map(({ name }) => name));
  for (const name of before) if (!now.has(name)) changeName(history, name);
  for (const name of now) if (!before.has(name)) changeName(history, name);
  file.defined = functionsOfFile(file.defined, unit, result);
  file.uses = { unit, lists, reads };
  return file.defined;
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** The files with uses of macros that a file includes behind a macro of its own that makes functions. */
function includedLists(visibility: Visibility, unit: UnitFacts): IncludedList[] {
  if (!unit.functions.some(({ macro }) => macro?.defines ?? macro?.uses)) return [];
  return unit.includes.flatMap(({ path, at }): IncludedList[] => {
    const list = visibility.included(unit, path);
    return list && list !== unit && list.uses.length > 0 ? [{ list, span: [at, at + path.length] }] : [];
  });
}

/**
 * Names that a prototype, or a pointer's declaration, says never to return from: in the file itself, or in a header.
 * Where a header is not seen to be included, it is believed of a file that says nothing of the name itself.
 */
function noReturnNames(units: readonly UnitFacts[], visibility: Visibility): Program['isNoReturn'] {
  const saidBy = new Map<string, UnitFacts[]>();
  for (const unit of units)
    for (const said of [unit.prototypes, unit.globals])
      for (const { name, noreturn } of said) if (noreturn) push(saidBy, name, unit);
  return (unit, name) => {
    const said = saidBy.get(name);
    if (!said) return false;
    if (said.includes(unit)) return true;
    const headers = said.filter(({ file }) => isHeader(file));
    if (headers.length === 0) return false;
    const isOwn = unit.prototypes.some((p) => p.name === name) || unit.functions.some((f) => f.name === name);
    return !isOwn || headers.some((header) => visibility.sees(unit, header));
  };
}
