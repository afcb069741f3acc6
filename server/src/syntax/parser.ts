/**
 * Parsers for C and C++ on web-tree-sitter, and the only places where trees and cursors are made.
 *
 * Invariant: every tree and cursor made here is deleted when its callback returns, also on a throw; one left
 * to the garbage collector can crash the process.
 */
import { Language as Grammar, type Node, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import { startRuntime } from './runtime';

export type { Node, TreeCursor };

export interface GrammarBinaries {
  runtime: Uint8Array;
  c: Uint8Array;
  cpp: Uint8Array;
}

export interface Parsers {
  /**
   * Parses `text` and hands its root to `read`; the tree is freed afterwards, so nothing of it may escape.
   * Undefined where the parser gave up within `budget` progress steps (hostile input).
   */
  withTree<T>(language: 'c' | 'cpp', text: string, read: (root: Node) => T, budget?: number): T | undefined;
}

let runtime: Promise<void> | undefined;

/** Loads the runtime and both grammars. Rejects when a binary is not what it should be. */
export async function loadParsers(binaries: GrammarBinaries): Promise<Parsers> {
  runtime ??= startRuntime(binaries.runtime, (start) => Parser.init(start));
  await runtime;
  const parsers = { c: await parserFor(binaries.c), cpp: await parserFor(binaries.cpp) };
  return {
    withTree(language, text, read, budget = budgetOf(text)) {
      const tree = parseWithin(parsers[language], text, budget);
      if (!tree) return undefined;
      try {
        return read(tree.rootNode);
      } finally {
        tree.delete();
      }
    },
  };
}

/** A grammar stays in the runtime's memory for good: the same bytes are loaded once. */
const grammars = new WeakMap<Uint8Array, Promise<Grammar>>();

async function parserFor(binary: Uint8Array): Promise<Parser> {
  const grammar = grammars.get(binary) ?? Grammar.load(binary);
  grammars.set(binary, grammar);
  const parser = new Parser();
  parser.setLanguage(await grammar);
  return parser;
}

/** Real code takes 4,000 steps a megabyte, and where it is densest 10,000. */
function budgetOf(text: string): number {
  return 5000 + text.length / 65;
}

/** The parser reports progress every few hundred steps; counting them bounds the work without a clock. */
function parseWithin(parser: Parser, text: string, budget: number): Tree | null {
  let steps = 0;
  const tree = parser.parse(text, null, { progressCallback: () => ++steps > budget });
  if (!tree) parser.reset();
  return tree;
}

/** Walks with a cursor that is deleted afterwards. */
export function withCursor<T>(node: Node, read: (cursor: TreeCursor) => T): T {
  const cursor = node.walk();
  try {
    return read(cursor);
  } finally {
    cursor.delete();
  }
}
