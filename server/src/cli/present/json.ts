/**
 * The report for programs.
 *
 * The shape is a contract: fields are added, never renamed or removed, as long as `version` stays the same.
 *
 *     version   1
 *     tool      { name, version }
 *     findings  { rule, severity, confidence, message, file, range, flows, fingerprint, url }, sorted
 *     notes     { file, message }: files that were not checked, then what was given up inside checked ones
 *     problems  sentences: paths that could not be used (the exit code is then 2)
 *     summary   { files, findings, errors, warnings, information }
 *
 * `flows` holds { title, steps }, and a step { file, range, message }. Paths are relative to the working
 * directory where they lie below it, with forward slashes. Lines and columns count from 1, columns in UTF-16
 * units; the end of a range is exclusive.
 */
import { displayPath } from '../../host/paths';
import type { Location, Range } from '../../service/api';
import { countFindings, type Report } from './report';

/** Renders the whole report as indented JSON, ending with a line break. */
export function presentJson(report: Report): string {
  const counts = countFindings(report.findings);
  const urls = new Map(report.rules.map((rule) => [rule.id, rule.url]));
  const place = ({ file, range }: Location) => ({
    file: displayPath(file, report.folder),
    range: oneBased(range),
  });
  const document = {
    version: 1,
    tool: { name: 'threadlint', version: report.version },
    findings: report.findings.map((finding) => ({
      rule: finding.rule,
      severity: finding.severity,
      confidence: finding.confidence,
      message: finding.message,
      ...place(finding.location),
      flows: finding.flows.map(({ title, steps }) => ({
        title,
        steps: steps.map((step) => ({ ...place(step), message: step.message })),
      })),
      fingerprint: finding.fingerprint,
      url: urls.get(finding.rule),
    })),
    notes: [...report.skipped, ...report.notes].map(({ file, message }) => ({
      file: displayPath(file, report.folder),
      message,
    })),
    problems: report.problems,
    summary: {
      files: report.files,
      findings: report.findings.length,
      errors: counts.error,
      warnings: counts.warning,
      information: counts.information,
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function oneBased({ start, end }: Range) {
  return {
    start: { line: start.line + 1, column: start.character + 1 },
    end: { line: end.line + 1, column: end.character + 1 },
  };
}
