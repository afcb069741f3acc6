/** Functions and lambdas: from a definition's syntax to `FunctionFacts`. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import { add, finish, join, startCfg } from './cfg';
import { type Expr, type TypeRef, UNKNOWN } from './expr';
import type { AnnotationFacts, FunctionFacts } from './facts';
import { capturesOf } from './lower-captures';
import {
  declareVariable,
  emitCall,
  endScopes,
  type FunctionContext,
  type MacroContext,
  type NestedLowering,
  type Recovered,
  span,
  startContext,
} from './lower-context';
import { argumentsOf } from './lower-expression';
import { object } from './lower-object';
import { lowerStatement } from './lower-statement';
import { type Declared, parameters, plainName } from './lower-type';

export interface FunctionHeader {
  name: string;
  kind: FunctionFacts['kind'];
  internal: boolean;
  nameSpan: readonly [number, number];
  returns: TypeRef;
  params: Declared[];
  /** How many of the parameters, the last ones, are a lambda's captures. */
  captured?: number;
  /** How many of the parameters have values for calls that leave them out. */
  defaults?: number;
  templates?: readonly string[];
  variadic: boolean;
  noreturn: boolean;
  startup: boolean;
  shutdown?: boolean;
  virtual?: boolean;
  annotations?: AnnotationFacts[];
  befriendedBy?: string | undefined;
  /** `: member(value)` initialisers of a constructor. */
  initialisers?: SyntaxNode;
  /** Set for a macro's body. */
  macro?: MacroContext;
  /** The text before conditioning, and what conditioning took out of it inside of this function. */
  raw?: string;
  recovered?: Recovered[];
}

/** What expressions may hold inside of them. */
export const NESTED: NestedLowering = { statement: lowerStatement, lambda: lowerLambda, object };

/** Lowers a function's body. Lambdas inside become facts of their own, behind it in the result. */
export function lowerFunction(
  text: string,
  cpp: boolean,
  definition: SyntaxNode,
  body: SyntaxNode,
  header: FunctionHeader,
): FunctionFacts[] {
  const ctx = startContext({
    text,
    cpp,
    name: header.name,
    cfg: startCfg([header.nameSpan[0], header.nameSpan[1]]),
    nested: NESTED,
    macro: header.macro,
  });
  if (header.raw !== undefined) ctx.raw = header.raw;
  ctx.recovered.push(...(header.recovered ?? []));
  for (const param of header.params)
    declareVariable(ctx, { name: param.name, type: param.type, span: span(param.nameNode) });
  // In C what is given by value has no end that does anything; what a lambda has captured outlives its call.
  const own = cpp ? header.params.length - (header.captured ?? 0) : 0;
  for (const scope of ctx.scopes) scope.owned = scope.owned.filter((v) => v < own);
  if (header.initialisers) memberInitialisers(ctx, header.initialisers);
  lowerBody(ctx, body, header.kind === 'macro');
  return [facts(ctx, definition, header), ...ctx.lambdas];
}

/** A macro that is one expression has its value; other bodies fall off their end. */
function lowerBody(ctx: FunctionContext, body: SyntaxNode, isMacro: boolean): void {
  const statements = namedChildren(body);
  const only = statements.length === 1 ? statements[0] : undefined;
  if (isMacro && only?.type === 'expression_statement') {
    lowerStatement(ctx, only, (value) => {
      add(ctx.cfg, { op: 'return', value, at: span(only), next: [] });
      ctx.cfg.open = [];
    });
  } else {
    lowerStatement(ctx, body);
  }
  resolveGotos(ctx);
  if (ctx.computed.length > 0) resolveComputed(ctx, body);
  if (ctx.cfg.open.length > 0) {
    const end = [Math.max(body.start, body.end - 1), body.end] as const;
    endScopes(ctx, 0, end);
    add(ctx.cfg, { op: 'return', at: end, next: [] });
    ctx.cfg.open = [];
  }
  finish(ctx.cfg);
}

/** A jump ends what is alive at it and was not yet, or is no longer, at its label. */
function resolveGotos(ctx: FunctionContext): void {
  const { open } = ctx.cfg;
  for (const { label, edges, owned, at } of ctx.gotos) {
    const target = ctx.labels.get(label);
    if (!target) {
      if (!ctx.macro) continue;
      ctx.cfg.open = edges;
      add(ctx.cfg, { op: 'return', leaves: label, at, next: [] });
      continue;
    }
    const vars = owned.filter((v) => !target.owned.includes(v));
    if (vars.length === 0) {
      join(ctx.cfg, edges, target.node);
      continue;
    }
    ctx.cfg.open = edges;
    add(ctx.cfg, { op: 'scope-end', vars, at, next: [target.node] });
  }
  ctx.cfg.open = open;
}

/** `goto *target` may go to every label whose address the function takes. */
function resolveComputed(ctx: FunctionContext, body: SyntaxNode): void {
  const targets = new Set<number>();
  for (const [, label = ''] of ctx.raw.slice(body.start, body.end).matchAll(/&&\s*([A-Za-z_]\w*)/g)) {
    const target = ctx.labels.get(label);
    if (target) targets.add(target.node);
  }
  for (const index of ctx.computed) {
    const node = ctx.cfg.nodes[index];
    if (node?.op !== 'switch') continue;
    node.next = [...targets];
    node.cases = node.next.map(() => UNKNOWN);
  }
}

function memberInitialisers(ctx: FunctionContext, list: SyntaxNode): void {
  for (const initialiser of list.children.filter((child) => child.type === 'field_initializer')) {
    const member = namedChildren(initialiser)[0];
    const values = argumentsOf(ctx, childOf(initialiser, 'argument_list', 'initializer_list'));
    if (!member) continue;
    const f = plainName(member, ctx.text);
    const of = { k: 'deref' as const, of: { k: 'this' as const } };
    emitCall(ctx, initialiser, { k: 'field', of: { k: 'field', of, f }, f: '{constructor}' }, values);
  }
}

function facts(ctx: FunctionContext, definition: SyntaxNode, header: FunctionHeader): FunctionFacts {
  return {
    name: header.name,
    kind: header.kind,
    internal: header.internal,
    span: span(definition),
    nameSpan: header.nameSpan,
    returns: header.returns,
    variables: ctx.variables,
    params: header.params.length,
    nodes: ctx.cfg.nodes,
    loops: ctx.cfg.loops,
    ...(header.defaults ? { defaults: header.defaults } : {}),
    ...(header.templates?.length ? { templates: [...header.templates] } : {}),
    ...(header.variadic ? { variadic: true } : {}),
    ...(header.noreturn ? { noreturn: true } : {}),
    ...(header.startup ? { startup: true } : {}),
    ...(header.shutdown ? { shutdown: true } : {}),
    ...(header.virtual ? { virtual: true } : {}),
    ...(header.annotations ? { annotations: header.annotations } : {}),
    ...(header.befriendedBy === undefined ? {} : { befriendedBy: header.befriendedBy }),
    ...(definition.damaged ? { damaged: true } : {}),
  };
}

/** Lowers a lambda as a function of its own, whose last parameters are what it captures. */
function lowerLambda(ctx: FunctionContext, node: SyntaxNode): Expr {
  const name = `${ctx.name}::{lambda@${node.start}}`;
  const body = childBy(node, 'body');
  const declarator = childBy(node, 'declarator');
  if (!body) return { k: 'lambda', f: name };
  const { list, variadic } = declarator ? parameters(declarator, ctx.text) : { list: [], variadic: false };
  const captures = capturesOf(ctx, node, body, new Set(list.map((param) => param.name)));
  ctx.lambdas.push(
    ...lowerFunction(ctx.text, ctx.cpp, node, body, {
      name,
      kind: 'lambda',
      internal: true,
      nameSpan: [node.start, Math.min(node.end, body.start)],
      returns: { base: '', ptr: 0, arr: 0 },
      params: [...list, ...captures.map(({ declared }) => declared)],
      captured: captures.length,
      variadic,
      noreturn: false,
      startup: false,
      raw: ctx.raw,
      recovered: takeRecovered(ctx, body),
    }),
  );
  if (captures.length === 0) return { k: 'lambda', f: name };
  return { k: 'lambda', f: name, params: list.length, captures: captures.map(({ outer }) => outer) };
}

/** What conditioning took out of a lambda's body is the lambda's. */
function takeRecovered(ctx: FunctionContext, { start, end }: SyntaxNode): Recovered[] {
  const inside = (item: Recovered): boolean => item.start >= start && item.end <= end;
  const own = ctx.recovered.filter(inside);
  if (own.length > 0) ctx.recovered = ctx.recovered.filter((item) => !inside(item));
  return own;
}
