/** Making a loop of the test around a statement. */
import type { Node } from '../../syntax/parser';
import type { Place, TextEdit } from '../finding';
import type { FixSource } from '../rule';
import { statementAt } from './find';
import { crossesDirective } from './layout';
import { elseBody } from './statements';

export interface IfToWhile {
  edit: TextEdit;
  /** The test guards the statement at `place` alone. */
  isAll: boolean;
}

/**
 * Turns the `if` around the statement at `place` whose condition holds `[testStart, testEnd)` into a `while`.
 * Undefined where there is none, where it has an `else`, or where what it guards leaves a loop around it.
 */
export function ifToWhile(
  { file, text, root }: FixSource,
  place: Place,
  testStart: number,
  testEnd: number,
): IfToWhile | undefined {
  const statement = statementAt(root, place.start, place.end);
  const test = statement && ifAround(statement, testStart, testEnd);
  const body = test?.childForFieldName('consequence');
  if (!statement || !test || !body || test.hasError || elseBody(test)) return undefined;
  const isInBody = body.startIndex <= statement.startIndex && statement.endIndex <= body.endIndex;
  if (!isInBody || leavesLoop(body) || !text.startsWith('if', test.startIndex)) return undefined;
  const isSplit = crossesDirective(text, test.startIndex, test.endIndex);
  if (isSplit || /\bconstexpr\b|[^=!<>]=[^=]/.test(text.slice(test.startIndex, body.startIndex)))
    return undefined;
  const start = test.startIndex;
  return {
    edit: { file, start, end: start + 'if'.length, newText: 'while' },
    isAll: statementsOf(body).length === 1,
  };
}

function ifAround(statement: Node, testStart: number, testEnd: number): Node | undefined {
  for (let at = statement.parent; at; at = at.parent) {
    if (at.type === 'function_definition' || at.type === 'lambda_expression') return undefined;
    const condition = at.type === 'if_statement' ? at.childForFieldName('condition') : undefined;
    if (condition && condition.startIndex <= testStart && testEnd <= condition.endIndex) return at;
  }
  return undefined;
}

function statementsOf(body: Node): Node[] {
  return body.type === 'compound_statement'
    ? body.namedChildren.filter((child) => child.type !== 'comment')
    : [body];
}

/** A `break` or `continue` that would mean the new loop. */
function leavesLoop(node: Node): boolean {
  if (node.type === 'break_statement' || node.type === 'continue_statement') return true;
  if (/^(?:for|while|do)_statement$|^for_range_loop$|^lambda_expression$/.test(node.type)) return false;
  return node.namedChildren.some(leavesLoop);
}
