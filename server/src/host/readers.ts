/**
 * Threads that read files beside the one that checks them. What they make is what the workspace would have made
 * itself, in whatever order they come to an end.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EngineBinaries, FileOptions, Reading, Workspace } from '../service/api';
import { loadBinaries } from './binaries';

export interface ReadRequest {
  file: string;
  content: Uint8Array;
  options: FileOptions;
}

export interface Readers {
  /** Rejects where the threads fail: the file can then be read in this one. */
  read(request: ReadRequest): Promise<Reading>;
  close(): void;
}

/** Starting threads costs about what reading so many files does. */
const FEW_FILES = 40;
/** More threads wait for the one that takes what they have read. */
const MAX_THREADS = 8;

/** As many threads as there are processors; undefined where that is one, or the files are few. */
export function startReaders(files: number, threads: number = availableParallelism()): Readers | undefined {
  // Beside the bundles; who runs from sources reads in one thread.
  const script = join(__dirname, 'threadlint-reader.cjs');
  if (threads < 2 || files < FEW_FILES || !existsSync(script)) return undefined;
  const binaries = loadBinaries();
  const all = Array.from({ length: Math.min(threads, MAX_THREADS) }, () => startReader(script, binaries));
  return {
    read(request) {
      const [first, ...others] = all;
      const idle = others.reduce((a, b) => (a && b.waiting() >= a.waiting() ? a : b), first);
      return idle ? idle.read(request) : Promise.reject(new Error('no reader'));
    },
    close() {
      for (const reader of all) reader.stop();
    },
  };
}

/** Reads a file into the workspace, in this thread where there are no others or they fail. */
export async function readInto(
  workspace: Workspace,
  readers: Readers | undefined,
  request: ReadRequest,
): Promise<void> {
  const reading = await readers?.read(request).catch(() => undefined);
  if (reading) workspace.take(reading);
  else workspace.setFile(request.file, request.content, request.options);
}

interface ReaderThread {
  waiting(): number;
  read(request: ReadRequest): Promise<Reading>;
  stop(): void;
}

function startReader(script: string, binaries: EngineBinaries): ReaderThread {
  const worker = new Worker(script, { workerData: binaries });
  const queue: { resolve(reading: Reading): void; reject(error: Error): void }[] = [];
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of queue.splice(0)) reject(failure);
  };
  worker.on('message', (text: string) => queue.shift()?.resolve(JSON.parse(text) as Reading));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the reader has ended')));
  return {
    waiting: () => (failure ? Number.POSITIVE_INFINITY : queue.length),
    read(request) {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        queue.push({ resolve, reject });
        worker.postMessage(request);
      });
    },
    stop() {
      // Nobody waits any more for what is under way.
      queue.length = 0;
      void worker.terminate();
    },
  };
}
