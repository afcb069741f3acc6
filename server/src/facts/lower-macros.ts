/**
 * Function-like macros as functions: `#define LOCK(x) pthread_mutex_lock(&(x)->mtx)` has parameters and a body.
 *
 * All bodies of a file are parsed in one go: a text of the file's own length that is blank but for the macros,
 * each written as a definition at its own offsets. So places inside a macro are places in the file.
 */
import type { Macro } from '../syntax/conditioning/macros';
import { childBy, type SyntaxNode } from '../syntax/tree';
import { NO_TYPE, type Span } from './expr';
import type { FunctionFacts } from './facts';
import { lowerFunction } from './lower-function';
import { declare } from './lower-type';

/** A body without a call does nothing that a rule reads. */
const CALL = /[A-Za-z_]\w*\s*\(/;

/** The synthetic text, or undefined where the file defines no macro that calls something. */
export function macroText(text: string, macros: readonly Macro[]): string | undefined {
  const pieces: string[] = [];
  let at = 0;
  for (const macro of macros) {
    const hash = text.lastIndexOf('#', macro.at);
    // The closing brace of the macro before may stand on this one's `#`.
    if (!macro.params || hash < at - 1) continue;
    const start = Math.max(hash, at);
    const body = text.slice(macro.bodyStart, macro.bodyEnd);
    if (!CALL.test(body) || body.includes('#') || !balanced(body)) continue;
    const signature = unfold(text.slice(macro.at, macro.bodyStart));
    if (!/\)\s+$/.test(signature)) continue;
    pieces.push(blanks(text.slice(at, start)), 'void'.padEnd(macro.at - start, ' '));
    pieces.push(signature.replace(/\s$/, '{'), unfold(body), ';}');
    at = macro.bodyEnd + 2;
  }
  if (pieces.length === 0) return undefined;
  pieces.push(blanks(text.slice(at)));
  return pieces.join('');
}

/** Continued lines become plain lines of the same length. */
function unfold(text: string): string {
  return text.replace(/\\(?=\r?\n)/g, ' ');
}

function blanks(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}

function balanced(body: string): boolean {
  let depth = 0;
  for (const c of body) {
    if (c === '(' || c === '{' || c === '[') depth++;
    if (c === ')' || c === '}' || c === ']') depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Facts of the macros found in the parsed synthetic text. */
/** The closing brace that was added may stand behind the end of the file. */
function within(macro: FunctionFacts, length: number): FunctionFacts {
  const clamp = ([start, end]: Span): Span => [Math.min(start, length), Math.min(end, length)];
  return {
    ...macro,
    span: clamp(macro.span),
    nodes: macro.nodes.map((node) => ({ ...node, at: clamp(node.at) })),
  };
}

export function lowerMacros(
  root: SyntaxNode,
  text: string,
  cpp: boolean,
  macros: readonly Macro[],
  length: number,
): FunctionFacts[] {
  const byName = new Map(macros.map((macro) => [macro.name, macro]));
  const facts: FunctionFacts[] = [];
  for (const node of root.children) {
    if (node.type !== 'function_definition') continue;
    const declarator = childBy(node, 'declarator');
    const body = childBy(node, 'body');
    if (!declarator || !body) continue;
    const declared = declare(declarator, NO_TYPE, text);
    const macro = byName.get(declared.name);
    if (!macro?.params) continue;
    const [own] = lowerFunction(text, cpp, node, body, {
      name: macro.name,
      kind: 'macro',
      internal: false,
      nameSpan: [declared.nameNode.start, declared.nameNode.end],
      returns: NO_TYPE,
      params: macro.params.map((name) => ({ name, nameNode: declared.nameNode, type: NO_TYPE })),
      variadic: false,
      noreturn: false,
      startup: false,
    });
    if (own) facts.push(within(own, length));
  }
  return facts;
}
