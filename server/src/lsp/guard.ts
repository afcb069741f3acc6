/**
 * Handlers that cannot end the server: what they throw is logged and answered with one sentence.
 */
import { type CancellationToken, ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver';

/** Writes to the client's log. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] || 'unknown reason';
}

/** Logs a bug of ours with all that helps to find it. */
export function logBug(log: Log, what: string, error: unknown): void {
  log.error(`${what} failed: ${(error instanceof Error ? error.stack : undefined) ?? sentenceOf(error)}`);
}

/** For notifications, which have no answer. */
export function guarded<A extends unknown[]>(log: Log, what: string, handler: (...args: A) => void) {
  return (...args: A): void => {
    try {
      handler(...args);
    } catch (error) {
      logBug(log, what, error);
    }
  };
}

/** For requests: a response error passes, anything else becomes one. A cancelled request is answered at once. */
export function answered<P, R>(
  log: Log,
  what: string,
  handler: (params: P, token: CancellationToken) => Promise<R>,
) {
  return async (params: P, token: CancellationToken): Promise<R> => {
    try {
      return await orCancelled(handler(params, token), token);
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      logBug(log, what, error);
      throw new ResponseError(ErrorCodes.InternalError, `Threadlint: ${what} failed: ${sentenceOf(error)}`);
    }
  };
}

function orCancelled<T>(work: Promise<T>, token: CancellationToken): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () =>
      reject(new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled'));
    if (token.isCancellationRequested) return cancel();
    const listener = token.onCancellationRequested(cancel);
    work.then(resolve, reject).finally(() => listener.dispose());
  });
}
