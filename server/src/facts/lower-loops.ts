/** Loops and switches, and how they are left. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, namedChildren } from '../syntax/tree';
import { add, addBranch, type Edge, join } from './cfg';
import { type Expr, type Span, UNKNOWN } from './expr';
import { headArguments, headKeeps, headWritten, startOf } from './kept-objects';
import { bindParts } from './lower-bindings';
import { assign, declareVariable, endScopes, type FunctionContext, lookup, span } from './lower-context';
import { condition, value } from './lower-expression';
import { baseType, declare } from './lower-type';
import { addressOf } from './pointers';

/** Conditioning writes one in place of a macro's name. */
const KEYWORD = /^(?:while|for|do)\b/;

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
  ctx.cfg.loops.push({
    first,
    last,
    condFirst,
    condLast,
    span: [startOf(ctx, node), node.end],
    ...(isHeadless(ctx, node) ? { headless: true as const } : {}),
  });
  land(ctx, { behind: first }, first, [node.end, node.end]);
}

function isHeadless(ctx: FunctionContext, node: SyntaxNode): boolean {
  return !KEYWORD.test(ctx.raw.slice(node.start, node.start + 6));
}

/** Where a `break` or `continue` comes to that a macro may hold which is used since node `first`. */
function land(
  ctx: FunctionContext,
  here: { behind?: number; again?: number },
  first: number,
  at: Span,
): void {
  const { nodes } = ctx.cfg;
  for (let index = first; index < nodes.length; index++) {
    const node = nodes[index];
    if (!node || (node.op === 'call' ? node.callee.k !== 'name' : node.op !== 'nop' || !node.value)) continue;
    add(ctx.cfg, { op: 'nop', ...here, at, next: [] });
    return;
  }
}

export function whileLoop(ctx: FunctionContext, node: SyntaxNode): void {
  const outer = ctx.scopes.length;
  const start = startOf(ctx, node);
  ctx.scopes.push({ names: new Map(), owned: [] });
  headKeeps(ctx, node, childBy(node, 'condition'));
  const written = isHeadless(ctx, node) ? headWritten(ctx, node, childBy(node, 'condition')) : undefined;
  const headEnd = childBy(node, 'condition')?.end ?? node.end;
  const entry = written && add(ctx.cfg, { op: 'nop', at: [start, headEnd], next: [] });
  inLoop(ctx, node, (target) => {
    const head = add(ctx.cfg, {
      op: 'nop',
      at: [start, childBy(node, 'body')?.start ?? node.end],
      next: [],
    });
    // What the condition declares ends with each turn.
    const depth = ctx.scopes.length;
    ctx.scopes.push({ names: new Map(), owned: [] });
    const { yes, no } = headCondition(ctx, node);
    const condLast = ctx.cfg.nodes.length - 1;
    ctx.cfg.open = yes;
    const turn = written && add(ctx.cfg, { op: 'nop', at: [start, start], next: [] });
    if (isHeadless(ctx, node)) giveTurnValues(ctx, childBy(node, 'condition'));
    const body = childBy(node, 'body');
    if (body) ctx.nested.statement(ctx, body);
    endScopes(ctx, depth, [node.end, node.end]);
    join(ctx.cfg, [...ctx.cfg.open, ...target.continues], head);
    ctx.cfg.open = no;
    if (written && entry !== undefined && turn !== undefined) {
      const exit = add(ctx.cfg, { op: 'nop', at: [node.end, node.end], next: [] });
      const at = ctx.cfg.nodes[entry];
      if (at?.op === 'nop') at.turns = { ...written, cond: head, body: turn, exit };
    }
    endScopes(ctx, depth, [node.end, node.end]);
    ctx.scopes.pop();
    return [head, condLast];
  });
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

/** Whether a loop goes on: what a macro is given does not say that, unless it is the only one and looks like a test. */
function headCondition(ctx: FunctionContext, node: SyntaxNode): ReturnType<typeof condition> {
  const head = childBy(node, 'condition');
  const [only, ...more] = headArguments(head);
  const isTest =
    more.length === 0 && (only?.type === 'binary_expression' || only?.type === 'unary_expression');
  if (!head || isTest || !isHeadless(ctx, node)) return condition(ctx, head);
  value(ctx, head);
  return addBranch(ctx.cfg, UNKNOWN, span(head));
}

/**
 * A macro that is a loop gives its variables another value each turn. Which of its arguments they are stands in its
 * definition, which may be in another file: those that have had no value yet, and without such the first, unless that is
 * a name that the macro declares.
 */
function giveTurnValues(ctx: FunctionContext, head: SyntaxNode | undefined): void {
  const parts = headArguments(head);
  const given = parts.flatMap((part) => {
    const variable =
      part.type === 'identifier' ? lookup(ctx, ctx.text.slice(part.start, part.end)) : undefined;
    return variable?.k === 'var' ? [{ variable, part }] : [];
  });
  const fresh = given.filter(({ variable: { v } }) => !hasValue(ctx, v));
  const first = given.slice(0, given[0]?.part === parts[0] ? 1 : 0);
  for (const { variable, part } of fresh.length > 0 ? fresh : first)
    assign(ctx, variable, UNKNOWN, span(part));
}

/** Parameters are not declared in the body. */
function hasValue({ cfg: { nodes } }: FunctionContext, v: number): boolean {
  if (!nodes.some((node) => node.op === 'declare' && node.v === v)) return true;
  return nodes.some(
    (node) => node.op === 'assign' && node.to.k === 'var' && node.to.v === v && node.from.k !== 'unknown',
  );
}

export function doLoop(ctx: FunctionContext, node: SyntaxNode): void {
  inLoop(ctx, node, (target) => {
    const head = add(ctx.cfg, { op: 'nop', at: [node.start, node.start + 2], next: [] });
    const body = childBy(node, 'body');
    if (body) ctx.nested.statement(ctx, body);
    ctx.cfg.open.push(...target.continues);
    land(ctx, { again: head }, head, [node.end, node.end]);
    const condFirst = ctx.cfg.nodes.length;
    const { yes, no } = condition(ctx, childBy(node, 'condition'));
    join(ctx.cfg, yes, head);
    ctx.cfg.open = no;
    return [condFirst, ctx.cfg.nodes.length - 1];
  });
}

export function forLoop(ctx: FunctionContext, node: SyntaxNode): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
  const initializer = childBy(node, 'initializer');
  if (initializer) ctx.nested.statement(ctx, initializer);
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
    if (body) ctx.nested.statement(ctx, body);
    ctx.cfg.open.push(...target.continues);
    const update = childBy(node, 'update');
    if (update) land(ctx, { again: head }, head, span(update));
    if (update) value(ctx, update);
    join(ctx.cfg, ctx.cfg.open, head);
    ctx.cfg.open = no;
    return [head, condLast];
  });
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

export function rangeLoop(ctx: FunctionContext, node: SyntaxNode): void {
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
      if (declared.parts) bindParts(ctx, v, declared.parts);
    }
    const body = childBy(node, 'body');
    if (body) ctx.nested.statement(ctx, body);
    join(ctx.cfg, [...ctx.cfg.open, ...target.continues], head);
    ctx.cfg.open = no;
    return [head, head + 1];
  });
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

export function switchStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const outer = ctx.scopes.length;
  ctx.scopes.push({ names: new Map(), owned: [] });
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
  if (body) ctx.nested.statement(ctx, body);
  ctx.switches.pop();
  ctx.jumps.pop();
  if (!cases.includes(null)) {
    ctx.cfg.open.push({ node: index, slot: cases.length });
    cases.push(null);
  }
  ctx.cfg.open.push(...target.breaks);
  land(ctx, { behind: index }, index, [node.end, node.end]);
  endScopes(ctx, outer, [node.end, node.end]);
  ctx.scopes.pop();
}

export function caseStatement(ctx: FunctionContext, node: SyntaxNode): void {
  const context = ctx.switches[ctx.switches.length - 1];
  const test = childBy(node, 'value');
  if (context) {
    const fallThrough = ctx.cfg.open;
    const on = test ? value(ctx, test) : null;
    ctx.cfg.open = [...fallThrough, { node: context.node, slot: context.cases.length }];
    context.cases.push(on);
    add(ctx.cfg, { op: 'nop', at: [node.start, node.start + 4], next: [] });
  }
  for (const child of namedChildren(node)) if (child !== test) ctx.nested.statement(ctx, child);
}

/** `break` and `continue`; in a macro they may be meant for its user. */
export function leave(ctx: FunctionContext, node: SyntaxNode, how: 'breaks' | 'continues'): void {
  for (let i = ctx.jumps.length - 1; i >= 0; i--) {
    const target = ctx.jumps[i];
    if (!target || (how === 'continues' && target.kind === 'switch')) continue;
    endScopes(ctx, target.scopes, span(node));
    target[how].push(...ctx.cfg.open);
    ctx.cfg.open = [];
    return;
  }
  if (ctx.macro) {
    endScopes(ctx, 0, span(node));
    add(ctx.cfg, { op: 'return', leaves: how.slice(0, -1), at: span(node), next: [] });
  }
  ctx.cfg.open = [];
}
