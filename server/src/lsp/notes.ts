/**
 * What was not understood or not read, in the log: each note once, many in one message.
 */
import type { Note } from '../service/api';

/** Lines in one message; a broken folder would flood the log. */
const LINES = 50;

export interface NoteLog {
  add(note: Note): void;
  /** Writes what has been added since the last call. */
  write(log: (message: string) => void): void;
}

export function createNoteLog(): NoteLog {
  const seen = new Set<string>();
  let fresh: string[] = [];
  return {
    add({ file, message }) {
      const line = `${file}: ${message}`;
      if (seen.has(line)) return;
      seen.add(line);
      fresh.push(line);
    },
    write(log) {
      if (fresh.length === 0) return;
      const more = fresh.length - LINES;
      const lines = more > 0 ? [...fresh.slice(0, LINES), `and ${more} more files or places`] : fresh;
      fresh = [];
      log(lines.join('\n'));
    },
  };
}
