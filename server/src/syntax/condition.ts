/**
 * Makes real C and C++ readable for a parser that knows no preprocessor, without moving anything.
 *
 * Invariants: the result has the length of the text and its line breaks at the same offsets; every changed range
 * is in `spans` with its reason; what is written is blanks, a keyword or sign no longer than what it covers, or a
 * semicolon over a blank. A pure function of text and options, linear, and it never throws.
 */

import { conditionArguments } from './conditioning/arguments';
import { conditionCaptures } from './conditioning/captures';
import { codeOf, settle } from './conditioning/code';
import { choose, type Definitions, type Undefinition } from './conditioning/conditionals';
import { conditionConditions } from './conditioning/conditions';
import { conditionCpp } from './conditioning/cpp';
import { conditionDeclarations } from './conditioning/declarations';
import { conditionDirectives } from './conditioning/directives';
import { type ConditionedSpan, editsOf } from './conditioning/edits';
import { conditionFragments } from './conditioning/fragments';
import { rolesOf } from './conditioning/heads';
import { conditionLength } from './conditioning/length';
import { conditionLexically } from './conditioning/lexical';
import { conditionLists } from './conditioning/lists';
import { conditionLiterals } from './conditioning/literals';
import type { Macro } from './conditioning/macros';
import { conditionNesting } from './conditioning/nesting';
import { conditionNewer } from './conditioning/newer';
import { outlineOf } from './conditioning/outline';
import { conditionRuns } from './conditioning/runs';
import { conditionScopeExits } from './conditioning/scope-exits';
import { conditionStatements } from './conditioning/statements';
import { filterTokens, tokenize } from './conditioning/tokens';
import { conditionUnreadForms } from './conditioning/unread-forms';

export type { ConditionedSpan } from './conditioning/edits';
export type { Macro } from './conditioning/macros';

export interface ConditionOptions extends Definitions {
  language: 'c' | 'cpp';
}

export interface Conditioned {
  text: string;
  /** Changed ranges in UTF-16 offsets, sorted, not overlapping. */
  spans: ConditionedSpan[];
  /** Branches of conditionals that were not taken, sorted. */
  inactive: (readonly [number, number])[];
  /** Macros defined in the active part. */
  macros: Macro[];
  /** Each `#undef` of a macro that is defined elsewhere. */
  undefs: Undefinition[];
}

/** Conditions a whole file. Each pass sees what the passes before it have left. */
export function condition(text: string, options: ConditionOptions): Conditioned {
  const { language } = options;
  const tokens = tokenize(text, language);
  const choice = choose(text, tokens, language, options);
  const edits = editsOf(text);
  const open = openComment(
    text,
    Math.max(tokens.end[tokens.count - 1] ?? 0, tokens.directives.at(-1)?.end ?? 0),
  );
  if (open !== undefined) edits.blank(open, text.length, 'comment that is never closed');
  for (const { start, end } of choice.deciding) edits.blank(start, end, 'directive');
  for (const [start, end] of choice.inactive) edits.blank(start, end, 'inactive branch');
  let range = 0;
  filterTokens(tokens, (index) => {
    while (range < choice.inactiveTokens.length && (choice.inactiveTokens[range]?.[1] ?? 0) <= index) range++;
    return index < (choice.inactiveTokens[range]?.[0] ?? Number.POSITIVE_INFINITY);
  });
  tokens.directives = choice.active;
  const code = codeOf(text, language, tokens, edits);
  conditionLiterals(code);
  settle(code);
  conditionNesting(code);
  settle(code);
  conditionLength(code);
  settle(code);
  conditionLexically(code, contentless(text, choice.macros));
  settle(code);
  conditionFragments(code);
  settle(code);
  conditionNewer(code);
  conditionConditions(code);
  if (language === 'cpp') {
    conditionCaptures(code);
    conditionUnreadForms(code);
  }
  settle(code);
  if (language === 'cpp') {
    conditionCpp(code);
    conditionScopeExits(code);
  }
  settle(code);
  conditionDeclarations(code, outlineOf(code));
  settle(code);
  conditionRuns(code, outlineOf(code));
  settle(code);
  const outline = outlineOf(code);
  conditionDirectives(code, outline, choice.active);
  conditionStatements(code, outline, rolesOf(text, language, choice.macros));
  conditionLists(code, outline);
  conditionArguments(code, outline);
  const { text: conditioned, spans } = edits.finish();
  return {
    text: conditioned,
    spans,
    inactive: choice.inactive,
    macros: choice.macros,
    undefs: choice.undefs,
  };
}

/**
 * Where behind the last token a comment begins that is never closed. The grammar's lexer looks for its end again
 * at every `/*` inside, which takes time by the square of the length.
 */
function openComment(text: string, behind: number): number | undefined {
  for (let at = text.indexOf('/*', behind); at >= 0; ) {
    const end = text.indexOf('*/', at + 2);
    if (end < 0) return at;
    at = text.indexOf('/*', end + 2);
  }
  return undefined;
}

/** Object-like macros that stand for nothing, or for attributes only. */
function contentless(text: string, macros: readonly Macro[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, params, bodyStart, bodyEnd } of macros) {
    const body = text.slice(bodyStart, Math.min(bodyEnd, bodyStart + 200));
    if (!params && /^(?:(?:__attribute__|__declspec)\s*\([^;{}]*\)|\[\[[^\]]*\]\]|)$/.test(body))
      names.add(name);
    else names.delete(name);
  }
  return names;
}
