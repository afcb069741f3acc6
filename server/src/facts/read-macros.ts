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
import { isList, isPlain, type ListedUse, listedUses, listFunction } from './macro-lists';

/** Files with many macros that cannot be followed are tables. */
const MOST_PARSES = 60;

/** Facts of all macros that can be followed, in the order of their definitions. */
export function readMacros(
  text: string,
  macros: readonly Macro[],
  cpp: boolean,
  parse: (text: string) => SyntaxNode | undefined,
): FunctionFacts[] {
  const found: FunctionFacts[] = [];
  const lists = new Map<number, readonly ListedUse[]>();
  for (const macro of macros) {
    const uses = listedUses(text, macro);
    if (!uses || !isList(uses, macro.params ?? [])) continue;
    lists.set(macro.at, uses);
    if (isPlain(uses)) found.push(listFunction(macro, uses));
  }
  const plain = new Set(found.map(({ nameSpan }) => nameSpan[0]));
  const sets: (readonly Macro[])[] = [macros.filter((macro) => !plain.has(macro.at))];
  for (let parses = 0; sets.length > 0 && parses < MOST_PARSES; parses++) {
    const set = sets.shift() ?? [];
    const synthetic = macroText(text, set, lists);
    const root = synthetic && parse(synthetic.compact);
    if (!root) continue;
    const read = lowerMacros(root, synthetic, cpp);
    found.push(...read);
    const places = new Set(read.map(({ nameSpan }) => nameSpan[0]));
    const lost = set.filter((macro) => macro.params && callsSomething(text, macro) && !places.has(macro.at));
    if (lost.length === 0 || set.length === 1) continue;
    const half = Math.ceil(lost.length / 2);
    sets.push(lost.slice(0, half), lost.slice(half));
  }
  const read = new Map(found.map((fn) => [fn.nameSpan[0], fn]));
  for (const macro of macros) {
    const uses = lists.get(macro.at);
    if (uses && (read.get(macro.at)?.damaged ?? !read.has(macro.at)))
      read.set(macro.at, listFunction(macro, uses));
    const own = read.get(macro.at)?.macro;
    if (own && uses) own.uses = uses.map(({ name, args }) => ({ name, args }));
    if (own && macro.until !== undefined) own.until = macro.until;
  }
  return [...read.values()].sort((a, b) => a.nameSpan[0] - b.nameSpan[0]);
}

/** A body without a call does nothing that a rule reads. */
export function callsSomething(text: string, { bodyStart, bodyEnd }: Macro): boolean {
  return /\b[A-Za-z_]\w*\s*\(/.test(text.slice(bodyStart, bodyEnd));
}
