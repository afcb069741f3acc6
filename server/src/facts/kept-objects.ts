/** Objects that macros may declare: a call says in which scope it stands, so that they can end with it. */
import { namedChildren, type SyntaxNode } from '../syntax/tree';
import { add } from './cfg';
import type { Expr } from './expr';
import type { CfgNode } from './facts';
import { type FunctionContext, type Scope, span } from './lower-context';
import { value } from './lower-expression';

/** How many scopes are open in the text of a macro itself: that of its parameters, and of its block if it has one. */
const OUTERMOST = 2;

/**
 * `LOCKED(m);` may declare a guard, which lives as long as the scope around it: a variable without a name stands for
 * whatever such calls leave there. In a macro's own text, that is the scope of its user.
 */
export function keepFor(ctx: FunctionContext, { n: index }: Expr & { k: 'result' }, node: SyntaxNode): void {
  const call = ctx.cfg.nodes[index];
  const name = call && nameCalled(ctx, call);
  if (call?.op !== 'call' || name === undefined || !PLAIN_NAME.test(name)) return;
  if (!ctx.cpp && !CLEANS_UP.test(name)) return;
  const keeps = markerOf(ctx, node);
  if (keeps !== undefined) call.keeps = keeps;
}

/** The name that is called, also by `guard(mutex)(&m);`. */
function nameCalled(ctx: FunctionContext, call: CfgNode): string | undefined {
  const callee = call.op === 'call' ? call.callee : undefined;
  const inner = callee?.k === 'result' && !ctx.cpp ? ctx.cfg.nodes[callee.n] : call;
  return inner?.op === 'call' && inner.callee.k === 'name' ? inner.callee.n : undefined;
}

/** The same for `LOCKED;`, which is the node made last. */
export function keepForName(ctx: FunctionContext, node: SyntaxNode): void {
  const last = ctx.cfg.nodes[ctx.cfg.nodes.length - 1];
  const keeps = ctx.cpp && last?.op === 'nop' ? markerOf(ctx, node) : undefined;
  if (last?.op === 'nop' && keeps !== undefined) last.keeps = keeps;
}

/** The variable of the scope around, or in a macro's own text of its user's. */
function markerOf(ctx: FunctionContext, node: SyntaxNode): number | undefined {
  const scope = ctx.scopes[ctx.scopes.length - 1];
  if (!scope) return undefined;
  if (!ctx.macro || ctx.scopes.length > OUTERMOST) return scope.keeps ?? owned(ctx, scope, node);
  ctx.macro.keeps ??= marker(ctx, node);
  return ctx.macro.keeps;
}

const PLAIN_NAME = /^\w+$/;
/** In C only a variable with a cleanup attribute ends with an effect, and a macro for it is called like that. */
const CLEANS_UP = /guard|scope|auto|clean|defer|^CLASS$/i;

function owned(ctx: FunctionContext, scope: Scope, node: SyntaxNode): number {
  const made = marker(ctx, node);
  scope.owned.push(made);
  scope.keeps = made;
  return made;
}

function marker(ctx: FunctionContext, node: SyntaxNode): number {
  ctx.variables.push({ name: '', type: { base: '', ptr: 0, arr: 0 }, span: span(node) });
  return ctx.variables.length - 1;
}

/** What the outermost scope of a macro's text declares is declared for its user: in C++, what must end there. */
export function declareForUser({ macro, cpp, scopes }: FunctionContext, scope: Scope): void {
  if (!macro || scopes.length !== OUTERMOST || macro.hole !== undefined) return;
  macro.declares = cpp ? [...scope.owned] : [...scope.names.values()];
}

/** `if (guard g(m); true)` is all of a macro: its user's statement comes behind that, and ends what is declared. */
export function mayBeHole({ macro, cpp, cfg, scopes, jumps }: FunctionContext, node: SyntaxNode): void {
  if (!macro || node.start < macro.end || node.children.some((child) => child.named)) return;
  if (jumps[jumps.length - 1]?.kind === 'loop')
    macro.turn = add(cfg, { op: 'nop', at: span(node), next: [] });
  if (!cpp) return;
  const declares = scopes.slice(1).flatMap((scope) => scope.owned);
  if (declares.length === 0) return;
  macro.hole = add(cfg, { op: 'nop', at: span(node), next: [] });
  macro.declares = declares;
}

/** A macro that is the head of a statement may declare a guard for it; its arguments are looked at without effects. */
export function headKeeps(ctx: FunctionContext, node: SyntaxNode, head: SyntaxNode | undefined): void {
  const scope = ctx.scopes[ctx.scopes.length - 1];
  const used = headWritten(ctx, node, head);
  if (!used || !head || !scope || (!ctx.cpp && !CLEANS_UP.test(used.name))) return;
  const keeps = scope.keeps ?? owned(ctx, scope, node);
  add(ctx.cfg, { op: 'nop', head: { ...used, keeps }, at: [startOf(ctx, node), head.end], next: [] });
}

/** Where a statement begins in the file: a keyword that is longer than the macro's name stands in blanks before that. */
export function startOf({ raw }: FunctionContext, { start, end }: SyntaxNode): number {
  let at = start;
  while (at < end && (raw[at] === ' ' || raw[at] === '\t')) at++;
  return at;
}

/** The macro that stands in the place of a head, with its arguments where they do nothing. */
export function headWritten(
  ctx: FunctionContext,
  node: SyntaxNode,
  head: SyntaxNode | undefined,
): { name: string; args: Expr[] } | undefined {
  const start = startOf(ctx, node);
  const [name = ''] = /^\w+/.exec(ctx.raw.slice(start, start + 100)) ?? [];
  if (!head || name === '' || ctx.text.startsWith(name, start)) return undefined;
  if (/[({]|[+-]{2}|[^=!<>]=[^=]/.test(ctx.text.slice(head.start + 1, head.end))) return undefined;
  return { name, args: headArguments(head).map((part) => value(ctx, part)) };
}

/** The arguments of a macro that became a head: what stands between the commas of its condition. */
export function headArguments(node: SyntaxNode | undefined): SyntaxNode[] {
  if (node?.type !== 'comma_expression' && node?.type !== 'parenthesized_expression')
    return node ? [node] : [];
  return namedChildren(node).flatMap(headArguments);
}
