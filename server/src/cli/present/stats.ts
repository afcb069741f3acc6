/**
 * The report of `threadlint stats`, and its list of what was lost. Pure, like the other presenters.
 */
import { displayPath } from '../../host/paths';
import type { Loss, Stats } from '../../service/api';
import { harmless } from './frame';
import { duration } from './text';

export interface Measured {
  stats: Stats;
  findings: number;
  skipped: number;
  /** In milliseconds, from the call to the result. */
  total: number;
  /** In bytes. */
  peak: number;
  /** What was lost, where it was asked for; with the lines of the files it stands in. */
  lost?: { losses: readonly Loss[]; lines: ReadonlyMap<string, readonly string[]> };
  /** The folder that paths are shown relative to. */
  folder: string;
}

/** In UTF-16 units: what is shown of a line before and behind the place where something was lost. */
const BEFORE = 24;
const BEHIND = 56;

/** Renders the counts as indented JSON; the shape is described in docs/json.md. */
export function statsAsJson({ stats, findings, skipped, total, peak, lost, folder }: Measured): string {
  const { files, lines, functions, damagedFunctions, unreadCharacters, factsBytes, phases } = stats;
  const document = {
    version: 1,
    files,
    skippedFiles: skipped,
    lines,
    functions,
    damagedFunctions,
    unreadCharacters,
    factsBytes,
    factsBytesPerLine: bytesPerLine(stats),
    findings,
    phasesMs: Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, tenths(ms)])),
    totalMs: tenths(total),
    peakMemoryBytes: peak,
    perFile: stats.perFile.map(({ file, ...counts }) => ({ file: displayPath(file, folder), ...counts })),
    ...(lost && {
      lost: lost.losses.map((loss) => ({
        file: displayPath(loss.file, folder),
        line: loss.range.start.line + 1,
        column: loss.range.start.character + 1,
        kind: loss.kind,
        reason: loss.reason,
        ...(loss.inside === undefined ? {} : { inside: loss.inside }),
        text: excerpt(lost.lines.get(loss.file), loss),
      })),
    }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Renders what was lost, file by file, and below it the counts as a table. */
export function statsAsText(measured: Measured): string {
  const { stats, findings, skipped, total, peak, lost } = measured;
  const number = (value: number) => value.toLocaleString('en-US');
  const { functions, damagedFunctions } = stats;
  const share = functions === 0 ? 0 : (100 * damagedFunctions) / functions;
  const rows: [string, string, string?][] = [
    ['files', number(stats.files), skipped > 0 ? `${number(skipped)} more not checked` : undefined],
    ['lines', number(stats.lines)],
    ['functions', number(functions)],
    ['with parse errors', number(damagedFunctions), `${share.toFixed(1)} % of the functions`],
    ['not understood', number(stats.unreadCharacters), 'characters outside of functions'],
    ['facts', `${number(bytesPerLine(stats))}`, 'bytes a line'],
    ['findings', number(findings)],
    ...Object.entries(stats.phases).map(([name, ms]): [string, string] => [name, duration(ms)]),
    ['total', duration(total)],
    ['peak memory', `${Math.round(peak / 1_048_576)} MB`],
  ];
  const label = Math.max(...rows.map(([name]) => name.length));
  const width = Math.max(...rows.map(([, value]) => value.length));
  const table = rows.map(([name, value, remark]) => {
    const row = `${name.padEnd(label)}  ${value.padStart(width)}`;
    return `${remark === undefined ? row : `${row}  (${remark})`}\n`;
  });
  return [...(lost ? lostLines(measured, lost) : []), ...table].join('');
}

function lostLines({ stats, folder }: Measured, { losses, lines }: NonNullable<Measured['lost']>): string[] {
  const counts = new Map(stats.perFile.map((each) => [each.file, each]));
  const shown: string[] = [];
  let file = '';
  for (const loss of losses) {
    const name = harmless(displayPath(loss.file, folder));
    const count = counts.get(loss.file);
    if (loss.file !== file && count) {
      shown.push(
        `${name}: ${count.damagedFunctions} of ${count.functions} functions with parse errors, ${count.unreadCharacters} characters not understood\n`,
      );
    }
    file = loss.file;
    shown.push(`  ${name}${lossLine(loss, lines.get(loss.file))}\n`);
  }
  return shown.length > 0 ? [...shown, '\n'] : ['nothing was lost\n\n'];
}

function lossLine(loss: Loss, lines: readonly string[] | undefined): string {
  const { kind, reason, inside } = loss;
  if (kind === 'file') return `: ${harmless(reason)}`;
  const { line, character } = loss.range.start;
  const text = kind === 'more' ? '' : excerpt(lines, loss);
  const where = inside === undefined ? '' : `in \`${harmless(inside)}\`: `;
  return `:${line + 1}:${character + 1}: ${where}${harmless(reason)}${text === '' ? '' : `: \`${text}\``}`;
}

/** The line around a loss, cut at both ends, on one line and harmless; empty where it cannot be read. */
function excerpt(lines: readonly string[] | undefined, { range }: Loss): string {
  const text = lines?.[range.start.line];
  if (text === undefined) return '';
  const from = Math.max(0, range.start.character - BEFORE);
  const to = Math.min(text.length, range.start.character + BEHIND);
  const part = harmless(text.slice(from, to)).trim();
  return `${from > 0 ? '…' : ''}${part}${to < text.length ? '…' : ''}`;
}

function bytesPerLine({ factsBytes, lines }: Stats): number {
  return lines === 0 ? 0 : Math.round(factsBytes / lines);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
