/**
 * `threadlint threads`: every call that makes a thread, what it runs, how it ends, and who joins it.
 */
import { jobsGiven, type OptionSpecs, oneOf, readArguments } from './arguments';
import { loadConfig, loadSources } from './load';
import { MACRO_OPTIONS, macroSettings } from './macros';
import { threadsAsJson, threadsAsText } from './present/threads';
import { engineSettings } from './settings';
import { EXIT, type Terminal } from './terminal';

const FORMATS = ['text', 'json'] as const;

export const THREADS_OPTIONS: OptionSpecs = {
  format: { type: 'string', short: 'f' },
  exclude: { type: 'string', short: 'x', multiple: true },
  config: { type: 'string', short: 'c' },
  ...MACRO_OPTIONS,
  jobs: { type: 'string', short: 'j' },
};

/** Runs the command and returns the exit code: what is found does not count here. */
export async function threads(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, THREADS_OPTIONS);
  const format = oneOf('format', given.value('format') ?? 'text', FORMATS);
  const config = await loadConfig(terminal, given.value('config'));
  const paths = given.positionals.length > 0 ? given.positionals : ['.'];
  const loaded = await loadSources(terminal, paths, {
    config,
    settings: engineSettings(config, [], false),
    exclude: given.values('exclude'),
    macros: macroSettings(given, config),
    jobs: jobsGiven(given.value('jobs')),
  });
  await loaded.workspace.check(terminal.signal, { threads: true });
  const listed = { threads: loaded.workspace.threads(), folder: terminal.folder };
  if (loaded.files > 0 || format === 'json')
    terminal.out(format === 'json' ? threadsAsJson(listed) : threadsAsText(listed));
  for (const { file, message } of loaded.notes) terminal.complain(`${file} was ${message}`);
  for (const problem of loaded.problems) terminal.complain(problem);
  return loaded.problems.length > 0 ? EXIT.failed : EXIT.clean;
}
