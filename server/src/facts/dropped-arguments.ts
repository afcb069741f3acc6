/**
 * Arguments that conditioning took out of a call with their comma: types, operators, nothing at all. What stands
 * behind them must keep its position, since a macro takes its arguments by position.
 */
import type { SyntaxNode } from '../syntax/tree';
import { type Expr, UNKNOWN } from './expr';

/** An argument that is not in the tree; it stands in front of what begins at `at` or behind it. */
export interface Dropped {
  at: number;
  value: Expr;
}

const WORDS = /^[A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*$/;

/** The arguments that the conditioned text has no longer, in order. */
export function droppedArguments(list: SyntaxNode, text: string, raw: string): Dropped[] {
  const { start, end } = list;
  if (raw.startsWith(text.slice(start, end), start)) return [];
  const dropped: Dropped[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < end; at++) {
    const char = raw[at];
    if (char === '"' || char === "'") at = literalEnd(raw, at, end);
    else if (char === '/' && raw[at + 1] === '*') at = Math.max(at, raw.indexOf('*/', at) + 1);
    else if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    if (char !== ',' || depth !== 1) continue;
    if (text[at] !== ',') dropped.push({ at, value: written(raw, text, from, at, end) });
    from = at + 1;
  }
  return dropped;
}

/** The words of a type as a name, by which a macro can mention it. A first argument goes with the comma behind it. */
function written(raw: string, text: string, from: number, comma: number, end: number): Expr {
  const isBefore = text.slice(from, comma).trim() === '';
  const behind = /^[^,()]*/.exec(raw.slice(comma + 1, Math.min(end, comma + 200)))?.[0] ?? '';
  const words = (isBefore ? raw.slice(from, comma) : behind).trim();
  return WORDS.test(words) ? { k: 'name', n: words.replace(/\s+/g, ' ') } : UNKNOWN;
}

function literalEnd(raw: string, at: number, end: number): number {
  const quote = raw[at];
  for (let to = at + 1; to < end; to++) {
    if (raw[to] === '\\') to++;
    else if (raw[to] === quote || raw[to] === '\n') return to;
  }
  return end;
}
