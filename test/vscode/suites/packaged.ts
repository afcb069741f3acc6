/** Only where the extension was installed from its .vsix: what it holds, and what happens when it is damaged. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commands, extensions } from 'vscode';
import { closeAll, EXPECTED, open, problems, problemsBecome, threadlint, until } from './editor';

suite('the installed package', () => {
  let folder = '';

  suiteSetup(async () => {
    folder = extensions.getExtension('threadlint.threadlint')?.extensionPath ?? '';
    await open('main.c');
    await threadlint();
  });
  suiteTeardown(closeAll);

  test('is the one made by packaging, with licences and without sources or modules', async () => {
    const installed = (process.env.THREADLINT_TEST_EXTENSIONS ?? '?').toLowerCase();
    const from = folder.replaceAll('\\', '/').toLowerCase();
    assert.ok(from.startsWith(installed), `the extension runs from ${folder}`);
    for (const absent of ['node_modules', 'server', 'client/src', 'test', 'scripts']) {
      assert.equal(existsSync(join(folder, absent)), false, `${absent} was packaged`);
    }
    const notices = await readFile(join(folder, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of [
      'vscode-languageclient',
      'vscode-languageserver',
      'web-tree-sitter',
      'tree-sitter-c',
    ]) {
      assert.ok(notices.includes(name), `no notice for ${name}`);
    }
  });

  test('a missing or broken server is said in one sentence, and mending it is enough', async () => {
    const { status } = await threadlint();
    const module = join(folder, 'dist/threadlint-server.cjs');
    await problemsBecome(EXPECTED);
    await rename(module, `${module}.away`);
    await commands.executeCommand('threadlint.restartServer');
    assert.match(
      failure(status()),
      /^the language server cannot start: .*threadlint-server\.cjs is missing$/,
    );
    assert.equal(await commands.executeCommand('threadlint.checkWorkspace'), undefined);

    await writeFile(module, 'process.exit(3);\n');
    await commands.executeCommand('threadlint.restartServer');
    assert.match(failure(status()), /^the language server cannot start: /);
    assert.deepEqual(problems(), []);

    await rename(`${module}.away`, module);
    await commands.executeCommand('threadlint.restartServer');
    await until(() => status().state === 'ready');
    await problemsBecome(EXPECTED);
  });
});

function failure(status: { state: string; message?: string }): string {
  assert.equal(status.state, 'error');
  return status.message ?? '';
}
