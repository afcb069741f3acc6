/** The names of a workspace as linking has entered them, and what each means where it is used. */
import type { UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import { type AssociatedFunctions, associatedClasses } from './associated';
import { definedByLibrary } from './definitions';
import { functionsOfFile, type History, lastNameKey, readName } from './history';
import type { LinkedFn } from './linked-function';
import { type Defaults, makeDefaults, overload } from './overloads';
import { type Fn, type GlobalVariable, lastPart, scopedNames, type Types } from './program';
import { makeUsedNames, type UsedNames } from './usings';
import {
  isHeader,
  isHiddenByMember,
  makeVisibility,
  remembered,
  rememberedInScope,
  type Visibility,
} from './visibility';

export interface Tables {
  history: History;
  fns: LinkedFn[];
  functions: Map<string, LinkedFn[]>;
  methods: Map<string, LinkedFn[]>;
  associated: AssociatedFunctions;
  globals: Map<string, GlobalVariable[]>;
  constants: Map<string, { unit: UnitFacts; value: number }[]>;
  visibility: Visibility;
  usedNames: UsedNames;
  defaults: Defaults;
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

export function tablesOf(history: History, units: readonly UnitFacts[], models: Library): Tables {
  const chosen = (
    unit: UnitFacts,
    all: readonly LinkedFn[],
    args: string | undefined,
  ): LinkedFn | undefined => {
    const candidates = all.filter(
      (fn) => !hasEnded(fn) && (fn.unit === unit || (isVisible(fn) && canLink(tables, unit, fn.unit))),
    );
    return overload(tables, unit, candidates, args === undefined ? undefined : Number(args));
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
  const visibility = makeVisibility(units);
  const tables: Tables = {
    history,
    fns: [],
    functions: new Map(),
    methods: new Map(),
    associated: new Map(),
    globals: new Map(),
    constants: new Map(),
    visibility,
    usedNames: makeUsedNames(history, units, visibility),
    defaults: makeDefaults(units),
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

export function enter(tables: Tables, unit: UnitFacts): void {
  const { functions } = tables.history;
  let file = functions.get(unit.file);
  if (file?.unit !== unit) {
    const written = functionsOfFile(file?.written ?? [], unit, unit.functions);
    const { defined = [], declared, uses } = file ?? {};
    file = { unit, written, defined, ...(declared ? { declared } : {}), uses };
    functions.set(unit.file, file);
  }
  for (const fn of file.written) enterFunction(tables, fn);
  for (const { name, value } of unit.constants) push(tables.constants, name, { unit, value });
  for (const facts of unit.globals) push(tables.globals, facts.name, { unit, facts });
  for (const facts of definedByLibrary(unit, tables.models.definers))
    push(tables.globals, facts.name, { unit, facts });
}

export function enterFunction(tables: Tables, fn: LinkedFn): void {
  const { name, kind } = fn.raw;
  fn.id = tables.fns.length;
  tables.fns.push(fn);
  const last = lastPart(name);
  for (const found of new Set(associatedClasses(fn.raw))) {
    const byClass = tables.associated.get(last) ?? new Map<string, Fn[]>();
    tables.associated.set(last, byClass);
    push(byClass, found, fn);
  }
  if (fn.raw.befriendedBy !== undefined) return;
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

/** Adds to the list that a key has. */
export function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}

/** The function that a name means in a scope; of several that which takes this number of arguments. */
export function functionNamed(
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
  for (const full of [...scopedNames(scope, name), ...tables.usedNames(unit, scope, name)]) {
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

/** The variable of the workspace that a name means in a function. */
export function globalNamed(tables: Tables, types: Types, fn: Fn, name: string): GlobalVariable | undefined {
  // Most names are in no scope those of globals: one cell stands for all that could be.
  readName(tables.history, lastNameKey(lastPart(name)));
  for (const full of scopedNames(fn.facts.name, name)) {
    if (!tables.globals.has(full)) continue;
    const found = tables.globalAt(fn.unit, full);
    if (found) return isHiddenByMember(types, fn, name, found) ? undefined : found;
  }
  if (!lastNamesOfGlobals(tables).has(lastPart(name))) return undefined;
  for (const full of tables.usedNames(fn.unit, fn.facts.name, name)) {
    const found = tables.globals.has(full) ? tables.globalAt(fn.unit, full) : undefined;
    if (found) return isHiddenByMember(types, fn, name, found) ? undefined : found;
  }
  return undefined;
}

const globalLasts = new WeakMap<Tables, ReadonlySet<string>>();

function lastNamesOfGlobals(tables: Tables): ReadonlySet<string> {
  const known = globalLasts.get(tables) ?? new Set([...tables.globals.keys()].map(lastPart));
  globalLasts.set(tables, known);
  return known;
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
