/**
 * What the server is doing, for the client's status item and progress bar.
 */
import type { WorkDoneProgressServerReporter } from 'vscode-languageserver';

export const STATUS = 'threadlint/status';

/** Parameters of the notification `threadlint/status`. */
export interface StatusParams {
  state: 'indexing' | 'ready' | 'error';
  /** Files read and files to read, while indexing. */
  done?: number;
  total?: number;
  /** One sentence, with `error`. */
  message?: string;
  /** Findings in the whole workspace, when ready. */
  findings?: number;
}

/** Milliseconds between two reports of progress. */
const INTERVAL = 50;

export interface Status {
  indexing(done: number, total: number): void;
  ready(findings: number): void;
  error(message: string): void;
}

/**
 * `open` asks the client for a progress bar; the answer is not waited for, a client that never gives one loses
 * nothing but the bar.
 */
export function createStatus(
  send: (params: StatusParams) => void,
  open: () => Promise<WorkDoneProgressServerReporter>,
): Status {
  let bar: Promise<WorkDoneProgressServerReporter | undefined> | undefined;
  let last: StatusParams = { state: 'indexing' };
  let lastAt = 0;

  function show(params: StatusParams): void {
    last = params;
    send(params);
  }

  function endBar(): void {
    void bar?.then((reporter) => reporter?.done());
    bar = undefined;
  }

  return {
    indexing(done, total) {
      const percentage = total === 0 ? 100 : (100 * done) / total;
      const message = `${done} of ${total} files`;
      if (bar === undefined) {
        bar = open().then(
          (reporter) => {
            reporter.begin('Threadlint: reading sources', percentage, message, false);
            return reporter;
          },
          () => undefined,
        );
      } else if (done < total && performance.now() - lastAt < INTERVAL) {
        return;
      }
      lastAt = performance.now();
      void bar.then((reporter) => reporter?.report(percentage, message));
      show({ state: 'indexing', done, total });
    },
    ready(findings) {
      endBar();
      if (last.state !== 'ready' || last.findings !== findings) show({ state: 'ready', findings });
    },
    error(message) {
      endBar();
      show({ state: 'error', message });
    },
  };
}
