/** Many files into a workspace: from the disk, in several threads where that pays. */
import type { FileOptions, Note, Workspace } from '../service/api';
import { Cancelled, type CancelSignal } from '../service/api';
import { readSource } from './read';
import { readInto, startReaders } from './readers';
import { eventLoopTurn } from './turns';

export interface ReadFilesOptions {
  /** Threads; one reads in this one alone. */
  jobs?: number | undefined;
  optionsOf(file: string): FileOptions;
  unreadable(note: Note): void;
}

export interface ReadingProgress {
  signal: CancelSignal;
  progress(message: string): void;
}

/** Files on their way at a time, so that nobody waits for the disk. */
const READ_AHEAD = 16;

/** Reads all files; returns how many could be read. Rejects with `Cancelled`. */
export async function readFiles(
  { signal, progress }: ReadingProgress,
  workspace: Workspace,
  files: readonly string[],
  { jobs, optionsOf, unreadable }: ReadFilesOptions,
): Promise<number> {
  const readers = startReaders(files.length, jobs);
  let begun = 0;
  let read = 0;
  const readOne = async (file: string): Promise<void> => {
    const source = await readSource(file);
    if (signal.aborted) throw new Cancelled();
    progress(`reading ${Math.min(++begun, files.length)} of ${files.length} files`);
    if (!('content' in source)) {
      unreadable(source.note);
      return;
    }
    await readInto(workspace, readers, { file, content: source.content, options: optionsOf(file) });
    if (signal.aborted) throw new Cancelled();
    read++;
    // Lets a pending Ctrl-C through, which the engine's own work would hold back.
    if (!readers) await eventLoopTurn();
  };
  try {
    const queue = files.values();
    const work = async (): Promise<void> => {
      for (const file of queue) await readOne(file);
    };
    await Promise.all(Array.from({ length: READ_AHEAD }, work));
  } finally {
    readers?.close();
  }
  return read;
}
