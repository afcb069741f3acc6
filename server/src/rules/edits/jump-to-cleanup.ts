/** Replacing an early `return` by a jump to the label from which its function cleans up. */
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';
import { bare, functionAround, hasEffect, statementAt } from './find';
import { layoutAround, normalise } from './layout';
import { insertBefore } from './statements';

export interface Jump {
  file: string;
  text: string;
  root: Node;
  /** The `return`. */
  exitStart: number;
  exitEnd: number;
  /** What must be done behind the label, as the function writes it there. */
  statement: string;
}

/**
 * The edits, and the label's name. Undefined where the function has no such label, where what it returns from
 * there is not the same variable or nothing, or where the jump would pass a declaration.
 */
export function jumpToCleanup(jump: Jump): { label: string; edits: TextEdit[] } | undefined {
  const { file, text, root, exitStart, exitEnd } = jump;
  const exit = statementAt(root, exitStart, exitEnd);
  const scope = exit && functionAround(exit);
  const body = scope?.childForFieldName('body');
  if (exit?.type !== 'return_statement' || !body || body.hasError) return undefined;
  const cleanup = body.namedChildren
    .filter((child) => child.type === 'labeled_statement' && child.startIndex > exit.endIndex)
    .find((label) => cleansUp(body, label, jump));
  const label = cleanup?.childForFieldName('label')?.text;
  if (!cleanup || !label || declaresBetween(body, exit, cleanup)) return undefined;
  const last = body.namedChildren.filter((child) => child.type !== 'comment').at(-1);
  const wanted = last?.type === 'return_statement' ? returnedBy(last) : undefined;
  const given = returnedBy(exit);
  const edits: TextEdit[] = [{ file, start: exit.startIndex, end: exit.endIndex, newText: `goto ${label};` }];
  if (!wanted && !given) return { label, edits };
  if (wanted?.type !== 'identifier' || !given || hasEffect(given)) return undefined;
  if (text.slice(wanted.startIndex, wanted.endIndex) === text.slice(given.startIndex, given.endIndex))
    return { label, edits };
  const assignment = `${wanted.text} = ${text.slice(given.startIndex, given.endIndex)};`;
  const before = insertBefore(layoutAround(file, text, exit), exit, [{ depth: 0, code: assignment }]);
  return before && { label, edits: normalise([...before, ...edits]) };
}

function returnedBy(exit: Node): Node | undefined {
  const value = exit.namedChildren.find((child) => child.type !== 'comment');
  return value && bare(value);
}

/** The wanted statement stands behind the label, and nothing on the way to it depends on a condition. */
function cleansUp(body: Node, label: Node, { text, statement }: Jump): boolean {
  const behind = body.namedChildren.filter((child) => child.startIndex >= label.startIndex);
  const wanted = statement.replace(/[\s;]/g, '');
  return behind.some((child) =>
    text.slice(child.startIndex, child.endIndex).replace(/[\s;]/g, '').endsWith(wanted),
  );
}

/** C++ forbids jumping over an initialisation, and in C the variable would hold nothing. */
function declaresBetween(body: Node, exit: Node, label: Node): boolean {
  return body.namedChildren.some(
    (child) =>
      child.type === 'declaration' && child.startIndex > exit.startIndex && child.endIndex < label.startIndex,
  );
}
