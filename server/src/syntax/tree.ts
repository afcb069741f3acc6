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
  /** What stands below is left out, because it is nested too deeply. */
  cut?: true;
  children: SyntaxNode[];
}

/** Node types whose inside no fact is made from. */
const LEAVES = new Set([
  'string_literal',
  'raw_string_literal',
  'char_literal',
  'preproc_def',
  'preproc_function_def',
  'preproc_include',
  'preproc_call',
  'attribute_specifier',
]);

/** Node types that have nothing inside, or a word. */
const WORDS = new Set([
  'identifier',
  'field_identifier',
  'type_identifier',
  'statement_identifier',
  'namespace_identifier',
  'number_literal',
  'primitive_type',
  'storage_class_specifier',
  'type_qualifier',
  'true',
  'false',
  'null',
  'this',
]);

/** What nobody asks a node for. */
const SKIPPED = new Set(
  'comment ( ) { } [ ] ; , if else while for do switch case return goto break continue struct union enum'.split(
    ' ',
  ),
);

/** Deeper trees are cut: no source that a person writes nests so far, and lowering recurses. */
const MAX_DEPTH = 600;
/** A chain of `else if` is no nesting, although the tree has it so. */
const MAX_LINKS = 4000;

/** Of every leaf: most nodes are leaves. */
const NONE: SyntaxNode[] = [];

/** What is the same for all nodes of a type. */
interface Kind {
  type: string;
  named: boolean;
  skipped: boolean;
  leaf: boolean;
  word: boolean;
}

const KINDS = new WeakMap<object, (Kind | undefined)[]>();

function kindOf(root: Node, kinds: (Kind | undefined)[], id: number): Kind {
  const { language } = root.tree;
  const type = language.types[id] || 'ERROR';
  const named = type === 'ERROR' || language.nodeTypeIsNamed(id);
  const word = !named || WORDS.has(type);
  const kind = { type, named, skipped: SKIPPED.has(type), leaf: !named || LEAVES.has(type), word };
  if (type !== 'ERROR') kinds[id] = kind;
  return kind;
}

/**
 * Copies the tree below `root`, but for comments and punctuation. Each question to the cursor is a call into wasm,
 * so none is asked whose answer the node's type gives.
 */
export function copyTree(root: Node): SyntaxNode {
  const { language } = root.tree;
  const kinds = KINDS.get(language) ?? [];
  KINDS.set(language, kinds);
  const errors = root.hasError;
  return withCursor(root, (cursor) => {
    const copied = (kind: Kind, stack: readonly SyntaxNode[]): SyntaxNode => {
      const { type, named } = kind;
      const start = cursor.startIndex;
      const end = cursor.endIndex;
      const missing = errors && start === end && cursor.nodeIsMissing && !endsLabel(type, stack);
      const field = cursor.currentFieldName;
      return { type, start, end, field, named, damaged: missing || type === 'ERROR', children: NONE };
    };
    const kindHere = (): Kind => {
      const id = cursor.nodeTypeId;
      return kinds[id] ?? kindOf(root, kinds, id);
    };
    const top = copied(kindHere(), []);
    if (!cursor.gotoFirstChild()) return top;
    top.children = [];
    const stack: SyntaxNode[] = [top];
    let links = 0;
    for (;;) {
      const kind = kindHere();
      if (!kind.skipped || (errors && cursor.nodeIsMissing)) {
        const node = copied(kind, stack);
        const parent = stack[stack.length - 1];
        parent?.children.push(node);
        if (!kind.leaf && (errors || !kind.word) && cursor.gotoFirstChild()) {
          const link = isLink(kind.type, parent);
          if (link ? links < MAX_LINKS : stack.length - links < MAX_DEPTH) {
            node.children = [];
            stack.push(node);
            if (link) links++;
            continue;
          }
          node.cut = true;
          node.damaged = true;
          cursor.gotoParent();
        }
      }
      while (!cursor.gotoNextSibling()) {
        const done = stack.pop();
        if (done) done.damaged ||= done.children.some(({ damaged }) => damaged);
        if (stack.length === 0 || !cursor.gotoParent()) return top;
        if (done && isLink(done.type, stack[stack.length - 1])) links--;
      }
    }
  });
}

function isLink(type: string, parent: SyntaxNode | undefined): boolean {
  return type === 'else_clause' || (type === 'if_statement' && parent?.type === 'else_clause');
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
