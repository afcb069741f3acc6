/**
 * Listing the C and C++ files below some folders, as `.gitignore` files and the user's globs allow.
 *
 * Invariant: links are not followed, so a loop of links cannot be entered, no file is listed twice, and nothing
 * outside the given roots is read. A root may itself be a link.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { Cancelled, type CancelSignal, type Note } from '../service/api';
import { reasonOf } from './errors';
import { type Excludes, excludeRules, gitignoreOf, isIgnored, type Rules, rulesAbove } from './ignore-rules';
import { absolutePath, joinPath, withForwardSlashes } from './paths';

/** Without the dot; compared as written, then in lower case, since `.C` and `.H` are C++ by custom. */
export const SOURCE_EXTENSIONS: readonly string[] = [
  ...['c', 'h', 'cc', 'cpp', 'cxx', 'c++', 'hh', 'hpp', 'hxx', 'h++', 'inl', 'ipp', 'tpp', 'C', 'H'],
];

const NEVER_ENTERED = new Set(['.git', '.hg', '.svn']);

export interface WalkOptions extends Excludes {
  signal?: CancelSignal;
}

export interface SourceList {
  /** Absolute, with forward slashes, sorted, each file once. */
  files: string[];
  /** Folders and links that could not be read, sorted by file. */
  notes: Note[];
  /** The roots that are folders in which no source was found. */
  emptyRoots: string[];
}

interface Walk {
  /** The roots' real paths, to tell links that stay inside from links that lead away. */
  roots: string[];
  skipNodeModules: boolean;
  /** The user's globs, which no `.gitignore` can take back. */
  excluded: Rules[];
  signal: CancelSignal | undefined;
  /** Listed name by real path, so that overlapping roots list a file once. */
  files: Map<string, string>;
  /** Sources seen below the present root, also those that another root has listed. */
  seen: number;
  notes: Note[];
}

/** Whether a file's name says that it is C or C++. */
export function isSourceName(file: string): boolean {
  const dot = file.lastIndexOf('.');
  if (dot < 0) return false;
  const extension = file.slice(dot + 1);
  return SOURCE_EXTENSIONS.includes(extension) || SOURCE_EXTENSIONS.includes(extension.toLowerCase());
}

/**
 * Lists the sources below `roots`. A root that is a file is taken whatever its name or the ignore rules say.
 *
 * What cannot be read becomes a note; rejects only with `Cancelled`.
 */
export async function listSources(roots: Iterable<string>, options: WalkOptions = {}): Promise<SourceList> {
  const files = new Map<string, string>();
  const notes: Note[] = [];
  const emptyRoots: string[] = [];
  const opened: { root: string; real: string; isFolder: boolean }[] = [];
  for (const path of roots) {
    const root = absolutePath(path);
    try {
      const real = withForwardSlashes(await realpath(root));
      opened.push({ root, real, isFolder: (await stat(real)).isDirectory() });
    } catch (error) {
      notes.push({ file: root, message: `not checked: ${reasonOf(error)}` });
    }
  }
  for (const { root, real, isFolder } of opened) {
    if (!isFolder) {
      files.set(real, root);
      continue;
    }
    const skipNodeModules = !real.split('/').includes('node_modules');
    const excluded = await excludeRules(real, options);
    const walk: Walk = {
      roots: opened.map((each) => each.real),
      skipNodeModules,
      excluded,
      signal: options.signal,
      files,
      seen: 0,
      notes,
    };
    await walkFolder(walk, root, real, await rulesAbove(real));
    if (walk.seen === 0) emptyRoots.push(root);
  }
  return {
    files: [...files.values()].sort(byName),
    notes: notes.sort((a, b) => byName(a.file, b.file)),
    emptyRoots,
  };
}

/** `shown` is the folder as the user reaches it, `real` the same without links. */
async function walkFolder(walk: Walk, shown: string, real: string, above: readonly Rules[]): Promise<void> {
  if (walk.signal?.aborted) throw new Cancelled();
  let entries: Dirent[];
  try {
    entries = await readdir(real, { withFileTypes: true });
  } catch (error) {
    walk.notes.push({ file: shown, message: `not checked: the folder cannot be read: ${reasonOf(error)}` });
    return;
  }
  const own = entries.some((entry) => entry.name === '.gitignore') ? await gitignoreOf(real) : undefined;
  const rules = own === undefined ? above : [...above, own];
  for (const entry of entries.sort((a, b) => byName(a.name, b.name))) {
    const at = joinPath(real, entry.name);
    const seen = joinPath(shown, entry.name);
    if (entry.isDirectory()) {
      if (NEVER_ENTERED.has(entry.name)) continue;
      if (walk.skipNodeModules && entry.name === 'node_modules') continue;
      if (!isLeftOut(walk, rules, `${at}/`)) await walkFolder(walk, seen, at, rules);
    } else if (entry.isSymbolicLink()) {
      if (!isLeftOut(walk, rules, at)) await noteLink(walk, seen, at);
    } else if (entry.isFile() && isSourceName(entry.name) && !isLeftOut(walk, rules, at)) {
      walk.seen++;
      if (!walk.files.has(at)) walk.files.set(at, seen);
    }
  }
}

/** A link into the roots is reached by its own name; one that leads away is said, not followed. */
async function noteLink(walk: Walk, shown: string, link: string): Promise<void> {
  try {
    const target = withForwardSlashes(await realpath(link));
    if (walk.roots.some((root) => isBelow(target, root))) return;
    const isFolder = (await stat(target)).isDirectory();
    if (!isFolder && !isSourceName(shown)) return;
    walk.notes.push({
      file: shown,
      message: `not checked: it is a link to ${target}, outside the checked folders`,
    });
  } catch (error) {
    if (!isSourceName(shown)) return;
    walk.notes.push({ file: shown, message: `not checked: the link leads nowhere: ${reasonOf(error)}` });
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(joinPath(folder, ''));
}

function isLeftOut(walk: Walk, rules: readonly Rules[], path: string): boolean {
  return isIgnored(walk.excluded, path) || isIgnored(rules, path);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
