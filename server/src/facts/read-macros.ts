/**
 * Reads all macros of a file, in as few parses as it takes.
 *
 * They are parsed in one text, where a body that is no statement takes its neighbours with it into one error.
 * What is lost so is parsed again in halves, until each macro stands or falls alone.
 */
import type { Macro } from '../syntax/conditioning/macros';
import type { SyntaxNode } from '../syntax/tree';
import type { FunctionFacts } from './facts';
import { lowerMacros, macroText } from './lower-macros';

/** Files with many macros that cannot be followed are tables; a parse costs the length of the file. */
const MOST_PARSES = 60;

/** Facts of all macros that can be followed, in the order of their definitions. */
export function readMacros(
  text: string,
  macros: readonly Macro[],
  cpp: boolean,
  parse: (text: string) => SyntaxNode | undefined,
): FunctionFacts[] {
  const found: FunctionFacts[] = [];
  const sets: (readonly Macro[])[] = [macros];
  for (let parses = 0; sets.length > 0 && parses < MOST_PARSES; parses++) {
    const set = sets.shift() ?? [];
    const synthetic = macroText(text, set);
    const root = synthetic && parse(synthetic);
    if (!root) continue;
    const read = lowerMacros(root, synthetic, cpp, set, text.length);
    found.push(...read);
    const places = new Set(read.map(({ nameSpan }) => nameSpan[0]));
    const lost = set.filter((macro) => macro.params && callsSomething(text, macro) && !places.has(macro.at));
    if (lost.length === 0 || set.length === 1) continue;
    const half = Math.ceil(lost.length / 2);
    sets.push(lost.slice(0, half), lost.slice(half));
  }
  return found.sort((a, b) => a.nameSpan[0] - b.nameSpan[0]);
}

/** A body without a call does nothing that a rule reads. */
export function callsSomething(text: string, { bodyStart, bodyEnd }: Macro): boolean {
  return /\b[A-Za-z_]\w*\s*\(/.test(text.slice(bodyStart, bodyEnd));
}
