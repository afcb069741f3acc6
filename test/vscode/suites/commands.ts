import assert from 'node:assert/strict';
import { commands, workspace } from 'vscode';
import { closeAll, EXPECTED, open, problemsBecome, threadlint, until } from './editor';

suite('commands', () => {
  suiteSetup(async () => {
    await open('main.c');
  });
  setup(() => problemsBecome(EXPECTED));
  suiteTeardown(closeAll);

  test('every command of the palette exists', async () => {
    const registered = await commands.getCommands(true);
    const missing = ['checkWorkspace', 'restartServer', 'showOutput']
      .map((name) => `threadlint.${name}`)
      .filter((name) => !registered.includes(name));
    assert.deepEqual(missing, []);
  });

  test('the status item says ready and how many findings there are', async () => {
    const { status } = await threadlint();
    await until(() => status().state === 'ready');
    assert.deepEqual(status(), { state: 'ready', findings: EXPECTED.length });
  });

  test('Check Workspace answers with the number of findings', async () => {
    assert.equal(await commands.executeCommand('threadlint.checkWorkspace'), EXPECTED.length);
    await problemsBecome(EXPECTED);
  });

  test('Restart Server comes back with the same findings', async () => {
    const { status } = await threadlint();
    await commands.executeCommand('threadlint.restartServer');
    await until(() => status().state === 'ready');
    await problemsBecome(EXPECTED);
  });

  test('two restarts at once leave one working server', async () => {
    const { status } = await threadlint();
    await Promise.all([
      commands.executeCommand('threadlint.restartServer'),
      commands.executeCommand('threadlint.restartServer'),
    ]);
    await until(() => status().state === 'ready');
    await problemsBecome(EXPECTED);
  });

  test('Show Output opens the output', async () => {
    await commands.executeCommand('threadlint.showOutput');
    await until(() =>
      workspace.textDocuments.some(
        (each) => each.uri.scheme === 'output' && /threadlint/i.test(each.uri.path),
      ),
    );
    await commands.executeCommand('workbench.action.closePanel');
  });
});
