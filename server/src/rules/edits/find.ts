/**
 * Finding nodes by their offsets.
 */
import type { Node } from '../../syntax/parser';

/** The call expression that covers exactly `[start, end)`. */
export function callAt(root: Node, start: number, end: number): Node | undefined {
  let node = root.descendantForIndex(start, end);
  while (node && node.startIndex === start && node.endIndex === end) {
    if (node.type === 'call_expression') return node;
    node = node.parent;
  }
  return undefined;
}

/** The smallest statement (or declaration in a block) that covers `[start, end)`. */
export function statementAt(root: Node, start: number, end: number): Node | undefined {
  let node = root.descendantForIndex(start, end);
  while (node && !isStatement(node)) node = node.parent;
  return node ?? undefined;
}

/** True for statements and for declarations, but not for clauses and conditions. */
export function isStatement(node: Node): boolean {
  return node.type === 'declaration' || node.type.endsWith('_statement');
}

/** The function or lambda around `node`. */
export function functionAround(node: Node): Node | undefined {
  let at: Node | null = node;
  while (at && at.type !== 'function_definition' && at.type !== 'lambda_expression') at = at.parent;
  return at ?? undefined;
}

/** `node` without the parentheses around it. */
export function bare(node: Node): Node {
  let result = node;
  while (result.type === 'parenthesized_expression') {
    const inner = result.namedChildren.find((child) => child.type !== 'comment');
    if (!inner) return result;
    result = inner;
  }
  return result;
}

/** True where evaluating the expression may change something: a call, an assignment, an increment, a throw. */
export function hasEffect(node: Node): boolean {
  if (EFFECTS.has(node.type)) return true;
  return node.namedChildren.some(hasEffect);
}

/** A name for a new variable that nothing in the function's text uses. */
export function freshName(scope: string, wishes: readonly string[]): string {
  const used = new Set(scope.match(/\w+/g));
  const free = wishes.find((name) => !used.has(name));
  if (free) return free;
  const stem = wishes[0] ?? 'value';
  let count = 2;
  while (used.has(`${stem}${count}`)) count++;
  return `${stem}${count}`;
}

const EFFECTS = new Set([
  'call_expression',
  'assignment_expression',
  'update_expression',
  'new_expression',
  'delete_expression',
  'throw_expression',
  'co_await_expression',
  'gnu_asm_expression',
  'lambda_expression',
  'ERROR',
]);
