/** What a lambda captures: variables of the function around it that its body mentions. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import { type Expr, NO_TYPE } from './expr';
import { type FunctionContext, lookup } from './lower-context';
import { value } from './lower-expression';
import type { Declared } from './lower-type';

export interface Capture {
  /** The variable as the lambda knows it: a reference, or a copy. */
  declared: Declared;
  /** What it stands for in the function around. */
  outer: Expr;
}

/** In the order in which they are listed, then in which they are mentioned. */
export function capturesOf(
  ctx: FunctionContext,
  node: SyntaxNode,
  body: SyntaxNode,
  params: ReadonlySet<string>,
): Capture[] {
  const list = childBy(node, 'captures') ?? childOf(node, 'lambda_capture_specifier');
  const found = new Map<string, Capture>();
  let all: 'reference' | 'copy' | undefined;
  for (const item of list ? namedChildren(list) : []) {
    const name = childBy(item, 'left') ?? item;
    const isReference = /&\s*$/.test(ctx.text.slice(list?.start ?? 0, name.start));
    if (item.type === 'lambda_default_capture') all = ctx.text[item.start] === '&' ? 'reference' : 'copy';
    else if (item.type === 'lambda_capture_initializer')
      found.set(textOf(ctx, name), captured(ctx, name, value(ctx, childBy(item, 'right')), isReference));
    else if (item.type === 'identifier') take(ctx, found, item, isReference);
  }
  if (all) {
    for (const mention of identifiersIn(body))
      if (!params.has(textOf(ctx, mention))) take(ctx, found, mention, all === 'reference');
  }
  return [...found.values()];
}

function textOf({ text }: FunctionContext, { start, end }: SyntaxNode): string {
  return text.slice(start, end);
}

function take(
  ctx: FunctionContext,
  found: Map<string, Capture>,
  node: SyntaxNode,
  isReference: boolean,
): void {
  const name = textOf(ctx, node);
  if (found.has(name)) return;
  const outer = lookup(ctx, name);
  if (outer.k === 'var') found.set(name, captured(ctx, node, outer, isReference));
}

function captured(ctx: FunctionContext, nameNode: SyntaxNode, outer: Expr, isReference: boolean): Capture {
  const known = outer.k === 'var' ? (ctx.variables[outer.v]?.type ?? NO_TYPE) : NO_TYPE;
  const { ref: _, ...type } = known;
  const name = textOf(ctx, nameNode);
  return { declared: { name, nameNode, type: isReference ? { ...type, ref: true } : type }, outer };
}

function identifiersIn(body: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const queue = [body];
  for (let node = queue.pop(); node; node = queue.pop()) {
    if (node.type === 'identifier') found.push(node);
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child) queue.push(child);
    }
  }
  return found;
}
