/**
 * `compile_commands.json` and `compile_flags.txt`, as far as they say how files are read.
 *
 * Invariants: they are data, nothing in them is run, and no file they name is opened; one that cannot be used
 * costs one note and nothing else.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Note } from '../service/api';
import { errorCode, reasonOf } from './errors';
import { type BuildOptions, optionsOfFlags, splitCommand } from './flags';
import { absolutePath, joinPath, withForwardSlashes } from './paths';

const DATABASE = 'compile_commands.json';
const FLAGS = 'compile_flags.txt';

/** Where they are looked for in a folder, and what they are called. */
export const COMPILE_FILES: readonly string[] = [DATABASE, FLAGS];
const PLACES: readonly string[] = ['', 'build/'];

/** In bytes. Reading a larger one would cost more than it can gain. */
const LARGEST = 64 * 1024 * 1024;

/** What is known of the builds of some folders. */
export interface Builds {
  /** By absolute path with forward slashes. */
  commands: ReadonlyMap<string, BuildOptions>;
  /** Flags that hold for all files below a folder, and what all of a folder's commands agree on. */
  folders: readonly { folder: string; options: BuildOptions }[];
  notes: Note[];
}

/** Reads what lies in the folders and in their `build`. Never rejects; the first command of a file counts. */
export async function readBuilds(folders: Iterable<string>): Promise<Builds> {
  const commands = new Map<string, BuildOptions>();
  const below: { folder: string; options: BuildOptions }[] = [];
  const notes: Note[] = [];
  for (const folder of new Set(folders)) {
    for (const place of PLACES) {
      const flags = await readText(folder, place + FLAGS, notes);
      if (flags !== undefined) below.push({ folder, options: optionsOfFlags(flagLines(flags), false) });
    }
    for (const place of PLACES) {
      const text = await readText(folder, place + DATABASE, notes);
      if (text === undefined) continue;
      const file = joinPath(folder, place + DATABASE);
      const found = parseDatabase(text, dirname(file));
      if ('problem' in found) notes.push({ file, message: `not used: ${found.problem}` });
      else {
        for (const [source, options] of found.commands)
          if (!commands.has(source)) commands.set(source, options);
        below.push({ folder, options: agreedOn(found.commands.values()) });
      }
    }
  }
  // The nearest folder is asked first.
  below.sort((a, b) => b.folder.length - a.folder.length);
  return { commands, folders: below, notes };
}

/** What a build says of a file: its own command, else what holds for the folder around it. */
export function buildOptionsOf(builds: Builds, file: string): BuildOptions | undefined {
  const own = builds.commands.get(file);
  if (own) return own;
  return builds.folders.find(({ folder }) => file.startsWith(joinPath(folder, '')))?.options;
}

/** The commands in a database's text, by absolute path, or one clause that says what is wrong with it. */
export function parseDatabase(
  text: string,
  folder: string,
): { commands: Map<string, BuildOptions> } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch {
    return { problem: 'it is not valid JSON' };
  }
  if (!Array.isArray(value)) return { problem: 'it must hold a list of commands' };
  const commands = new Map<string, BuildOptions>();
  // Most files of a project are compiled alike, and share one object.
  const shared = new Map<string, BuildOptions>();
  let wrong = 0;
  for (const entry of value) {
    const command = commandOf(entry, folder);
    if (!command) wrong++;
    else if (!commands.has(command.file)) {
      const key = JSON.stringify(command.options);
      const options = shared.get(key) ?? command.options;
      shared.set(key, options);
      commands.set(command.file, options);
    }
  }
  if (wrong > 0 && commands.size === 0)
    return { problem: 'none of its entries has a `file` with a `command` or `arguments`' };
  return { commands };
}

function commandOf(entry: unknown, folder: string): { file: string; options: BuildOptions } | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { file, directory, command, arguments: args } = entry as Record<string, unknown>;
  if (typeof file !== 'string' || file === '') return undefined;
  const words = Array.isArray(args)
    ? args.filter((arg) => typeof arg === 'string')
    : typeof command === 'string'
      ? splitCommand(command)
      : undefined;
  if (!words) return undefined;
  const from = absolutePath(typeof directory === 'string' ? directory : '.', folder);
  return { file: absolutePath(file, from), options: optionsOfFlags(words, true) };
}

/** Headers have no command: for them holds what every command of the database says. */
function agreedOn(all: Iterable<BuildOptions>): BuildOptions {
  const distinct = [...new Set(all)];
  const [first, ...rest] = distinct;
  if (!first) return {};
  const defines = Object.entries(first.defines ?? {}).filter(([name, value]) =>
    rest.every((each) => each.defines?.[name] === value),
  );
  const undefines = (first.undefines ?? []).filter((name) =>
    rest.every((each) => each.undefines?.includes(name)),
  );
  return { defines: Object.fromEntries(defines), undefines };
}

/** One flag a line, or the flag and its value on two. */
function flagLines(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Undefined where there is none, and with a note where it cannot be used. */
async function readText(folder: string, name: string, notes: Note[]): Promise<string | undefined> {
  const file = joinPath(folder, name);
  const refuse = (message: string): undefined => {
    notes.push({ file, message: `not used: ${message}` });
  };
  try {
    const real = withForwardSlashes(await realpath(file));
    const root = withForwardSlashes(await realpath(folder));
    if (!real.startsWith(joinPath(root, ''))) return refuse(`it is a link to ${real}, outside the folder`);
    const { size } = await stat(real);
    if (size > LARGEST) return refuse(`it is larger than ${LARGEST / 1024 / 1024} MB`);
    return await readFile(real, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    return refuse(`it cannot be read: ${reasonOf(error)}`);
  }
}
