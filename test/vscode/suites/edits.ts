import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { commands } from 'vscode';
import {
  choose,
  closeAll,
  diagnosticsOf,
  EXPECTED,
  open,
  pathOf,
  problemsBecome,
  quickFixes,
  replaceText,
  threadlint,
} from './editor';

const LEAK = `#include <pthread.h>

static void *late_run(void *unused)
{
    return unused;
}

void late_start(void)
{
    pthread_t latecomer;
    pthread_create(&latecomer, NULL, late_run, NULL);
}
`;

suite('edits', () => {
  suiteSetup(async () => {
    await open('main.c');
    await threadlint();
  });
  setup(() => problemsBecome(EXPECTED));
  teardown(async () => {
    await rm(pathOf('late.c'), { force: true });
    await closeAll();
  });

  test('the quick fix detaches the thread; undo brings the finding back', async () => {
    const { document } = await open('beacon.c');
    const [diagnostic] = diagnosticsOf('beacon.c');
    assert.ok(diagnostic);
    const offered = await quickFixes(document, diagnostic.range);
    const detach = offered.find((action) => action.title.includes('pthread_detach'));
    assert.ok(detach, `offered: ${offered.map((action) => action.title).join(', ')}`);
    assert.ok(detach.isPreferred, 'the fix does not run on the fix-it key');

    await choose(detach);
    assert.match(document.getText(), /^ {4}pthread_detach\(beacon\);$/m);
    await problemsBecome(EXPECTED.filter((each) => each.file !== 'beacon.c'));

    await commands.executeCommand('undo');
    await problemsBecome(EXPECTED);
  });

  test('no quick fix is offered where nothing is wrong', async () => {
    const { document } = await open('beacon.c');
    const [diagnostic] = diagnosticsOf('beacon.c');
    assert.ok(diagnostic);
    const top = diagnostic.range.with(document.positionAt(0), document.positionAt(0));
    const offered = await quickFixes(document, top);
    assert.deepEqual(
      offered.filter((action) => action.title.includes('pthread_')).map((action) => action.title),
      [],
    );
  });

  test('a join deleted in main.c, unsaved, makes a finding in spool.c, and put back takes it away', async () => {
    const editor = await open('main.c');
    await replaceText(editor, '    pthread_join(spool_thread, NULL);\n', '');
    assert.ok(editor.document.isDirty);
    await problemsBecome([...EXPECTED, { file: 'spool.c', line: 22, rule: 'thread-not-joined' }]);

    await commands.executeCommand('undo');
    await problemsBecome(EXPECTED);
  });

  test('a lock cycle that spans two files ends when either of them is repaired', async () => {
    const without = EXPECTED.filter((each) => each.rule !== 'lock-order');
    const stats = await open('stats.c');
    await replaceText(
      stats,
      '    pthread_mutex_lock(&index_lock);\n    indexed = shipped;\n    pthread_mutex_unlock(&index_lock);\n',
      '    indexed = shipped;\n',
    );
    await problemsBecome(without);
    await commands.executeCommand('undo');
    await problemsBecome(EXPECTED);
  });

  test('a finding moves with the lines above it', async () => {
    const editor = await open('beacon.c');
    await replaceText(editor, '#include <stdio.h>\n', '#include <stdio.h>\n#include <string.h>\n\n');
    await problemsBecome(
      EXPECTED.map((each) => (each.file === 'beacon.c' ? { ...each, line: each.line + 2 } : each)),
    );
  });

  test('a file that appears on disk is checked, and forgotten when it is deleted', async () => {
    await writeFile(pathOf('late.c'), LEAK);
    const added = { file: 'late.c', line: 11, rule: 'thread-not-joined' };
    await problemsBecome([...EXPECTED, added].sort((a, b) => a.file.localeCompare(b.file)));
    await rm(pathOf('late.c'));
    await problemsBecome(EXPECTED);
  });
});
