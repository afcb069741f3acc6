/**
 * Which open documents belong to the checked files.
 *
 * What lies on disk is decided by the walk of the folders; an open document is checked wherever it lies, unless
 * the settings exclude it.
 */
import ignore from 'ignore';
import { expandBraces } from '../host/globs';
import { isSourceName } from '../host/walk';
import type { Exclusion } from './project-config';

const LANGUAGES: readonly string[] = ['c', 'cpp', 'c++'];

/** Editors name the language of `.inc` or of files without extension; the name decides for the others. */
export function isSourceDocument(languageId: string, file: string): boolean {
  return LANGUAGES.includes(languageId) || isSourceName(file);
}

/** Whether `file` lies below `folder`; both absolute. */
function isBelow(file: string, folder: string): boolean {
  return file.startsWith(prefixOf(folder));
}

/** Tells whether one of the exclusions names a file or a folder above it. */
export function excluder(exclusions: readonly Exclusion[]): (file: string) => boolean {
  const matchers = exclusions
    .filter(({ globs }) => globs.length > 0)
    .map(({ folder, globs }) => ({ folder, matcher: ignore().add(globs.flatMap(expandBraces)) }));
  return (file) =>
    matchers.some(
      ({ folder, matcher }) => isBelow(file, folder) && matcher.ignores(file.slice(prefixOf(folder).length)),
    );
}

function prefixOf(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}
