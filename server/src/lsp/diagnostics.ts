/**
 * Findings as diagnostics, by file.
 */
import { createHash } from 'node:crypto';
import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import { RULE_INFOS } from '../rules/registry';
import type { Finding } from '../service/api';

/** What travels with a diagnostic, so that a code action finds its finding again. */
export interface DiagnosticData {
  rule: string;
  fingerprint: string;
}

/** All that is to be said about one file. */
export interface FileReport {
  diagnostics: Diagnostic[];
  findings: Finding[];
  /** The same for the same diagnostics, also across restarts of the server. */
  resultId: string;
}

const SEVERITIES: Record<Finding['severity'], DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

const RULE_URLS = new Map(RULE_INFOS.map((rule) => [rule.id, rule.url]));

/** One finding as a diagnostic; `uriOf` spells a file's URI. */
export function diagnosticOf(finding: Finding, uriOf: (file: string) => string): Diagnostic {
  const href = RULE_URLS.get(finding.rule);
  const data: DiagnosticData = { rule: finding.rule, fingerprint: finding.fingerprint };
  return {
    range: finding.location.range,
    severity: SEVERITIES[finding.severity],
    code: finding.rule,
    codeDescription: href === undefined ? undefined : { href },
    source: 'threadlint',
    message: finding.message,
    relatedInformation: finding.related.map(({ file, range, message }) => ({
      location: { uri: uriOf(file), range },
      message,
    })),
    data,
  };
}

export const NOTHING_FOUND: FileReport = reportOf([], (file) => file);

/** The findings of a check by file, in their order; files without findings have no entry. */
export function reportsByFile(
  findings: readonly Finding[],
  uriOf: (file: string) => string,
): Map<string, FileReport> {
  const byFile = new Map<string, Finding[]>();
  for (const finding of findings) {
    const known = byFile.get(finding.location.file);
    if (known === undefined) byFile.set(finding.location.file, [finding]);
    else known.push(finding);
  }
  return new Map([...byFile].map(([file, own]) => [file, reportOf(own, uriOf)]));
}

function reportOf(findings: Finding[], uriOf: (file: string) => string): FileReport {
  const diagnostics = findings.map((finding) => diagnosticOf(finding, uriOf));
  const resultId = createHash('sha256').update(JSON.stringify(diagnostics)).digest('base64url').slice(0, 22);
  return { diagnostics, findings, resultId };
}

export function isDiagnosticData(data: unknown): data is DiagnosticData {
  return (
    typeof data === 'object' &&
    data !== null &&
    'rule' in data &&
    typeof data.rule === 'string' &&
    'fingerprint' in data &&
    typeof data.fingerprint === 'string'
  );
}
