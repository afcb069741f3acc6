/**
 * Creating a thread detached: an attribute object is set up before the call, given to it, and destroyed after it.
 */
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';
import { callAt, freshName, functionAround, hasEffect, isStatement } from './find';
import { crossesDirective, type Layout, type Line, layoutAround, normalise } from './layout';
import { declareBefore, insertAfter } from './statements';

/** How a library writes it; `{}` stands for the attribute object. */
export interface DetachedTexts {
  /** The argument that takes the attribute, which must be a null pointer now. */
  slot: number;
  /** Statements before the call. */
  prepare: readonly string[];
  give: string;
  /** The statement after it. */
  finish: string;
}

export interface CreateDetached {
  file: string;
  /** The raw text; `root` is the tree of the conditioned text of the same length. */
  text: string;
  root: Node;
  /** The span of the call expression. */
  callStart: number;
  callEnd: number;
  texts: DetachedTexts;
}

/** Undefined where the call stands in a loop's condition, behind a short circuit, or has an attribute already. */
export function createDetached(request: CreateDetached): TextEdit[] | undefined {
  const { file, text, root, texts } = request;
  const call = callAt(root, request.callStart, request.callEnd);
  const given = call?.childForFieldName('arguments')?.namedChildren.filter((one) => one.type !== 'comment');
  const argument = given?.[texts.slot];
  const holder = call && holderOf(call);
  const scope = holder && functionAround(holder);
  if (!call || !argument || !/^(?:NULL|0|nullptr)$/.test(argument.text) || !holder || !scope)
    return undefined;
  if (holder.hasError || crossesDirective(text, holder.startIndex, call.endIndex)) return undefined;
  const layout = layoutAround(file, text, holder);
  const around = text.slice(scope.startIndex, scope.endIndex);
  const attribute = freshName(around, ['attr', 'detached', 'thread_attr']);
  const fill = (line: string): string => line.replaceAll('{}', attribute);
  const prepare: Line[] = texts.prepare.map((code) => ({ depth: 0, code: fill(code) }));
  const finish: Line = { depth: 0, code: fill(texts.finish) };
  const give: TextEdit = {
    file,
    start: argument.startIndex,
    end: argument.endIndex,
    newText: fill(texts.give),
  };
  if (holder.type === 'expression_statement' || holder.type === 'declaration')
    return aroundStatement(layout, holder, prepare, finish, give);
  const made =
    text.slice(call.startIndex, argument.startIndex) +
    give.newText +
    text.slice(argument.endIndex, call.endIndex);
  const result = freshName(around, ['rc', 'err', 'created']);
  const lines: Line[] = [...prepare, { depth: 0, code: `int ${result} = ${made};` }, finish];
  const before = isFirst(holder, call) ? declareBefore(layout, holder, lines) : undefined;
  return (
    before && normalise([...before, { file, start: call.startIndex, end: call.endIndex, newText: result }])
  );
}

function aroundStatement(
  layout: Layout,
  holder: Node,
  prepare: readonly Line[],
  finish: Line,
  give: TextEdit,
): TextEdit[] | undefined {
  // Without braces around it, three statements would not be one.
  const parent = holder.parent?.type;
  if (parent !== 'compound_statement') return undefined;
  const before = declareBefore(layout, holder, prepare);
  const after = insertAfter(layout, holder, [finish]);
  return before && after && normalise([...before, give, ...after]);
}

/** The statement in whose own expressions the call stands. */
function holderOf(call: Node): Node | undefined {
  let node: Node | null = call;
  while (node && !isStatement(node)) {
    if (node.type === 'lambda_expression') return undefined;
    node = node.parent;
  }
  const isKnown = ['expression_statement', 'declaration', 'if_statement', 'return_statement'];
  if (!node || !isKnown.includes(node.type)) return undefined;
  const parent = node.parent?.type;
  return parent === 'compound_statement' || parent === 'labeled_statement' || parent === 'case_statement'
    ? node
    : undefined;
}

/** Nothing happens before the call, and it is always made: it can be made in a statement before. */
function isFirst(holder: Node, call: Node): boolean {
  const part = holder.type === 'if_statement' ? holder.childForFieldName('condition') : holder;
  if (!part) return false;
  for (let node: Node = call; !node.equals(part) && node.parent; node = node.parent) {
    const parent: Node = node.parent;
    if (parent.type === 'assignment_expression' && !parent.childForFieldName('right')?.equals(node))
      return false;
    if (parent.type === 'conditional_expression' && !parent.childForFieldName('condition')?.equals(node))
      return false;
    for (const sibling of parent.namedChildren) {
      if (sibling.equals(node)) break;
      if (hasEffect(sibling)) return false;
    }
    const operator = parent.type === 'binary_expression' ? parent.childForFieldName('operator')?.type : '';
    const isRight = parent.childForFieldName('right')?.equals(node);
    if ((operator === '&&' || operator === '||') && isRight) return false;
  }
  return true;
}
