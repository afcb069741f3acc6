/**
 * What the file system says, in words.
 *
 * Invariant: no text made here holds an error code alone or a stack.
 */

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link that leads back to itself',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  EIO: 'the device reports an error',
  ENOSPC: 'no space is left',
};

/** The code of a Node system error (`ENOENT`), or undefined for any other thrown value. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Why a file system call failed, as a clause that completes "X cannot be read: …". */
export function reasonOf(error: unknown): string {
  const code = errorCode(error);
  const known = code === undefined ? undefined : SENTENCES[code];
  if (known !== undefined) return known;
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? 'unknown reason';
}
