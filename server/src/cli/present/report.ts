/**
 * What every presenter receives. Presenters are pure: from a report to the whole output.
 */
import type { Finding, Note, RuleInfo } from '../../service/api';

export interface Report {
  /** Sorted, as the engine gave them. */
  findings: readonly Finding[];
  /** Files and folders that were not checked. */
  skipped: readonly Note[];
  /** What the engine gave up inside checked files. */
  notes: readonly Note[];
  /** One sentence for each path or setting that could not be used; they make the run fail. */
  problems: readonly string[];
  /** The folder that paths are shown relative to: absolute, forward slashes. */
  folder: string;
  /** The number of files checked. */
  files: number;
  /** The lines of every file that a finding names; a file that vanished meanwhile has none. */
  lines: ReadonlyMap<string, readonly string[]>;
  rules: readonly RuleInfo[];
  /** Threadlint's version. */
  version: string;
}

export interface Counts {
  error: number;
  warning: number;
  information: number;
}

/** Findings by severity. */
export function countFindings(findings: readonly Finding[]): Counts {
  const counts: Counts = { error: 0, warning: 0, information: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** `1 file`, `2 files`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
