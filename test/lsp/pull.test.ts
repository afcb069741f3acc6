import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  CancellationTokenSource,
  type DocumentDiagnosticReport,
  LSPErrorCodes,
  ProgressType,
  type WorkspaceDiagnosticReport,
  type WorkspaceDiagnosticReportPartialResult,
  type WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import { type Editor, folderWith, PULLING, startEditor, until, uriOf } from './client';
import { BEACON, BEACON_DETACHED, JOIN, LEAK, MAIN, POOL, POOL_PROGRAM } from './sources';

function pull(editor: Editor, file: string, previousResultId?: string): Promise<DocumentDiagnosticReport> {
  const params = { textDocument: { uri: uriOf(file) }, previousResultId };
  return editor.connection.sendRequest('textDocument/diagnostic', params);
}

function pullWorkspace(
  editor: Editor,
  previousResultIds: { uri: string; value: string }[] = [],
): Promise<WorkspaceDiagnosticReport> {
  return editor.connection.sendRequest('workspace/diagnostic', { previousResultIds });
}

let streams = 0;

/** Asks with partial results, and keeps what comes by file; the last report of a file wins. */
function streamWorkspace(editor: Editor, previousResultIds: { uri: string; value: string }[] = []) {
  const source = new CancellationTokenSource();
  const parts: WorkspaceDocumentDiagnosticReport[] = [];
  const type = new ProgressType<WorkspaceDiagnosticReportPartialResult>();
  const partialResultToken = `parts ${streams++}`;
  editor.connection.onProgress(type, partialResultToken, ({ items }) => void parts.push(...items));
  const answer = editor.connection.sendRequest<WorkspaceDiagnosticReport>(
    'workspace/diagnostic',
    { previousResultIds, partialResultToken },
    source.token,
  );
  // Most tests end while the request is still held.
  answer.catch(() => undefined);
  const last = (file: string) => parts.findLast(({ uri }) => uri === uriOf(file));
  return { source, parts, answer, last, rules: (file: string) => rulesOf(last(file)) };
}

function rulesOf(
  report: DocumentDiagnosticReport | WorkspaceDocumentDiagnosticReport | undefined,
): unknown[] {
  return report?.kind === 'full' ? report.items.map(({ code }) => code) : [];
}

describe('a client that pulls', () => {
  it('asks for a document and is told when nothing has changed', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    expect(editor.initialized.capabilities.diagnosticProvider).toMatchObject({
      interFileDependencies: true,
      workspaceDiagnostics: true,
    });
    const file = join(folder, 'beacon.c');
    editor.open(file, BEACON);
    const first = await pull(editor, file);
    expect(rulesOf(first)).toEqual([LEAK]);
    const { resultId } = first;
    expect(await pull(editor, file, resultId)).toEqual({ kind: 'unchanged', resultId });

    editor.edit(file, '    return 0;\n', '    pthread_detach(beacon);\n    return 0;\n');
    const second = await pull(editor, file, resultId);
    expect(second).toMatchObject({ kind: 'full', items: [] });
    editor.edit(file, '    pthread_detach(beacon);\n', '');
    expect((await pull(editor, file, second.resultId)).resultId).toBe(resultId);
  });

  it('asks for the workspace at once, without partial results', async () => {
    const folder = folderWith({ ...POOL_PROGRAM, 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const beacon = join(folder, 'beacon.c');
    const first = await pullWorkspace(editor);
    expect(first.items.map(({ uri }) => uri)).toEqual([uriOf(beacon)]);
    expect(rulesOf(first.items[0])).toEqual([LEAK]);
    const held = [{ uri: uriOf(beacon), value: first.items[0]?.resultId ?? '' }];
    const second = await pullWorkspace(editor, held);
    expect(second.items).toMatchObject([{ uri: uriOf(beacon), kind: 'unchanged', resultId: held[0]?.value }]);

    const main = join(folder, 'src/main.c');
    editor.open(main, MAIN);
    editor.edit(main, JOIN, '');
    await until(() => editor.refreshes > 0, 'the server to ask for a new pull');
    const third = await pullWorkspace(editor, held);
    const kinds = third.items.map(({ uri, kind }) => [uri, kind]);
    expect(kinds).toContainEqual([uriOf(beacon), 'unchanged']);
    expect(kinds).toContainEqual([uriOf(join(folder, 'src/pool.c')), 'full']);
  });

  it('gets every change of the workspace through one request with partial results', async () => {
    const folder = folderWith({ ...POOL_PROGRAM, 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const stream = streamWorkspace(editor);
    const [beacon, main, pool] = ['beacon.c', 'src/main.c', 'src/pool.c'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await until(() => stream.rules(beacon).includes(LEAK), 'the first finding');
    editor.open(main, MAIN);
    const start = performance.now();
    editor.edit(main, JOIN, '');
    await until(() => stream.rules(pool).includes(LEAK), 'the finding in the file that is not open');
    expect(performance.now() - start).toBeLessThan(1000);
    editor.edit(main, '    return 0;', `${JOIN}    return 0;`);
    await until(() => stream.last(pool)?.kind === 'full' && stream.rules(pool).length === 0, 'it to go');
    expect(stream.parts.filter(({ uri }) => uri === uriOf(beacon))).toHaveLength(1);
    expect(editor.pushes).toEqual([]);

    stream.source.cancel();
    await expect(stream.answer).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
  });

  it('confirms in a stream what the client already holds, and clears what is gone', async () => {
    const folder = folderWith({ 'beacon.c': BEACON, 'probe.c': BEACON.replaceAll('beacon', 'probe') });
    const first = await startEditor({ folders: [folder], capabilities: PULLING });
    const { items } = await pullWorkspace(first);
    const [beacon, gone] = [uriOf(join(folder, 'beacon.c')), uriOf(join(folder, 'gone.c'))];
    const value = items.find(({ uri }) => uri === beacon)?.resultId ?? '';

    const second = await startEditor({ folders: [folder], capabilities: PULLING });
    const stream = streamWorkspace(second, [
      { uri: beacon, value },
      { uri: gone, value: 'an id of an earlier run' },
    ]);
    await until(() => stream.parts.length === 3, 'three reports');
    expect(stream.last(join(folder, 'beacon.c'))).toMatchObject({ kind: 'unchanged', resultId: value });
    expect(stream.last(join(folder, 'gone.c'))).toMatchObject({ kind: 'full', items: [] });
    expect(stream.rules(join(folder, 'probe.c'))).toEqual([LEAK]);
  });

  it('ends the held request when the client asks anew, and at shutdown', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const first = streamWorkspace(editor);
    await until(() => first.parts.length === 1, 'the first report');
    const second = streamWorkspace(editor);
    expect(await first.answer).toEqual({ items: [] });
    await until(() => second.parts.length === 1, 'the same report again');
    await editor.connection.sendRequest('shutdown');
    expect(await second.answer).toEqual({ items: [] });
  });

  it('is told to pull an open document again when another file changes it', async () => {
    const folder = folderWith(POOL_PROGRAM);
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const [main, pool] = [join(folder, 'src/main.c'), join(folder, 'src/pool.c')];
    editor.open(pool, POOL);
    editor.open(main, MAIN);
    expect(rulesOf(await pull(editor, pool))).toEqual([]);
    expect(rulesOf(await pull(editor, main))).toEqual([]);
    expect(editor.refreshes).toBe(0);
    editor.edit(main, JOIN, '');
    await pull(editor, main);
    await until(() => editor.refreshes === 1, 'the refresh');
    expect(rulesOf(await pull(editor, pool))).toEqual([LEAK]);
  });

  it('is not told to pull again for a change that it is asking about', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const file = join(folder, 'beacon.c');
    editor.open(file, BEACON);
    await pull(editor, file);
    editor.edit(file, '    return 0;\n', '    pthread_detach(beacon);\n    return 0;\n');
    expect(rulesOf(await pull(editor, file))).toEqual([]);
    await sleep(200);
    expect(editor.refreshes).toBe(0);
  });

  it('gets files that are not open pushed as long as it never pulls the workspace', async () => {
    const folder = folderWith({ 'beacon.c': BEACON, 'probe.c': BEACON.replaceAll('beacon', 'probe') });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const [beacon, probe] = [join(folder, 'beacon.c'), join(folder, 'probe.c')];
    await until(() => editor.rulesIn(beacon).length + editor.rulesIn(probe).length === 2, 'both findings');
    editor.open(beacon, BEACON);
    await until(() => editor.rulesIn(beacon).length === 0, 'the open file to be left to the pull');
    expect(rulesOf(await pull(editor, beacon))).toEqual([LEAK]);
    await pullWorkspace(editor);
    await until(() => editor.rulesIn(probe).length === 0, 'the push to end');
  });

  it('may cancel a request that waits for a check, without harm to later ones', async () => {
    const folder = folderWith({ 'beacon.c': BEACON_DETACHED });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const file = join(folder, 'beacon.c');
    editor.open(file, BEACON_DETACHED);
    await pull(editor, file);
    editor.edit(file, '    pthread_detach(beacon);\n', '');
    const source = new CancellationTokenSource();
    const params = { textDocument: { uri: uriOf(file) } };
    const cancelled = editor.connection.sendRequest('textDocument/diagnostic', params, source.token);
    source.cancel();
    await expect(cancelled).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
    expect(rulesOf(await pull(editor, file))).toEqual([LEAK]);
  });

  it('answers only the newest state while keys are being pressed', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder], capabilities: PULLING });
    const file = join(folder, 'beacon.c');
    editor.open(file, BEACON);
    await pull(editor, file);
    editor.edit(file, '    return 0;\n', '    p\n    return 0;\n');
    let typed = 'p';
    for (const key of 'thread_detach(beacon);') {
      editor.edit(file, `    ${typed}\n`, `    ${typed}${key}\n`);
      typed += key;
      await sleep(5);
    }
    expect(rulesOf(await pull(editor, file))).toEqual([]);
  });

  it('gets an empty report for what is no file', async () => {
    const editor = await startEditor({ capabilities: PULLING });
    const params = { textDocument: { uri: 'untitled:Untitled-1' } };
    expect(await editor.connection.sendRequest('textDocument/diagnostic', params)).toEqual({
      kind: 'full',
      items: [],
    });
  });
});
