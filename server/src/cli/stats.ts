/**
 * `threadlint stats`: how much was read, how much of it was understood, and what it cost.
 */
import { readLines } from '../host/text';
import type { Loss, Note } from '../service/api';
import { type OptionSpecs, oneOf, readArguments } from './arguments';
import { loadConfig, loadSources } from './load';
import { MACRO_OPTIONS, macroSettings } from './macros';
import { type Measured, statsAsJson, statsAsText } from './present/stats';
import { engineSettings } from './settings';
import { EXIT, type Terminal } from './terminal';

const FORMATS = ['text', 'json'] as const;

export const STATS_OPTIONS: OptionSpecs = {
  format: { type: 'string', short: 'f' },
  exclude: { type: 'string', short: 'x', multiple: true },
  config: { type: 'string', short: 'c' },
  lost: { type: 'boolean' },
  ...MACRO_OPTIONS,
};

/** Runs the command and returns the exit code: findings do not count here. */
export async function stats(args: readonly string[], terminal: Terminal): Promise<number> {
  const started = performance.now();
  const given = readArguments(args, STATS_OPTIONS);
  const format = oneOf('format', given.value('format') ?? 'text', FORMATS);
  const config = await loadConfig(terminal, given.value('config'));
  const paths = given.positionals.length > 0 ? given.positionals : ['.'];
  const loaded = await loadSources(terminal, paths, {
    config,
    settings: engineSettings(config, [], false),
    exclude: given.values('exclude'),
    macros: macroSettings(given, config),
    // What reading costs is measured in one thread.
    jobs: 1,
  });
  const { findings } = await loaded.workspace.check(terminal.signal);
  // What the check took is known before the counting, which takes time and memory of its own.
  const total = performance.now() - started;
  // Kilobytes on every system that Node runs on.
  const peak = process.resourceUsage().maxRSS * 1024;
  const counted = loaded.workspace.stats();
  const losses = [...counted.losses, ...loaded.skipped.map(lossOf)].sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : 0,
  );
  const measured: Measured = {
    stats: counted,
    findings: findings.length,
    skipped: loaded.skipped.length,
    total,
    peak,
    folder: terminal.folder,
    ...(given.flag('lost') && {
      lost: { losses, lines: await readLines(counted.losses.map(({ file }) => file)) },
    }),
  };
  if (loaded.files > 0 || format === 'json') {
    terminal.out(format === 'json' ? statsAsJson(measured) : statsAsText(measured));
  }
  for (const { file, message } of loaded.notes) terminal.complain(`${file} was ${message}`);
  for (const problem of loaded.problems) terminal.complain(problem);
  return loaded.problems.length > 0 ? EXIT.failed : EXIT.clean;
}

/** A file that was never given to the engine is lost as a whole. */
function lossOf({ file, message }: Note): Loss {
  const start = { line: 0, character: 0 };
  return { file, range: { start, end: start }, kind: 'file', reason: message };
}
