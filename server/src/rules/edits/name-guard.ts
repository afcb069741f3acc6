/** Gives a guard that is a statement of its own a name, so that it lives until its block ends. */
import type { Node } from '../../syntax/parser';
import type { Place, TextEdit } from '../finding';
import type { FixSource } from '../rule';
import { freshName, functionAround, statementAt } from './find';
import { crossesDirective } from './layout';

const NAMES = ['lock', 'guard', 'held'];

export interface NamedGuard {
  name: string;
  edits: TextEdit[];
}

/** `isMade`: the expression names the guard's class; else it is a call that returns a guard. */
export function nameGuard(
  { file, text, root }: FixSource,
  place: Place,
  isMade: boolean,
): NamedGuard | undefined {
  const statement = statementAt(root, place.start, place.end);
  if (statement?.type !== 'expression_statement' || statement.hasError) return undefined;
  if (statement.parent?.type !== 'compound_statement') return undefined;
  if (crossesDirective(text, statement.startIndex, statement.endIndex)) return undefined;
  const expression = expressionOf(statement);
  if (!expression || expression.startIndex !== place.start || expression.endIndex !== place.end)
    return undefined;
  const name = freshName(functionAround(statement)?.text ?? text, NAMES);
  const unwrapped: TextEdit[] =
    statement.startIndex < place.start
      ? [{ file, start: statement.startIndex, end: place.start, newText: '' }]
      : [];
  if (!isMade) {
    const start = place.start;
    const [drop] = unwrapped;
    return {
      name,
      edits: [{ file, start: drop?.start ?? start, end: start, newText: `auto ${name} = ` }],
    };
  }
  const type = expression.childForFieldName('function') ?? expression.childForFieldName('type');
  if (!type) return undefined;
  const edit = { file, start: type.endIndex, end: type.endIndex, newText: ` ${name}` };
  return { name, edits: [...unwrapped, edit] };
}

/** What the statement evaluates, without a cast to `void`; undefined where parentheses stand behind it. */
function expressionOf(statement: Node): Node | undefined {
  const [only, ...more] = statement.namedChildren.filter(({ type }) => type !== 'comment');
  if (!only || more.length > 0) return undefined;
  if (only.type !== 'cast_expression') return only;
  return only.childForFieldName('type')?.text === 'void'
    ? (only.childForFieldName('value') ?? undefined)
    : undefined;
}
