/**
 * The shape of a rule: metadata, detection, wording and fixes apart.
 *
 * One file a rule. Detection returns plain witnesses; wording turns one witness into a finding; fixing works on
 * the file's present text and tree, long after the analysis is gone.
 */
import type { Analysis } from '../analysis/analysis';
import type { Span } from '../facts/expr';
import type { Fn } from '../program/program';
import type { Node } from '../syntax/parser';
import type { Fix, Place, RuleFinding, Severity, Step } from './finding';

export interface RuleMeta {
  id: string;
  severity: Severity;
  /** One line: what it says. */
  title: string;
  /** Markdown after the title: what it finds, why it is bad, examples, known problems. */
  docs: string;
  cwe: readonly number[];
  cert: readonly string[];
  misra: readonly string[];
}

/** A rule's metadata as the outside sees it. */
export interface RuleInfo {
  id: string;
  severity: Severity;
  title: string;
  /** The whole page in Markdown. */
  docs: string;
  cwe: number[];
  cert: string[];
  misra: string[];
  url: string;
}

/** The present text of the file a finding stands in, and the tree of its conditioned text. */
export interface FixSource {
  file: string;
  text: string;
  root: Node;
}

export interface Rule<Witness> {
  meta: RuleMeta;
  detect(analysis: Analysis): Witness[];
  report(analysis: Analysis, witness: Witness): RuleFinding;
  fixes?(finding: RuleFinding, source: FixSource): Fix[];
}

/** A rule as the registry runs it: the type of its witnesses is its own matter. */
export interface AnyRule {
  meta: RuleMeta;
  run(analysis: Analysis): RuleFinding[];
  fixes(finding: RuleFinding, source: FixSource): Fix[];
}

export function defineRule<Witness>(rule: Rule<Witness>): AnyRule {
  return {
    meta: rule.meta,
    run: (analysis) => rule.detect(analysis).map((witness) => rule.report(analysis, witness)),
    fixes: (finding, source) => rule.fixes?.(finding, source) ?? [],
  };
}

/** The place of a function's node, or of a part of its text. */
export function placeOf(fn: Fn, where: number | Span): Place {
  const span = typeof where === 'number' ? (fn.facts.nodes[where]?.at ?? fn.facts.nameSpan) : where;
  return { file: fn.unit.file, start: span[0], end: span[1] };
}

export function step(fn: Fn, where: number | Span, message: string): Step {
  return { ...placeOf(fn, where), message };
}
