/** Lets a loop that waits give up the processor in each turn. */
import type { Node } from '../../syntax/parser';
import type { Fix, TextEdit } from '../finding';
import type { FixSource } from '../rule';
import { type Layout, layoutAround, normalise } from './layout';
import { insertAtStart, insertBefore } from './statements';

const STATEMENT = 'sched_yield();';
const HEADER = 'sched.h';
/** On the platforms that have `sched_yield`, these include its header. */
const PROVIDERS = new Set([HEADER, 'pthread.h']);
const LOOPS = new Set(['while_statement', 'for_statement', 'do_statement', 'for_range_loop']);

export function yieldInLoop({ file, text, root }: FixSource, start: number, end: number): Fix[] {
  const loop = loopAt(root, start, end);
  const body = loop?.childForFieldName('body');
  if (!loop || !body || loop.hasError) return [];
  const layout = layoutAround(file, text, loop);
  const turn = turnOf(body);
  const line = { depth: 0, code: STATEMENT };
  const placed = turn ? insertBefore(layout, turn, [line]) : atStart(layout, body);
  if (!placed) return [];
  const edits = normalise([...placed, ...includeEdits(layout, root)]);
  return [{ title: 'Insert `sched_yield()` in the loop', preferred: false, edits }];
}

function loopAt(root: Node, start: number, end: number): Node | undefined {
  let node: Node | null = root.descendantForIndex(start, end);
  while (node && !(LOOPS.has(node.type) && node.startIndex === start)) node = node.parent;
  return node ?? undefined;
}

/** The `continue` of a branch in which the loop only goes on to its next turn. */
function turnOf(body: Node): Node | undefined {
  for (const child of body.namedChildren) {
    if (child.type !== 'if_statement') continue;
    const consequence = child.childForFieldName('consequence');
    const last =
      consequence?.type === 'compound_statement'
        ? consequence.namedChildren.filter(({ type }) => type !== 'comment').at(-1)
        : consequence;
    if (last?.type === 'continue_statement') return last;
  }
  return undefined;
}

function atStart(layout: Layout, body: Node): TextEdit[] | undefined {
  const isEmpty = body.type === 'expression_statement' && body.namedChildren.length === 0;
  if (!isEmpty) return insertAtStart(layout, body, [{ depth: 0, code: STATEMENT }]);
  return [{ file: layout.file, start: body.startIndex, end: body.endIndex, newText: STATEMENT }];
}

function includeEdits(layout: Layout, root: Node): TextEdit[] {
  const includes = root.namedChildren.filter(({ type }) => type === 'preproc_include');
  const paths = includes.map((node) => node.childForFieldName('path')?.text.replace(/[<>"]/g, ''));
  if (paths.some((path) => path !== undefined && PROVIDERS.has(path))) return [];
  const { file, text, eol } = layout;
  const last = includes.at(-1);
  const line = `#include <${HEADER}>${eol}`;
  if (!last) return [{ file, start: 0, end: 0, newText: line }];
  const lineEnd = text.indexOf('\n', last.startIndex);
  const at = lineEnd < 0 ? text.length : lineEnd + 1;
  return [{ file, start: at, end: at, newText: line }];
}
