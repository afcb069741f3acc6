/**
 * The command line of `threadlint-server`.
 */
import { parseArgs } from 'node:util';

export const USAGE = 'Usage: threadlint-server --stdio | --node-ipc [--clientProcessId=PID]';

/** How to start: with a connection that the protocol library makes from the arguments, or not at all. */
export type Start = { kind: 'serve'; ipc: boolean } | { kind: 'help' } | { kind: 'wrong'; problem: string };

/** Reads the arguments (without node and the script); never throws. `problem` is one sentence. */
export function readArguments(args: readonly string[]): Start {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        stdio: { type: 'boolean' },
        'node-ipc': { type: 'boolean' },
        clientProcessId: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    if (!values.stdio && !values['node-ipc']) return wrong('no transport is given');
    if (values.stdio && values['node-ipc']) return wrong('--stdio and --node-ipc exclude each other');
    if (values.clientProcessId !== undefined && !/^\d+$/.test(values.clientProcessId)) {
      return wrong(`--clientProcessId wants a process id, not "${values.clientProcessId}"`);
    }
    return { kind: 'serve', ipc: values['node-ipc'] === true };
  } catch (error) {
    const [sentence = 'the arguments are not understood'] = String((error as Error).message).split(/\. |\n/);
    return wrong(sentence.replace(/^\w/, (first) => first.toLowerCase()));
  }
}

function wrong(problem: string): Start {
  return { kind: 'wrong', problem };
}
