/** One file's text to unit facts: condition, parse, copy, lower. */
import { condition } from '../syntax/condition';
import { marksOf } from '../syntax/conditioning/marks';
import { lineStartsOf } from '../syntax/lines';
import type { Parsers } from '../syntax/parser';
import { copyTree } from '../syntax/tree';
import { macroConstants } from './constants';
import type { IncludeFacts, Language, SuppressionFacts, UnitFacts } from './facts';
import { lowerMacros, macroText } from './lower-macros';
import { lowerUnit } from './lower-unit';

export interface UnitOptions {
  language: Language;
  defines?: Readonly<Record<string, string>>;
  /** Called when a phase ends, for the statistics. */
  onPhase?: (phase: 'condition' | 'parse' | 'lower') => void;
}

/** Makes a file's facts. Never throws on input: what cannot be read is a loss with its reason. */
export function makeUnitFacts(parsers: Parsers, file: string, text: string, options: UnitOptions): UnitFacts {
  const { language, defines, onPhase } = options;
  const cpp = language === 'cpp';
  const conditioned = condition(text, { language, defines });
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
    losses: [],
  };
  const tree = parsers.withTree(language, conditioned.text, copyTree);
  if (!tree) {
    onPhase?.('parse');
    return { ...empty, losses: [{ span: [0, text.length], reason: 'the parser gave up on this file' }] };
  }
  const synthetic = macroText(text, macros);
  const macroTree = synthetic ? parsers.withTree(language, synthetic, copyTree) : undefined;
  onPhase?.('parse');
  const unit = lowerUnit(tree, conditioned.text, (start, end) => marksOf(text, conditioned, start, end), cpp);
  if (synthetic && macroTree)
    unit.functions.push(...lowerMacros(macroTree, synthetic, cpp, macros, text.length));
  unit.constants.push(...macroConstants(text, macros));
  onPhase?.('lower');
  return { ...empty, ...unit };
}

function includesOf(text: string): IncludeFacts[] {
  const includes: IncludeFacts[] = [];
  for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\r\n]{1,300})[>"]/gm)) {
    includes.push({ path: match[2] ?? '', system: match[1] === '<' });
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
