/**
 * `threadlint stats`: how much was read, how much of it was understood, and what it cost.
 */
import type { Stats } from '../service/api';
import { type OptionSpecs, oneOf, readArguments } from './arguments';
import { globGroups, loadConfig, loadSources } from './load';
import { duration } from './present/text';
import { engineSettings } from './settings';
import { EXIT, type Terminal } from './terminal';

const FORMATS = ['text', 'json'] as const;

export const STATS_OPTIONS: OptionSpecs = {
  format: { type: 'string', short: 'f' },
  exclude: { type: 'string', short: 'x', multiple: true },
  config: { type: 'string', short: 'c' },
};

/** Runs the command and returns the exit code: findings do not count here. */
export async function stats(args: readonly string[], terminal: Terminal): Promise<number> {
  const started = performance.now();
  const given = readArguments(args, STATS_OPTIONS);
  const format = oneOf('format', given.value('format') ?? 'text', FORMATS);
  const config = await loadConfig(terminal, given.value('config'));
  const paths = given.positionals.length > 0 ? given.positionals : ['.'];
  const loaded = await loadSources(
    terminal,
    paths,
    engineSettings(config, [], false),
    globGroups(terminal, given.values('exclude'), config),
  );
  const { findings } = await loaded.workspace.check(terminal.signal);
  const measured: Measured = {
    stats: loaded.workspace.stats(),
    findings: findings.length,
    skipped: loaded.skipped.length,
    total: performance.now() - started,
    // Kilobytes on every system that Node runs on.
    peak: process.resourceUsage().maxRSS * 1024,
  };
  if (loaded.files > 0 || format === 'json') {
    terminal.out(format === 'json' ? asJson(measured) : asText(measured));
  }
  for (const problem of loaded.problems) terminal.complain(problem);
  return loaded.problems.length > 0 ? EXIT.failed : EXIT.clean;
}

interface Measured {
  stats: Stats;
  findings: number;
  skipped: number;
  /** In milliseconds, from the call to the result. */
  total: number;
  /** In bytes. */
  peak: number;
}

function asJson({ stats: counted, findings, skipped, total, peak }: Measured): string {
  const { files, lines, functions, damagedFunctions, phases } = counted;
  const document = {
    version: 1,
    files,
    skippedFiles: skipped,
    lines,
    functions,
    damagedFunctions,
    findings,
    phasesMs: Object.fromEntries(Object.entries(phases).map(([name, ms]) => [name, tenths(ms)])),
    totalMs: tenths(total),
    peakMemoryBytes: peak,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function asText({ stats: counted, findings, skipped, total, peak }: Measured): string {
  const number = (value: number) => value.toLocaleString('en-US');
  const { functions, damagedFunctions } = counted;
  const share = functions === 0 ? 0 : (100 * damagedFunctions) / functions;
  const rows: [string, string, string?][] = [
    ['files', number(counted.files), skipped > 0 ? `${number(skipped)} more not checked` : undefined],
    ['lines', number(counted.lines)],
    ['functions', number(functions)],
    ['lost to parse errors', number(damagedFunctions), `${share.toFixed(1)} % of the functions`],
    ['findings', number(findings)],
    ...Object.entries(counted.phases).map(([name, ms]): [string, string] => [name, duration(ms)]),
    ['total', duration(total)],
    ['peak memory', `${Math.round(peak / 1_048_576)} MB`],
  ];
  const label = Math.max(...rows.map(([name]) => name.length));
  const width = Math.max(...rows.map(([, value]) => value.length));
  return rows
    .map(([name, value, remark]) => {
      const row = `${name.padEnd(label)}  ${value.padStart(width)}`;
      return `${remark === undefined ? row : `${row}  (${remark})`}\n`;
    })
    .join('');
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
