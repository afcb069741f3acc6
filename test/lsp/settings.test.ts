import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, startEditor, until, write } from './client';
import { BEACON, LEAK } from './sources';

describe('settings', () => {
  it('change severities and what is excluded while the server runs', async () => {
    const folder = folderWith({
      'beacon.c': BEACON,
      'vendor/lib/probe.c': BEACON.replaceAll('beacon', 'probe'),
    });
    const [beacon, probe] = [join(folder, 'beacon.c'), join(folder, 'vendor/lib/probe.c')];
    const editor = await startEditor({ folders: [folder], settings: { exclude: ['vendor/**'] } });
    await until(() => editor.rulesIn(beacon).includes(LEAK), 'the finding');
    expect(editor.rulesIn(probe)).toEqual([]);
    // Excluded is excluded, open or not.
    editor.open(probe, BEACON);
    editor.close(probe);

    editor.settings = { exclude: [], severity: { [LEAK]: 'error' } };
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(
      () => editor.rulesIn(probe).includes(LEAK),
      'the finding in the file that is no longer excluded',
    );
    await until(() => editor.pushed.get(beacon)?.diagnostics[0]?.severity === 1, 'the new severity');

    editor.settings = { severity: { [LEAK]: 'off' } };
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(
      () => editor.rulesIn(beacon).length + editor.rulesIn(probe).length === 0,
      'the findings to go',
    );
  });

  it('come with initialize and didChangeConfiguration from clients that cannot be asked', async () => {
    const folder = folderWith({ 'beacon.c': BEACON });
    const file = join(folder, 'beacon.c');
    const editor = await startEditor({ folders: [folder], initializationOptions: { exclude: ['*.c'] } });
    await editor.ready();
    expect(editor.pushes).toEqual([]);
    await editor.connection.sendNotification('workspace/didChangeConfiguration', {
      settings: { threadlint: {} },
    });
    await until(() => editor.rulesIn(file).includes(LEAK), 'the finding');
  });

  it('that make no sense are named in one sentence each, and the others hold', async () => {
    const folder = folderWith({ 'beacon.c': BEACON, 'vendor/probe.c': BEACON });
    const editor = await startEditor({
      folders: [folder],
      settings: { exclude: ['vendor', 7], severity: { 'lock-ordre': 'error', 'lock-order': 'fatal' } },
    });
    await until(() => editor.rulesIn(join(folder, 'beacon.c')).includes(LEAK), 'the finding');
    expect(editor.rulesIn(join(folder, 'vendor/probe.c'))).toEqual([]);
    expect(editor.shown).toEqual([
      expect.stringMatching(/"threadlint.severity" names the unknown rule "lock-ordre"/),
      expect.stringMatching(
        /"threadlint.severity" gives lock-order the level "fatal"; it must be one of error,/,
      ),
      expect.stringMatching(/"threadlint.exclude" holds 7, which is not a glob/),
    ]);
    expect(editor.logged.join('\n')).toContain('lock-ordre');

    editor.settings = 'everything';
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(() => editor.rulesIn(join(folder, 'vendor/probe.c')).includes(LEAK), 'the defaults');
    expect(editor.shown.at(-1)).toMatch(/"threadlint" must be an object, not "everything"/);
  });

  it('of the project file hold as on the command line, the editor’s own win', async () => {
    const config = { severity: { [LEAK]: 'error' }, exclude: ['vendor/'] };
    const folder = folderWith({
      'threadlint.json': JSON.stringify(config),
      'beacon.c': BEACON,
      'vendor/probe.c': BEACON.replaceAll('beacon', 'probe'),
    });
    const file = join(folder, 'beacon.c');
    const editor = await startEditor({ folders: [folder], settings: {} });
    await until(() => editor.pushed.get(file)?.diagnostics[0]?.severity === 1, 'the severity of the file');
    expect(editor.rulesIn(join(folder, 'vendor/probe.c'))).toEqual([]);
    editor.settings = { severity: { [LEAK]: 'information' } };
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(() => editor.pushed.get(file)?.diagnostics[0]?.severity === 3, 'the severity of the editor');

    write(join(folder, 'threadlint.json'), '{ "severity": { ');
    editor.onDisk(join(folder, 'threadlint.json'), 2);
    await until(() => editor.shown.length === 1, 'the sentence about the broken file');
    expect(editor.shown[0]).toContain(join(folder, 'threadlint.json'));
    rmSync(join(folder, 'threadlint.json'));
    editor.onDisk(join(folder, 'threadlint.json'), 3);
    await until(() => editor.rulesIn(join(folder, 'vendor/probe.c')).includes(LEAK), 'no exclusion');
  });

  it('choose the branches that are read, above the project file and its build', async () => {
    const folder = folderWith({
      'beacon.c': `#if WITH_BEACON == 2\n${BEACON}#endif\n`,
      'compile_flags.txt': '-DWITH_BEACON=2\n',
    });
    const file = join(folder, 'beacon.c');
    const shows = (leak: boolean) => () => editor.rulesIn(file).includes(LEAK) === leak;
    const editor = await startEditor({ folders: [folder], settings: {} });
    await until(shows(true), 'the finding by the flags');

    write(join(folder, 'threadlint.json'), '{ "undefines": ["WITH_BEACON"] }');
    editor.onDisk(join(folder, 'threadlint.json'), 1);
    await until(shows(false), 'no finding by the project file');

    editor.settings = { defines: { WITH_BEACON: '2' } };
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(shows(true), 'the finding by the settings');

    editor.settings = {};
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(shows(false), 'no finding without the settings');

    rmSync(join(folder, 'threadlint.json'));
    editor.onDisk(join(folder, 'threadlint.json'), 3);
    await until(shows(true), 'the flags again');
    write(join(folder, 'compile_flags.txt'), '-DWITH_BEACON=1\n');
    editor.onDisk(join(folder, 'compile_flags.txt'), 2);
    await until(shows(false), 'no finding by the changed flags');

    write(join(folder, 'compile_commands.json'), '[ {');
    editor.onDisk(join(folder, 'compile_commands.json'), 1);
    await until(
      () => editor.logged.join('\n').includes('compile_commands.json: not used: it is not valid JSON'),
      'the note about the broken file',
    );

    editor.settings = { defines: { '1': '2', WITH_BEACON: 2 }, undefines: 'WITH_BEACON' };
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await until(() => editor.shown.length === 3, 'what is wrong with the settings');
    expect(editor.shown).toEqual([
      expect.stringMatching(/"threadlint.defines" names "1", which no macro can be called/),
      expect.stringMatching(/"threadlint.defines" gives WITH_BEACON the body 2, which is not a string/),
      expect.stringMatching(/"threadlint.undefines" must be an array of names of macros, not "WITH_BEACON"/),
    ]);
  });
});
