/**
 * Expressions: calls and side effects become nodes in the order they are evaluated, what is left is an `Expr`.
 */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import { memberPointer, withCaptures } from './callee';
import { add, addBranch, type Edge } from './cfg';
import { droppedArguments } from './dropped-arguments';
import { type Expr, UNKNOWN } from './expr';
import { character, number } from './literals';
import {
  assign,
  emitCall,
  type FunctionContext,
  lookup,
  mention,
  operatorOf,
  span,
  temporary,
  unwind,
} from './lower-context';
import { baseType, plainName, withTemplateArguments } from './lower-type';
import { addressOf, dereference } from './pointers';

/** Deeper than any tree that is copied. */
const MAX_DEPTH = 700;
const CASTS = new Set(['static_cast', 'reinterpret_cast', 'const_cast', 'dynamic_cast']);

/** Lowers an expression for its value. */
export function value(ctx: FunctionContext, node: SyntaxNode | undefined): Expr {
  if (!node || ctx.depth > MAX_DEPTH) return UNKNOWN;
  ctx.depth++;
  const result = evaluate(ctx, node);
  ctx.depth--;
  return result;
}

function evaluate(ctx: FunctionContext, node: SyntaxNode): Expr {
  const { text } = ctx;
  switch (node.type) {
    case 'identifier':
      return mention(ctx, node);
    case 'field_identifier':
      return lookup(ctx, text.slice(node.start, node.end));
    case 'qualified_identifier': {
      // A leading `::` means the global name, whatever the scope holds.
      const global = text.startsWith('::', node.start) ? '::' : '';
      return { k: 'name', n: global + plainName(node, text) };
    }
    case 'template_function':
    case 'dependent_name':
      return { k: 'name', n: plainName(node, text) };
    case 'number_literal':
      return number(text.slice(node.start, node.end));
    case 'char_literal':
      return character(text.slice(node.start, node.end));
    case 'true':
      return { k: 'num', v: 1 };
    case 'false':
    case 'null':
      return { k: 'num', v: 0 };
    case 'string_literal':
    case 'raw_string_literal':
    case 'concatenated_string':
      return { k: 'str', s: text.slice(node.start, Math.min(node.end, node.start + 60)) };
    case 'this':
      return { k: 'this' };
    case 'parenthesized_expression':
    case 'condition_clause':
      return parenthesized(ctx, node);
    case 'call_expression':
      return call(ctx, node);
    case 'gnu_asm_expression':
      // It may pause, wait or write: like a call of code that is not seen.
      add(ctx.cfg, { op: 'call', callee: { k: 'name', n: 'asm' }, args: [], at: span(node), next: [] });
      return UNKNOWN;
    case 'new_expression':
    case 'delete_expression':
    case 'compound_literal_expression':
      return ctx.nested.object(ctx, node);
    case 'assignment_expression':
      return assignment(ctx, node);
    case 'update_expression': {
      const target = value(ctx, childBy(node, 'argument'));
      const step = operatorOf(ctx, node) === '--' ? '-' : '+';
      assign(ctx, target, { k: 'bin', op: step, l: target, r: { k: 'num', v: 1 } }, span(node));
      const postfix = node.children[0]?.field === 'argument';
      return postfix ? { k: 'bin', op: step === '+' ? '-' : '+', l: target, r: { k: 'num', v: 1 } } : target;
    }
    case 'pointer_expression': {
      const inner = value(ctx, childBy(node, 'argument'));
      return operatorOf(ctx, node) === '&' ? addressOf(inner) : dereference(inner);
    }
    case 'unary_expression':
      return unary(ctx, node);
    case 'binary_expression':
      return binary(ctx, node);
    case 'conditional_expression':
      return conditional(ctx, node);
    case 'comma_expression':
      return comma(ctx, node);
    case 'field_expression': {
      const object = value(ctx, childBy(node, 'argument'));
      const field = childBy(node, 'field');
      const f = field ? plainName(field, text) : '';
      const arrow = operatorOf(ctx, node) === '->';
      return { k: 'field', of: arrow ? dereference(object) : object, f };
    }
    case 'subscript_expression': {
      const of = value(ctx, childBy(node, 'argument'));
      const list = childBy(node, 'indices');
      const i = value(ctx, childBy(node, 'index') ?? (list && namedChildren(list)[0]));
      return { k: 'index', of, i };
    }
    case 'cast_expression': {
      const t = baseType(childBy(node, 'type'), text);
      return { k: 'cast', t, e: value(ctx, childBy(node, 'value')) };
    }
    case 'initializer_list':
      return initializer(ctx, node);
    case 'lambda_expression':
      return ctx.nested.lambda(ctx, node);
    case 'sizeof_expression':
    case 'alignof_expression':
    case 'offsetof_expression':
    case 'type_descriptor':
    case 'comment':
      return UNKNOWN;
    case 'throw_statement': {
      for (const child of namedChildren(node)) value(ctx, child);
      emitCall(ctx, node, { k: 'name', n: 'throw' }, []);
      unwind(ctx, node);
      return UNKNOWN;
    }
    case 'generic_expression':
      return selection(ctx, node, (chosen) => value(ctx, chosen));
    case 'compound_statement':
      ctx.nested.statement(ctx, node);
      return UNKNOWN;
    default: {
      let last: Expr = UNKNOWN;
      const children = namedChildren(node);
      for (const child of children) last = value(ctx, child);
      return children.length === 1 ? last : UNKNOWN;
    }
  }
}

/** The value of a statement expression `({ … })` is its last expression. */
function parenthesized(ctx: FunctionContext, node: SyntaxNode): Expr {
  const block = childOf(node, 'compound_statement');
  if (!block) {
    let last: Expr = UNKNOWN;
    for (const child of namedChildren(node)) {
      if (child.type === 'init_statement')
        for (const part of namedChildren(child)) ctx.nested.statement(ctx, part);
      else last = child.type === 'declaration' ? declared(ctx, child) : value(ctx, child);
    }
    return last;
  }
  const result = temporary(ctx, span(node));
  ctx.nested.statement(ctx, block, (last) => assign(ctx, result, last, span(node)));
  return result;
}

/** `if (T x = f())`: the value is the variable. */
function declared(ctx: FunctionContext, node: SyntaxNode): Expr {
  ctx.nested.statement(ctx, node);
  return { k: 'var', v: ctx.variables.length - 1 };
}

/** The arguments of a call, in order. */
export function argumentsOf(ctx: FunctionContext, list: SyntaxNode | undefined): Expr[] {
  if (!list) return [];
  return namedChildren(list).map((child) => value(ctx, child));
}

/** The arguments of a call that may be a macro's use: with the nodes made for each, in their written positions. */
export function argumentsAndParts(ctx: FunctionContext, list: SyntaxNode | undefined): [Expr[], number[]?] {
  if (!list) return [[]];
  const { nodes } = ctx.cfg;
  const before = nodes.length;
  const parts: number[] = [];
  const args: Expr[] = [];
  const dropped = droppedArguments(list, ctx.text, ctx.raw);
  for (const child of namedChildren(list)) {
    while (dropped[0] && dropped[0].at < child.start) {
      parts.push(nodes.length);
      args.push(dropped.shift()?.value ?? UNKNOWN);
    }
    parts.push(nodes.length);
    args.push(value(ctx, child));
  }
  for (const rest of dropped) {
    parts.push(nodes.length);
    args.push(rest.value);
  }
  return nodes.length > before ? [args, parts] : [args];
}

function call(ctx: FunctionContext, node: SyntaxNode): Expr {
  const target = childBy(node, 'function');
  const list = childBy(node, 'arguments');
  if (target?.type === 'template_function' && list) {
    const name = plainName(target, ctx.text);
    const type = childOf(target, 'template_argument_list');
    if (CASTS.has(name) && type) {
      return {
        k: 'cast',
        t: baseType(namedChildren(type)[0], ctx.text),
        e: argumentsOf(ctx, list)[0] ?? UNKNOWN,
      };
    }
  }
  if (target?.type === 'primitive_type') return argumentsOf(ctx, list)[0] ?? UNKNOWN;
  if (target?.type === 'generic_expression') {
    const args = argumentsOf(ctx, list);
    return selection(ctx, target, (chosen) => emitCall(ctx, node, value(ctx, chosen), args));
  }
  const written = target ? value(ctx, target) : UNKNOWN;
  const { named, on } = memberPointer(written);
  const closure = named.k === 'var' ? ctx.closures.get(named.v) : named.k === 'lambda' ? named : undefined;
  const callee = closure ?? named;
  const [given, parts] = argumentsAndParts(ctx, list);
  const args = closure ? withCaptures(given, closure) : given;
  const type = target && callee.k === 'name' ? withTemplateArguments(target, ctx.text) : undefined;
  const also = { ...(type ? { type } : {}), ...(on ? { on } : {}) };
  const made = { op: 'call' as const, callee, args, at: span(node), next: [], ...also };
  return { k: 'result', n: add(ctx.cfg, parts && callee.k === 'name' ? { ...made, parts } : made) };
}

function assignment(ctx: FunctionContext, node: SyntaxNode): Expr {
  const operator = operatorOf(ctx, node);
  const left = childBy(node, 'left');
  if (operator === '=') {
    const from = value(ctx, childBy(node, 'right'));
    const to = value(ctx, left);
    assign(ctx, to, from, span(node));
    return to;
  }
  const to = value(ctx, left);
  const from = value(ctx, childBy(node, 'right'));
  assign(ctx, to, { k: 'bin', op: operator.slice(0, -1), l: to, r: from }, span(node));
  return to;
}

function unary(ctx: FunctionContext, node: SyntaxNode): Expr {
  const operator = operatorOf(ctx, node);
  const e = value(ctx, childBy(node, 'argument'));
  if (operator === '!' || operator === 'not') return { k: 'un', op: '!', e };
  if (operator === '-') return e.k === 'num' ? { k: 'num', v: -e.v } : { k: 'un', op: '-', e };
  if (operator === '+') return e;
  return operator === '~' ? { k: 'un', op: '~', e } : UNKNOWN;
}

const LOGICAL: Record<string, string> = { '&&': '&&', '||': '||', and: '&&', or: '||' };

function binary(ctx: FunctionContext, node: SyntaxNode): Expr {
  const op = operatorOf(ctx, node);
  if (!LOGICAL[op]) {
    const l = value(ctx, childBy(node, 'left'));
    return { k: 'bin', op, l, r: value(ctx, childBy(node, 'right')) };
  }
  const result = temporary(ctx, span(node));
  const { yes, no } = condition(ctx, node);
  choose(
    ctx,
    result,
    node,
    yes,
    () => ({ k: 'num', v: 1 }),
    no,
    () => ({ k: 'num', v: 0 }),
  );
  return result;
}

/** An object that the left side makes lives until the whole expression ends, so that end has a node. */
function comma(ctx: FunctionContext, node: SyntaxNode): Expr {
  const left = childBy(node, 'left');
  const first = ctx.cfg.nodes.length;
  value(ctx, left);
  const mayMake = ctx.cpp && ctx.cfg.nodes.slice(first).some(({ op }) => op === 'call');
  const last = value(ctx, childBy(node, 'right'));
  if (mayMake) add(ctx.cfg, { op: 'nop', at: span(node), next: [] });
  return last;
}

function conditional(ctx: FunctionContext, node: SyntaxNode): Expr {
  const result = temporary(ctx, span(node));
  const test = childBy(node, 'condition');
  const then = childBy(node, 'consequence');
  const other = childBy(node, 'alternative');
  // GNU's `a ?: b` evaluates `a` once, for its truth and for its value.
  const tested = then ? undefined : value(ctx, test);
  const { yes, no } = tested ? addBranch(ctx.cfg, tested, span(node)) : condition(ctx, test);
  choose(
    ctx,
    result,
    node,
    yes,
    () => tested ?? value(ctx, then),
    no,
    () => value(ctx, other),
  );
  return result;
}

/** `_Generic`: one of its expressions, we cannot tell which; what it chooses by is not evaluated. */
function selection(ctx: FunctionContext, node: SyntaxNode, use: (chosen: SyntaxNode) => Expr): Expr {
  const choices = namedChildren(node)
    .slice(1)
    .filter((child) => child.type !== 'type_descriptor');
  const result = temporary(ctx, span(node));
  const after: Edge[] = [];
  choices.forEach((chosen, i) => {
    const ways = i < choices.length - 1 ? addBranch(ctx.cfg, UNKNOWN, span(node)) : undefined;
    if (ways) ctx.cfg.open = ways.yes;
    assign(ctx, result, use(chosen), span(chosen));
    after.push(...ctx.cfg.open);
    ctx.cfg.open = ways?.no ?? [];
  });
  ctx.cfg.open = after;
  return result;
}

/** Assigns to `result` on two ways and joins them. */
function choose(
  ctx: FunctionContext,
  result: Expr,
  at: SyntaxNode,
  yes: Edge[],
  then: () => Expr,
  no: Edge[],
  other: () => Expr,
): void {
  ctx.cfg.open = yes;
  assign(ctx, result, then(), span(at));
  const after = ctx.cfg.open;
  ctx.cfg.open = no;
  assign(ctx, result, other(), span(at));
  ctx.cfg.open = [...after, ...ctx.cfg.open];
}

/** Lowers a condition into branches: the ways on which it holds and on which it does not. */
export function condition(ctx: FunctionContext, node: SyntaxNode | undefined): { yes: Edge[]; no: Edge[] } {
  if (!node || ctx.depth > MAX_DEPTH) return addBranch(ctx.cfg, UNKNOWN, node ? span(node) : [0, 0]);
  ctx.depth++;
  const ways = conditionOf(ctx, node);
  ctx.depth--;
  return ways;
}

function conditionOf(ctx: FunctionContext, node: SyntaxNode): { yes: Edge[]; no: Edge[] } {
  const inner = namedChildren(node);
  if ((node.type === 'parenthesized_expression' || node.type === 'condition_clause') && inner.length === 1) {
    const only = inner[0];
    if (only && only.type !== 'compound_statement' && only.type !== 'declaration')
      return condition(ctx, only);
  }
  if (node.type === 'unary_expression' && ['!', 'not'].includes(operatorOf(ctx, node))) {
    const { yes, no } = condition(ctx, childBy(node, 'argument'));
    return { yes: no, no: yes };
  }
  const logical = node.type === 'binary_expression' ? LOGICAL[operatorOf(ctx, node)] : undefined;
  if (logical) {
    const first = condition(ctx, childBy(node, 'left'));
    ctx.cfg.open = logical === '&&' ? first.yes : first.no;
    const second = condition(ctx, childBy(node, 'right'));
    return logical === '&&'
      ? { yes: second.yes, no: [...first.no, ...second.no] }
      : { yes: [...first.yes, ...second.yes], no: second.no };
  }
  const e = value(ctx, node);
  if (e.k === 'num') {
    const ways = ctx.cfg.open;
    ctx.cfg.open = [];
    return e.v !== 0 ? { yes: ways, no: [] } : { yes: [], no: ways };
  }
  return addBranch(ctx.cfg, e, span(node));
}

function initializer(ctx: FunctionContext, node: SyntaxNode): Expr {
  const items: { f?: string; e: Expr }[] = [];
  for (const child of namedChildren(node)) {
    if (child.type !== 'initializer_pair') {
      items.push({ e: value(ctx, child) });
      continue;
    }
    const designator = childBy(child, 'designator');
    const name = designator && namedChildren(designator)[0];
    const f = designator?.type === 'field_designator' && name ? plainName(name, ctx.text) : undefined;
    items.push({ ...(f ? { f } : {}), e: value(ctx, childBy(child, 'value')) });
  }
  return { k: 'init', items: items.slice(0, 256) };
}
