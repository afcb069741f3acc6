/**
 * The extension: starts the language server and shows what it says. It analyses nothing and reads no source file.
 */
import { type ExtensionContext, window } from 'vscode';
import { registerCommands } from './commands';
import { createServer, type Server } from './server';
import { createStatusItem } from './status';
import type { ServerStatus } from './status-view';

/** What other extensions (and the tests) can ask. */
export interface ThreadlintApi {
  status(): ServerStatus;
}

let server: Server | undefined;

export async function activate(context: ExtensionContext): Promise<ThreadlintApi> {
  const output = window.createOutputChannel('Threadlint', { log: true });
  const status = createStatusItem();
  const started = createServer(context.asAbsolutePath('dist/threadlint-server.cjs'), output, status);
  server = started;
  context.subscriptions.push(output, status, started, ...registerCommands(started, output));
  // Not awaited: the editor must not wait for the server, and a failure shows itself.
  void started.restart();
  return { status: () => status.current() };
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
