/**
 * The language server's life as the editor sees it: start, crash, restart, stop. Every start makes a client of its
 * own, because one that failed to start cannot be used again.
 */
import { existsSync } from 'node:fs';
import { type Disposable, type LogOutputChannel, window } from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { STATUS, type StatusParams } from './protocol';
import { pushOnly } from './push-only';
import { LANGUAGES, type StatusItem } from './status';

/** Crashes within `CRASH_WINDOW` after which the server is left alone. */
const MAX_CRASHES = 3;
const CRASH_WINDOW = 3 * 60_000;
const STOP_TIMEOUT = 5000;

export interface Server extends Disposable {
  /** Starts, or stops and starts again. Never rejects: a failure is shown to the user. */
  restart(): Promise<void>;
  /** Sends a request; rejects where the server is not running. */
  request<T>(method: string): Promise<T>;
  stop(): Promise<void>;
}

/** Prepares the server in `module` (a bundled file); it runs after the first `restart()`. */
export function createServer(module: string, output: LogOutputChannel, status: StatusItem): Server {
  let client: LanguageClient | undefined;
  let crashes: number[] = [];
  let last: Promise<void> = Promise.resolve();

  function failed(reason: string): void {
    status.show({ state: 'error', message: reason });
    output.error(reason);
    void window.showErrorMessage(`Threadlint: ${reason}.`, 'Show Output').then((choice) => {
      if (choice) output.show();
    });
  }

  /** Whether a server that ended by itself is started again. */
  function afterCrash(): CloseAction {
    const now = Date.now();
    crashes = [...crashes.filter((time) => now - time < CRASH_WINDOW), now];
    if (crashes.length <= MAX_CRASHES) return CloseAction.Restart;
    failed('the language server stopped several times and is not started again');
    return CloseAction.DoNotRestart;
  }

  async function start(): Promise<void> {
    status.show({ state: 'starting' });
    if (!existsSync(module)) {
      failed(`the language server cannot start: ${module} is missing`);
      return;
    }
    let running = false;
    const created = new QuietClient('threadlint', 'Threadlint', serverOptions(module), {
      ...clientOptions(output),
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        // While it is still starting, the failed start itself tells the user.
        closed: () => ({ action: running ? afterCrash() : CloseAction.DoNotRestart, handled: true }),
      },
    });
    created.registerFeature(pushOnly());
    created.onNotification(STATUS, (params: StatusParams) => status.show(params));
    client = created;
    try {
      await created.start();
      // A server that ends while it starts makes the client resolve, not reject.
      if (!created.isRunning()) throw new Error('it ended at once');
      running = true;
    } catch (error) {
      client = undefined;
      failed(`the language server cannot start: ${messageOf(error)}`);
    }
  }

  async function stop(): Promise<void> {
    const stopping = client;
    client = undefined;
    if (!stopping) return;
    try {
      await stopping.dispose(STOP_TIMEOUT);
    } catch (error) {
      output.warn(`the language server did not stop in order: ${messageOf(error)}`);
    }
    status.show({ state: 'stopped' });
  }

  /** One after the other, so that two restarts in a row never leave two servers. */
  function inOrder(step: () => Promise<void>): Promise<void> {
    last = last.then(step);
    return last;
  }

  return {
    restart: () =>
      inOrder(async () => {
        await stop();
        crashes = [];
        await start();
      }),
    async request<T>(method: string): Promise<T> {
      await last;
      if (!client) throw new Error('the language server is not running');
      return client.sendRequest<T>(method, {});
    },
    stop: () => inOrder(stop),
    dispose: () => void inOrder(stop),
  };
}

/** Writes what goes wrong to the output and leaves notifications to this extension, so that there is only one. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function serverOptions(module: string): ServerOptions {
  return {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
}

/** Files that change on disk are watched because the server asks for it. */
function clientOptions(output: LogOutputChannel): LanguageClientOptions {
  return {
    documentSelector: LANGUAGES,
    outputChannel: output,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    diagnosticCollectionName: 'threadlint',
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
