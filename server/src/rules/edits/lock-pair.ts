/** Two statements behind each other that take one lock each: they change places, or become one guard of both. */
import type { Node } from '../../syntax/parser';
import type { Place, TextEdit } from '../finding';
import type { FixSource } from '../rule';
import { bare, functionAround, statementAt } from './find';
import { lineStart, startsLine } from './layout';
import { nextStatement } from './statements';

export interface LockPair {
  first: Node;
  second: Node;
}

/** The statements in which two locks are taken, where the second directly follows the first and each does no more. */
export function lockPair({ text, root }: FixSource, from: Place, to: Place): LockPair | undefined {
  const first = statementAt(root, from.start, from.end);
  const second = statementAt(root, to.start, to.end);
  if (!first || !second || first.parent?.type !== 'compound_statement') return undefined;
  if (first.hasError || second.hasError || !takesOnly(first, from) || !takesOnly(second, to))
    return undefined;
  if (
    nextStatement(text, first)?.startIndex !== second.startIndex ||
    second.parent?.equals(first.parent) !== true
  )
    return undefined;
  const name = nameOf(first);
  return name !== undefined && mentions(second, name) ? undefined : { first, second };
}

/** The two statements in the other order; what stands beside them stays. */
export function swapped({ file, text }: FixSource, { first, second }: LockPair): TextEdit[] {
  const put = (at: Node, from: Node): TextEdit => ({
    file,
    start: at.startIndex,
    end: at.endIndex,
    newText: text.slice(from.startIndex, from.endIndex),
  });
  return [put(first, second), put(second, first)];
}

/** One `std::scoped_lock` for both, where both are guards that can do nothing else. */
export function merged({ file, text }: FixSource, { first, second }: LockPair): TextEdit[] | undefined {
  const a = guardOf(first);
  const b = guardOf(second);
  if (!a || !b || a.namespace !== b.namespace) return undefined;
  const scope = functionAround(first);
  if (!scope || uses(scope, b.name) > 1) return undefined;
  const start = startsLine(text, second.startIndex) ? lineStart(text, second.startIndex) : second.startIndex;
  const lineEnd = text.indexOf('\n', second.endIndex);
  const isAlone =
    start < second.startIndex + 1 && lineEnd >= 0 && !text.slice(second.endIndex, lineEnd).trim();
  const newText = `${a.namespace}scoped_lock ${a.name}(${a.locks}, ${b.locks});`;
  return [
    { file, start: first.startIndex, end: first.endIndex, newText },
    isAlone
      ? { file, start, end: lineEnd + 1, newText: '' }
      : { file, start: second.startIndex, end: second.endIndex, newText: '' },
  ];
}

/** `std::lock_guard<std::mutex> name(m)`: its locks as written. */
function guardOf(declaration: Node): { namespace: string; name: string; locks: string } | undefined {
  const type = declaration.childForFieldName('type')?.text;
  const namespace = type && /^(std::)?(?:lock_guard|scoped_lock)\b/.exec(type)?.[1];
  if (!type || !/^(?:std::)?(?:lock_guard|scoped_lock)\b/.test(type)) return undefined;
  const declarator = declaration.childForFieldName('declarator');
  const name = nameOf(declaration);
  const value = declarator?.childForFieldName('value') ?? declarator?.childForFieldName('parameters');
  const locks = value?.text.slice(1, -1).trim();
  if (!name || !locks || /\badopt_lock/.test(locks)) return undefined;
  return { namespace: namespace ?? '', name, locks };
}

function takesOnly(statement: Node, { start, end }: Place): boolean {
  const parts = statement.namedChildren.filter(({ type }) => type !== 'comment');
  if (statement.type === 'declaration') return nameOf(statement) !== undefined;
  const [only] = parts;
  if (statement.type !== 'expression_statement' || !only || parts.length > 1) return false;
  const call = bare(only);
  return call.type === 'call_expression' && call.startIndex === start && call.endIndex === end;
}

/** The one variable that a statement declares. */
function nameOf(statement: Node): string | undefined {
  if (statement.type !== 'declaration') return undefined;
  const declarators = statement.childrenForFieldName('declarator');
  const [only] = declarators;
  if (!only || declarators.length > 1) return undefined;
  const name = only.childForFieldName('declarator') ?? only;
  return name.type === 'identifier' ? name.text : undefined;
}

function mentions(node: Node, name: string): boolean {
  return uses(node, name) > 0;
}

function uses(node: Node, name: string): number {
  return node.descendantsOfType('identifier').filter(({ text }) => text === name).length;
}
