/** Functions that macros define where they are used at file level: `DEFINE_GETTER(size)` is `get_size`. */
import type { Expr, Span, TypeRef } from '../facts/expr';
import { UNKNOWN } from '../facts/expr';
import type { CfgNode, FunctionFacts, GlobalFacts, MacroUseFacts, UnitFacts } from '../facts/facts';
import type { AutomaticDefiner } from '../models/schema';
import { type Replacement, rebuild } from './expressions';
import type { MacroTable } from './macros';

/** The objects that macros of libraries define: `DEFINE_MUTEX(m)` at file level is a variable `m`. */
export function definedByLibrary(unit: UnitFacts, definers: ReadonlyMap<string, string>): GlobalFacts[] {
  return unit.uses.flatMap(({ name: macro, args: [name = ''], span }) => {
    const base = definers.get(macro);
    if (base === undefined || !/^[A-Za-z_]\w*$/.test(name)) return [];
    return [{ name, type: { base, ptr: 0, arr: 0 }, internal: false, span }];
  });
}

/** What macros of libraries say of types whose variables end by themselves: a function of that name is written for each. */
export function endingsByLibrary(
  { uses }: UnitFacts,
  definers: ReadonlyMap<string, AutomaticDefiner>,
): FunctionFacts[] {
  return uses.flatMap(({ name: macro, args: [type = '', routine = ''], span: at }): FunctionFacts[] => {
    const definer = definers.get(macro);
    if (!definer || !/^[A-Za-z_]\w*$/.test(routine)) return [];
    const isAddress = definer.gives === 'address';
    const given: Expr = { k: 'var', v: 0 };
    const value: Expr = { k: 'deref', of: given };
    const call: CfgNode = {
      op: 'call',
      callee: { k: 'name', n: routine },
      args: [isAddress ? given : value],
      at,
      next: [2],
    };
    const test: CfgNode = isAddress
      ? { op: 'nop', at, next: [1] }
      : { op: 'branch', cond: value, at, next: [1, 2] };
    return [
      {
        name: `${definer.automatic}(${type})`,
        kind: 'function',
        internal: true,
        span: at,
        nameSpan: at,
        returns: { base: 'void', ptr: 0, arr: 0 },
        variables: [
          {
            name: 'p',
            type: { base: type, ptr: definer.pointer ? 2 : 1, arr: 0 },
            span: at,
          },
        ],
        params: 1,
        nodes: [test, call, { op: 'return', at, next: [] }],
        loops: [],
      },
    ];
  });
}

/** The functions a file's macro uses define, in source order; `lists`: the files whose uses are its own as well. */
export function definedByMacros(
  unit: UnitFacts,
  table: MacroTable,
  lists: readonly IncludedList[],
): FunctionFacts[] {
  const found: FunctionFacts[] = [];
  for (const use of unit.uses) define(found, unit, table, use, 0);
  for (const { list, span } of lists) {
    for (const { name, args } of list.uses) {
      if (isOwn(unit, table, name, span) && !list.functions.some((fn) => fn.name === name))
        define(found, unit, table, { name, args, span }, 0);
    }
  }
  return found.sort((a, b) => a.span[0] - b.span[0]);
}

/** `#define X(n) …` in front of `#include "list.h"`: what the list uses is what this file has defined. */
export interface IncludedList {
  list: UnitFacts;
  span: Span;
}

function isOwn(unit: UnitFacts, table: MacroTable, name: string, span: Span): boolean {
  return table.has(name) && table.named(unit, name, span[0])?.unit === unit;
}

/** Macros in macros in macros, and lists of more entries, are cut. */
const MAX_DEPTH = 6;
const MOST_FUNCTIONS = 2000;

function define(
  found: FunctionFacts[],
  unit: UnitFacts,
  table: MacroTable,
  use: MacroUseFacts,
  depth: number,
): void {
  if (depth > MAX_DEPTH || found.length > MOST_FUNCTIONS || !table.has(use.name)) return;
  const macro = table.named(unit, use.name, use.span[0]);
  const { defines = [], uses = [] } = macro?.facts.macro ?? {};
  if (!macro || defines.length + uses.length === 0) return;
  const { variables, params, variadic } = macro.facts;
  const names = variables.slice(0, params).map(({ name }) => name);
  for (const facts of defines) found.push(defined(facts, names, use));
  const words = new Map(names.map((name, i) => [name, use.args[i] ?? '']));
  const last = variadic ? names.at(-1) : undefined;
  const spell = (text: string): string =>
    text.replace(/[A-Za-z_]\w*/g, (word) => words.get(word) ?? word).replace(/\s*##\s*/g, '');
  const give = (arg: string): string[] =>
    last !== undefined && arg === last ? use.args.slice(params - 1) : [spell(arg)];
  for (const { name, args } of uses)
    define(found, unit, table, { name: spell(name), args: args.flatMap(give), span: use.span }, depth + 1);
}

function defined(facts: FunctionFacts, names: readonly string[], use: MacroUseFacts): FunctionFacts {
  const { span } = use;
  const words = new Map(names.map((name, i) => [name, use.args[i] ?? '']));
  const spell = (name: string): string =>
    name
      .split(/\$+/)
      .map((part) => words.get(part) ?? part)
      .join('');
  const replacement: Replacement = {
    leaf: (e) => (e.k === 'name' ? argument(spell(e.n)) : e),
    field: spell,
    type: spell,
  };
  const give = (e: Expr): Expr => rebuild(e, replacement);
  const type = (ref: TypeRef): TypeRef => ({ ...ref, base: spell(ref.base) });
  return {
    ...facts,
    name: spell(facts.name),
    span,
    nameSpan: span,
    returns: type(facts.returns),
    variables: facts.variables.map((v) => ({ ...v, name: spell(v.name), type: type(v.type), span })),
    nodes: facts.nodes.map((node) => withExpressions(node, give, span)),
    loops: facts.loops.map((loop) => ({ ...loop, span })),
  };
}

/** An argument as far as it can be read without a parser: a name or a number. */
function argument(text: string): Expr {
  if (/^[A-Za-z_]\w*$/.test(text)) return { k: 'name', n: text };
  if (/^\d+$/.test(text)) return { k: 'num', v: Number(text) };
  const address = /^&\s*([A-Za-z_]\w*)$/.exec(text);
  return address?.[1] ? { k: 'addr', of: { k: 'name', n: address[1] } } : UNKNOWN;
}

function withExpressions(node: CfgNode, give: (e: Expr) => Expr, at: Span): CfgNode {
  switch (node.op) {
    case 'call':
      return { ...node, at, callee: give(node.callee), args: node.args.map(give) };
    case 'assign':
      return { ...node, at, to: give(node.to), from: give(node.from) };
    case 'branch':
      return { ...node, at, cond: give(node.cond) };
    case 'switch':
      return { ...node, at, on: give(node.on), cases: node.cases.map((test) => test && give(test)) };
    case 'return':
    case 'nop':
      return node.value ? { ...node, at, value: give(node.value) } : { ...node, at };
    default:
      return { ...node, at };
  }
}
