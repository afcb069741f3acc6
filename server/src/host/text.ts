/**
 * A file's text by lines, for showing places in it.
 */
import { decode } from '../service/decode';
import { readSource } from './read';

/** The text of some bytes as the engine reads them, so that its positions fit. */
export function decodeText(content: Uint8Array): string {
  return decode(content).text;
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
