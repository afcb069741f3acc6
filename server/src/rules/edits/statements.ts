/**
 * Placing statements: after and before one, at the start of a block, as a new branch. A statement that is the
 * body of `if`, `else` or a loop without braces gets its braces.
 */
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';
import {
  below,
  crossesDirective,
  endOfLine,
  indentAt,
  inline,
  type Layout,
  type Line,
  lineStart,
  startsLine,
} from './layout';

const BLOCKS = new Set(['compound_statement', 'case_statement']);
const UNBRACED_PARENTS = new Set([
  'if_statement',
  'else_clause',
  'for_statement',
  'for_range_loop',
  'while_statement',
  'do_statement',
]);
const JUMPS = new Set([
  'return_statement',
  'goto_statement',
  'break_statement',
  'continue_statement',
  'throw_statement',
  'co_return_statement',
]);
const COMPOUND_STATEMENTS = new Set([
  'if_statement',
  'for_statement',
  'for_range_loop',
  'while_statement',
  'do_statement',
  'switch_statement',
  'labeled_statement',
]);

/** Answers whether a call to the named function comes back. */
export type Returns = (callee: string) => boolean;

/** The statement with the labels before it. */
export function withLabels(statement: Node): Node {
  let result = statement;
  while (result.parent?.type === 'labeled_statement') result = result.parent;
  return result;
}

/** The next statement of the same block; undefined at the block's end and across a preprocessor directive. */
export function nextStatement(text: string, statement: Node): Node | undefined {
  const anchor = withLabels(statement);
  if (!anchor.parent || !BLOCKS.has(anchor.parent.type)) return undefined;
  let next = anchor.nextNamedSibling;
  while (next?.type === 'comment') next = next.nextNamedSibling;
  if (!next || crossesDirective(text, anchor.endIndex, next.startIndex)) return undefined;
  return next;
}

/** True where control never reaches the place after the statement. */
export function leaves(statement: Node, returns: Returns): boolean {
  if (JUMPS.has(statement.type)) return true;
  const parts = statement.namedChildren.filter((child) => child.type !== 'comment');
  const last = parts.at(-1);
  if (!last) return false;
  if (statement.type === 'compound_statement' || statement.type === 'labeled_statement')
    return leaves(last, returns);
  if (statement.type === 'if_statement') {
    const consequence = statement.childForFieldName('consequence');
    const otherwise = elseBody(statement);
    return !!consequence && !!otherwise && leaves(consequence, returns) && leaves(otherwise, returns);
  }
  if (statement.type !== 'expression_statement' || last.type !== 'call_expression') return false;
  const callee = last.childForFieldName('function');
  return !!callee && !returns(callee.text);
}

/** What the `else` of an `if` holds. */
export function elseBody(ifStatement: Node): Node | undefined {
  const clause = ifStatement.childForFieldName('alternative');
  return clause?.namedChildren.filter((child) => child.type !== 'comment').at(-1);
}

/** Inserts lines after a statement, in the same block. */
export function insertAfter(layout: Layout, statement: Node, lines: readonly Line[]): TextEdit[] | undefined {
  const anchor = withLabels(statement);
  if (!anchor.parent) return undefined;
  if (UNBRACED_PARENTS.has(anchor.parent.type)) return embrace(layout, anchor, [], lines);
  if (!isBlock(anchor.parent)) return undefined;
  const { file, text } = layout;
  const at = endOfLine(text, anchor.endIndex);
  if (at === undefined) {
    return [{ file, start: anchor.endIndex, end: anchor.endIndex, newText: ` ${inline(lines)}` }];
  }
  return [{ file, start: at, end: at, newText: below(layout, siblingIndent(layout, anchor), lines) }];
}

/** Inserts lines before a statement (after its labels), in the same block. */
export function insertBefore(
  layout: Layout,
  statement: Node,
  lines: readonly Line[],
): TextEdit[] | undefined {
  const anchor = withLabels(statement);
  if (!anchor.parent) return undefined;
  if (UNBRACED_PARENTS.has(anchor.parent.type) && anchor.equals(statement)) {
    return embrace(layout, anchor, lines, []);
  }
  if (!isBlock(anchor.parent)) return undefined;
  const { file, text, eol } = layout;
  const at = statement.startIndex;
  if (!startsLine(text, at)) return [{ file, start: at, end: at, newText: `${inline(lines)} ` }];
  const indent = indentAt(text, at);
  const newText = below(layout, indent, lines).slice(eol.length + indent.length) + eol + indent;
  return [{ file, start: at, end: at, newText }];
}

/**
 * Inserts lines before a statement of a block. Where a label stands right before it, both come into a block of
 * their own: a declaration among the lines may not follow a label, nor be jumped over by a later case.
 */
export function declareBefore(
  layout: Layout,
  statement: Node,
  lines: readonly Line[],
): TextEdit[] | undefined {
  const { file, text, eol, unit } = layout;
  const { parent, startIndex: start, endIndex: end } = statement;
  if (parent?.type !== 'labeled_statement' && parent?.type !== 'case_statement') {
    return insertBefore(layout, statement, lines);
  }
  if (!withLabels(statement).parent || !isBlock(withLabels(statement).parent ?? statement)) return undefined;
  const at = endOfLine(text, end);
  if (at === undefined || !startsLine(text, start)) {
    return [
      { file, start, end: start, newText: `{ ${inline(lines)} ` },
      { file, start: end, end, newText: ' }' },
    ];
  }
  const indent = indentAt(text, start);
  return [
    { file, start, end: start, newText: `{${below(layout, indent + unit, lines)}${eol}${indent}${unit}` },
    { file, start: at, end: at, newText: `${eol}${indent}}` },
  ];
}

/** Inserts lines as the first of a branch or loop body, with or without braces. */
export function insertAtStart(layout: Layout, body: Node, lines: readonly Line[]): TextEdit[] | undefined {
  if (body.type !== 'compound_statement') return embrace(layout, body, lines, []);
  const { file, text } = layout;
  const brace = body.startIndex + 1;
  const at = endOfLine(text, brace);
  if (at === undefined || at >= body.endIndex) {
    const gap = /\s/.test(text[brace] ?? '') ? '' : ' ';
    return [{ file, start: brace, end: brace, newText: ` ${inline(lines)}${gap}` }];
  }
  return [{ file, start: at, end: at, newText: below(layout, contentIndent(layout, body), lines) }];
}

/** Inserts lines as the last of a block, before its closing brace. */
export function insertAtEnd(layout: Layout, block: Node, lines: readonly Line[]): TextEdit[] {
  const { file, text, eol } = layout;
  const brace = block.endIndex - 1;
  if (!startsLine(text, brace)) {
    const gap = /\s/.test(text[brace - 1] ?? '') ? '' : ' ';
    return [{ file, start: brace, end: brace, newText: `${gap}${inline(lines)} ` }];
  }
  const at = lineStart(text, brace);
  const newText = below(layout, contentIndent(layout, block), lines).slice(eol.length) + eol;
  return [{ file, start: at, end: at, newText }];
}

/** Gives an `if` that has no `else` one that holds the lines. */
export function addElse(layout: Layout, ifStatement: Node, lines: readonly Line[]): TextEdit[] | undefined {
  const { file, text, eol } = layout;
  const body = ifStatement.childForFieldName('consequence');
  // An `else` after an unbraced inner statement could bind to an `if` inside it.
  if (!body || COMPOUND_STATEMENTS.has(body.type)) return undefined;
  const outer = indentAt(text, ifStatement.startIndex);
  const deeper = lines.map((line) => ({ ...line, depth: line.depth + 1 }));
  if (body.type === 'compound_statement') {
    const newLine = `${eol}${outer}`;
    const head = layout.ownBrace ? `${newLine}else${newLine}{` : ' else {';
    const newText = `${head}${below(layout, outer, deeper)}${newLine}}`;
    return [{ file, start: body.endIndex, end: body.endIndex, newText }];
  }
  const at = endOfLine(text, body.endIndex);
  if (at === undefined) {
    return [{ file, start: body.endIndex, end: body.endIndex, newText: ` else ${inline(lines)}` }];
  }
  return [{ file, start: at, end: at, newText: `${eol}${outer}else${below(layout, outer, deeper)}` }];
}

/** Puts braces around a body that has none, with lines before and after it. */
function embrace(
  layout: Layout,
  body: Node,
  before: readonly Line[],
  after: readonly Line[],
): TextEdit[] | undefined {
  const { file, text, eol } = layout;
  const { parent, startIndex: start, endIndex: end } = body;
  if (!parent) return undefined;
  const at = endOfLine(text, end);
  if (at === undefined) {
    const head = before.length > 0 ? `{ ${inline(before)} ` : '{ ';
    const tail = after.length > 0 ? ` ${inline(after)} }` : ' }';
    return [
      { file, start, end: start, newText: head },
      { file, start: end, end, newText: tail },
    ];
  }
  let header = body.previousSibling;
  while (header?.type === 'comment') header = header.previousSibling;
  if (!header) return undefined;
  const outer = indentAt(text, parent.startIndex);
  const ownLine = startsLine(text, start);
  const inner = ownLine ? indentAt(text, start) : outer + layout.unit;
  const first = below(layout, inner, before);
  const brace = layout.ownBrace ? `${eol}${outer}{` : ' {';
  const open: TextEdit[] = ownLine
    ? [
        { file, start: header.endIndex, end: header.endIndex, newText: brace },
        { file, start, end: start, newText: first && first.slice(eol.length + inner.length) + eol + inner },
      ]
    : [{ file, start: header.endIndex, end: start, newText: `${brace}${first}${eol}${inner}` }];
  // Only blanks may be replaced: a comment between the two would be lost.
  if (!ownLine && text.slice(header.endIndex, start).trim() !== '') return undefined;
  const shifted = ownLine ? [] : deepen(layout, start, end);
  const close = { file, start: at, end: at, newText: `${below(layout, inner, after)}${eol}${outer}}` };
  return [...open.filter((edit) => edit.newText !== ''), ...shifted, close];
}

/** Indents the lines that begin within `[start, end)` by one step. */
function deepen(layout: Layout, start: number, end: number): TextEdit[] {
  const { file, text, unit } = layout;
  const edits: TextEdit[] = [];
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    const blank = /^[ \t]*\r?\n/.test(text.slice(at + 1, end));
    if (!blank) edits.push({ file, start: at + 1, end: at + 1, newText: unit });
  }
  return edits;
}

/** The indentation for a line beside `statement`, also where a label stands before it. */
function siblingIndent(layout: Layout, statement: Node): string {
  const { text, unit } = layout;
  const labelled = statement.type === 'labeled_statement';
  if (!labelled && startsLine(text, statement.startIndex)) return indentAt(text, statement.startIndex);
  const siblings = [statement.nextNamedSibling, statement.previousNamedSibling];
  for (const sibling of siblings) {
    if (!sibling || sibling.type === 'labeled_statement' || sibling.type === 'case_statement') continue;
    if (startsLine(text, sibling.startIndex)) return indentAt(text, sibling.startIndex);
  }
  return indentAt(text, statement.startIndex) + unit;
}

/** The indentation for a line inside `block`. */
function contentIndent(layout: Layout, block: Node): string {
  const { text, unit } = layout;
  for (const child of block.namedChildren) {
    if (child.type === 'labeled_statement' || child.type === 'case_statement') continue;
    if (startsLine(text, child.startIndex)) return indentAt(text, child.startIndex);
  }
  return indentAt(text, block.endIndex - 1) + unit;
}

/** A block whose value nobody takes: GNU statement expressions end in the statement that is their value. */
function isBlock(node: Node): boolean {
  return BLOCKS.has(node.type) && node.parent?.type !== 'parenthesized_expression';
}
