/** The commands of the palette. Each answers with what it did, for whoever runs it by name. */
import { commands, type Disposable, type LogOutputChannel, ProgressLocation, window } from 'vscode';
import { CHECK_WORKSPACE, type CheckWorkspaceResult } from './protocol';
import type { Server } from './server';
import { countFindings } from './status-view';

/** Registers all commands that package.json contributes. */
export function registerCommands(server: Server, output: LogOutputChannel): Disposable[] {
  return [
    commands.registerCommand('threadlint.checkWorkspace', () => checkWorkspace(server, output)),
    commands.registerCommand('threadlint.restartServer', () => server.restart()),
    commands.registerCommand('threadlint.showOutput', () => output.show()),
  ];
}

/** Resolves to the number of findings, or to undefined where the check could not be made. */
async function checkWorkspace(server: Server, output: LogOutputChannel): Promise<number | undefined> {
  try {
    const result = await window.withProgress(
      { location: ProgressLocation.Window, title: 'Threadlint: checking the workspace' },
      () => server.request<CheckWorkspaceResult>(CHECK_WORKSPACE),
    );
    void announce(result);
    return result.findings;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    output.error(`the workspace could not be checked: ${reason}`);
    void offerOutput(`Threadlint could not check the workspace: ${reason}`, output);
    return undefined;
  }
}

async function announce({ findings, files }: CheckWorkspaceResult): Promise<void> {
  const message = `Threadlint: ${countFindings(findings)} in ${files === 1 ? '1 file' : `${files} files`}.`;
  const buttons = findings > 0 ? ['Show Problems'] : [];
  const choice = await window.showInformationMessage(message, ...buttons);
  if (choice) await commands.executeCommand('workbench.actions.view.problems');
}

async function offerOutput(message: string, output: LogOutputChannel): Promise<void> {
  const choice = await window.showErrorMessage(message, 'Show Output');
  if (choice) output.show();
}
