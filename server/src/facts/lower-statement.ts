/** Statements: control flow in source order. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import { add, addBranch, type Edge } from './cfg';
import { type Expr, type TypeRef, UNKNOWN } from './expr';
import { compactInit } from './initial-value';
import { declareForUser, headKeeps, keepFor, keepForName, mayBeHole } from './kept-objects';
import { bindParts } from './lower-bindings';
import {
  assign,
  declareVariable,
  emitCall,
  endScopes,
  type FunctionContext,
  type LastValue,
  lookup,
  ownedSince,
  type Scope,
  span,
} from './lower-context';
import { argumentsOf, condition, value } from './lower-expression';
import { caseStatement, doLoop, forLoop, leave, rangeLoop, switchStatement, whileLoop } from './lower-loops';
import { mayBeMacro, recover } from './lower-recovered';
import { baseType, type Declared, declarations, hasStorage, parameters } from './lower-type';
import { argumentWritten, namedByMacro } from './written-arguments';
import { cleanupWritten } from './written-cleanups';

/** Deeper than any tree that is copied. */
const MAX_DEPTH = 700;

/** Lowers one statement; control goes on from `ctx.cfg.open`. */
export function lowerStatement(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void {
  if (ctx.depth > MAX_DEPTH) return;
  ctx.depth++;
  recover(ctx, node.start);
  statement(ctx, node, last);
  ctx.depth--;
}

type Lowering = (ctx: FunctionContext, node: SyntaxNode, last?: LastValue) => void;

const STREAMS: ReadonlySet<string> = new Set(['<<', '>>', '|']);

const eachChild: Lowering = (ctx, node) => {
  for (const child of namedChildren(node)) lowerStatement(ctx, child);
};

/** Declarations and directives that do nothing when control passes them. */
const nothing: Lowering = () => undefined;

const STATEMENTS: Readonly<Record<string, Lowering>> = {
  compound_statement: block,
  expression_statement: expression,
  declaration,
  if_statement: ifStatement,
  while_statement: whileLoop,
  do_statement: doLoop,
  for_statement: forLoop,
  for_range_loop: rangeLoop,
  switch_statement: switchStatement,
  case_statement: caseStatement,
  labeled_statement: labelled,
  goto_statement: goto,
  return_statement: returnStatement,
  co_return_statement: returnStatement,
  break_statement: (ctx, node) => leave(ctx, node, 'breaks'),
  continue_statement: (ctx, node) => leave(ctx, node, 'continues'),
  try_statement: tryStatement,
  else_clause: eachChild,
  ERROR: eachChild,
  linkage_specification: eachChild,
  declaration_list: eachChild,
  attributed_statement: eachChild,
  init_statement: eachChild,
  preproc_if: eachChild,
  preproc_ifdef: eachChild,
  preproc_else: eachChild,
  preproc_elif: eachChild,
  type_definition: nothing,
  struct_specifier: nothing,
  union_specifier: nothing,
  enum_specifier: nothing,
  class_specifier: nothing,
  function_definition: nothing,
  using_declaration: nothing,
  alias_declaration: nothing,
  static_assert_declaration: nothing,
  preproc_def: nothing,
  preproc_function_def: nothing,
  preproc_include: nothing,
  preproc_call: nothing,
  preproc_directive: nothing,
  type_identifier: nothing,
  primitive_type: nothing,
};

function statement(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void {
  const lower = STATEMENTS[node.type];
  if (lower) lower(ctx, node, last);
  else value(ctx, node);
}

function expression(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void {
  mayBeHole(ctx, node);
  let result: Expr = UNKNOWN;
  for (const child of namedChildren(node)) result = value(ctx, child);
  // Conditioning leaves `*target;` of `goto *target;`.
  if (
    ctx.text[node.start] === '*' &&
    /goto\s*$/.test(ctx.raw.slice(Math.max(0, node.start - 12), node.start))
  ) {
    computedGoto(ctx, node, result.k === 'deref' ? result.of : result);
    return;
  }
  if (result.k === 'result') keepFor(ctx, result, node);
  if (last) last(result);
  else if (ctx.cpp && !ctx.macro && mayBeOperator(result))
    add(ctx.cfg, { op: 'nop', value: result, at: span(node), next: [] });
  else if (result.k === 'name') {
    mayBeMacro(ctx, result, span(node));
    keepForName(ctx, node);
  }
}

/** `table[key];` and `stream << value;` do what a class says. */
function mayBeOperator(e: Expr): boolean {
  if (e.k === 'cast') return mayBeOperator(e.e);
  return e.k === 'index' || e.k === 'deref' || (e.k === 'bin' && STREAMS.has(e.op));
}

function block(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void {
  const outer = ctx.scopes.length;
  const scope: Scope = { names: new Map(), owned: [] };
  ctx.scopes.push(scope);
  const children = namedChildren(node);
  for (const child of children)
    lowerStatement(ctx, child, child === children[children.length - 1] ? last : undefined);
  recover(ctx, node.end);
  declareForUser(ctx, scope);
  endScopes(ctx, outer, [Math.max(node.start, node.end - 1), node.end]);
  ctx.scopes.pop();
}

function declaration(ctx: FunctionContext, node: SyntaxNode): void {
  const storage = storageOf(ctx, node);
  for (const declared of declarations(node, ctx.text)) {
    const pasted = ctx.cpp && declared.func ? namedByMacro(ctx.text, node, declared) : undefined;
    if (pasted?.value) {
      introduce(ctx, pasted, storage, node);
      continue;
    }
    if (declared.func) {
      if (ctx.cpp) constructAmbiguous(ctx, node, pasted ?? declared, storage);
      continue;
    }
    introduce(ctx, declared, storage, node);
  }
}

function storageOf(ctx: FunctionContext, node: SyntaxNode): 'static' | 'thread' | 'extern' | undefined {
  for (const word of ['thread_local', '_Thread_local', '__thread']) {
    if (
      hasStorage(node, ctx.text, word) ||
      node.children.some((c) => ctx.text.slice(c.start, c.end) === word)
    )
      return 'thread';
  }
  if (hasStorage(node, ctx.text, 'static')) return 'static';
  return hasStorage(node, ctx.text, 'extern') ? 'extern' : undefined;
}

/** Declares the variable after its initialiser is evaluated, as C++ and C order it for every use we follow. */
function introduce(
  ctx: FunctionContext,
  declared: Declared,
  storage: ReturnType<typeof storageOf>,
  at: SyntaxNode,
): void {
  const { type, name, nameNode } = declared;
  const init = type.base === 'auto' ? onlyValue(declared.value) : declared.value;
  const cleanup = cleanupWritten(ctx, at, type);
  const variable = {
    name,
    type,
    span: span(nameNode),
    ...(storage ? { storage } : {}),
    ...(cleanup ? { cleanup } : {}),
  };
  if (storage === 'extern') return;
  const isList = ctx.cpp && init?.type === 'initializer_list' && type.arr === 0;
  if (init?.type === 'argument_list' || (isList && !childOf(init, 'initializer_pair'))) {
    const args = argumentsOf(ctx, init);
    const v = declareVariable(ctx, variable);
    construct(ctx, v, type, args, at);
    return;
  }
  const from = init ? value(ctx, init) : undefined;
  // What lasts longer than a call has its first value once.
  if (storage) {
    const kept = from && compactInit(from);
    const isNamed = kept?.k === 'name' || (kept?.k === 'init' && kept.items.length > 0);
    declareVariable(ctx, isNamed ? { ...variable, init: kept } : variable);
    return;
  }
  const v = declareVariable(ctx, variable);
  if (!from) {
    add(ctx.cfg, { op: 'declare', v, at: span(nameNode), next: [] });
    if (ctx.cpp && isClassLike(type)) construct(ctx, v, type, [], at);
    return;
  }
  if (from.k === 'lambda') ctx.closures.set(v, from);
  // Not simplified: a reference bound to what a pointer points to is no copy of the pointer.
  const bound: Expr = type.ref && from.k !== 'result' ? { k: 'addr', of: from } : from;
  if (ctx.cpp && !storage && takesObject(ctx, type, from)) ctx.scopes[ctx.scopes.length - 1]?.owned.push(v);
  assign(ctx, { k: 'var', v }, bound, span(at), true);
  if (declared.parts) bindParts(ctx, v, declared.parts);
  // `std::string s = p;` runs a constructor as `std::string s(p);` does; a call's result is moved or elided.
  if (ctx.cpp && type.base.includes('::') && isClassLike(type) && !type.ref && from.k !== 'result')
    construct(ctx, v, type, [from], at);
}

/** `auto a{b}` and `auto a(b)` mean what `auto a = b` does. */
function onlyValue(init: SyntaxNode | undefined): SyntaxNode | undefined {
  if (init?.type !== 'argument_list' && init?.type !== 'initializer_list') return init;
  const [only, ...more] = namedChildren(init).filter(({ type }) => type !== 'comment');
  return only && more.length === 0 ? only : init;
}

/** `auto g = guard(m)`, and a reference: what a call returns lives as long as the reference it is bound to. */
function takesObject(ctx: FunctionContext, type: TypeRef, from: Expr): boolean {
  if (type.ptr > 0 || !(type.ref || type.base === 'auto')) return false;
  return from.k === 'result' || (from.k === 'var' && !type.ref && ctx.variables[from.v]?.name === '');
}

function isClassLike(type: TypeRef): boolean {
  return (
    type.ptr === 0 &&
    type.arr === 0 &&
    /^[A-Za-z_:]/.test(type.base) &&
    !/_t$|^(?:unsigned|signed|int|char|bool|long|short|float|double|auto|size_t|FILE)\b/.test(type.base)
  );
}

function construct(ctx: FunctionContext, v: number, type: TypeRef, args: Expr[], at: SyntaxNode): void {
  emitCall(ctx, at, { k: 'field', of: { k: 'var', v }, f: '{constructor}' }, args, type);
}

/** `Guard lock(mutex);` reads as a function's declaration; inside a body it makes an object. */
function constructAmbiguous(
  ctx: FunctionContext,
  node: SyntaxNode,
  declared: Declared,
  storage: ReturnType<typeof storageOf>,
): void {
  const list = childBy(declared.func ?? node, 'parameters');
  const given = list ? namedChildren(list).map(argumentWritten) : [];
  if (given.length === 0 || given.includes(undefined)) return;
  const args = given.map((argument) => value(ctx, argument));
  const v = declareVariable(ctx, {
    name: declared.name,
    type: baseType(childBy(node, 'type'), ctx.text),
    span: span(declared.nameNode),
    ...(storage ? { storage } : {}),
  });
  construct(ctx, v, ctx.variables[v]?.type ?? { base: '', ptr: 0, arr: 0 }, args, node);
}

/** A chain of `else if` can be longer than recursion bears. */
function ifStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const levels: { scopes: number; after: Edge[]; end: number }[] = [];
  for (let at: SyntaxNode | undefined = node; at; ) {
    const level = { scopes: ctx.scopes.length, after: [] as Edge[], end: at.end };
    levels.push(level);
    ctx.scopes.push({ names: new Map(), owned: [] });
    headKeeps(ctx, at, childBy(at, 'condition'));
    const { yes, no } = condition(ctx, childBy(at, 'condition'));
    ctx.cfg.open = yes;
    const consequence = childBy(at, 'consequence');
    if (consequence) lowerStatement(ctx, consequence);
    level.after = ctx.cfg.open;
    ctx.cfg.open = no;
    const alternative = childBy(at, 'alternative');
    at = alternative && elseIf(alternative);
    if (at) recover(ctx, at.start);
    else if (alternative) lowerStatement(ctx, alternative);
  }
  for (const { scopes, after, end } of levels.reverse()) {
    ctx.cfg.open = [...after, ...ctx.cfg.open];
    endScopes(ctx, scopes, [end, end]);
    ctx.scopes.pop();
  }
}

/** The `if` that is all of an `else`. */
function elseIf(alternative: SyntaxNode): SyntaxNode | undefined {
  const [only, ...more] = namedChildren(alternative);
  return only?.type === 'if_statement' && more.length === 0 ? only : undefined;
}

function labelled(ctx: FunctionContext, node: SyntaxNode): void {
  const label = childBy(node, 'label');
  const name = label ? ctx.text.slice(label.start, label.end) : '';
  const at = label ? span(label) : span(node);
  const index = add(ctx.cfg, { op: 'nop', label: name, at, next: [] });
  if (label) ctx.labels.set(name, { node: index, owned: ownedSince(ctx, 0) });
  for (const child of namedChildren(node)) if (child !== label) lowerStatement(ctx, child);
}

function computedGoto(ctx: FunctionContext, node: SyntaxNode, on: Expr): void {
  ctx.computed.push(add(ctx.cfg, { op: 'switch', on, cases: [], at: span(node), next: [] }));
  ctx.cfg.open = [];
}

function goto(ctx: FunctionContext, node: SyntaxNode): void {
  const label = childBy(node, 'label');
  if (/^goto\s*\*/.test(ctx.raw.slice(node.start, node.end))) {
    computedGoto(ctx, node, label ? lookup(ctx, ctx.text.slice(label.start, label.end)) : UNKNOWN);
    return;
  }
  add(ctx.cfg, { op: 'nop', at: span(node), next: [] });
  ctx.gotos.push({
    label: label ? ctx.text.slice(label.start, label.end) : '',
    edges: ctx.cfg.open,
    owned: ownedSince(ctx, 0),
    at: span(node),
  });
  ctx.cfg.open = [];
}

function returnStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const result = namedChildren(node)[0];
  const returned = result ? value(ctx, result) : undefined;
  endScopes(ctx, 0, span(node));
  const given = returned ? { value: returned } : {};
  const leaves = ctx.macro ? { leaves: 'return' } : {};
  add(ctx.cfg, { op: 'return', at: span(node), next: [], ...given, ...leaves });
  ctx.cfg.open = [];
}

/**
 * Any call in the block may throw; a handler is entered with what holds at the block's start, and from each
 * `throw` that stands in it.
 */
function tryStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const start = add(ctx.cfg, { op: 'branch', cond: UNKNOWN, at: [node.start, node.start + 3], next: [] });
  ctx.cfg.open = [{ node: start, slot: 0 }];
  const body = childBy(node, 'body');
  const thrown: Edge[] = [];
  ctx.handlers.push({ edges: thrown, scopes: ctx.scopes.length });
  if (body) lowerStatement(ctx, body);
  ctx.handlers.pop();
  let after = ctx.cfg.open;
  let entry: Edge[] = [{ node: start, slot: 1 }, ...thrown];
  for (const handler of node.children.filter((child) => child.type === 'catch_clause')) {
    ctx.cfg.open = entry;
    const { yes, no } = addBranch(ctx.cfg, UNKNOWN, span(handler));
    ctx.cfg.open = yes;
    entry = no;
    catchClause(ctx, handler);
    after = [...after, ...ctx.cfg.open];
  }
  ctx.cfg.open = after;
}

function catchClause(ctx: FunctionContext, handler: SyntaxNode): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
  for (const { name, type, nameNode } of parameters(handler, ctx.text).list)
    if (name) declareVariable(ctx, { name, type: { ...type, ref: true }, span: span(nameNode) });
  const block = childBy(handler, 'body') ?? childOf(handler, 'compound_statement');
  if (block) lowerStatement(ctx, block);
  endScopes(ctx, outer, [handler.end, handler.end]);
  ctx.scopes.pop();
}
