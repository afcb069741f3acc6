/**
 * Reading one source file. Whatever cannot be read becomes a note, never an error.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Note } from '../service/api';
import { errorCode, reasonOf } from './errors';

/** In bytes. Larger C files are generated tables; parsing them would cost more than all the others together. */
export const LARGEST_SOURCE = 16 * 1024 * 1024;

/** How far a NUL byte is looked for, in bytes: object files and images have one in their header. */
const BINARY_PROBE = 8192;

/** Reads a file's bytes, or says in a note why they are not used. */
export async function readSource(file: string): Promise<{ content: Uint8Array } | { note: Note }> {
  try {
    const { size, isFile } = await statOf(file);
    if (!isFile) return noteFor(file, 'not checked: it is not a regular file');
    if (size > LARGEST_SOURCE) return noteFor(file, tooBig(size));
    const content = await readFile(file);
    if (content.length > LARGEST_SOURCE) return noteFor(file, tooBig(content.length));
    const encoding = foreignEncoding(content);
    return encoding === undefined ? { content } : noteFor(file, `not checked: ${encoding}`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return noteFor(file, 'not checked: it no longer exists');
    return noteFor(file, `not checked: it cannot be read: ${reasonOf(error)}`);
  }
}

async function statOf(file: string): Promise<{ size: number; isFile: boolean }> {
  const stats = await stat(file);
  return { size: stats.size, isFile: stats.isFile() };
}

function noteFor(file: string, message: string): { note: Note } {
  return { note: { file, message } };
}

function tooBig(bytes: number): string {
  const megabytes = (size: number) => `${Math.round(size / 104_857.6) / 10} MB`;
  return `not checked: it has ${megabytes(bytes)}, the limit is ${megabytes(LARGEST_SOURCE)}`;
}

/** Why the bytes are no text that the engine can decode; undefined where they are. */
function foreignEncoding(content: Uint8Array): string | undefined {
  const [first, second] = content;
  if (first === 0xff && second === 0xfe) return undefined;
  if (first === 0xfe && second === 0xff) return 'it is big-endian UTF-16 text; save it as UTF-8';
  return content.subarray(0, BINARY_PROBE).includes(0) ? 'it is a binary file' : undefined;
}
