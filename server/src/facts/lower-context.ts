/** What the parts of lowering share while one function is read. */
import type { SyntaxNode } from '../syntax/tree';
import type { CfgBuilder, Edge } from './cfg';
import { add } from './cfg';
import type { Expr, Span, TypeRef } from './expr';
import type { FunctionFacts, VariableFacts } from './facts';

export interface FunctionContext {
  /** The file's conditioned text. */
  text: string;
  cpp: boolean;
  name: string;
  cfg: CfgBuilder;
  variables: VariableFacts[];
  /** Innermost last: names to variable indices. */
  scopes: Scope[];
  jumps: JumpTarget[];
  labels: Map<string, { node: number; scopes: readonly Scope[] }>;
  gotos: { label: string; edges: Edge[]; scopes: readonly Scope[]; at: Span }[];
  switches: SwitchContext[];
  /** Lambdas met inside, lowered as functions of their own. */
  lambdas: FunctionFacts[];
  /** How deep the present statement or expression is nested. */
  depth: number;
  /** Statements and lambdas inside of expressions; given here so that modules depend one way. */
  nested: NestedLowering;
}

/** Takes the value of a block's last expression statement. */
export type LastValue = (value: Expr) => void;

export interface NestedLowering {
  statement(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void;
  /** Lowers a lambda as a function of its own; returns its name. */
  lambda(ctx: FunctionContext, node: SyntaxNode): string;
}

/** A context before anything is lowered. */
export function startContext(
  start: Pick<FunctionContext, 'text' | 'cpp' | 'name' | 'cfg' | 'nested'>,
): FunctionContext {
  return {
    ...start,
    variables: [],
    scopes: [{ names: new Map(), owned: [] }],
    jumps: [],
    labels: new Map(),
    gotos: [],
    switches: [],
    lambdas: [],
    depth: 0,
  };
}

export interface Scope {
  names: Map<string, number>;
  /** Variables whose end of life matters. */
  owned: number[];
}

export interface JumpTarget {
  kind: 'loop' | 'switch';
  breaks: Edge[];
  continues: Edge[];
  /** Number of scopes open outside of it. */
  scopes: number;
}

export interface SwitchContext {
  node: number;
  cases: (Expr | null)[];
}

export const span = (node: { start: number; end: number }): Span => [node.start, node.end];

/** Declares a variable in the innermost scope and returns its index. */
export function declareVariable(ctx: FunctionContext, variable: VariableFacts): number {
  const index = ctx.variables.length;
  ctx.variables.push(variable);
  const scope = ctx.scopes[ctx.scopes.length - 1];
  if (variable.name) scope?.names.set(variable.name, index);
  if (ownsSomething(variable)) scope?.owned.push(index);
  return index;
}

/** A variable without a name that carries the value of a short circuit or ternary. */
export function temporary(ctx: FunctionContext, at: Span): Expr {
  ctx.variables.push({ name: '', type: { base: '', ptr: 0, arr: 0 }, span: at });
  return { k: 'var', v: ctx.variables.length - 1 };
}

export function lookup(ctx: FunctionContext, name: string): Expr {
  for (let i = ctx.scopes.length - 1; i >= 0; i--) {
    const index = ctx.scopes[i]?.names.get(name);
    if (index !== undefined) return { k: 'var', v: index };
  }
  return { k: 'name', n: name };
}

const PLAIN =
  /^(?:(?:un)?signed|char|short|int|long|float|double|bool|_Bool|size_t|ssize_t|u?int\d+_t|auto|const| )+$/;

/** Only class objects, handles and locks need the end of their scope; plain data and pointers do not. */
function ownsSomething(variable: VariableFacts): boolean {
  const { type, storage } = variable;
  return !storage && type.ptr === 0 && !type.ref && type.base !== '' && !PLAIN.test(type.base);
}

/** Ends the life of what the scopes from `from` on own; the scopes stay open for other paths. */
export function endScopes(ctx: FunctionContext, from: number, at: Span): void {
  const vars: number[] = [];
  for (let i = ctx.scopes.length - 1; i >= from; i--) {
    const owned = ctx.scopes[i]?.owned ?? [];
    for (let j = owned.length - 1; j >= 0; j--) vars.push(owned[j] ?? 0);
  }
  if (vars.length > 0 && ctx.cfg.open.length > 0) add(ctx.cfg, { op: 'scope-end', vars, at, next: [] });
}

export function assign(ctx: FunctionContext, to: Expr, from: Expr, at: Span, decl = false): void {
  add(
    ctx.cfg,
    decl ? { op: 'assign', to, from, decl, at, next: [] } : { op: 'assign', to, from, at, next: [] },
  );
}

export type { TypeRef };
