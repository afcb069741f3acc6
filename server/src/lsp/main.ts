/**
 * The program `threadlint-server`. Exit codes: 0 after shutdown and exit, 1 when the client is gone without
 * them, 2 for wrong arguments.
 */
import { type Connection, createConnection } from 'vscode-languageserver/node';
import { errorCode } from '../host/errors';
import { readArguments, USAGE } from './arguments';
import { sentenceOf } from './guard';
import { serve } from './server';

/** What a write says when nobody reads any more. */
const GONE: readonly string[] = ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_IPC_CHANNEL_CLOSED', 'ECONNRESET'];

process.exitCode = main(process.argv.slice(2));

/** Starts serving, and returns the exit code for an end without the client's `exit`. */
function main(args: readonly string[]): number {
  const start = readArguments(args);
  if (start.kind === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (start.kind === 'wrong') return wrong(`${start.problem}. ${USAGE}`);
  if (start.ipc && process.send === undefined) {
    return wrong('--node-ipc works only in a process that Node has forked with a channel; use --stdio');
  }
  try {
    const connection = createConnection();
    surviveBugs(connection);
    process.on('disconnect', () => process.exit(1));
    serve(connection);
    return 1;
  } catch (error) {
    return wrong(sentenceOf(error));
  }
}

function wrong(sentence: string): number {
  process.stderr.write(`threadlint-server: ${sentence}\n`);
  return 2;
}

/** One bug must not end the server: what was asked when it struck stays unanswered, all else goes on. */
function surviveBugs(connection: Connection): void {
  const log = (error: unknown) => {
    if (GONE.includes(errorCode(error) ?? '')) process.exit(1);
    const trace = error instanceof Error ? error.stack : undefined;
    connection.console.error(`Threadlint: internal error: ${trace ?? sentenceOf(error)}`);
  };
  process.on('uncaughtException', log);
  process.on('unhandledRejection', log);
}
