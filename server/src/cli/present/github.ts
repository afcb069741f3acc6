/**
 * Workflow commands that GitHub Actions turns into annotations on a pull request.
 */
import { displayPath } from '../../host/paths';
import type { Finding, Severity } from '../../service/api';
import type { Report } from './report';

const COMMANDS: Readonly<Record<Exclude<Severity, 'off'>, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'notice',
};

/** One command a finding and a file that was not checked; empty where there is neither. */
export function presentGithub(report: Report): string {
  const findings = report.findings.map((finding) => annotation(finding, report));
  const skipped = report.skipped.map(({ file, message }) =>
    command('notice', { file: displayPath(file, report.folder), title: 'threadlint' }, message),
  );
  const problems = report.problems.map((problem) => command('error', { title: 'threadlint' }, problem));
  return [...findings, ...skipped, ...problems].map((line) => `${line}\n`).join('');
}

function annotation(finding: Finding, report: Report): string {
  const { file, range } = finding.location;
  const { start, end } = range;
  const oneLine = start.line === end.line;
  const properties = {
    file: displayPath(file, report.folder),
    line: start.line + 1,
    endLine: end.line + 1,
    // GitHub takes columns only where the range stays on one line, and counts the last one in.
    ...(oneLine && {
      col: start.character + 1,
      endColumn: Math.max(start.character + 1, end.character),
    }),
    title: finding.rule,
  };
  const story = finding.flows.flatMap(({ title, steps }) => [
    `${title}:`,
    ...steps.map((step) => {
      const at = `${displayPath(step.file, report.folder)}:${step.range.start.line + 1}`;
      return `  ${at}: ${step.message}`;
    }),
  ]);
  return command(COMMANDS[finding.severity], properties, [finding.message, ...story].join('\n'));
}

function command(name: string, properties: Record<string, string | number>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${list.join(',')}::${escapeMessage(message)}`;
}

function escapeMessage(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
