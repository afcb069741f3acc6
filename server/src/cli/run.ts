/**
 * From the arguments to a command, and from whatever happens in it to one sentence and an exit code.
 */
import { InstallationError } from '../host/binaries';
import { errorCode, reasonOf } from '../host/errors';
import { didYouMean } from '../host/nearest';
import { Cancelled } from '../service/api';
import { UsageError } from './arguments';
import { check } from './check';
import { explain, rules } from './explain';
import { helpFor } from './help';
import { stats } from './stats';
import { EXIT, type Terminal } from './terminal';
import { threads } from './threads';
import { VERSION } from './version';

type Command = (args: readonly string[], terminal: Terminal) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = { check, explain, rules, stats, threads, help };

/** Runs the program and returns its exit code; never rejects. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  try {
    return await dispatch(name, rest, terminal);
  } catch (error) {
    if (error instanceof Cancelled || terminal.signal.aborted) {
      terminal.complain('cancelled');
      return EXIT.cancelled;
    }
    terminal.complain(sentenceFor(error, name));
    return EXIT.failed;
  }
}

async function dispatch(
  name: string | undefined,
  rest: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (name === undefined) {
    terminal.out(helpFor());
    return EXIT.failed;
  }
  if (name === '--version' || name === '-V') {
    terminal.out(`${VERSION}\n`);
    return EXIT.clean;
  }
  if (name === '--help' || name === '-h') return help(rest, terminal);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(unknownCommand(name));
  const end = rest.indexOf('--');
  const options = end < 0 ? rest : rest.slice(0, end);
  if (options.includes('--help') || options.includes('-h')) return help([name], terminal);
  return command(rest, terminal);
}

function help(args: readonly string[], terminal: Terminal): number {
  const [name] = args;
  if (name !== undefined && !Object.hasOwn(COMMANDS, name)) throw new UsageError(unknownCommand(name));
  terminal.out(helpFor(name));
  return EXIT.clean;
}

function unknownCommand(name: string): string {
  if (name.startsWith('-')) return `unknown option ${name}; \`threadlint --help\` lists them`;
  const near = didYouMean(name, Object.keys(COMMANDS));
  if (near !== '') return `unknown command \`${name}\`${near}`;
  return `unknown command \`${name}\`; to check a file or folder write \`threadlint check ${name}\``;
}

function sentenceFor(error: unknown, command: string | undefined): string {
  if (!(error instanceof UsageError)) return failureSentence(error);
  const page = command !== undefined && Object.hasOwn(COMMANDS, command) ? ` ${command}` : '';
  return `${error.message} (see \`threadlint${page} --help\`)`;
}

/** What went wrong outside the user's control, in one sentence. */
export function failureSentence(error: unknown): string {
  if (error instanceof InstallationError) return error.message;
  if (errorCode(error) !== undefined) return `the system refused a request: ${reasonOf(error)}`;
  return `internal error: ${reasonOf(error)}; this is a bug in threadlint, please report it`;
}
