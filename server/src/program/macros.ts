/**
 * The macros of a workspace: which one a name means where it is used, and what each needs in order to be right.
 *
 * Most macros are functions in all but name, and are called like them. The rest must be expanded where they are
 * used: `expansion.ts`.
 */
import type { Expr } from '../facts/expr';
import type { FunctionFacts, UnitFacts } from '../facts/facts';
import { namesIn } from './expressions';
import { cellOf, type History } from './history';
import type { Fn } from './program';
import { type Cell, type Reads, read, readAgain, reading } from './reads';
import { isHeader, rememberedInFile, type Visibility } from './visibility';

export interface MacroTraits {
  /** A call would be wrong: it leaves its user, changes its arguments, or is a mere value. */
  mustExpand: boolean;
  /** It may leave the function that uses it. */
  leaves: boolean;
  /** One value without any effect. */
  isValue: boolean;
  /** It declares objects that end with its user's scope. */
  declares: boolean;
  /** It pushes or pops a cleanup handler, which has its other half in the function that uses it. */
  pairs: boolean;
  /** Macros that it uses so that what these declare is its user's as well. */
  keeping: ReadonlySet<string>;
  /** Names that are not its own, which may be its user's local variables. */
  free: ReadonlySet<string>;
}

export interface MacroTable {
  /** Whether any macro has this name: most names need no further look. */
  has(name: string): boolean;
  hasObject(name: string): boolean;
  /** The macro that a name means at an offset of a file. */
  named(unit: UnitFacts, name: string, at: number): Fn | undefined;
  traits(macro: Fn): MacroTraits;
}

/** What is known of names beside the macros of the workspace. */
export interface OtherNames {
  /** Something else is known by this name. */
  isTaken(name: string): boolean;
  /** A library that no project's header replaces has it. */
  isModelled(name: string): boolean;
  /** Pushes or pops a cleanup handler. */
  isHalf(name: string): boolean;
}

export function makeMacroTable(
  history: History,
  fns: readonly Fn[],
  visibility: Visibility,
  { isTaken, isModelled, isHalf }: OtherNames,
): MacroTable {
  const names = new Map<string, MacroName>();
  const nameAt = (name: string): MacroName => {
    let known = names.get(name);
    if (!known) {
      known = { macros: [], byUnit: new Map(), isObject: false, cell: cellOf(history, name) };
      names.set(name, known);
    }
    return known;
  };
  for (const fn of fns) {
    const { kind, name, macro } = fn.facts;
    if (kind !== 'macro') continue;
    const known = nameAt(name);
    known.macros.push(fn);
    known.byUnit.set(fn.unit, [...(known.byUnit.get(fn.unit) ?? []), fn]);
    known.isObject ||= macro?.object === true;
  }
  const look = (name: string): MacroName => {
    const known = nameAt(name);
    read(history.layout);
    read(known.cell);
    return known;
  };
  // Of many files with macros of one name, the nearest is looked for once for each file that uses it.
  const elsewhere = rememberedInFile((unit: UnitFacts, name: string): Fn | undefined => {
    const others = look(name).macros.filter((fn) => fn.unit !== unit && fn.facts.macro?.until === undefined);
    const seen = others.filter((fn) => visibility.sees(unit, fn.unit));
    if (seen.length > 0) return lastOf(visibility.nearest(unit, seen), seen);
    if (unit.language !== 'c' || isTaken(name)) return undefined;
    const headers = others.filter((fn) => isHeader(fn.unit.file));
    return lastOf(visibility.nearest(unit, headers), headers);
  });
  const traits = new Map<Fn, { own: MacroTraits; reads: Reads }>();
  const table: MacroTable = {
    has: (name) => look(name).macros.length > 0,
    hasObject: (name) => look(name).isObject,
    named(unit, name, at) {
      const { macros, byUnit } = look(name);
      if (macros.length === 0) return undefined;
      const own = byUnit.get(unit)?.findLast((fn) => fn.facts.span[0] < at);
      if (own) return isOver(own.facts, at) ? undefined : own;
      // A port's header for another system, `#define pthread_join(t, r) win32_join(&(t), r)`, is not this system's.
      if (isModelled(name)) return undefined;
      if (unit.undefs.some((undef) => undef.name === name && undef.at < at)) return undefined;
      return elsewhere(unit, name);
    },
    traits(macro) {
      const known = traits.get(macro);
      if (known) {
        readAgain(known.reads);
        return known.own;
      }
      const { result, reads } = reading(() => {
        const own = ownTraits(macro, isHalf);
        // Known before it is complete: a macro may name itself.
        traits.set(macro, { own, reads: { cells: [], versions: [] } });
        return withNested(table, macro, own);
      });
      traits.set(macro, { own: result, reads });
      return result;
    },
  };
  return table;
}

interface MacroName {
  macros: Fn[];
  byUnit: Map<UnitFacts, readonly Fn[]>;
  isObject: boolean;
  cell: Cell;
}

/** Inside of other macros, which are used anywhere, the last definition counts although it may have ended. */
function isOver({ macro }: FunctionFacts, at: number): boolean {
  return macro?.until !== undefined && macro.until <= at && at !== Number.POSITIVE_INFINITY;
}

/** Of several definitions in one file the last one stays. */
function lastOf(chosen: Fn | undefined, from: readonly Fn[]): Fn | undefined {
  return chosen && from.filter((fn) => fn.unit === chosen.unit).at(-1);
}

function ownTraits({ facts, unit }: Fn, isHalf: OtherNames['isHalf']): MacroTraits {
  const { nodes, params } = facts;
  const names = new Set(facts.variables.slice(0, params).map(({ name }) => name));
  const free = new Set<string>();
  let mustExpand = false;
  let leaves = false;
  let pairs = false;
  const spell = (name: string): void => {
    if (name.includes('$')) mustExpand = true;
  };
  const look = (e: Expr): void => {
    namesIn(e, (part) => {
      if (part.k === 'name') {
        free.add(part.n);
        spell(part.n);
      }
      if (part.k === 'field' && names.has(part.f)) mustExpand = true;
      if (part.k === 'field') spell(part.f);
      if (part.k === 'cast' && names.has(part.t.base)) mustExpand = true;
      if (part.k === 'addr' && isParameter(part.of, params)) mustExpand = true;
    });
  };
  for (const node of nodes) {
    switch (node.op) {
      case 'call': {
        look(node.callee);
        pairs ||= node.callee.k === 'name' && isHalf(node.callee.n);
        node.args.forEach(look);
        if (node.callee.k === 'var' && node.callee.v < params) mustExpand = true;
        // `(m).lock()`: which method that is shows where the macro is used.
        if (unit.language === 'cpp' && node.callee.k === 'field' && isOfParameter(node.callee.of, params))
          mustExpand = true;
        const rest = facts.variadic ? node.args.findIndex((a) => a.k === 'var' && a.v === params - 1) : -1;
        // Behind a format, the rest is what is printed.
        if (rest === 0 || rest === 1) mustExpand = true;
        break;
      }
      case 'assign':
        look(node.to);
        look(node.from);
        if (isParameter(node.to, params)) mustExpand = true;
        break;
      case 'branch':
        look(node.cond);
        break;
      case 'switch':
        look(node.on);
        break;
      case 'return':
        if (node.value) look(node.value);
        if (mayBeObject(nodes, node.value)) mustExpand = true;
        if (node.leaves) {
          leaves = true;
          mustExpand = true;
        }
        break;
      case 'nop':
        if (node.value) look(node.value);
    }
  }
  const declares = facts.macro?.declares !== undefined;
  const isValue = nodes.every(
    (node, index) =>
      index === 0 ||
      (node.op === 'return' ? node.value && !node.leaves : node.op === 'nop' && node.value?.k === 'var'),
  );
  const keeping = new Set<string>();
  for (const node of nodes) {
    const used = node.op === 'call' ? node.callee : node.op === 'nop' ? node.value : undefined;
    if (used?.k === 'name' && 'keeps' in node && node.keeps !== undefined) keeping.add(used.n);
  }
  mustExpand ||= declares || isValue || pairs;
  return { mustExpand, leaves, isValue, declares, pairs, keeping, free };
}

/** `std::lock_guard<std::mutex>(m)`: an object ends where its user's expression does. */
function mayBeObject(nodes: FunctionFacts['nodes'], value: Expr | undefined): boolean {
  const call = value?.k === 'result' ? nodes[value.n] : undefined;
  return call?.op === 'call' && call.callee.k === 'name' && call.type?.args !== undefined;
}

/** An argument itself, or a part of it, as opposed to what it points to. */
function isParameter(e: Expr, params: number): boolean {
  if (e.k === 'field' || e.k === 'index') return isParameter(e.of, params);
  return e.k === 'var' && e.v < params;
}

/** An argument, or what it points to, or a part of that. */
function isOfParameter(e: Expr, params: number): boolean {
  if (e.k === 'field' || e.k === 'index' || e.k === 'deref' || e.k === 'addr')
    return isOfParameter(e.of, params);
  if (e.k === 'cast') return isOfParameter(e.e, params);
  return e.k === 'var' && e.v < params;
}

/** What the macros do that a macro uses, it does as well. */
function withNested(table: MacroTable, macro: Fn, own: MacroTraits): MacroTraits {
  let { leaves, declares, pairs } = own;
  let free: Set<string> | undefined;
  for (const name of own.free) {
    if (!table.has(name)) continue;
    const inner = table.named(macro.unit, name, Number.POSITIVE_INFINITY);
    if (!inner || inner === macro) continue;
    const nested = table.traits(inner);
    leaves ||= nested.leaves;
    pairs ||= nested.pairs;
    declares ||= nested.declares && own.keeping.has(name);
    free ??= new Set(own.free);
    for (const other of nested.free) free.add(other);
  }
  const mustExpand = own.mustExpand || leaves || declares || pairs;
  return { ...own, leaves, declares, pairs, mustExpand, free: free ?? own.free };
}
