/** Taking a lock before a statement that lacks it. */
import type { Node } from '../../syntax/parser';
import type { Fix, RuleFinding } from '../finding';
import type { FixSource } from '../rule';
import { statementAt } from './find';
import { crossesDirective, layoutAround, normalise } from './layout';
import { insertAfter, insertBefore } from './statements';

const TESTS = new Set(['if_statement', 'while_statement', 'do_statement']);

/** Copies the lock call that the finding names before the wait and its test, and the unlock call behind them. */
export function lockAround(finding: RuleFinding, { file, text, root }: FixSource): Fix[] {
  const lock = textOf(finding, text, 'lock');
  const unlock = textOf(finding, text, 'unlock');
  const wait = statementAt(root, finding.place.start, finding.place.end);
  if (!lock || wait?.type !== 'expression_statement' || wait.hasError) return [];
  const whole = withTest(wait);
  const layout = layoutAround(file, text, whole);
  const before = insertBefore(layout, whole, [{ depth: 0, code: `${lock};` }]);
  const after = unlock ? insertAfter(layout, whole, [{ depth: 0, code: `${unlock};` }]) : [];
  if (!before || !after || crossesDirective(text, whole.startIndex, whole.endIndex)) return [];
  const edits = normalise([...before, ...after]);
  return [{ title: `Insert \`${lock};\` before the wait`, preferred: false, edits }];
}

/** The tests around the wait that guard nothing else: they need the lock as well. */
function withTest(statement: Node): Node {
  let whole = statement;
  for (let at = statement.parent; at; at = at.parent) {
    const isBlock = at.type === 'compound_statement' && onlyOne(at);
    if (TESTS.has(at.type) && !at.childForFieldName('alternative')) whole = at;
    else if (!isBlock) return whole;
  }
  return whole;
}

function onlyOne(block: Node): boolean {
  return block.namedChildren.filter((child) => child.type !== 'comment').length === 1;
}

function textOf({ data }: RuleFinding, text: string, which: 'lock' | 'unlock'): string | undefined {
  const [start, end] = [data?.[`${which}Start`], data?.[`${which}End`]];
  return typeof start === 'number' && typeof end === 'number' ? text.slice(start, end) : undefined;
}
