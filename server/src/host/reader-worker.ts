/** A thread that reads files: what it is sent is read, and what came of it is sent back as JSON. */
import { parentPort, workerData } from 'node:worker_threads';
import type { EngineBinaries } from '../service/api';
import { createReader } from '../service/reading';
import type { ReadRequest } from './readers';

const reader = createReader({ binaries: workerData as EngineBinaries, now: () => performance.now() });

parentPort?.on('message', ({ file, content, options }: ReadRequest) => {
  // Text, because short strings in it become the engine's own, which copied ones would not.
  void reader.then((read) => parentPort?.postMessage(JSON.stringify(read(file, content, options))));
});
