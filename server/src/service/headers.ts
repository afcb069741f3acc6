/**
 * The language of headers whose text does not show it: C++ where only C++ includes them, else C.
 *
 * Invariant: a pure function of what was given for each file, so that no order of files or edits shows in it.
 * For that, the includes of an undecided header count as its reading in C has them, whatever it turns out to be.
 */
import type { IncludeFacts, Language } from '../facts/facts';
import { makeIncludes } from '../program/includes';

/** A file as this decision sees it. */
export interface Source {
  file: string;
  /** Absent for a header that could be either. */
  decided?: Language;
  includes: readonly IncludeFacts[];
}

/** The undecided headers that are C++; all others are C. */
export function cppHeaders(sources: ReadonlyMap<string, Source>): Set<string> {
  const all = [...sources.values()];
  const isSplit = all.some(({ decided }) => !decided) && all.some(({ decided }) => decided === 'cpp');
  if (!isSplit) return new Set();
  const includes = makeIncludes(all);
  const reachedFrom = (language: Language): Set<string> => {
    const reached = new Set<string>();
    const queue = all.filter(({ decided }) => decided === language);
    for (let source = queue.pop(); source; source = queue.pop()) {
      for (const { path } of source.includes) {
        const header = includes.included(source, path);
        if (!header || header.decided || reached.has(header.file)) continue;
        reached.add(header.file);
        queue.push(header);
      }
    }
    return reached;
  };
  const fromC = reachedFrom('c');
  return new Set([...reachedFrom('cpp')].filter((file) => !fromC.has(file)));
}
