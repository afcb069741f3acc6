/**
 * Inserting a statement before a way out of a function.
 */
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';
import { bare, freshName, functionAround, hasEffect, statementAt } from './find';
import { layoutAround, normalise } from './layout';
import { declareBefore, insertAtEnd, insertBefore, leaves } from './statements';

export interface BeforeExit {
  file: string;
  /** The raw text; `root` is the tree of the conditioned text of the same length. */
  text: string;
  root: Node;
  /** The `return`, `goto`, `break` or other statement, or the closing brace that control falls on. */
  exitStart: number;
  exitEnd: number;
  /** One statement with its semicolon. */
  statement: string;
  /**
   * When the returned expression is computed before the statement runs: where it has effects of its own
   * (`effects`, the default), or wherever it reads anything (`reads`: the statement ends the protection of
   * what it reads).
   */
  valueFirst?: 'effects' | 'reads';
}

/**
 * Inserts `statement` as the last thing before the exit. The edits are sorted and do not touch. Undefined
 * where the exit is not in the tree, or its value would need a variable whose type cannot be written.
 */
export function insertBeforeExit(request: BeforeExit): TextEdit[] | undefined {
  const { file, text, root, exitStart, exitEnd, statement } = request;
  const lines = [{ depth: 0, code: statement }];
  const brace = root.descendantForIndex(exitStart, exitEnd);
  if (brace?.type === '}') {
    const block = brace.parent;
    if (block?.type !== 'compound_statement' || block.hasError) return undefined;
    const last = block.namedChildren.filter((child) => child.type !== 'comment').at(-1);
    if (last && leaves(last, () => true)) return undefined;
    return insertAtEnd(layoutAround(file, text, block), block, lines);
  }
  const exit = statementAt(root, exitStart, exitEnd);
  if (!exit || exit.hasError || exit.type === 'compound_statement') return undefined;
  const layout = layoutAround(file, text, exit);
  const value =
    exit.type === 'return_statement'
      ? exit.namedChildren.find((child) => child.type !== 'comment')
      : undefined;
  if (!value || !comesFirst(value, request.valueFirst ?? 'effects')) {
    const edits = insertBefore(layout, exit, lines);
    return edits && normalise(edits);
  }
  const scope = functionAround(exit);
  const type = scope && returnType(scope);
  if (!scope || !type) return undefined;
  const name = freshName(text.slice(scope.startIndex, scope.endIndex), ['result', 'ret', 'value']);
  const gap = type.endsWith('*') ? '' : ' ';
  const declaration = {
    depth: 0,
    code: `${type}${gap}${name} = ${text.slice(value.startIndex, value.endIndex)};`,
  };
  const edits = declareBefore(layout, exit, [declaration, ...lines]);
  return (
    edits && normalise([...edits, { file, start: value.startIndex, end: value.endIndex, newText: name }])
  );
}

function comesFirst(value: Node, when: 'effects' | 'reads'): boolean {
  return when === 'reads' ? hasEffect(value) || reads(bare(value)) : hasEffect(value);
}

/** True where the value depends on memory that another thread may change. */
function reads(value: Node): boolean {
  const places = ['field_expression', 'subscript_expression', 'identifier', 'qualified_identifier'];
  return places.includes(value.type) || value.namedChildren.some(reads);
}

/** The function's return type as it can stand before a variable's name. */
function returnType(definition: Node): string | undefined {
  if (definition.type !== 'function_definition') return 'auto';
  const words = definition.namedChildren
    .slice(
      0,
      definition.namedChildren.findIndex((child) =>
        child.equals(definition.childForFieldName('declarator') ?? definition),
      ),
    )
    .filter(
      (child) =>
        child.type === 'type_qualifier' || child.equals(definition.childForFieldName('type') ?? definition),
    )
    .filter((child) => child.text !== 'constexpr' && child.text !== 'inline')
    .map((child) => child.text);
  let declarator = definition.childForFieldName('declarator');
  let stars = '';
  while (declarator?.type === 'pointer_declarator') {
    stars += '*';
    declarator = declarator.childForFieldName('declarator');
  }
  if (words.length === 0 || declarator?.type !== 'function_declarator') return undefined;
  const type = words.join(' ');
  if (type === 'void' && stars === '') return undefined;
  return stars === '' ? type : `${type} ${stars}`;
}
