/** What the parts of lowering share while one function is read. */
import { childBy, type SyntaxNode } from '../syntax/tree';
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
  labels: Map<string, { node: number; owned: readonly number[] }>;
  /** Nodes that go to any label whose address is taken: `goto *target`. */
  computed: number[];
  gotos: { label: string; edges: Edge[]; owned: readonly number[]; at: Span }[];
  switches: SwitchContext[];
  /** Innermost last: where a `throw` goes that stands in a `try` block. */
  handlers: { edges: Edge[]; scopes: number }[];
  /** Set while a macro's body is read. */
  macro?: MacroContext;
  /** The file's text before conditioning. */
  raw: string;
  /** What conditioning has taken out of this function although control passes it, in the order of the text. */
  recovered: Recovered[];
  /** Macros whose statements are being read. */
  around: { end: number; finish(): void }[];
  /** Variables that are lambdas and nothing else. */
  closures: Map<number, Expr & { k: 'lambda' }>;
  /** Lambdas met inside, lowered as functions of their own. */
  lambdas: FunctionFacts[];
  /** How deep the present statement or expression is nested. */
  depth: number;
  /** Statements and lambdas inside of expressions; given here so that modules depend one way. */
  nested: NestedLowering;
}

export interface MacroContext {
  /** How often each parameter is evaluated. */
  uses: number[];
  /** A parameter is evaluated behind something that the macro does. */
  late?: boolean;
  /** How many nodes have been looked at for that. */
  seen?: number;
  /** Makes a node wherever a parameter is evaluated. */
  mark: boolean;
  /** Variables of the outermost scope whose end matters. */
  declares?: readonly number[];
  /** Where its text ends, and the node at which its user's statement comes if that is a head. */
  end: number;
  hole?: number;
  turn?: number;
  /** The variable that stands for what macros that it uses declare for its user. */
  keeps?: number;
}

/** A piece of text that was blanked for the parser of the file and parsed aside. */
export interface Recovered {
  start: number;
  end: number;
  node: SyntaxNode;
  /** For a macro around statements: where these end. */
  around?: number;
}

/** Takes the value of a block's last expression statement. */
export type LastValue = (value: Expr) => void;

export interface NestedLowering {
  statement(ctx: FunctionContext, node: SyntaxNode, last?: LastValue): void;
  /** Lowers a lambda as a function of its own. */
  lambda(ctx: FunctionContext, node: SyntaxNode): Expr;
  /** Lowers an expression that makes or ends an object. */
  object(ctx: FunctionContext, node: SyntaxNode): Expr;
}

/** A context before anything is lowered. */
export function startContext(
  start: Pick<FunctionContext, 'text' | 'cpp' | 'name' | 'cfg' | 'nested' | 'macro'>,
): FunctionContext {
  return {
    ...start,
    variables: [],
    scopes: [{ names: new Map(), owned: [] }],
    jumps: [],
    labels: new Map(),
    computed: [],
    gotos: [],
    switches: [],
    handlers: [],
    raw: start.text,
    recovered: [],
    around: [],
    closures: new Map(),
    lambdas: [],
    depth: 0,
  };
}

export interface Scope {
  names: Map<string, number>;
  /** Variables whose end of life matters. */
  owned: number[];
  /** The one of them that stands for what macros declare here. */
  keeps?: number;
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
function ownsSomething({ type, storage, cleanup }: VariableFacts): boolean {
  if (cleanup !== undefined) return !storage;
  return !storage && type.ptr === 0 && !type.ref && type.base !== '' && !PLAIN.test(type.base);
}

/** A name; where it is a macro's parameter, this is where the argument is evaluated. */
export function mention(ctx: FunctionContext, node: SyntaxNode): Expr {
  const named = lookup(ctx, ctx.text.slice(node.start, node.end));
  const { macro } = ctx;
  if (!macro || named.k !== 'var' || named.v >= macro.uses.length) return named;
  macro.uses[named.v] = (macro.uses[named.v] ?? 0) + 1;
  const { nodes } = ctx.cfg;
  macro.seen ??= 0;
  for (; !macro.late && macro.seen < nodes.length; macro.seen++)
    macro.late = nodes[macro.seen]?.op === 'call' || nodes[macro.seen]?.op === 'assign';
  if (macro.mark) add(ctx.cfg, { op: 'nop', value: named, at: span(node), next: [] });
  return named;
}

/** The operator of an expression as it is written. */
export function operatorOf(ctx: FunctionContext, node: SyntaxNode): string {
  const operator = childBy(node, 'operator') ?? node.children.find((child) => !child.named);
  return operator ? ctx.text.slice(operator.start, operator.end) : '';
}

/** What the scopes from `from` on own by now, the youngest first. */
export function ownedSince(ctx: FunctionContext, from: number): number[] {
  return ctx.scopes
    .slice(from)
    .flatMap(({ owned }) => owned)
    .reverse();
}

/** Ends the life of what the scopes from `from` on own; the scopes stay open for other paths. */
export function endScopes(ctx: FunctionContext, from: number, at: Span): void {
  const vars = ownedSince(ctx, from);
  if (vars.length > 0 && ctx.cfg.open.length > 0) add(ctx.cfg, { op: 'scope-end', vars, at, next: [] });
}

/** Control goes to the handler of the `try` around, or leaves the function; what the scopes own ends. */
export function unwind(ctx: FunctionContext, node: SyntaxNode): void {
  const handler = ctx.handlers[ctx.handlers.length - 1];
  endScopes(ctx, handler?.scopes ?? 0, span(node));
  handler?.edges.push(...ctx.cfg.open);
  ctx.cfg.open = [];
}

export function emitCall(
  ctx: FunctionContext,
  at: SyntaxNode,
  callee: Expr,
  args: Expr[],
  type?: TypeRef,
): Expr {
  const node = add(ctx.cfg, { op: 'call', callee, args, at: span(at), next: [], ...(type ? { type } : {}) });
  return { k: 'result', n: node };
}

export function assign(ctx: FunctionContext, to: Expr, from: Expr, at: Span, decl = false): void {
  if (to.k === 'var' && !decl) ctx.closures.delete(to.v);
  add(
    ctx.cfg,
    decl ? { op: 'assign', to, from, decl, at, next: [] } : { op: 'assign', to, from, at, next: [] },
  );
}

export type { TypeRef };
