import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import { applied, type Editor, folderWith, startEditor, until, uriOf } from './client';
import { BEACON, JOIN, LEAK, MAIN, POOL, POOL_PROGRAM } from './sources';

const VERSIONED = { workspace: { workspaceEdit: { documentChanges: true } } };

function actions(
  editor: Editor,
  file: string,
  diagnostics: Diagnostic[],
  only?: string[],
): Promise<CodeAction[]> {
  const range = diagnostics[0]?.range ?? {
    start: { line: 0, character: 0 },
    end: { line: 999, character: 0 },
  };
  const params = { textDocument: { uri: uriOf(file) }, range, context: { diagnostics, only } };
  return editor.connection.sendRequest('textDocument/codeAction', params);
}

function preferred(offered: CodeAction[]): CodeAction | undefined {
  return offered.find(({ isPreferred }) => isPreferred);
}

async function withLeak(options: Parameters<typeof startEditor>[0] = {}) {
  const folder = folderWith({ 'beacon.c': BEACON });
  const editor = await startEditor({ folders: [folder], ...options });
  const file = join(folder, 'beacon.c');
  await until(() => editor.rulesIn(file).includes(LEAK), 'the finding');
  return { editor, file, diagnostics: editor.pushed.get(file)?.diagnostics ?? [] };
}

describe('quick fixes', () => {
  it('make the finding vanish when they are applied', async () => {
    const { editor, file, diagnostics } = await withLeak({ capabilities: VERSIONED });
    editor.open(file, BEACON);
    const offered = await actions(editor, file, diagnostics);
    expect(offered.length).toBeGreaterThan(0);
    const preferred = offered.filter(({ isPreferred }) => isPreferred);
    expect(preferred).toHaveLength(1);
    const [detach] = preferred;
    if (detach === undefined) return;
    expect(detach).toMatchObject({ kind: 'quickfix', title: expect.stringContaining('pthread_detach') });
    expect(detach.diagnostics?.map(({ code }) => code)).toEqual([LEAK]);
    expect(detach.edit?.documentChanges).toMatchObject([{ textDocument: { uri: uriOf(file), version: 1 } }]);

    const repaired = applied(detach, file, BEACON);
    expect(repaired).toContain('pthread_detach(beacon);');
    editor.edit(file, BEACON, repaired);
    await until(() => editor.rulesIn(file).length === 0, 'the finding to go');
  });

  it('are plain changes for clients without versioned edits, also in a file that is not open', async () => {
    const { editor, file, diagnostics } = await withLeak();
    const action = preferred(await actions(editor, file, diagnostics));
    expect(Object.keys(action?.edit?.changes ?? {})).toEqual([uriOf(file)]);
    expect(action?.edit?.documentChanges).toBeUndefined();
    expect(action && applied(action, file, BEACON)).toContain('pthread_detach(beacon);');
  });

  it('hit the right place right after an edit above it', async () => {
    const { editor, file, diagnostics } = await withLeak({ capabilities: VERSIONED });
    editor.open(file, BEACON);
    const before = preferred(await actions(editor, file, diagnostics));
    const comment = '/* A beacon is\n * a small message.\n */\n';
    editor.edit(file, '#include <pthread.h>', `${comment}#include <pthread.h>`);
    const after = preferred(await actions(editor, file, diagnostics));
    expect(after?.edit?.documentChanges).toMatchObject([{ textDocument: { version: 2 } }]);
    expect(after && applied(after, file, editor.textOf(file))).toBe(
      before && comment + applied(before, file, BEACON),
    );
  });

  it('are found without named diagnostics, and only where asked for', async () => {
    const { editor, file, diagnostics } = await withLeak();
    expect(await actions(editor, file, [])).not.toEqual([]);
    expect(await actions(editor, file, diagnostics, ['quickfix'])).not.toEqual([]);
    expect(await actions(editor, file, diagnostics, ['refactor'])).toEqual([]);
    const elsewhere = { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } };
    const params = { textDocument: { uri: uriOf(file) }, range: elsewhere, context: { diagnostics: [] } };
    expect(await editor.connection.sendRequest('textDocument/codeAction', params)).toEqual([]);
    const foreign = diagnostics.map((each) => ({ ...each, source: 'clang', data: undefined }));
    expect(await actions(editor, file, [{ ...foreign[0], range: elsewhere } as Diagnostic])).toEqual([]);
  });

  it('are offered for a finding that an edit in another file has brought', async () => {
    const folder = folderWith(POOL_PROGRAM);
    const editor = await startEditor({ folders: [folder] });
    const [main, pool] = [join(folder, 'src/main.c'), join(folder, 'src/pool.c')];
    editor.open(main, MAIN);
    editor.open(pool, POOL);
    editor.edit(main, JOIN, '');
    await until(() => editor.rulesIn(pool).includes(LEAK), 'the finding in pool.c');
    const offered = await actions(editor, pool, editor.pushed.get(pool)?.diagnostics ?? []);
    expect(offered.map(({ title }) => title).join()).toContain('pool_thread');
  });
});
