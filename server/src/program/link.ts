/** Linking: names to definitions, calls to their targets. */
import type { FunctionFacts, UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import { definedByMacros } from './definitions';
import { expandMacros } from './expansion';
import { makeMacroTable } from './macros';
import { type Fn, type GlobalVariable, type Program, scopedNames, type Target } from './program';
import { type CallNames, targetOf } from './targets';
import { makeTypes } from './types';
import { isHeader, makeVisibility, remembered, type Visibility } from './visibility';

interface Tables {
  fns: Fn[];
  functions: Map<string, Fn[]>;
  methods: Map<string, Fn[]>;
  globals: Map<string, GlobalVariable[]>;
  constants: Map<string, { unit: UnitFacts; value: number }[]>;
  visibility: Visibility;
  models: Library;
  /** Files that define `main`. */
  mains: Set<UnitFacts>;
  functionAt(unit: UnitFacts, name: string): Fn | undefined;
}

/** Links units. They may come in any order. */
export function link(unsorted: readonly UnitFacts[], library: Library): Program {
  const units = [...unsorted].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const tables: Tables = {
    fns: [],
    functions: new Map(),
    methods: new Map(),
    globals: new Map(),
    constants: new Map(),
    visibility: makeVisibility(units),
    models: library,
    mains: new Set(),
    functionAt: remembered((unit, name) => {
      const candidates = tables.functions.get(name) ?? [];
      return tables.visibility.nearest(
        unit,
        candidates.filter((fn) => fn.unit === unit || (isVisible(fn) && canLink(tables, unit, fn.unit))),
      );
    }),
  };
  for (const unit of units) enter(tables, unit);
  expandAll(tables, units);
  const types = makeTypes(units, tables.visibility);
  const targets: Map<number, Target>[] = [];
  const program: Program = {
    units,
    fns: tables.fns,
    types,
    models: library,
    noReturn: new Set(units.flatMap((unit) => unit.prototypes.flatMap((p) => (p.noreturn ? [p.name] : [])))),
    targets,
    functionNamed: (unit, name, scope) => functionNamed(tables, unit, name, scope ?? ''),
    constantNamed: (unit, name) => constantNamed(tables, unit, name),
    globalNamed: (fn, name) => globalNamed(tables, fn, name),
  };
  const names: CallNames = {
    functionNamed: (unit, name, scope) => functionNamed(tables, unit, name, scope),
    methods: tables.methods,
  };
  for (const fn of tables.fns) {
    const own = new Map<number, Target>();
    targets.push(own);
    fn.facts.nodes.forEach((node, index) => {
      if (node.op === 'call') own.set(index, targetOf(names, program, fn, node));
    });
  }
  return program;
}

/** All are expanded from the facts as they were read, so the order has no influence. */
function expandAll(tables: Tables, units: readonly UnitFacts[]): void {
  const { fns, visibility, models } = tables;
  const isTaken = (name: string): boolean =>
    models.functions.has(name) ||
    tables.globals.has(name) ||
    (tables.functions.get(name) ?? []).some((fn) => fn.facts.kind !== 'macro');
  const macros = makeMacroTable(fns, visibility, isTaken);
  for (const unit of units)
    for (const facts of definedByMacros(unit, macros)) enterFunction(tables, unit, facts);
  const expanded = fns.map((fn) => expandMacros(fn, macros));
  fns.forEach((fn, index) => {
    fn.facts = expanded[index] ?? fn.facts;
  });
}

function enter(tables: Tables, unit: UnitFacts): void {
  for (const facts of unit.functions) enterFunction(tables, unit, facts);
  for (const { name, value } of unit.constants) push(tables.constants, name, { unit, value });
  for (const facts of unit.globals) push(tables.globals, facts.name, { unit, facts });
}

function enterFunction(tables: Tables, unit: UnitFacts, facts: FunctionFacts): void {
  const fn: Fn = { id: tables.fns.length, unit, facts };
  tables.fns.push(fn);
  push(tables.functions, facts.name, fn);
  if (facts.name === 'main') tables.mains.add(unit);
  const colon = facts.name.lastIndexOf('::');
  if (colon >= 0 && facts.kind !== 'lambda') push(tables.methods, facts.name.slice(colon + 2), fn);
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

function functionNamed(tables: Tables, unit: UnitFacts, name: string, scope: string): Fn | undefined {
  for (const full of scopedNames(scope, name)) {
    const found = tables.functionAt(unit, full);
    if (found) return found;
  }
  const colon = name.lastIndexOf('::');
  if (colon < 0) return undefined;
  // `ns::f` may be written with an alias or a `using` of an outer namespace: one function that ends so is meant.
  const last = (tables.methods.get(name.slice(colon + 2)) ?? []).filter((fn) =>
    fn.facts.name.endsWith(`::${name}`),
  );
  return tables.visibility.nearest(unit, last);
}

/** Two files with a `main` each are two programs. */
function canLink(tables: Tables, a: UnitFacts, b: UnitFacts): boolean {
  return a === b || !tables.mains.has(a) || !tables.mains.has(b);
}

/** Internal functions of a header are every includer's own; macros of a source file end with it. */
function isVisible(fn: Fn): boolean {
  if (isHeader(fn.unit.file)) return true;
  return !fn.facts.internal && fn.facts.kind !== 'macro';
}

function globalNamed(tables: Tables, fn: Fn, name: string): GlobalVariable | undefined {
  for (const full of scopedNames(fn.facts.name, name)) {
    const all = tables.globals.get(full) ?? [];
    const defined = all.filter(
      (g) =>
        !g.facts.extern &&
        (g.unit === fn.unit ||
          ((!g.facts.internal || isHeader(g.unit.file)) && canLink(tables, fn.unit, g.unit))),
    );
    const found = tables.visibility.nearest(fn.unit, defined);
    if (found) return found;
    const declared = all.find((g) => g.facts.extern);
    if (declared && defined.length === 0) return declared;
  }
  return undefined;
}
