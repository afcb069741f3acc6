/**
 * What `.gitignore` files and the user's globs leave out.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { expandBraces } from './globs';
import { isOutside, joinPath, withForwardSlashes } from './paths';

export interface Excludes {
  /** Globs in the syntax of `.gitignore` with `{a,b}` besides, relative to each root. */
  exclude?: readonly string[];
  /** The same with the folder they are relative to; for a root outside that folder, relative to the root. */
  excludeBelow?: readonly { folder: string; globs: readonly string[] }[];
}

/** Ignore rules with the folder they are relative to. */
export interface Rules {
  folder: string;
  matcher: Ignore;
}

/**
 * Whether a path is left out: absolute, below the folder of every rule, ending with `/` where it is a folder.
 * The last rule that speaks about it decides; the rules of a folder come after those of its parents.
 */
export function isIgnored(rules: readonly Rules[], path: string): boolean {
  let ignored = false;
  for (const { folder, matcher } of rules) {
    const inside = path.slice(folder.endsWith('/') ? folder.length : folder.length + 1);
    const verdict = matcher.test(inside);
    if (verdict.ignored) ignored = true;
    else if (verdict.unignored) ignored = false;
  }
  return ignored;
}

/** The user's globs as they apply below a root; `root` is a real path. */
export async function excludeRules(
  root: string,
  { exclude = [], excludeBelow = [] }: Excludes,
): Promise<Rules[]> {
  const groups = [{ folder: root, globs: exclude }];
  for (const { folder, globs } of excludeBelow) {
    const real = withForwardSlashes(await realpath(folder).catch(() => folder));
    groups.push({ folder: isOutside(withForwardSlashes(relative(real, root))) ? root : real, globs });
  }
  return groups
    .filter(({ globs }) => globs.length > 0)
    .map(({ folder, globs }) => ({ folder, matcher: newMatcher().add(globs.flatMap(expandBraces)) }));
}

/**
 * The `.gitignore` files between the root and the top of its repository. One that ignores the root itself is
 * left out: the user has named the root.
 */
export async function rulesAbove(root: string): Promise<Rules[]> {
  const above: Rules[] = [];
  for (let folder = root; !(await isRepositoryTop(folder)); ) {
    const parent = withForwardSlashes(dirname(folder));
    if (parent === folder) return [];
    const rules = await gitignoreOf(parent);
    const inside = withForwardSlashes(relative(parent, root));
    if (rules !== undefined && !isOutside(inside) && !rules.matcher.ignores(`${inside}/`))
      above.unshift(rules);
    folder = parent;
  }
  return above;
}

async function isRepositoryTop(folder: string): Promise<boolean> {
  try {
    await stat(joinPath(folder, '.git'));
    return true;
  } catch {
    return false;
  }
}

/** The rules of a folder's own `.gitignore`; undefined where it has none that can be read. */
export async function gitignoreOf(folder: string): Promise<Rules | undefined> {
  try {
    const text = await readFile(joinPath(folder, '.gitignore'), 'utf8');
    return { folder, matcher: newMatcher().add(text) };
  } catch {
    return undefined;
  }
}

function newMatcher(): Ignore {
  return ignore({ ignorecase: process.platform === 'win32' || process.platform === 'darwin' });
}
