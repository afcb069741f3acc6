/**
 * The `threadlint` command: what belongs to the process and to nothing else.
 */
import { errorCode, reasonOf } from '../host/errors';
import { absolutePath } from '../host/paths';
import { failureSentence, run } from './run';
import { EXIT, processTerminal } from './terminal';

const cancel = new AbortController();

// The reader of a pipe may leave early, as `head` does; that is not an error.
process.stdout.on('error', (error) => {
  if (errorCode(error) === 'EPIPE') process.exit(process.exitCode ?? EXIT.clean);
  process.stderr.write(`threadlint: the output cannot be written: ${reasonOf(error)}\n`);
  process.exit(EXIT.failed);
});
process.stderr.on('error', () => process.exit(process.exitCode ?? EXIT.failed));

process.on('SIGINT', () => {
  // A second Ctrl-C means now.
  if (cancel.signal.aborted) process.exit(EXIT.cancelled);
  cancel.abort();
});

// Nothing may end in a stack trace, whatever breaks outside the commands.
process.on('uncaughtException', (error) => {
  process.stderr.write(`threadlint: ${failureSentence(error)}\n`);
  process.exit(EXIT.failed);
});

async function main(): Promise<void> {
  const terminal = processTerminal(workingFolder(), cancel.signal);
  process.exitCode = await run(process.argv.slice(2), terminal);
}

function workingFolder(): string {
  try {
    return absolutePath('.');
  } catch {
    process.stderr.write('threadlint: the working directory no longer exists\n');
    process.exit(EXIT.failed);
  }
}

void main();
