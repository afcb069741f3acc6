/**
 * `threadlint check`: finds, presents, and says by its exit code whether there is something to repair.
 */
import { relative } from 'node:path';
import { isOutside, withForwardSlashes } from '../host/paths';
import { readLines } from '../host/text';
import { RULE_INFOS } from '../rules/registry';
import type { Finding } from '../service/api';
import { jobsGiven, type OptionSpecs, oneOf, readArguments } from './arguments';
import { loadConfig, loadSources } from './load';
import { MACRO_OPTIONS, macroSettings } from './macros';
import { presentGithub } from './present/github';
import { presentJson } from './present/json';
import type { Report } from './present/report';
import { presentSarif } from './present/sarif';
import { presentText } from './present/text';
import { rulesNamed } from './rule-names';
import { engineSettings } from './settings';
import { EXIT, type Terminal } from './terminal';
import { VERSION } from './version';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;

export const CHECK_OPTIONS: OptionSpecs = {
  format: { type: 'string', short: 'f' },
  rule: { type: 'string', short: 'r', multiple: true },
  exclude: { type: 'string', short: 'x', multiple: true },
  config: { type: 'string', short: 'c' },
  ...MACRO_OPTIONS,
  jobs: { type: 'string', short: 'j' },
  'show-possible': { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
};

/** Runs the command and returns the exit code. Rejects with `UsageError`, `InstallationError` or `Cancelled`. */
export async function check(args: readonly string[], terminal: Terminal): Promise<number> {
  const started = performance.now();
  const given = readArguments(args, CHECK_OPTIONS);
  const format = oneOf('format', given.value('format') ?? 'text', FORMATS);
  const only = rulesNamed(given.values('rule'));
  const config = await loadConfig(terminal, given.value('config'));
  const paths = given.positionals.length > 0 ? given.positionals : ['.'];
  const loaded = await loadSources(terminal, paths, {
    config,
    settings: engineSettings(config, only, given.flag('show-possible')),
    exclude: given.values('exclude'),
    macros: macroSettings(given, config),
    jobs: jobsGiven(given.value('jobs')),
  });
  const { findings, notes } = await loaded.workspace.check(terminal.signal);
  const report: Report = {
    findings,
    notes,
    skipped: [...loaded.notes, ...loaded.skipped],
    problems: loaded.problems,
    folder: format === 'github' ? repositoryFolder(terminal) : terminal.folder,
    files: loaded.files,
    lines: format === 'text' ? await readLines(filesOf(findings)) : new Map(),
    rules: only.length > 0 ? only : RULE_INFOS,
    version: VERSION,
  };
  const milliseconds = terminal.interactive ? performance.now() - started : undefined;
  const text = { color: terminal.color, verbose: given.flag('verbose'), milliseconds };
  const present: Record<(typeof FORMATS)[number], () => string> = {
    // With nothing to check there is nothing to report but the problems, which come on standard error.
    text: () => (loaded.files === 0 && loaded.skipped.length === 0 ? '' : presentText(report, text)),
    json: () => presentJson(report),
    sarif: () => presentSarif(report),
    github: () => presentGithub(report),
  };
  terminal.out(present[format]());
  for (const problem of loaded.problems) terminal.complain(problem);
  if (loaded.problems.length > 0) return EXIT.failed;
  return findings.some(({ severity }) => severity !== 'information') ? EXIT.found : EXIT.clean;
}

function filesOf(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ location, related, flows }) => [
    location.file,
    ...related.map(({ file }) => file),
    ...flows.flatMap(({ steps }) => steps.map(({ file }) => file)),
  ]);
}

/** GitHub wants paths from the top of the repository, wherever in it the command runs. */
function repositoryFolder({ folder, githubWorkspace }: Terminal): string {
  if (githubWorkspace === undefined || githubWorkspace === '') return folder;
  const inside = withForwardSlashes(relative(githubWorkspace, folder));
  return isOutside(inside) ? folder : withForwardSlashes(githubWorkspace);
}
