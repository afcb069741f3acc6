/**
 * Which file of the workspace an `#include` means. There are no include paths: the name must end the file's
 * path, and of several files the one in the nearest folder is meant. On a tie it is none.
 */
import type { IncludeFacts } from '../facts/facts';
import { isOfOtherPlatform } from './platforms';

/** What includes are resolved between. */
export interface Including {
  file: string;
  includes: readonly IncludeFacts[];
}

export interface Includes<T extends Including> {
  /** The file that `from` includes by this path. */
  included(from: T, path: string): T | undefined;
}

/** The folder of a file, with the slash behind it; empty for a bare name. */
export function folderOf({ file }: { file: string }): string {
  return file.slice(0, file.lastIndexOf('/') + 1);
}

/** Resolves includes between these files; their order decides nothing. */
export function makeIncludes<T extends Including>(files: Iterable<T>): Includes<T> {
  const byBaseName = new Map<string, T[]>();
  for (const each of files) {
    const name = baseName(each.file);
    const list = byBaseName.get(name);
    if (list) list.push(each);
    else byBaseName.set(name, [each]);
  }
  return {
    included(from, path) {
      const plain = path.replace(/^(?:\.\.?\/)+/, '');
      const named = (byBaseName.get(baseName(plain)) ?? []).filter(({ file }) => file.endsWith(`/${plain}`));
      return closest(from.file, named, ({ file }) => file);
    },
  };
}

/** Everything that `start` includes directly and indirectly, with `start` itself. */
export function includeClosure<T extends Including>(start: T, includes: Includes<T>): Set<T> {
  const seen = new Set([start]);
  const queue = [start];
  for (let each = queue.pop(); each; each = queue.pop()) {
    for (const { path } of each.includes) {
      const target = includes.included(each, path);
      if (!target || seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return seen;
}

/**
 * The candidate in the folder that shares the longest way with the file `from`; of several the one that is there for
 * no other platform. Undefined on a tie.
 */
export function closest<T>(
  from: string,
  candidates: readonly T[],
  fileOf: (candidate: T) => string,
): T | undefined {
  let best: T[] = [];
  let bestRank: readonly [number, number] = [-1, 0];
  for (const candidate of candidates) {
    const rank = nearness(from, fileOf(candidate));
    const order = rank[0] - bestRank[0] || rank[1] - bestRank[1];
    if (order > 0) {
      best = [candidate];
      bestRank = rank;
    } else if (order === 0) best.push(candidate);
  }
  if (best.length <= 1) return best[0];
  const here = best.filter((candidate) => !isOfOtherPlatform(fileOf(candidate), from));
  return here.length === 1 ? here[0] : undefined;
}

/** Folders in common, then (negated) folders to descend: a neighbour is nearer than a cousin. */
function nearness(a: string, b: string): readonly [number, number] {
  const left = a.split('/');
  const right = b.split('/');
  let common = 0;
  while (common < left.length - 1 && common < right.length - 1 && left[common] === right[common]) common++;
  return [common, common - (right.length - 1)];
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
