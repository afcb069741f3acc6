/** Linking: names to definitions, calls to their targets. */
import type { UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import { type Body, linkBody } from './bodies';
import { definedByLibrary, definedByMacros, type IncludedList } from './definitions';
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
import { makeOverrides } from './overrides';
import {
  type Fn,
  type GlobalVariable,
  lastPart,
  type Program,
  scopedNames,
  type Target,
  type Types,
  usedNames,
} from './program';
import { isCurrent, read, reading } from './reads';
import type { CallNames } from './targets';
import { makeTypes } from './types';
import {
  isHeader,
  isHiddenByMember,
  makeVisibility,
  overload,
  remembered,
  rememberedInScope,
  type Visibility,
} from './visibility';
import { findWrappedLocks, keyOfType } from './wrapped-locks';

interface Tables {
  history: History;
  fns: LinkedFn[];
  functions: Map<string, LinkedFn[]>;
  methods: Map<string, LinkedFn[]>;
  globals: Map<string, GlobalVariable[]>;
  constants: Map<string, { unit: UnitFacts; value: number }[]>;
  visibility: Visibility;
  models: Library;
  /** Files that define `main`. */
  mains: Set<UnitFacts>;
  /** What names mean in scopes, by the number of arguments. */
  inScope: Map<number, (unit: UnitFacts, scope: string, name: string) => Fn | undefined>;
  /** The function of that name that a file means, in a call with that many arguments. */
  functionAt(unit: UnitFacts, name: string, args?: number): LinkedFn | undefined;
  /** `ns::f` may be written with an alias or a `using` of an outer namespace: the one whose name ends so. */
  endingAt(unit: UnitFacts, name: string, args?: number): LinkedFn | undefined;
  globalAt(unit: UnitFacts, name: string): GlobalVariable | undefined;
  constantAt(unit: UnitFacts, name: string): number | undefined;
}

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
  expandAll(tables, units);
  const types = makeTypes(history, units, tables.visibility, library.classes);
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
    functionNamed: (unit, name, scope) => functionNamed(tables, unit, name, scope ?? ''),
    constantNamed: (unit, name) => tables.constantAt(unit, name),
    globalNamed: (fn, name) => globalNamed(tables, program.types, fn, name),
  };
  const names: CallNames = {
    functionNamed: (unit, name, scope, args) => functionNamed(tables, unit, name, scope, args),
    overrides: makeOverrides(history, units, program, (unit, name, args) =>
      tables.functionAt(unit, name, args),
    ),
    overloads(fn) {
      readName(history, fn.facts.name);
      const all = tables.functions.get(fn.facts.name) ?? [];
      return all.filter(({ unit, raw }) => unit === fn.unit && raw.params === fn.facts.params);
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

function tablesOf(history: History, units: readonly UnitFacts[], models: Library): Tables {
  const chosen = (
    unit: UnitFacts,
    all: readonly LinkedFn[],
    args: string | undefined,
  ): LinkedFn | undefined => {
    const candidates = all.filter(
      (fn) => !hasEnded(fn) && (fn.unit === unit || (isVisible(fn) && canLink(tables, unit, fn.unit))),
    );
    return overload(tables.visibility, unit, candidates, args === undefined ? undefined : Number(args));
  };
  const functionAt = remembered(
    history,
    (unit, key) => {
      const [name = '', args] = key.split('\n');
      return chosen(unit, tables.functions.get(name) ?? [], args);
    },
    (key) => key.split('\n')[0] ?? '',
  );
  const endingAt = remembered(
    history,
    (unit, key) => {
      const [name = '', args] = key.split('\n');
      const same = tables.methods.get(name.slice(name.lastIndexOf('::') + 2)) ?? [];
      return chosen(
        unit,
        same.filter(({ raw }) => raw.name.endsWith(`::${name}`)),
        args,
      );
    },
    (key) => {
      const [name = ''] = key.split('\n');
      return lastNameKey(name.slice(name.lastIndexOf('::') + 2));
    },
  );
  const tables: Tables = {
    history,
    fns: [],
    functions: new Map(),
    methods: new Map(),
    globals: new Map(),
    constants: new Map(),
    visibility: makeVisibility(units),
    models,
    mains: new Set(),
    inScope: new Map(),
    functionAt: (unit, name, args) => {
      if (!tables.functions.has(name)) {
        readName(history, lastNameKey(lastPart(name)));
        return undefined;
      }
      // Most names have one definition or none, whatever the call looks like.
      const isOne = (tables.functions.get(name)?.length ?? 0) <= 1;
      const key = args === undefined || isOne ? name : `${name}\n${args}`;
      return functionAt(unit, key);
    },
    endingAt: (unit, name, args) => endingAt(unit, args === undefined ? name : `${name}\n${args}`),
    globalAt: remembered(history, (unit, name) => globalNamedIn(tables, unit, name)),
    constantAt: remembered(history, (unit, name) => constantNamed(tables, unit, name)),
  };
  return tables;
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
  const macros = makeMacroTable(history, fns, tables.visibility, isTaken, isModelled);
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
    const { result, reads } = reading(() => expandMacros(fn, macros));
    fn.expand({ from: raw, reads, value: result });
  }
  for (const fn of fns) fn.show('expanded');
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
  const { result, reads } = reading(() => definedByMacros(unit, macros, includes));
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

function enter(tables: Tables, unit: UnitFacts): void {
  const { functions } = tables.history;
  let file = functions.get(unit.file);
  if (file?.unit !== unit) {
    const written = functionsOfFile(file?.written ?? [], unit, unit.functions);
    const { defined = [], uses } = file ?? {};
    file = { unit, written, defined, uses };
    functions.set(unit.file, file);
  }
  for (const fn of file.written) enterFunction(tables, fn);
  for (const { name, value } of unit.constants) push(tables.constants, name, { unit, value });
  for (const facts of unit.globals) push(tables.globals, facts.name, { unit, facts });
  for (const facts of definedByLibrary(unit, tables.models.definers))
    push(tables.globals, facts.name, { unit, facts });
}

function enterFunction(tables: Tables, fn: LinkedFn): void {
  const { name, kind } = fn.raw;
  fn.id = tables.fns.length;
  tables.fns.push(fn);
  push(tables.functions, name, fn);
  if (name === 'main') tables.mains.add(fn.unit);
  const colon = name.lastIndexOf('::');
  if (colon >= 0 && kind !== 'lambda') push(tables.methods, name.slice(colon + 2), fn);
}

/** Several definitions that agree need no choice between them. */
function constantNamed(tables: Tables, unit: UnitFacts, name: string): number | undefined {
  const all = tables.constants.get(name) ?? [];
  const [first] = all;
  if (first && all.every((c) => c.value === first.value)) return first.value;
  return tables.visibility.nearest(unit, all)?.value ?? tables.models.constants.get(name);
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}

function functionNamed(
  tables: Tables,
  unit: UnitFacts,
  name: string,
  scope: string,
  args?: number,
): Fn | undefined {
  const at = args ?? -1;
  let inScope = tables.inScope.get(at);
  if (!inScope) {
    inScope = rememberedInScope((from, around, named) => functionIn(tables, from, named, around, args));
    tables.inScope.set(at, inScope);
  }
  return inScope(unit, scope, name);
}

function functionIn(
  tables: Tables,
  unit: UnitFacts,
  name: string,
  scope: string,
  args?: number,
): Fn | undefined {
  const colon = name.lastIndexOf('::');
  const last = colon < 0 ? name : name.slice(colon + 2);
  if (!tables.functions.has(name) && !tables.methods.has(last)) {
    readName(tables.history, name);
    readName(tables.history, lastNameKey(last));
    return undefined;
  }
  for (const full of [...scopedNames(scope, name), ...usedNames(unit, name)]) {
    const found = tables.functionAt(unit, full, args);
    if (found) return found;
  }
  return colon < 0 ? undefined : tables.endingAt(unit, name, args);
}

/** Two files with a `main` each are two programs. */
function canLink(tables: Tables, a: UnitFacts, b: UnitFacts): boolean {
  return a === b || !tables.mains.has(a) || !tables.mains.has(b);
}

/** A macro that is no longer there where its file ends; until then it is expanded. */
function hasEnded({ raw }: LinkedFn): boolean {
  return raw.macro?.until !== undefined;
}

/** Internal functions of a header are every includer's own; macros of a source file end with it. */
function isVisible({ unit, raw }: LinkedFn): boolean {
  if (isHeader(unit.file)) return true;
  return !raw.internal && raw.kind !== 'macro';
}

function globalNamed(tables: Tables, types: Types, fn: Fn, name: string): GlobalVariable | undefined {
  // Most names are in no scope those of globals: one cell stands for all that could be.
  readName(tables.history, lastNameKey(lastPart(name)));
  for (const full of scopedNames(fn.facts.name, name)) {
    if (!tables.globals.has(full)) continue;
    const found = tables.globalAt(fn.unit, full);
    if (found) return isHiddenByMember(types, fn, name, found) ? undefined : found;
  }
  return undefined;
}

/**
 * Names that a prototype says never to return from: in the file itself, or in a header. Where a header is not seen
 * to be included, it is believed of a file that says nothing of the name itself.
 */
function noReturnNames(units: readonly UnitFacts[], visibility: Visibility): Program['isNoReturn'] {
  const saidBy = new Map<string, UnitFacts[]>();
  for (const unit of units)
    for (const { name, noreturn } of unit.prototypes) if (noreturn) push(saidBy, name, unit);
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

function globalNamedIn(tables: Tables, unit: UnitFacts, name: string): GlobalVariable | undefined {
  const all = tables.globals.get(name) ?? [];
  if (all.length === 0) return undefined;
  const defined = all.filter(
    (g) =>
      !g.facts.extern &&
      (g.unit === unit || ((!g.facts.internal || isHeader(g.unit.file)) && canLink(tables, unit, g.unit))),
  );
  const found = tables.visibility.nearest(unit, defined);
  if (found || defined.length > 0) return found;
  const declared = all.filter((g) => g.facts.extern && canLink(tables, unit, g.unit));
  return declared.find((g) => g.unit === unit) ?? declared[0];
}
