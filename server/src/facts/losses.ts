/**
 * What was lost in reading a file, so that the statistics can tell the truth and the next cause can be found.
 *
 * Invariant: every function that counts as damaged has a loss that says where, and text outside of functions
 * is either read or counted. The list is bounded, the count is not.
 */
import type { ConditionedSpan } from '../syntax/condition';
import { TOO_LONG } from '../syntax/conditioning/length';
import type { Macro } from '../syntax/conditioning/macros';
import { DEEP } from '../syntax/conditioning/nesting';
import type { SyntaxNode } from '../syntax/tree';
import { childOf } from '../syntax/tree';
import type { Span } from './expr';
import type { FunctionFacts, LossFacts } from './facts';
import { MAX_BODY } from './lower-macros';
import { callsSomething } from './read-macros';

export interface Losses {
  losses: LossFacts[];
  unread: number;
}

interface Context {
  /** The conditioned text. */
  text: string;
  /** Where the functions start that were lowered. */
  lowered: ReadonlySet<number>;
  found: LossFacts[];
}

/** More are counted only: a file that is no C at all would fill the report alone. */
const MOST = 100;

/** Statements that no declaration can be: what a function leaves behind when its head is not understood. */
const STRAY = new Set([
  'if_statement',
  'for_statement',
  'for_range_loop',
  'while_statement',
  'do_statement',
  'switch_statement',
  'case_statement',
  'return_statement',
  'goto_statement',
  'break_statement',
  'continue_statement',
  'labeled_statement',
  'throw_statement',
]);

/** Nodes of an ERROR that lowering reads as if they stood outside of it. */
const READ = new Set([
  'function_definition',
  'declaration',
  'field_declaration',
  'type_definition',
  'alias_declaration',
  'struct_specifier',
  'union_specifier',
  'class_specifier',
  'enum_specifier',
  'namespace_definition',
  'template_declaration',
  'linkage_specification',
  'declaration_list',
  'friend_declaration',
]);

/** The losses of a file whose tree could be made. */
export function lossesOf(root: SyntaxNode, text: string, functions: readonly FunctionFacts[]): Losses {
  const lowered = new Set(functions.map((fn) => fn.span[0]));
  const ctx: Context = { text, lowered, found: [] };
  outside(ctx, root);
  const unread = ctx.found
    .filter(({ kind }) => kind === 'text')
    .reduce((total, { span }) => total + solidLength(text, span), 0);
  return { losses: ctx.found, unread };
}

/** Function-like macros that call something and of which no function was made. */
export function macroLosses(
  text: string,
  macros: readonly Macro[],
  functions: readonly FunctionFacts[],
): LossFacts[] {
  const known = new Set(functions.flatMap((fn) => (fn.kind === 'macro' ? [fn.name] : [])));
  return macros.flatMap((macro): LossFacts[] => {
    const { name, params, at, bodyStart, bodyEnd } = macro;
    if (!params || known.has(name) || !callsSomething(text, macro)) return [];
    const reason = macroReason(text.slice(bodyStart, bodyEnd));
    return [{ kind: 'macro', span: [at, bodyEnd], reason }];
  });
}

/** What conditioning has taken out although facts could have been made of it. */
const CUT: ReadonlySet<string> = new Set([DEEP, TOO_LONG]);

/** Reports what conditioning has cut; the functions that it was cut out of count as damaged. */
export function cutLosses(
  text: string,
  spans: readonly ConditionedSpan[],
  functions: readonly FunctionFacts[],
): Losses {
  const found: Losses = { losses: [], unread: 0 };
  for (const { start, end, reason } of spans) {
    if (!CUT.has(reason)) continue;
    const around = functions.filter((fn) => fn.kind !== 'macro' && fn.span[0] <= start && end <= fn.span[1]);
    for (const fn of around) fn.damaged = true;
    const kind = around.length > 0 ? 'function' : 'text';
    found.losses.push({ kind, span: [start, end], reason });
    if (kind === 'text') found.unread += solidLength(text, [start, end]);
  }
  return found;
}

/** A comment without an end hides all that follows. */
export function openComment(spans: readonly ConditionedSpan[]): LossFacts[] {
  const found = spans.filter(({ reason }) => reason === 'comment that is never closed');
  return found.map(({ start, end, reason }) => ({ kind: 'text', span: [start, end], reason: `a ${reason}` }));
}

/** At most so many losses as a reader would read; the rest becomes one entry that counts it. */
export function bounded(losses: readonly LossFacts[]): LossFacts[] {
  const sorted = [...losses].sort((a, b) => a.span[0] - b.span[0] || a.span[1] - b.span[1]);
  const rest = sorted.slice(MOST);
  const [first] = rest;
  if (!first) return sorted;
  const reason = `${rest.length} more places`;
  return [...sorted.slice(0, MOST), { kind: 'more', span: first.span, reason }];
}

function macroReason(body: string): string {
  if (body.length > MAX_BODY) return 'the macro is longer than any that a person writes';
  const opening = body.replace(/[^({[]/g, '').length;
  const closing = body.replace(/[^)}\]]/g, '').length;
  if (opening !== closing) return 'the macro leaves brackets open, or closes some';
  return 'the body of the macro is no statement';
}

function outside(ctx: Context, node: SyntaxNode): void {
  for (const child of node.children) {
    if (child.type === 'function_definition') ofFunction(ctx, child);
    else if (child.type === 'ERROR') unreadable(ctx, child, 'not understood');
    else if (child.type === 'compound_statement') unreadable(ctx, child, 'a block outside of any function');
    else if (isMissing(child)) ctx.found.push(missing(child, 'text'));
    else if (child.cut) add(ctx, [child.start, child.end], DEEP);
    else if (isStray(child)) add(ctx, [child.start, child.end], 'a statement outside of any function');
    else if (child.damaged || holdsMembers(child)) outside(ctx, child);
  }
}

/** A macro's use at file level looks like a call, and is none that should run there. */
function isStray({ type, children: [first] }: SyntaxNode): boolean {
  if (type !== 'expression_statement') return STRAY.has(type);
  return first?.named === true && first.type !== 'call_expression' && first.type !== 'identifier';
}

/** Classes, namespaces and the like hold functions, which may be lost without any damage to the tree. */
function holdsMembers(node: SyntaxNode): boolean {
  return READ.has(node.type) || node.type === 'field_declaration_list' || node.type.startsWith('preproc_');
}

function ofFunction(ctx: Context, node: SyntaxNode): void {
  const body = childOf(node, 'compound_statement', 'try_statement');
  if (body && !ctx.lowered.has(node.start)) {
    ctx.found.push({
      kind: 'text',
      span: [node.start, node.end],
      reason: 'what looks like a function cannot be read as one',
    });
    return;
  }
  if (!node.damaged) return;
  for (const inner of functionsIn(node)) if (ctx.lowered.has(inner.start)) ofFunction(ctx, inner);
  const first = firstDamage(node);
  if (!first) return;
  const reason = first.cut ? DEEP : 'not understood';
  ctx.found.push(
    isMissing(first)
      ? missing(first, 'function')
      : { kind: 'function', span: [first.start, first.end], reason },
  );
}

/** Damaged functions inside of one, as a brace that is missing makes them; trees are deeper than the stack. */
function functionsIn(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const queue = node.children.filter(({ damaged }) => damaged);
  for (let at = queue.pop(); at; at = queue.pop()) {
    if (at.type === 'function_definition') found.push(at);
    else queue.push(...at.children.filter(({ damaged }) => damaged));
  }
  return found;
}

/** The first ERROR or MISSING node below, or one without its inside, in source order. */
function firstDamage(node: SyntaxNode): SyntaxNode | undefined {
  let at: SyntaxNode | undefined = node;
  while (at && at.type !== 'ERROR' && !isMissing(at) && !at.cut)
    at = at.children.find((child) => child.damaged);
  return at;
}

function isMissing(node: SyntaxNode): boolean {
  return node.damaged && node.type !== 'ERROR' && node.start === node.end && node.children.length === 0;
}

function missing(node: SyntaxNode, kind: LossFacts['kind']): LossFacts {
  const what = node.named ? `a ${node.type.replaceAll('_', ' ')}` : `\`${node.type}\``;
  return { kind, span: [node.start, node.end], reason: `${what} is missing` };
}

/** A part of the tree that is lost but for the declarations and functions in it that could be read. */
function unreadable(ctx: Context, node: SyntaxNode, reason: string): void {
  let at = node.start;
  for (const child of node.children) {
    if (!READ.has(child.type)) continue;
    add(ctx, [at, child.start], reason);
    at = child.end;
    outside(ctx, { ...node, children: [child] });
  }
  add(ctx, [at, node.end], reason);
}

/** Blanks at both ends are no loss. */
function add(ctx: Context, [start, end]: Span, reason: string): void {
  const text = ctx.text.slice(start, end);
  const solid = text.trim();
  if (solid === '') return;
  const from = start + text.indexOf(solid);
  ctx.found.push({ kind: 'text', span: [from, from + solid.length], reason });
}

/** The characters that are no blanks. */
export function solidLength(text: string, [start, end]: Span = [0, text.length]): number {
  return text.slice(start, end).replace(/\s+/g, '').length;
}
