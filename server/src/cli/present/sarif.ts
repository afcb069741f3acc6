/**
 * SARIF 2.1.0, the exchange format of static analysis: for code scanning services and viewers.
 */
import { pathToFileURL } from 'node:url';
import { displayPath } from '../../host/paths';
import type { Finding, Location, Note, RelatedLocation, RuleInfo, Severity } from '../../service/api';
import type { Report } from './report';

const ROOT = '%SRCROOT%';
const LEVELS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  off: 'none',
};

/** Renders one log with one run, ending with a line break. */
export function presentSarif(report: Report): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'threadlint',
            version: report.version,
            semanticVersion: report.version,
            informationUri: 'https://github.com/threadlint/threadlint',
            rules: report.rules.map(ruleDescriptor),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { uri: folderUri(report.folder) } },
        invocations: [
          {
            executionSuccessful: report.problems.length === 0,
            toolExecutionNotifications: [
              ...report.problems.map((text) => ({ level: 'error', message: { text } })),
              ...report.skipped.map((note) => notification(note, 'warning', report)),
              ...report.notes.map((note) => notification(note, 'note', report)),
            ],
          },
        ],
        results: report.findings.map((finding) => result(finding, report)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleDescriptor(rule: RuleInfo) {
  return {
    id: rule.id,
    name: rule.id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: rule.title },
    fullDescription: { text: firstParagraph(rule.docs) ?? rule.title },
    help: { text: rule.docs, markdown: rule.docs },
    helpUri: rule.url,
    defaultConfiguration: { enabled: rule.severity !== 'off', level: LEVELS[rule.severity] },
    properties: {
      tags: [
        'concurrency',
        ...rule.cwe.map((id) => `external/cwe/cwe-${String(id).padStart(3, '0')}`),
        ...rule.cert.map((id) => `external/cert/${id.toLowerCase()}`),
        ...rule.misra.map((id) => `external/misra/${id.toLowerCase()}`),
      ],
    },
  };
}

function result(finding: Finding, report: Report) {
  const related = finding.related.map((step, id) => ({ id, ...describedLocation(step, report) }));
  const flows = finding.flows.filter(({ steps }) => steps.length > 0);
  return {
    ruleId: finding.rule,
    ruleIndex: report.rules.findIndex((rule) => rule.id === finding.rule),
    level: LEVELS[finding.severity],
    message: { text: finding.message, markdown: finding.message },
    locations: [location(finding.location, report)],
    ...(related.length > 0 && { relatedLocations: related }),
    ...(flows.length > 0 && {
      codeFlows: [
        {
          threadFlows: flows.map(({ title, steps }) => ({
            message: { text: title },
            locations: steps.map((step) => ({ location: describedLocation(step, report) })),
          })),
        },
      ],
    }),
    partialFingerprints: { 'threadlint/v1': finding.fingerprint },
    properties: { confidence: finding.confidence },
  };
}

function describedLocation(step: RelatedLocation, report: Report) {
  return { ...location(step, report), message: { text: step.message } };
}

function location({ file, range }: Location, report: Report) {
  const region = {
    startLine: range.start.line + 1,
    startColumn: range.start.character + 1,
    endLine: range.end.line + 1,
    endColumn: range.end.character + 1,
  };
  return { physicalLocation: { artifactLocation: artifactLocation(file, report), region } };
}

function notification({ file, message }: Note, level: string, report: Report) {
  const place = { physicalLocation: { artifactLocation: artifactLocation(file, report) } };
  return { level, message: { text: message }, locations: [place] };
}

/** A file outside the working directory keeps its absolute address, which no base may be applied to. */
function artifactLocation(file: string, report: Report): { uri: string; uriBaseId?: string } {
  const path = displayPath(file, report.folder);
  if (path === file) return { uri: pathToFileURL(file).href };
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: ROOT };
}

function folderUri(folder: string): string {
  const { href } = pathToFileURL(folder);
  return href.endsWith('/') ? href : `${href}/`;
}

/** The first paragraph of a Markdown text that is not a heading, on one line. */
function firstParagraph(markdown: string): string | undefined {
  const paragraph = markdown
    .split(/\n\s*\n/)
    .find((part) => part.trim() !== '' && !part.trim().startsWith('#'));
  return paragraph?.trim().replace(/\s+/g, ' ');
}
