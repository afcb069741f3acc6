/**
 * Small projects on disk, and the bundled command run in them as a user would.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export const ROOT = join(import.meta.dirname, '../..');
/** The build under test, see test/setup-build.ts. */
export const DIST = process.env.THREADLINT_DIST ?? join(ROOT, 'dist');
export const BUNDLE = join(DIST, 'threadlint.cjs');

/** A function that creates a thread nobody joins or detaches: one `thread-not-joined`. */
export function leakIn(name: string): string {
  return `#include <pthread.h>

static void *work(void *arg)
{
    return arg;
}

int ${name}(void)
{
    pthread_t ${name}_worker;

    if (pthread_create(&${name}_worker, NULL, work, NULL) != 0)
        return -1;
    return 0;
}
`;
}

/** The same with a join: nothing to find. */
export function joinedIn(name: string): string {
  return leakIn(name).replace('    return 0;\n', `    pthread_join(${name}_worker, NULL);\n    return 0;\n`);
}

/** Writes the files into a new folder, which is removed after the test; returns its path without links. */
export function project(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'threadlint-cli-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the bundled command in a folder. */
export function threadlint(folder: string, args: readonly string[], options: SpawnSyncOptions = {}): Outcome {
  return runBundle(BUNDLE, folder, args, options);
}

/** Runs a copy of the bundle, or the bundle itself, without what the machine's environment would change. */
export function runBundle(
  bundle: string,
  folder: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): Outcome {
  const { GITHUB_WORKSPACE, FORCE_COLOR, NO_COLOR, ...env } = process.env;
  const result = spawnSync(process.execPath, [bundle, ...args], {
    cwd: folder,
    env,
    maxBuffer: 64 * 1024 * 1024,
    ...options,
    encoding: 'utf8',
  });
  if (result.error) throw result.error;
  return { code: result.status, out: result.stdout, err: result.stderr };
}

/** What every failure must look like: lines for a user, and no stack. */
export function sentencesOf({ err }: Outcome): string[] {
  const lines = err.split('\n').filter((line) => line !== '');
  const stack = lines.find((line) => /^\s+at |node:internal|\.cjs:\d+/.test(line));
  if (stack !== undefined) throw new Error(`a stack trace on standard error:\n${err}`);
  return lines;
}
