/** One file's text to unit facts: condition, parse, copy, lower. */
import { type ConditionOptions, condition } from '../syntax/condition';
import { marksOf } from '../syntax/conditioning/marks';
import { lineStartsOf } from '../syntax/lines';
import type { Parsers } from '../syntax/parser';
import { copyTree, type SyntaxNode } from '../syntax/tree';
import { macroConstants } from './constants';
import type { IncludeFacts, SuppressionFacts, UnitFacts } from './facts';
import { bounded, cutLosses, lossesOf, macroLosses, openComment, solidLength } from './losses';
import { fileLevelUses, recoverStatements } from './lower-recovered';
import { lowerUnit } from './lower-unit';
import { readMacros } from './read-macros';
import { returnedStatics } from './returned-statics';

export interface UnitOptions extends ConditionOptions {
  /** Called when a phase ends, for the statistics. */
  onPhase?: (phase: 'condition' | 'parse' | 'lower') => void;
}

/** Makes a file's facts. Never throws on input: what cannot be read is a loss with its reason. */
export function makeUnitFacts(parsers: Parsers, file: string, text: string, options: UnitOptions): UnitFacts {
  const { language, onPhase } = options;
  const cpp = language === 'cpp';
  const conditioned = condition(text, options);
  const { macros } = conditioned;
  onPhase?.('condition');
  const empty: UnitFacts = {
    file,
    language,
    lineStarts: lineStartsOf(text),
    length: text.length,
    functions: [],
    globals: [],
    types: [],
    aliases: [],
    prototypes: [],
    constants: [],
    stores: [],
    includes: includesOf(conditioned.text),
    suppressions: suppressionsOf(text),
    uses: [],
    undefs: conditioned.undefs,
    losses: [],
    unread: 0,
  };
  const tree = parsers.withTree(language, conditioned.text, copyTree);
  if (!tree) {
    onPhase?.('parse');
    return {
      ...empty,
      losses: [{ kind: 'file', span: [0, text.length], reason: 'the parser gave up on this file' }],
      unread: solidLength(text),
    };
  }
  onPhase?.('parse');
  const { spans } = conditioned;
  const parse = (piece: string): SyntaxNode | undefined => {
    onPhase?.('lower');
    const parsed = parsers.withTree(language, piece, copyTree);
    onPhase?.('parse');
    return parsed;
  };
  const recovered = recoverStatements(text, spans, parse);
  const marks = (start: number, end: number): string[] => marksOf(text, conditioned, start, end);
  const unit = lowerUnit(tree, { text: conditioned.text, raw: text, recovered, marks, cpp });
  unit.functions.push(...readMacros(text, macros, cpp, parse));
  unit.constants.push(...macroConstants(text, macros));
  unit.globals.push(...unit.functions.flatMap(returnedStatics));
  const uses = fileLevelUses(text, spans, tree);
  const { losses, unread } = lossesOf(tree, conditioned.text, unit.functions);
  const cut = cutLosses(text, spans, unit.functions);
  losses.push(...cut.losses, ...openComment(spans), ...macroLosses(text, macros, unit.functions));
  onPhase?.('lower');
  return { ...empty, ...unit, uses, losses: bounded(losses), unread: unread + cut.unread };
}

function includesOf(text: string): IncludeFacts[] {
  const includes: IncludeFacts[] = [];
  for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\r\n]{1,300})[>"]/gm)) {
    includes.push({ path: match[2] ?? '', system: match[1] === '<', at: match.index });
  }
  return includes;
}

/** `threadlint: ignore` in a comment silences its own line and the next; with rule ids only those. */
function suppressionsOf(text: string): SuppressionFacts[] {
  if (!text.includes('threadlint:')) return [];
  const found: SuppressionFacts[] = [];
  text.split(/\r\n|\n|\r/).forEach((content, line) => {
    const match = /(?:\/\/|\/\*).{0,200}?threadlint:\s*ignore\b([^*]*)/.exec(content);
    if (match) found.push({ line, rules: (match[1] ?? '').match(/[a-z]+(?:-[a-z]+)+/g) ?? [] });
  });
  return found;
}
