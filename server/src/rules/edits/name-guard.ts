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

/**
 * `writtenAs` is the name that the expression calls, unless a macro makes the guard. `isMade`: it is the guard's
 * class; else it is a function that returns one.
 */
export function nameGuard(
  { file, text, root }: FixSource,
  place: Place,
  writtenAs: string,
  isMade: boolean,
): NamedGuard | undefined {
  const statement = statementAt(root, place.start, place.end);
  if (statement?.type !== 'expression_statement' || statement.hasError) return undefined;
  if (statement.parent?.type !== 'compound_statement') return undefined;
  if (crossesDirective(text, statement.startIndex, statement.endIndex)) return undefined;
  const expression = expressionOf(statement);
  if (!expression || expression.startIndex !== place.start || expression.endIndex !== place.end)
    return undefined;
  const called = expression.childForFieldName('function') ?? expression.childForFieldName('type');
  if (!called || lastName(called.text) !== writtenAs) return undefined;
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
  const edit = { file, start: called.endIndex, end: called.endIndex, newText: ` ${name}` };
  return { name, edits: [...unwrapped, edit] };
}

/** `lock_guard` of `std::lock_guard<std::mutex>`. */
function lastName(text: string): string | undefined {
  return /\w+$/.exec(text.split('<', 1)[0]?.trim() ?? '')?.[0];
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
