/**
 * The process as the commands see it, so that they can be run and tested apart from one.
 */
import type { CancelSignal } from '../service/api';

export interface Terminal {
  /** The working directory: absolute, forward slashes. */
  folder: string;
  /** Whether standard output should be coloured. */
  color: boolean;
  /** Whether a person watches standard output; times are shown only then. */
  interactive: boolean;
  signal: CancelSignal;
  /** Where GitHub checked the repository out; undefined elsewhere. */
  githubWorkspace: string | undefined;
  out(text: string): void;
  /** One sentence on standard error. */
  complain(sentence: string): void;
  /** Replaces the progress line; shown on a terminal only. */
  progress(text: string): void;
}

export const EXIT = { clean: 0, found: 1, failed: 2, cancelled: 130 } as const;

/** In milliseconds: fast enough to look alive, slow enough to cost nothing. */
const PROGRESS_INTERVAL = 80;

/** The terminal of this process. */
export function processTerminal(folder: string, signal: CancelSignal): Terminal {
  const { stdout, stderr, env } = process;
  const showProgress = stderr.isTTY === true && env.TERM !== 'dumb';
  let shownAt = 0;
  let isShown = false;
  const clear = () => {
    if (isShown) stderr.write('\r\x1b[K');
    isShown = false;
  };
  return {
    folder,
    signal,
    color: wantsColor(env, stdout.isTTY === true),
    interactive: stdout.isTTY === true,
    githubWorkspace: env.GITHUB_WORKSPACE,
    out(text) {
      clear();
      stdout.write(text);
    },
    complain(sentence) {
      clear();
      stderr.write(`threadlint: ${sentence}\n`);
    },
    progress(text) {
      const now = performance.now();
      if (!showProgress || now - shownAt < PROGRESS_INTERVAL) return;
      shownAt = now;
      isShown = true;
      stderr.write(`\r\x1b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
    },
  };
}

function wantsColor(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}
