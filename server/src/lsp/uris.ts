/**
 * URIs of the protocol and file names of the engine (absolute, forward slashes).
 *
 * Invariant: a file that the client has named is given back under the client's own spelling of its URI, since
 * editors compare URIs as text.
 */
import { URI } from 'vscode-uri';
import { withForwardSlashes } from '../host/paths';

/** The engine's name of a `file:` URI; undefined for other schemes and for what is no URI. */
export function fileOf(uri: string): string | undefined {
  try {
    const parsed = URI.parse(uri, true);
    if (parsed.scheme !== 'file') return undefined;
    const path = withForwardSlashes(parsed.fsPath);
    return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  } catch {
    return undefined;
  }
}

export interface Uris {
  /** As `fileOf`, and remembers the spelling. */
  fileOf(uri: string): string | undefined;
  uriOf(file: string): string;
}

export function createUris(): Uris {
  const spellings = new Map<string, string>();
  return {
    fileOf(uri) {
      const file = fileOf(uri);
      if (file !== undefined) spellings.set(file, uri);
      return file;
    },
    uriOf: (file) => spellings.get(file) ?? URI.file(file).toString(),
  };
}
