/**
 * From the paths on the command line to a workspace that holds their sources.
 */
import { dirname } from 'node:path';
import { InstallationError, loadBinaries } from '../host/binaries';
import { readBuilds } from '../host/compile-commands';
import { findConfig, type ProjectConfig, readConfig } from '../host/config';
import { reasonOf } from '../host/errors';
import { fileOptions } from '../host/file-options';
import type { MacroSettings } from '../host/flags';
import { absolutePath, withForwardSlashes } from '../host/paths';
import { readFiles } from '../host/read-files';
import { eventLoopTurn } from '../host/turns';
import { listSources } from '../host/walk';
import type { Note, Settings, Workspace } from '../service/api';
import { createWorkspace } from '../service/workspace';
import { UsageError } from './arguments';
import type { Terminal } from './terminal';

export interface Loaded {
  workspace: Workspace;
  /** The number of files read. */
  files: number;
  skipped: Note[];
  /** Files about the build that could not be used. */
  notes: Note[];
  /** One sentence for each path that could not be used. */
  problems: string[];
}

/** Globs with the folder they are relative to. */
type GlobGroup = { folder: string; globs: readonly string[] };

/** What decides, beside the sources, what is read and how. */
export interface LoadOptions {
  config: ProjectConfig | undefined;
  settings: Settings;
  /** Globs of the command line. */
  exclude: readonly string[];
  macros: MacroSettings;
  /** Threads that read files; as many as there are processors where this is absent. */
  jobs?: number | undefined;
}

/** The configuration given by `--config`, or found upwards from the working directory; undefined without one. */
export async function loadConfig(
  terminal: Terminal,
  given: string | undefined,
): Promise<ProjectConfig | undefined> {
  const file = given === undefined ? await findConfig(terminal.folder) : absolutePath(given, terminal.folder);
  if (file === undefined) return undefined;
  const result = await readConfig(file);
  if ('problem' in result) throw new UsageError(result.problem);
  return result.config;
}

/** The globs of the command line, relative to where it runs, and those of the configuration, to its folder. */
function globGroups(
  terminal: Terminal,
  globs: readonly string[],
  config: ProjectConfig | undefined,
): GlobGroup[] {
  const own = { folder: terminal.folder, globs };
  return config === undefined ? [own] : [own, { folder: dirname(config.file), globs: config.exclude }];
}

/**
 * Reads all sources below `paths` (as the user wrote them) into a new workspace.
 *
 * Rejects with `Cancelled`; a path that cannot be used is a problem, a file that cannot be read is skipped.
 */
export async function loadSources(
  terminal: Terminal,
  paths: readonly string[],
  options: LoadOptions,
): Promise<Loaded> {
  const { config } = options;
  const workspace = await newWorkspace(options.settings);
  const excludeBelow = globGroups(terminal, options.exclude, config);
  const problems: string[] = [];
  /** What the user wrote, by absolute path. */
  const roots = new Map<string, string>();
  terminal.progress('looking for C and C++ files');
  for (const path of paths) {
    roots.set(absolutePath(path, terminal.folder), path);
  }
  const { signal } = terminal;
  const { files, notes, emptyRoots } = await listSources(roots.keys(), { excludeBelow, signal });
  const builds = await readBuilds([
    terminal.folder,
    ...roots.keys(),
    ...(config ? [withForwardSlashes(dirname(config.file))] : []),
  ]);
  const optionsOf = fileOptions(builds, options.macros);
  const skipped: Note[] = [];
  for (const note of notes) {
    const path = roots.get(note.file);
    if (path === undefined) skipped.push(note);
    else problems.push(`${path} was ${note.message}`);
  }
  for (const root of emptyRoots) {
    if (notes.some((note) => note.file === root)) continue;
    problems.push(`no C or C++ files in ${roots.get(root) ?? root}${leftOutHint(excludeBelow)}`);
  }
  const read = await readFiles(terminal, workspace, files, {
    jobs: options.jobs,
    optionsOf,
    unreadable(note) {
      const path = roots.get(note.file);
      if (path === undefined) skipped.push(note);
      else problems.push(`${path} was ${note.message}`);
    },
  });
  terminal.progress(`checking ${files.length} files`);
  skipped.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  return { workspace, files: read, skipped, notes: builds.notes, problems };
}

async function newWorkspace(settings: Settings): Promise<Workspace> {
  const binaries = loadBinaries();
  try {
    return await createWorkspace({ binaries, settings, now: () => performance.now(), turn: eventLoopTurn });
  } catch (error) {
    throw new InstallationError(
      `the installation is damaged: the parser does not start: ${reasonOf(error)}; install threadlint again`,
    );
  }
}

function leftOutHint(excludeBelow: readonly GlobGroup[]): string {
  const globs = excludeBelow.some((group) => group.globs.length > 0);
  return globs ? ' (those left out by .gitignore or exclude globs do not count)' : '';
}
