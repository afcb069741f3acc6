/**
 * The report for people: a finding with its code frame, then each side of the story step by step.
 */
import pc from 'picocolors';
import { displayPath } from '../../host/paths';
import type { Finding, Location, Note, RelatedLocation, Severity } from '../../service/api';
import { codeFrame, harmless } from './frame';
import { countFindings, plural, type Report } from './report';

export interface TextOptions {
  color: boolean;
  /** List everything the engine gave up, instead of counting it. */
  verbose: boolean;
  /** Shown in the summary when given; left out where two runs should give the same bytes. */
  milliseconds?: number;
}

type Paint = ReturnType<typeof pc.createColors>;

/** More files than this are counted, not listed: a folder of images should not bury the findings. */
const MOST_SKIPPED = 20;

/** Renders the whole report, ending with a line break. */
export function presentText(report: Report, options: TextOptions): string {
  const paint = pc.createColors(options.color);
  const blocks = report.findings.map((finding) => findingBlock(finding, report, paint));
  const notes = noteLines(report, options, paint);
  if (notes.length > 0) blocks.push(notes.join('\n'));
  blocks.push(summaryLine(report, options, paint));
  return `${blocks.join('\n\n')}\n`;
}

function findingBlock(finding: Finding, report: Report, paint: Paint): string {
  const severity = colorOf(finding.severity, paint);
  const doubt = finding.confidence === 'possible' ? paint.dim(' (possible)') : '';
  const head = `${paint.bold(at(finding.location, report))}: ${severity(finding.severity)} [${finding.rule}] `;
  const style = { gutter: paint.dim, mark: severity };
  const lines = report.lines.get(finding.location.file) ?? [];
  const block = [
    head + paint.bold(harmless(finding.message)) + doubt,
    ...indent(codeFrame(lines, finding.location.range, style, 1), 2),
  ];
  for (const { title, steps } of finding.flows) {
    block.push('', `  ${paint.bold(harmless(title))}`);
    for (const [index, step] of steps.entries()) block.push(...stepLines(step, index, report, paint));
  }
  return block.join('\n');
}

function stepLines(step: RelatedLocation, index: number, report: Report, paint: Paint): string[] {
  const style = { gutter: paint.dim, mark: paint.cyan };
  const frame = codeFrame(report.lines.get(step.file) ?? [], step.range, style, 0);
  return [`    ${index + 1}. ${at(step, report)}: ${harmless(step.message)}`, ...indent(frame, 7)];
}

function noteLines(report: Report, options: TextOptions, paint: Paint): string[] {
  const line = ({ file, message }: Note) =>
    `${paint.bold(harmless(displayPath(file, report.folder)))}: ${paint.cyan('note:')} ${harmless(message)}`;
  const shown = options.verbose ? report.skipped : report.skipped.slice(0, MOST_SKIPPED);
  const lines = shown.map(line);
  const hidden = report.skipped.length - shown.length;
  if (hidden > 0) lines.push(`note: ${plural(hidden, 'more file')} not checked; --verbose lists them`);
  if (options.verbose) return [...lines, ...report.notes.map(line)];
  if (report.notes.length > 0) {
    lines.push(`note: ${plural(report.notes.length, 'place')} not fully understood; --verbose lists them`);
  }
  return lines;
}

function summaryLine(report: Report, { milliseconds }: TextOptions, paint: Paint): string {
  const { error, warning, information } = countFindings(report.findings);
  const total = report.findings.length;
  const kinds = [
    error > 0 ? plural(error, 'error') : '',
    warning > 0 ? plural(warning, 'warning') : '',
    information > 0 ? `${information} for information` : '',
  ].filter((kind) => kind !== '');
  const what = total === 0 ? 'no findings' : `${plural(total, 'finding')} (${kinds.join(', ')})`;
  const color = error > 0 ? paint.red : warning > 0 ? paint.yellow : paint.green;
  const time = milliseconds === undefined ? '' : `, ${duration(milliseconds)}`;
  return `${color(what)} in ${plural(report.files, 'file')}${time}`;
}

/** `340 ms`, `2.1 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function at({ file, range }: Location, report: Report): string {
  const path = harmless(displayPath(file, report.folder));
  return `${path}:${range.start.line + 1}:${range.start.character + 1}`;
}

function colorOf(severity: Exclude<Severity, 'off'>, paint: Paint): (text: string) => string {
  return { error: paint.red, warning: paint.yellow, information: paint.blue }[severity];
}

function indent(lines: readonly string[], spaces: number): string[] {
  return lines.map((line) => ' '.repeat(spaces) + line);
}
