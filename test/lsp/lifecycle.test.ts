import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { folderWith, SERVER, startEditor, until } from './client';
import { BEACON, LEAK, POOL_PROGRAM } from './sources';

function run(...args: string[]) {
  return spawnSync(process.execPath, [SERVER, ...args], { encoding: 'utf8', input: '', timeout: 20_000 });
}

describe('the server process', () => {
  it('ends with 0 after shutdown and exit, and with 1 without shutdown', async () => {
    const polite = await startEditor();
    await polite.connection.sendRequest('shutdown');
    await polite.connection.sendNotification('exit');
    expect(await polite.exitCode).toBe(0);
    const rude = await startEditor();
    await rude.connection.sendNotification('exit');
    expect(await rude.exitCode).toBe(1);
  });

  it('ends when nobody writes to it any more', async () => {
    const editor = await startEditor({ folders: [folderWith({ 'beacon.c': BEACON })] });
    await editor.ready();
    editor.process.stdin?.end();
    expect(await editor.exitCode).toBe(1);
  });

  it('ends when the process that it was told of is gone, though its pipes are open', async () => {
    const parent = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const server = spawn(process.execPath, [SERVER, '--stdio', `--clientProcessId=${parent.pid}`]);
    onTestFinished(() => {
      parent.kill('SIGKILL');
      server.kill('SIGKILL');
    });
    const code = new Promise((resolve) => server.once('exit', resolve));
    parent.kill('SIGKILL');
    expect(await code).toBe(1);
  });

  it('serves over the channel of a forked process', async () => {
    const server = spawn(process.execPath, [SERVER, '--node-ipc'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const answers: { id?: number; result?: { serverInfo?: { name: string } } }[] = [];
    server.on('message', (message) => void answers.push(message as (typeof answers)[number]));
    const params = { processId: process.pid, rootUri: null, capabilities: {} };
    server.send({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    await until(() => answers.some(({ id }) => id === 1), 'the answer to initialize');
    expect(answers.find(({ id }) => id === 1)?.result?.serverInfo?.name).toBe('threadlint');
    const code = new Promise((resolve) => server.once('exit', resolve));
    server.disconnect();
    expect(await code).toBe(1);
  });

  it.each([
    [[], 'no transport is given'],
    [['--bogus'], "unknown option '--bogus'"],
    [['--stdio', 'file.c'], "unexpected argument 'file.c'"],
    [['--stdio', '--node-ipc'], '--stdio and --node-ipc exclude each other'],
    [['--node-ipc'], '--node-ipc works only in a process that Node has forked'],
    [['--stdio', '--clientProcessId=me'], '--clientProcessId wants a process id, not "me"'],
  ])('says in one line what is wrong with the arguments %j', (args, sentence) => {
    const { status, stdout, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('shows its usage', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('threadlint-server --stdio');
  });

  it('goes on after messages that it does not understand', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const editor = await startEditor({ folders: [folder] });
    const { connection } = editor;
    await connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: 'no uri', languageId: 'c' },
    });
    await connection.sendNotification('textDocument/didChange', { textDocument: null });
    await connection.sendNotification('workspace/didChangeWatchedFiles', { changes: 'all' });
    await connection.sendNotification('workspace/didChangeWorkspaceFolders', {});
    await expect(connection.sendRequest('textDocument/codeAction', { textDocument: null })).rejects.toThrow();
    await expect(connection.sendRequest('threadlint/unknown')).rejects.toMatchObject({ code: -32601 });
    await until(() => editor.rulesIn(join(folder, 'beacon.c')).includes(LEAK), 'the finding');
  });
});

describe('indexing', () => {
  it('is shown as progress and as status, and ends ready with the number of findings', async () => {
    const files: Record<string, string> = { ...POOL_PROGRAM };
    for (let n = 0; n < 60; n++) files[`gen/beacon${n}.c`] = BEACON.replaceAll('beacon', `beacon${n}`);
    const folder = folderWith(files);
    const editor = await startEditor({
      folders: [folder],
      capabilities: { window: { workDoneProgress: true } },
    });
    await editor.ready();
    expect(editor.statuses[0]).toEqual({ state: 'indexing', done: 0, total: 63 });
    expect(editor.statuses.at(-2)).toEqual({ state: 'indexing', done: 63, total: 63 });
    expect(editor.statuses.at(-1)).toEqual({ state: 'ready', findings: 60 });
    await until(() => editor.progress.at(-1)?.kind === 'end', 'the progress to end');
    expect(editor.progress[0]).toMatchObject({ kind: 'begin', title: expect.stringContaining('Threadlint') });
    const reports = editor.progress.filter(({ kind }) => kind === 'report');
    expect(reports.at(-1)).toMatchObject({ percentage: 100, message: '63 of 63 files' });
  });

  it('opens no progress bar for clients that have none', async () => {
    const editor = await startEditor({ folders: [folderWith({ 'beacon.c': BEACON })] });
    await editor.ready();
    expect(editor.progress).toEqual([]);
  });

  it('registers for the files and settings that it depends on', async () => {
    const editor = await startEditor({
      capabilities: {
        workspace: {
          didChangeWatchedFiles: { dynamicRegistration: true },
          didChangeConfiguration: { dynamicRegistration: true },
        },
      },
    });
    await until(() => editor.registrations.length === 2, 'the registrations');
    const [files, settings] = editor.registrations;
    expect(files?.method).toBe('workspace/didChangeWatchedFiles');
    const globs = files?.registerOptions.watchers.map(
      ({ globPattern }: { globPattern: string }) => globPattern,
    );
    expect(globs).toEqual(
      expect.arrayContaining(['**/*.c', '**/*.hpp', '**/.gitignore', '**/threadlint.json']),
    );
    expect(settings).toMatchObject({ registerOptions: { section: 'threadlint' } });
  });

  it('leaves out a folder that does not exist and files that cannot be read, and says so once', async () => {
    const folder = folderWith({ 'beacon.c': BEACON, 'binary.c': 'ELF\u0000\u0000\u0001' });
    const probe = BEACON.replaceAll('beacon', 'probe').replace('"probe"', '"sondé"');
    writeFileSync(join(folder, 'latin1.c'), Buffer.from(probe, 'latin1'));
    const missing = join(folder, 'no such folder');
    const editor = await startEditor({ folders: [missing, folder] });
    await editor.ready();
    expect(editor.rulesIn(join(folder, 'beacon.c'))).toEqual([LEAK]);
    expect(editor.rulesIn(join(folder, 'latin1.c'))).toEqual([LEAK]);
    const log = editor.logged.join('\n');
    expect(log).toContain(`${missing}: not checked: it does not exist`);
    expect(log).toContain(`${join(folder, 'binary.c')}: not checked: it is a binary file`);
    expect(log).not.toMatch(/\n\s+at /);
    await editor.connection.sendRequest('threadlint/checkWorkspace');
    expect(editor.logged.join('\n').split('binary file')).toHaveLength(2);
  });
});
