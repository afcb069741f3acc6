/**
 * Where text may be put into a C or C++ file so that it looks as if the author had written it.
 *
 * Offsets are UTF-16 offsets into the raw text; nodes come from a tree of the conditioned text, which has the
 * same length.
 */
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';

/** One line of code to insert, `depth` steps deeper than its surroundings. */
export interface Line {
  depth: number;
  code: string;
}

/** What all insertions into one place of one file share. */
export interface Layout {
  file: string;
  text: string;
  /** The line ending in use. */
  eol: string;
  /** One step of indentation. */
  unit: string;
  /** True where the braces of branches and loops open on a line of their own. */
  ownBrace: boolean;
}

/** Reads line ending, indentation step and brace style from the surroundings of `node`. */
export function layoutAround(file: string, text: string, node: Node): Layout {
  const lineEnd = text.indexOf('\n', node.startIndex);
  const newline = lineEnd < 0 ? text.indexOf('\n') : lineEnd;
  const eol = newline > 0 && text[newline - 1] === '\r' ? '\r\n' : '\n';
  return { file, text, eol, unit: stepAround(text, node), ownBrace: opensOnOwnLine(text, node) };
}

/** The indentation of the line that holds `offset`. */
export function indentAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return /^[ \t]*/.exec(text.slice(start, offset + 1))?.[0] ?? '';
}

/** Offset of the first character of the line that holds `offset`. */
export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** True where nothing but blanks stands before `offset` on its line. */
export function startsLine(text: string, offset: number): boolean {
  return /^[ \t]*$/.test(text.slice(lineStart(text, offset), offset));
}

/**
 * The offset at which a new line may begin after code that ends at `offset`, past comments that belong to the
 * line. Undefined where more code (or a continued line) follows: an insertion then stays on this line.
 */
export function endOfLine(text: string, offset: number): number | undefined {
  let at = offset;
  for (;;) {
    const char = text[at];
    if (char === undefined || char === '\n' || (char === '\r' && text[at + 1] === '\n')) return at;
    if (char === ' ' || char === '\t') {
      at++;
    } else if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      if (end < 0) return text.length;
      const last = text[end - 1] === '\r' ? end - 1 : end;
      return text[last - 1] === '\\' ? undefined : last;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) return undefined;
      at = end + 2;
    } else {
      return undefined;
    }
  }
}

/** The lines on lines of their own, each with the line break before it. */
export function below(layout: Layout, indent: string, lines: readonly Line[]): string {
  return lines.map((line) => `${layout.eol}${indent}${layout.unit.repeat(line.depth)}${line.code}`).join('');
}

/** The lines as one. */
export function inline(lines: readonly Line[]): string {
  return lines.map((line) => line.code).join(' ');
}

/** Sorts edits and joins those that touch, so that no two of the result share an offset. */
export function normalise(edits: readonly TextEdit[]): TextEdit[] {
  const sorted = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.start - b.edit.start || a.edit.end - b.edit.end || a.order - b.order);
  const result: TextEdit[] = [];
  for (const { edit } of sorted) {
    const last = result.at(-1);
    if (last && last.end === edit.start) {
      result[result.length - 1] = { ...last, end: edit.end, newText: last.newText + edit.newText };
    } else {
      result.push(edit);
    }
  }
  return result;
}

/** True where a preprocessor directive stands on some line that begins within `[start, end)`. */
export function crossesDirective(text: string, start: number, end: number): boolean {
  return /\n[ \t]*#/.test(text.slice(start, end));
}

/** The text after the edits, which must be normalised and of one file. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let done = 0;
  for (const edit of edits) {
    result += text.slice(done, edit.start) + edit.newText;
    done = edit.end;
  }
  return result + text.slice(done);
}

/** How much deeper than its closing brace the nearest block's content stands. */
function stepAround(text: string, node: Node): string {
  for (let at: Node | null = node; at; at = at.parent) {
    if (at.type !== 'compound_statement') continue;
    const outer = indentAt(text, at.endIndex - 1);
    for (const child of at.namedChildren) {
      if (child.type === 'labeled_statement' || child.type === 'case_statement') continue;
      if (!startsLine(text, child.startIndex)) continue;
      const inner = indentAt(text, child.startIndex);
      if (inner.length > outer.length && inner.startsWith(outer)) return inner.slice(outer.length);
    }
  }
  return indentAt(text, node.startIndex).startsWith('\t') ? '\t' : '    ';
}

/** What the first braced branch or loop of the function does. */
function opensOnOwnLine(text: string, node: Node): boolean {
  let scope = node;
  while (scope.parent && scope.type !== 'function_definition') scope = scope.parent;
  const [block] = scope
    .descendantsOfType('compound_statement')
    .filter((one) => one.parent && /^(?:if|for|while)_statement$|^else_clause$/.test(one.parent.type));
  return block !== undefined && startsLine(text, block.startIndex);
}
