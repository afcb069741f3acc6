/** Statements: control flow in source order. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import { add, addBranch, type Edge, join } from './cfg';
import { type Expr, type TypeRef, UNKNOWN } from './expr';
import {
  assign,
  declareVariable,
  endScopes,
  type FunctionContext,
  type LastValue,
  span,
} from './lower-context';
import { addressOf, argumentsOf, condition, emitCall, value } from './lower-expression';
import { baseType, type Declared, declarations, declare, hasStorage, parameters } from './lower-type';

const MAX_DEPTH = 200;

/** Lowers one statement; control goes on from `ctx.cfg.open`. */
export function lowerStatement(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void {
  if (ctx.depth > MAX_DEPTH) return;
  ctx.depth++;
  statement(ctx, node, last);
  ctx.depth--;
}

type Lowering = (ctx: FunctionContext, node: SyntaxNode, last?: LastValue) => void;

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
  let result: Expr = UNKNOWN;
  for (const child of namedChildren(node)) result = value(ctx, child);
  last?.(result);
}

function block(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
  const children = namedChildren(node);
  for (const child of children)
    lowerStatement(ctx, child, child === children[children.length - 1] ? last : undefined);
  endScopes(ctx, outer, [Math.max(node.start, node.end - 1), node.end]);
  ctx.scopes.pop();
}

function declaration(ctx: FunctionContext, node: SyntaxNode): void {
  const storage = storageOf(ctx, node);
  for (const declared of declarations(node, ctx.text)) {
    if (declared.func) {
      if (ctx.cpp) constructAmbiguous(ctx, node, declared);
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
  const { value: init, type, name, nameNode } = declared;
  const variable = { name, type, span: span(nameNode), ...(storage ? { storage } : {}) };
  if (storage === 'extern') return;
  if (init?.type === 'argument_list' || (ctx.cpp && init?.type === 'initializer_list' && type.arr === 0)) {
    const args = argumentsOf(ctx, init);
    const v = declareVariable(ctx, variable);
    construct(ctx, v, type, args, at);
    return;
  }
  const from = init ? value(ctx, init) : undefined;
  const v = declareVariable(ctx, variable);
  if (storage === 'static') return;
  if (!from) {
    add(ctx.cfg, { op: 'declare', v, at: span(nameNode), next: [] });
    if (ctx.cpp && isClassLike(type)) construct(ctx, v, type, [], at);
    return;
  }
  const bound = type.ref && from.k !== 'result' ? addressOf(from) : from;
  assign(ctx, { k: 'var', v }, bound, span(at), true);
  // `std::string s = p;` runs a constructor as `std::string s(p);` does; a call's result is moved or elided.
  if (ctx.cpp && type.base.includes('::') && isClassLike(type) && !type.ref && from.k !== 'result')
    construct(ctx, v, type, [from], at);
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
function constructAmbiguous(ctx: FunctionContext, node: SyntaxNode, declared: Declared): void {
  const { list } = parameters(declared.func ?? node, ctx.text);
  if (list.length === 0 || list.some((p) => p.name !== '' && p.type.base !== '')) return;
  const args: Expr[] = list.map((p) =>
    value(ctx, { ...p.nameNode, type: 'identifier', start: p.nameNode.start, end: p.nameNode.end }),
  );
  const v = declareVariable(ctx, {
    name: declared.name,
    type: baseType(childBy(node, 'type'), ctx.text),
    span: span(declared.nameNode),
  });
  construct(ctx, v, ctx.variables[v]?.type ?? { base: '', ptr: 0, arr: 0 }, args, node);
}

function ifStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
  const { yes, no } = condition(ctx, childBy(node, 'condition'));
  ctx.cfg.open = yes;
  const consequence = childBy(node, 'consequence');
  if (consequence) lowerStatement(ctx, consequence);
  const after = ctx.cfg.open;
  ctx.cfg.open = no;
  const alternative = childBy(node, 'alternative');
  if (alternative) lowerStatement(ctx, alternative);
  ctx.cfg.open = [...after, ...ctx.cfg.open];
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

/** Runs a loop's body between its recorded first and last node. */
function inLoop(
  ctx: FunctionContext,
  node: SyntaxNode,
  build: (target: { breaks: Edge[]; continues: Edge[] }) => [number, number],
): void {
  const first = ctx.cfg.nodes.length;
  const target = {
    kind: 'loop' as const,
    breaks: [] as Edge[],
    continues: [] as Edge[],
    scopes: ctx.scopes.length,
  };
  ctx.jumps.push(target);
  const [condFirst, condLast] = build(target);
  ctx.jumps.pop();
  ctx.cfg.open.push(...target.breaks);
  const last = ctx.cfg.nodes.length - 1;
  ctx.cfg.loops.push({ first, last, condFirst, condLast, span: span(node) });
}

function whileLoop(ctx: FunctionContext, node: SyntaxNode): void {
  inLoop(ctx, node, (target) => {
    const head = add(ctx.cfg, {
      op: 'nop',
      at: [node.start, childBy(node, 'body')?.start ?? node.end],
      next: [],
    });
    const { yes, no } = condition(ctx, childBy(node, 'condition'));
    const condLast = ctx.cfg.nodes.length - 1;
    ctx.cfg.open = yes;
    const body = childBy(node, 'body');
    if (body) lowerStatement(ctx, body);
    join(ctx.cfg, [...ctx.cfg.open, ...target.continues], head);
    ctx.cfg.open = no;
    return [head, condLast];
  });
}

function doLoop(ctx: FunctionContext, node: SyntaxNode): void {
  inLoop(ctx, node, (target) => {
    const head = add(ctx.cfg, { op: 'nop', at: [node.start, node.start + 2], next: [] });
    const body = childBy(node, 'body');
    if (body) lowerStatement(ctx, body);
    ctx.cfg.open.push(...target.continues);
    const condFirst = ctx.cfg.nodes.length;
    const { yes, no } = condition(ctx, childBy(node, 'condition'));
    join(ctx.cfg, yes, head);
    ctx.cfg.open = no;
    return [condFirst, ctx.cfg.nodes.length - 1];
  });
}

function forLoop(ctx: FunctionContext, node: SyntaxNode): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
  const initializer = childBy(node, 'initializer');
  if (initializer) lowerStatement(ctx, initializer);
  inLoop(ctx, node, (target) => {
    const head = add(ctx.cfg, {
      op: 'nop',
      at: [node.start, childBy(node, 'body')?.start ?? node.end],
      next: [],
    });
    const test = childBy(node, 'condition');
    const { yes, no } = test ? condition(ctx, test) : { yes: ctx.cfg.open, no: [] };
    const condLast = ctx.cfg.nodes.length - 1;
    ctx.cfg.open = yes;
    const body = childBy(node, 'body');
    if (body) lowerStatement(ctx, body);
    ctx.cfg.open.push(...target.continues);
    const update = childBy(node, 'update');
    if (update) value(ctx, update);
    join(ctx.cfg, ctx.cfg.open, head);
    ctx.cfg.open = no;
    return [head, condLast];
  });
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

function rangeLoop(ctx: FunctionContext, node: SyntaxNode): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
  const range = value(ctx, childBy(node, 'right'));
  const declarator = childBy(node, 'declarator');
  inLoop(ctx, node, (target) => {
    const head = add(ctx.cfg, {
      op: 'nop',
      at: [node.start, childBy(node, 'body')?.start ?? node.end],
      next: [],
    });
    const { yes, no } = addBranch(ctx.cfg, UNKNOWN, [node.start, node.start + 3]);
    ctx.cfg.open = yes;
    if (declarator) {
      const declared = declare(declarator, baseType(childBy(node, 'type'), ctx.text), ctx.text);
      const v = declareVariable(ctx, {
        name: declared.name,
        type: declared.type,
        span: span(declared.nameNode),
      });
      const element: Expr = { k: 'index', of: range, i: UNKNOWN };
      assign(ctx, { k: 'var', v }, declared.type.ref ? addressOf(element) : element, span(declarator), true);
    }
    const body = childBy(node, 'body');
    if (body) lowerStatement(ctx, body);
    join(ctx.cfg, [...ctx.cfg.open, ...target.continues], head);
    ctx.cfg.open = no;
    return [head, head + 1];
  });
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

function switchStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const on = value(ctx, childBy(node, 'condition'));
  const cases: (Expr | null)[] = [];
  const index = add(ctx.cfg, { op: 'switch', on, cases, at: span(node), next: [] });
  ctx.cfg.open = [];
  const target = {
    kind: 'switch' as const,
    breaks: [] as Edge[],
    continues: [] as Edge[],
    scopes: ctx.scopes.length,
  };
  ctx.jumps.push(target);
  ctx.switches.push({ node: index, cases });
  const body = childBy(node, 'body');
  if (body) lowerStatement(ctx, body);
  ctx.switches.pop();
  ctx.jumps.pop();
  if (!cases.includes(null)) {
    ctx.cfg.open.push({ node: index, slot: cases.length });
    cases.push(null);
  }
  ctx.cfg.open.push(...target.breaks);
}

function caseStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const context = ctx.switches[ctx.switches.length - 1];
  const test = childBy(node, 'value');
  if (context) {
    const fallThrough = ctx.cfg.open;
    const on = test ? value(ctx, test) : null;
    ctx.cfg.open = [...fallThrough, { node: context.node, slot: context.cases.length }];
    context.cases.push(on);
    add(ctx.cfg, { op: 'nop', at: [node.start, node.start + 4], next: [] });
  }
  for (const child of namedChildren(node)) if (child !== test) lowerStatement(ctx, child);
}

function labelled(ctx: FunctionContext, node: SyntaxNode): void {
  const label = childBy(node, 'label');
  const index = add(ctx.cfg, { op: 'nop', at: label ? span(label) : span(node), next: [] });
  if (label) ctx.labels.set(ctx.text.slice(label.start, label.end), { node: index, scopes: [...ctx.scopes] });
  for (const child of namedChildren(node)) if (child !== label) lowerStatement(ctx, child);
}

function goto(ctx: FunctionContext, node: SyntaxNode): void {
  const label = childBy(node, 'label');
  add(ctx.cfg, { op: 'nop', at: span(node), next: [] });
  ctx.gotos.push({
    label: label ? ctx.text.slice(label.start, label.end) : '',
    edges: ctx.cfg.open,
    scopes: [...ctx.scopes],
    at: span(node),
  });
  ctx.cfg.open = [];
}

function returnStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const result = namedChildren(node)[0];
  const returned = result ? value(ctx, result) : undefined;
  endScopes(ctx, 0, span(node));
  add(ctx.cfg, { op: 'return', at: span(node), next: [], ...(returned ? { value: returned } : {}) });
  ctx.cfg.open = [];
}

function leave(ctx: FunctionContext, node: SyntaxNode, how: 'breaks' | 'continues'): void {
  for (let i = ctx.jumps.length - 1; i >= 0; i--) {
    const target = ctx.jumps[i];
    if (!target || (how === 'continues' && target.kind === 'switch')) continue;
    endScopes(ctx, target.scopes, span(node));
    target[how].push(...ctx.cfg.open);
    break;
  }
  ctx.cfg.open = [];
}

/** Any call in the block may throw; a handler is entered from the block's start and from its end's state. */
function tryStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const start = add(ctx.cfg, { op: 'branch', cond: UNKNOWN, at: [node.start, node.start + 3], next: [] });
  ctx.cfg.open = [{ node: start, slot: 0 }];
  const body = childBy(node, 'body');
  if (body) lowerStatement(ctx, body);
  let after = ctx.cfg.open;
  let entry: Edge[] = [{ node: start, slot: 1 }];
  for (const handler of node.children.filter((child) => child.type === 'catch_clause')) {
    ctx.cfg.open = entry;
    const { yes, no } = addBranch(ctx.cfg, UNKNOWN, span(handler));
    ctx.cfg.open = yes;
    entry = no;
    const block = childBy(handler, 'body') ?? childOf(handler, 'compound_statement');
    if (block) lowerStatement(ctx, block);
    after = [...after, ...ctx.cfg.open];
  }
  ctx.cfg.open = after;
}
