/** Expressions that make and end objects: `new`, `delete`, `guard{m}`. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import type { Expr } from './expr';
import { emitCall, type FunctionContext, span, temporary } from './lower-context';
import { argumentsOf, value } from './lower-expression';
import { baseType } from './lower-type';
import { dereference } from './pointers';

/** Lowers such an expression for its value. */
export function object(ctx: FunctionContext, node: SyntaxNode): Expr {
  if (node.type === 'new_expression') return construct(ctx, node);
  return node.type === 'delete_expression' ? destroy(ctx, node) : literal(ctx, node);
}

function destroy(ctx: FunctionContext, node: SyntaxNode): Expr {
  const freed = value(ctx, namedChildren(node)[0]);
  emitCall(ctx, node, { k: 'field', of: dereference(freed), f: '{destructor}' }, []);
  return emitCall(ctx, node, { k: 'name', n: 'operator delete' }, [freed]);
}

/** `guard{m}` makes an object as `guard(m)` does; C's `(struct pair){1, 2}` is only a value. */
function literal(ctx: FunctionContext, node: SyntaxNode): Expr {
  const type = childBy(node, 'type');
  const list = childBy(node, 'value');
  const isObject = type && type.type !== 'type_descriptor' && type.type !== 'primitive_type';
  if (!ctx.cpp || !isObject || !list || childOf(list, 'initializer_pair')) return value(ctx, list);
  const made = baseType(type, ctx.text);
  return emitCall(
    ctx,
    node,
    { k: 'name', n: made.base },
    argumentsOf(ctx, list),
    made.args ? made : undefined,
  );
}

const NOTHROW = /^\(\s*(?:::)?(?:std\s*::\s*)?nothrow\s*\)$/;

function construct(ctx: FunctionContext, node: SyntaxNode): Expr {
  const type = baseType(childBy(node, 'type'), ctx.text);
  const placement = childBy(node, 'placement');
  if (placement) argumentsOf(ctx, placement);
  // `new (std::nothrow) T` says nothing of where the object is put.
  const isPlaced = placement && !NOTHROW.test(ctx.text.slice(placement.start, placement.end));
  const object = isPlaced
    ? temporary(ctx, span(node))
    : emitCall(ctx, node, { k: 'name', n: 'operator new' }, [], type);
  const args = argumentsOf(ctx, childBy(node, 'arguments'));
  emitCall(
    ctx,
    node,
    {
      k: 'field',
      of: dereference({ k: 'cast', t: { ...type, ptr: type.ptr + 1 }, e: object }),
      f: '{constructor}',
    },
    args,
    type,
  );
  return object;
}
