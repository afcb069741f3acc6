import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULE_INFOS } from '../../server/src/rules/registry';
import { folderWith, startEditor, underlined, until, uriOf, write } from './client';
import { BEACON, BEACON_DETACHED, JOIN, LEAK, MAIN, POOL, POOL_HEADER, POOL_PROGRAM } from './sources';

describe('a client that does not pull', () => {
  it('gets the findings of files that are not open, with all that a reader needs', async () => {
    const folder = folderWith({ ...POOL_PROGRAM, 'src/beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder] });
    const file = join(folder, 'src/beacon.c');
    await until(() => editor.rulesIn(file).length > 0, 'the finding');
    await editor.ready();

    expect(editor.initialized.capabilities.diagnosticProvider).toBeUndefined();
    expect([...editor.pushed.keys()]).toEqual([file]);
    const [diagnostic, ...others] = editor.pushed.get(file)?.diagnostics ?? [];
    expect(others).toEqual([]);
    expect(diagnostic).toMatchObject({
      code: LEAK,
      source: 'threadlint',
      severity: 2,
      codeDescription: { href: RULE_INFOS.find(({ id }) => id === LEAK)?.url },
      data: { rule: LEAK, fingerprint: expect.any(String) },
    });
    expect(diagnostic?.message).toContain('`beacon`');
    expect(diagnostic && underlined(BEACON, diagnostic)).toContain('pthread_create');
    expect(diagnostic?.relatedInformation?.[0]?.location.uri).toBe(uriOf(file));
  });

  it('gets a finding in file B after an edit in file A, within a second, and loses it again', async () => {
    const folder = folderWith(POOL_PROGRAM);
    const editor = await startEditor({ folders: [folder] });
    await editor.ready();
    const [main, pool] = [join(folder, 'src/main.c'), join(folder, 'src/pool.c')];
    expect(editor.pushes).toEqual([]);
    editor.open(main, MAIN);

    const start = performance.now();
    editor.edit(main, JOIN, '');
    await until(() => editor.rulesIn(pool).includes(LEAK), 'the finding in pool.c');
    expect(performance.now() - start).toBeLessThan(1000);

    editor.edit(main, '    return 0;', `${JOIN}    return 0;`);
    await until(() => editor.rulesIn(pool).length === 0, 'the finding to go');
  });

  it('lets an open text win over the disk, and the disk over a closed document', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder] });
    const file = join(folder, 'beacon.c');
    await until(() => editor.rulesIn(file).length === 1, 'the finding on disk');
    editor.open(file, BEACON_DETACHED);
    await until(() => editor.rulesIn(file).length === 0, 'the open text to win');
    write(file, `${BEACON}\n`);
    editor.onDisk(file, 2);
    editor.edit(file, 'beacon_start', 'beacon_begin');
    const { length } = editor.pushes;
    editor.edit(file, '    pthread_detach(beacon);\n', '');
    await until(() => editor.rulesIn(file).length === 1, 'the finding in the open text');
    expect(editor.pushes.length).toBe(length + 1);
    editor.edit(file, '    return 0;\n', '    pthread_detach(beacon);\n    return 0;\n');
    await until(() => editor.rulesIn(file).length === 0, 'the repaired text');
    editor.close(file);
    await until(() => editor.rulesIn(file).length === 1, 'the finding on disk again');
  });

  it('names the version of an open document', async () => {
    const folder = folderWith({ 'beacon.c': BEACON_DETACHED });
    const editor = await startEditor({ folders: [folder] });
    const file = join(folder, 'beacon.c');
    editor.open(file, BEACON_DETACHED);
    editor.edit(file, '    pthread_detach(beacon);\n', '');
    await until(() => editor.rulesIn(file).length === 1, 'the finding');
    expect(editor.pushed.get(file)?.version).toBe(2);
  });

  it('follows files that come, change and go on disk', async () => {
    const folder = folderWith(POOL_PROGRAM);
    const editor = await startEditor({ folders: [folder] });
    await editor.ready();
    const beacon = join(folder, 'lib/beacon.c');
    write(beacon, BEACON);
    editor.onDisk(beacon, 1);
    await until(() => editor.rulesIn(beacon).includes(LEAK), 'the new file');
    write(beacon, BEACON_DETACHED);
    editor.onDisk(beacon, 2);
    await until(() => editor.rulesIn(beacon).length === 0, 'the changed file');

    const main = join(folder, 'src/main.c');
    const pool = join(folder, 'src/pool.c');
    rmSync(main);
    editor.onDisk(main, 3);
    await until(() => editor.rulesIn(pool).includes(LEAK), 'the join to go with its file');
    rmSync(join(folder, 'src'), { recursive: true });
    editor.onDisk(join(folder, 'src'), 3);
    await until(() => editor.rulesIn(pool).length === 0, 'the deleted folder');
  });

  it('respects .gitignore, and lists again when it changes', async () => {
    const folder = folderWith({ '.gitignore': 'out/\n', 'out/beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder] });
    await editor.ready();
    expect(editor.pushes).toEqual([]);
    write(join(folder, '.gitignore'), '# nothing\n');
    editor.onDisk(join(folder, '.gitignore'), 2);
    await until(() => editor.rulesIn(join(folder, 'out/beacon.c')).includes(LEAK), 'the file to be listed');
  });

  it('checks a file outside every folder while it is open', async () => {
    const folder = folderWith({ 'beacon.c': BEACON, 'notes.txt': BEACON });
    const editor = await startEditor();
    const file = join(folder, 'beacon.c');
    editor.open(file, BEACON);
    await until(() => editor.rulesIn(file).includes(LEAK), 'the finding');
    editor.open(join(folder, 'notes.txt'), BEACON, 'plaintext');
    editor.close(file);
    await until(() => editor.rulesIn(file).length === 0, 'the finding to go');
    expect(editor.rulesIn(join(folder, 'notes.txt'))).toEqual([]);
  });

  it('ignores documents that are no files', async () => {
    const editor = await startEditor();
    const textDocument = { uri: 'untitled:Untitled-1', languageId: 'c', version: 1, text: BEACON };
    await editor.connection.sendNotification('textDocument/didOpen', { textDocument });
    await editor.connection.sendNotification('textDocument/didOpen', {
      textDocument: { ...textDocument, uri: 'git:/a/beacon.c?ref=HEAD' },
    });
    const result = await editor.connection.sendRequest('threadlint/checkWorkspace');
    expect(result).toEqual({ findings: 0, files: 0 });
    expect(editor.pushes).toEqual([]);
  });

  it('gets findings of several folders, and of folders that come and go', async () => {
    const first = folderWith({ 'beacon.c': BEACON });
    const second = folderWith({ 'probe with space.c': BEACON.replaceAll('beacon', 'probe') });
    const third = folderWith({ 'signal#1.c': BEACON.replaceAll('beacon', 'signal') });
    const editor = await startEditor({ folders: [first, second] });
    const files = [join(first, 'beacon.c'), join(second, 'probe with space.c'), join(third, 'signal#1.c')];
    const found = () => files.map((file) => editor.rulesIn(file).length).join(' ');
    await until(() => found() === '1 1 0', 'the findings of both folders');
    const folderOf = (path: string) => ({ uri: uriOf(path), name: path });
    await editor.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [folderOf(third)], removed: [folderOf(first)] },
    });
    await until(() => found() === '0 1 1', 'the findings of the new folders');
  });

  it('reads everything again when asked to check the workspace', async () => {
    const folder = folderWith({ 'beacon.c': BEACON_DETACHED, 'pool.h': POOL_HEADER, 'pool.c': POOL });
    const editor = await startEditor({ folders: [folder] });
    await editor.ready();
    // Nobody tells the server.
    write(join(folder, 'beacon.c'), BEACON);
    write(join(folder, 'main.c'), MAIN);
    const result = await editor.connection.sendRequest('threadlint/checkWorkspace');
    expect(result).toEqual({ findings: 1, files: 4 });
    expect(editor.rulesIn(join(folder, 'beacon.c'))).toEqual([LEAK]);
  });
});
