/** Removing a statement that consists of one call. */
import type { Node } from '../../syntax/parser';
import type { Place, TextEdit } from '../finding';
import { bare, statementAt } from './find';
import { crossesDirective, lineStart, startsLine } from './layout';

/**
 * Removes the statement that is the call at `place`, with its line where it stands alone. Undefined where the
 * call is part of something larger.
 */
export function removeStatement(file: string, text: string, root: Node, place: Place): TextEdit | undefined {
  const statement = statementAt(root, place.start, place.end);
  const expression = statement?.namedChildren.find((child) => child.type !== 'comment');
  if (statement?.type !== 'expression_statement' || !expression || statement.hasError) return undefined;
  const call = bare(expression);
  const isWhole = call.startIndex === place.start && call.endIndex >= place.end - 1;
  if (!isWhole || crossesDirective(text, statement.startIndex, statement.endIndex)) return undefined;
  const { startIndex: start, endIndex: end } = statement;
  if (statement.parent?.type !== 'compound_statement') return { file, start, end, newText: '{}' };
  const lineEnd = text.indexOf('\n', end);
  const isAlone = startsLine(text, start) && lineEnd >= 0 && text.slice(end, lineEnd).trim() === '';
  return isAlone
    ? { file, start: lineStart(text, start), end: lineEnd + 1, newText: '' }
    : { file, start, end, newText: '' };
}
