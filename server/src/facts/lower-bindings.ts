/** Structured bindings: `auto &[key, shard] = *it` declares an object without a name, and names for its parts. */
import type { SyntaxNode } from '../syntax/tree';
import type { Expr } from './expr';
import { assign, declareVariable, type FunctionContext, span } from './lower-context';
import { addressOf } from './pointers';

/** What the parts of a pair are called; other objects have numbers until the linked program can tell. */
const PARTS = ['first', 'second'];

/** Declares the names for the parts of variable `v`. */
export function bindParts(ctx: FunctionContext, v: number, names: readonly SyntaxNode[]): void {
  names.forEach((node, i) => {
    const at = span(node);
    const type = { base: 'auto', ptr: 0, arr: 0, ref: true };
    const name = declareVariable(ctx, { name: ctx.text.slice(node.start, node.end), type, span: at });
    const part = names.length === PARTS.length ? PARTS[i] : undefined;
    const of: Expr = { k: 'field', of: { k: 'var', v }, f: part ?? `${i}` };
    assign(ctx, { k: 'var', v: name }, addressOf(of), at, true);
  });
}
