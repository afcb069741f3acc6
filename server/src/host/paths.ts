/**
 * Paths as the service names files: absolute, with forward slashes.
 */
import { isAbsolute, relative, resolve } from 'node:path';

/** Makes a path absolute (from the working directory) and writes it with forward slashes. */
export function absolutePath(path: string, from: string = process.cwd()): string {
  return withForwardSlashes(resolve(from, path));
}

/** Only Windows separates with backslashes; elsewhere one is a legal part of a name. */
export function withForwardSlashes(path: string): string {
  return process.platform === 'win32' ? path.replaceAll('\\', '/') : path;
}

/** The path as a reader in `folder` would write it; one that does not lie below it stays absolute. */
export function displayPath(file: string, folder: string): string {
  const short = withForwardSlashes(relative(folder, file));
  if (short === '') return '.';
  return isOutside(short) ? file : short;
}

/** Whether a relative path leads out of the folder it is relative to. */
export function isOutside(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith('../') || isAbsolute(relativePath);
}

/** Appends a name to an absolute folder; neither is normalised. */
export function joinPath(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
