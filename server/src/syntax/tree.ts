/**
 * A plain copy of a syntax tree: what lowering walks.
 *
 * Reading a web-tree-sitter node costs a call into wasm for each property; one cursor walk that copies types,
 * offsets and field names is half the price of walking nodes, and the copy outlives the freed tree.
 */
import { type Node, withCursor } from './parser';

export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  /** The field name by which the parent holds this node, or null. */
  field: string | null;
  named: boolean;
  /** An ERROR or MISSING node is here or below. */
  damaged: boolean;
  children: SyntaxNode[];
}

/** Node types whose inside no fact is made from. */
const LEAVES = new Set([
  'comment',
  'string_literal',
  'raw_string_literal',
  'char_literal',
  'preproc_def',
  'preproc_function_def',
  'preproc_include',
  'preproc_call',
  'attribute_specifier',
]);

/** Deeper trees are cut: no source that a person writes nests so far, and lowering recurses. */
const MAX_DEPTH = 600;

/** Copies the tree below `root`; comments are left out. */
export function copyTree(root: Node): SyntaxNode {
  return withCursor(root, (cursor) => {
    const stack: SyntaxNode[] = [];
    for (;;) {
      const type = cursor.nodeType;
      const node: SyntaxNode = {
        type,
        start: cursor.startIndex,
        end: cursor.endIndex,
        field: cursor.currentFieldName,
        named: cursor.nodeIsNamed,
        damaged: type === 'ERROR' || (cursor.nodeIsMissing && !endsLabel(type, stack)),
        children: [],
      };
      if (type !== 'comment') stack[stack.length - 1]?.children.push(node);
      const deeper = !LEAVES.has(type) && stack.length < MAX_DEPTH && cursor.gotoFirstChild();
      if (deeper) {
        stack.push(node);
        continue;
      }
      if (stack.length === 0) return node;
      let last = node;
      while (!cursor.gotoNextSibling()) {
        const parent = stack.pop();
        if (!parent || !cursor.gotoParent()) return parent ?? last;
        if (last.damaged) parent.damaged = true;
        for (const child of parent.children) if (child.damaged) parent.damaged = true;
        last = parent;
        if (stack.length === 0) return last;
      }
    }
  });
}

/** C23 has labels at the end of a block, the grammar wants a statement behind them: nothing of the text is lost. */
function endsLabel(type: string, stack: readonly SyntaxNode[]): boolean {
  return type === ';' && stack.at(-2)?.type === 'labeled_statement';
}

/** The first child that the parent holds by this field name. */
export function childBy(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === field);
}

export function childrenBy(node: SyntaxNode, field: string): SyntaxNode[] {
  return node.children.filter((child) => child.field === field);
}

export function childOf(node: SyntaxNode, ...types: string[]): SyntaxNode | undefined {
  return node.children.find((child) => types.includes(child.type));
}

export function namedChildren(node: SyntaxNode): SyntaxNode[] {
  return node.children.filter((child) => child.named);
}
