/** Functions that macros define where they are used at file level: `DEFINE_GETTER(size)` is `get_size`. */
import type { Expr, Span, TypeRef } from '../facts/expr';
import { UNKNOWN } from '../facts/expr';
import type { CfgNode, FunctionFacts, GlobalFacts, MacroUseFacts, UnitFacts } from '../facts/facts';
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

/** The functions a file's macro uses define, in source order. */
export function definedByMacros(unit: UnitFacts, table: MacroTable): FunctionFacts[] {
  return unit.uses.flatMap((use) => {
    const macro = table.has(use.name) ? table.named(unit, use.name, use.span[0]) : undefined;
    const defines = macro?.facts.macro?.defines;
    if (!macro || !defines) return [];
    const names = macro.facts.variables.slice(0, macro.facts.params).map(({ name }) => name);
    return defines.map((facts) => defined(facts, names, use));
  });
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
