/**
 * Macro uses that conditioning had to take out of a function's text: `LOCK(x)` without a semicolon, and macros
 * around statements; likewise assembly. Control passes them, so they are parsed aside and lowered where they stand.
 */
import type { ConditionedSpan } from '../syntax/condition';
import { childBy, type SyntaxNode } from '../syntax/tree';
import { add } from './cfg';
import { type Expr, type Span, UNKNOWN } from './expr';
import type { MacroUseFacts } from './facts';
import type { FunctionContext, Recovered } from './lower-context';
import { argumentsAndParts, value } from './lower-expression';

const HEAD = 'void f(void){';
const INVOCATION = /^[A-Za-z_]\w*\s*(?:\(|$)/;

/** Parses a text of its own. */
export type ParseAside = (text: string) => SyntaxNode | undefined;

/** The macro uses among the changed spans of a text, in its order; offsets are those of `text`. */
export function recoverStatements(
  text: string,
  spans: readonly ConditionedSpan[],
  parse: ParseAside,
): Recovered[] {
  const found: Recovered[] = [];
  const open: Recovered[] = [];
  for (const { start, end, reason } of spans) {
    if (reason === 'macro without semicolon') {
      const node = parseAt(text.slice(start, end), start, parse);
      if (node) found.push({ start, end, node });
    }
    if (reason === 'inline assembly') found.push({ start, end, node: assemblyAt(start, end) });
    if (reason !== 'macro around statements') continue;
    const piece = text.slice(start, end);
    if (piece === ')') {
      const head = open.pop();
      if (head) head.around = start;
      continue;
    }
    // What follows the last comma are the statements, which stand in the file's own tree.
    const node = parseAt(
      `${piece.replace(/[,(]\s*$/, (last) => (last[0] === '(' ? '()' : ')'))}`,
      start,
      parse,
    );
    if (!node) continue;
    const head: Recovered = { start, end, node };
    found.push(head);
    open.push(head);
  }
  return found;
}

function assemblyAt(start: number, end: number): SyntaxNode {
  return { type: 'gnu_asm_expression', start, end, field: null, named: true, damaged: false, children: [] };
}

/** The expression of one statement, with its offsets moved to where it stands in the file. */
function parseAt(piece: string, start: number, parse: ParseAside): SyntaxNode | undefined {
  if (!INVOCATION.test(piece)) return undefined;
  const root = parse(`${HEAD}${piece};}`);
  const body = root?.children[0] && childBy(root.children[0], 'body');
  const statement = body?.children.find((child) => child.type === 'expression_statement');
  const node = statement?.children[0];
  if (!node || statement.damaged || node.type === ';') return undefined;
  return moved(node, start - HEAD.length);
}

function moved(node: SyntaxNode, by: number): SyntaxNode {
  return {
    ...node,
    start: node.start + by,
    end: node.end + by,
    children: node.children.map((child) => moved(child, by)),
  };
}

/** Lowers what conditioning took out in front of `before`, and ends the macros whose statements end there. */
export function recover(ctx: FunctionContext, before: number): void {
  for (;;) {
    const ending = ctx.around[ctx.around.length - 1];
    const next = ctx.recovered[0];
    const limit = Math.min(before, next?.start ?? before);
    if (ending && ending.end < limit) {
      ctx.around.pop();
      ending.finish();
      continue;
    }
    if (!next || next.start >= before) return;
    ctx.recovered.shift();
    const { text } = ctx;
    ctx.text = ctx.raw;
    const at: Span = [next.start, next.end];
    const finish = next.around === undefined ? undefined : callAround(ctx, next.node, at);
    if (finish && next.around !== undefined) ctx.around.push({ end: next.around, finish });
    else {
      const result = value(ctx, next.node);
      if (result.k === 'name') mayBeMacro(ctx, result, at);
    }
    ctx.text = text;
  }
}

/** A macro used around statements: they are made between the two halves, and are its last argument. */
function callAround(ctx: FunctionContext, node: SyntaxNode, at: Span): (() => void) | undefined {
  const target = childBy(node, 'function');
  if (node.type !== 'call_expression' || !target) return undefined;
  const { nodes } = ctx.cfg;
  const callee = value(ctx, target);
  const [args, parts = args.map(() => nodes.length)] = argumentsAndParts(ctx, childBy(node, 'arguments'));
  parts.push(nodes.length);
  return () => {
    add(ctx.cfg, { op: 'call', callee, args: [...args, UNKNOWN], parts, at, next: [] });
  };
}

/** A name alone does nothing, unless it is a macro. */
export function mayBeMacro(ctx: FunctionContext, name: Expr, at: Span): void {
  add(ctx.cfg, { op: 'nop', value: name, at, next: [] });
}

/** Longer uses are tables, which define no function that matters. */
const MAX_USE = 400;
const MAX_USES = 1000;

/** Node types that hold what is at file level. */
const AT_FILE_LEVEL: ReadonlySet<string> = new Set([
  'namespace_definition',
  'linkage_specification',
  'declaration_list',
]);

/** Macros used at file level: those conditioning has taken out, and those that parse as calls. */
export function fileLevelUses(
  text: string,
  spans: readonly ConditionedSpan[],
  root: SyntaxNode,
): MacroUseFacts[] {
  const places: (readonly [number, number])[] = [];
  for (const { start, end, reason } of spans) if (reason === 'macro at file level') places.push([start, end]);
  const look = ({ children }: SyntaxNode): void => {
    for (const child of children) {
      if (child.type === 'expression_statement') places.push([child.start, child.end]);
      else if (AT_FILE_LEVEL.has(child.type)) look(child);
    }
  };
  look(root);
  return places
    .sort((a, b) => a[0] - b[0])
    .flatMap(([start, end]): MacroUseFacts[] => {
      if (end - start > MAX_USE) return [];
      const match = /^([A-Za-z_]\w*)\s*(?:\(([^;{}]*)\)\s*)?;?$/.exec(text.slice(start, end));
      if (!match?.[1]) return [];
      const args = match[2] === undefined ? [] : splitArguments(match[2]);
      return [{ name: match[1], args, span: [start, end] }];
    })
    .slice(0, MAX_USES);
}

function splitArguments(text: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const c = text[at];
    if (c === '(' || c === '[') depth++;
    if (c === ')' || c === ']') depth--;
    if (at < text.length && (c !== ',' || depth > 0)) continue;
    args.push(text.slice(from, at).trim());
    from = at + 1;
  }
  return args;
}
