/**
 * A file's text by lines, for showing places in it.
 */
import { readSource } from './read';

/** The text of some bytes: UTF-8, or Latin-1 where they are not valid UTF-8. Positions count its UTF-16 units. */
export function decodeText(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return new TextDecoder('latin1').decode(content);
  }
}

/** Reads each file once and returns its lines by file; a file that can no longer be read is left out. */
export async function readLines(files: Iterable<string>): Promise<Map<string, readonly string[]>> {
  const lines = new Map<string, readonly string[]>();
  for (const file of new Set(files)) {
    const source = await readSource(file);
    if ('content' in source) lines.set(file, decodeText(source.content).split(/\r?\n/));
  }
  return lines;
}
