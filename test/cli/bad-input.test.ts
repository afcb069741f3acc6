import { chmodSync, cpSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSource } from '../../server/src/host/read';
import { listSources } from '../../server/src/host/walk';
import {
  DIST,
  joinedIn,
  leakIn,
  type Outcome,
  project,
  ROOT,
  runBundle,
  sentencesOf,
  threadlint,
} from './project';

/** The good file beside the bad input must be reported as if nothing had happened. */
function expectLeakOfA({ out }: Outcome): void {
  expect(out).toContain('a.c:12:9: warning [thread-not-joined]');
}

describe('paths', () => {
  test('one that does not exist is named, and the others are checked', () => {
    const outcome = threadlint(project({ 'a.c': leakIn('a') }), ['check', 'missing', 'a.c', 'no/such.c']);
    expect(sentencesOf(outcome)).toEqual([
      'threadlint: missing was not checked: it does not exist',
      'threadlint: no/such.c was not checked: it does not exist',
    ]);
    expectLeakOfA(outcome);
    expect(outcome.code).toBe(2);
  });

  test('a folder without C files is named', () => {
    const folder = project({ 'a.c': leakIn('a'), 'docs/readme.md': '# readme\n' });
    const alone = threadlint(folder, ['check', 'docs']);
    expect(sentencesOf(alone)).toEqual(['threadlint: no C or C++ files in docs']);
    expect(alone).toMatchObject({ code: 2, out: '' });
    const together = threadlint(folder, ['check', 'docs', 'a.c']);
    expectLeakOfA(together);
    expect(together.code).toBe(2);
  });

  test('a loop of links is not entered, and each file is checked once', () => {
    const folder = project({ 'src/a.c': leakIn('a') });
    symlinkSync('..', join(folder, 'src/up'));
    symlinkSync('.', join(folder, 'src/self'));
    symlinkSync('loop.c', join(folder, 'src/loop.c'));
    const outcome = threadlint(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.out).toContain('src/loop.c: note: not checked: the link leads nowhere');
    expect(outcome.out).toContain('1 finding (1 warning) in 1 file');
    expect(outcome).toMatchObject({ code: 1, err: '' });
    const named = threadlint(folder, ['check', 'src/loop.c']);
    expect(sentencesOf(named)).toEqual([
      'threadlint: src/loop.c was not checked: it is a symbolic link that leads back to itself',
    ]);
    expect(named.code).toBe(2);
  });

  test('a link that leads out of the checked folders is said and not followed', () => {
    const folder = project({ 'inside/a.c': leakIn('a'), 'outside/b.c': leakIn('b') });
    symlinkSync('../outside', join(folder, 'inside/link'));
    const outcome = threadlint(folder, ['check', 'inside']);
    expect(outcome.out).toContain('inside/link: note: not checked: it is a link to');
    expect(outcome.out).toContain('in 1 file');
  });
});

describe('files', () => {
  test('a binary file is a note in a folder and a failure when named', () => {
    const folder = project({ 'a.c': leakIn('a'), 'b.c': new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0]) });
    const outcome = threadlint(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.out).toContain('b.c: note: not checked: it is a binary file');
    expect(outcome).toMatchObject({ code: 1, err: '' });
    const named = threadlint(folder, ['check', 'b.c', 'a.c']);
    expect(sentencesOf(named)).toEqual(['threadlint: b.c was not checked: it is a binary file']);
    expectLeakOfA(named);
    expect(named.code).toBe(2);
  });

  test('a file of 50 MB is a note with both sizes', () => {
    const folder = project({ 'a.c': leakIn('a'), 'big.c': new Uint8Array(50 * 1024 * 1024).fill(32) });
    const outcome = threadlint(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.out).toContain('big.c: note: not checked: it has 50 MB, the limit is 16 MB');
    expect(outcome).toMatchObject({ code: 1, err: '' });
  });

  test('a file that is not UTF-8 is read as Latin-1', () => {
    const text = `/* caf\xe9 */ ${leakIn('a')}`;
    const folder = project({ 'a.c': Buffer.from(text, 'latin1') });
    const outcome = threadlint(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.code).toBe(1);
  });

  test('a UTF-16 file is read as such, and its frame shows it; big-endian is a note that says what to do', () => {
    const text = Buffer.from(`\ufeff${leakIn('a')}`, 'utf16le');
    const folder = project({ 'a.c': text, 'big.c': Buffer.from(text).swap16() });
    const outcome = threadlint(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.out).toContain('12 |     if (pthread_create(&a_worker, NULL, work, NULL) != 0)');
    expect(outcome.out).toContain('big.c: note: not checked: it is big-endian UTF-16 text; save it as UTF-8');
  });

  test('an empty file and one of nonsense are checked like others', () => {
    const folder = project({ 'a.c': leakIn('a'), 'empty.c': '', 'odd.c': '}}}} ((( #if \\\n"' });
    const outcome = threadlint(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.out).toMatch(/1 finding \(1 warning\) in 3 files\n$/);
  });

  test('an unreadable file or folder is a note', () => {
    const folder = project({ 'a.c': leakIn('a'), 'secret.c': leakIn('secret'), 'vault/b.c': leakIn('b') });
    chmodSync(join(folder, 'secret.c'), 0o000);
    chmodSync(join(folder, 'vault'), 0o000);
    const outcome = asOrdinaryUser(folder, ['check']);
    expectLeakOfA(outcome);
    expect(outcome.out).toContain('secret.c: note: not checked: it cannot be read: permission denied');
    expect(outcome.out).toContain('vault: note: not checked: the folder cannot be read: permission denied');
    expect(outcome.out).toContain('1 finding (1 warning) in 1 file');
    expect(outcome).toMatchObject({ code: 1, err: '' });
    chmodSync(join(folder, 'vault'), 0o755);
  });

  test('a file deleted between listing and reading is a note', async () => {
    const folder = project({ 'a.c': joinedIn('a'), 'b.c': joinedIn('b') });
    const { files } = await listSources([folder]);
    unlinkSync(join(folder, 'a.c'));
    const [gone, there] = await Promise.all(files.map(readSource));
    expect(gone).toEqual({ note: { file: `${folder}/a.c`, message: 'not checked: it no longer exists' } });
    expect(there).toHaveProperty('content');
  });
});

describe('arguments', () => {
  const folder = () => project({ 'a.c': leakIn('a') });
  const refusals: [string[], string][] = [
    [['check', '--format', 'jsno'], 'unknown format `jsno`; did you mean `json`?'],
    [['check', '--format', 'xml'], 'unknown format `xml`; it must be one of text, json, sarif, github'],
    [
      ['check', '--rule', 'thread-not-join'],
      'unknown rule `thread-not-join`; did you mean `thread-not-joined`?',
    ],
    [['check', '--rule', 'lock-order,zzz'], 'unknown rule `zzz`; `threadlint rules` lists them'],
    [['explain', 'lock-oder'], 'unknown rule `lock-oder`; did you mean `lock-order`?'],
    [['explain'], 'explain needs the id of a rule; `threadlint rules` lists them'],
    [['check', '--fromat', 'json'], 'unknown option --fromat; did you mean `--format`?'],
    [['check', '--format'], 'option --format needs a value'],
    [['check', '--rule', '--verbose'], 'option --rule needs a value'],
    [['check', '--verbose=yes'], 'option --verbose takes no value'],
    [['chekc', '.'], 'unknown command `chekc`; did you mean `check`?'],
    [['src/'], 'unknown command `src/`; to check a file or folder write `threadlint check src/`'],
  ];
  test.each(refusals)('%j is refused with one sentence', (args, sentence) => {
    const outcome = threadlint(folder(), args);
    const [line, ...rest] = sentencesOf(outcome);
    expect(line).toContain(`threadlint: ${sentence} (see \`threadlint`);
    expect(rest).toEqual([]);
    expect(outcome).toMatchObject({ code: 2, out: '' });
  });
});

describe('configuration', () => {
  const mistakes: [string, string][] = [
    ['{ "severity": { "lock-order": "error" }', ':1:40: not valid JSON: close brace expected'],
    [
      '{\n  "severity": { "lock-ordr": "error" }\n}',
      ':2:17: unknown rule `lock-ordr`; did you mean `lock-order`?',
    ],
    [
      '{\n  "severity": {\n    "lock-order": "warn" }\n}',
      ':3:19: `severity.lock-order` must be one of error, warning, information, off',
    ],
    ['{ "excludes": [] }', ':1:3: unknown setting `excludes`; did you mean `exclude`?'],
    ['{ "exclude": "build" }', ':1:14: `exclude` must be a list of globs'],
    ['[]', ':1:1: the file must hold one JSON object'],
    ['', ':1:1: not valid JSON: value expected'],
  ];
  test.each(mistakes)('%j is refused with its place', (text, sentence) => {
    const folder = project({ 'a.c': leakIn('a'), 'threadlint.json': text });
    const outcome = threadlint(folder, ['check']);
    expect(sentencesOf(outcome)).toEqual([
      expect.stringContaining(`threadlint: ${join(folder, 'threadlint.json')}${sentence} `),
    ]);
    expect(outcome).toMatchObject({ code: 2, out: '' });
  });

  test('a configuration file that is not there is named', () => {
    const outcome = threadlint(project({ 'a.c': leakIn('a') }), ['check', '--config', 'none.json']);
    expect(sentencesOf(outcome)[0]).toMatch(/threadlint: the configuration file .*none\.json does not exist/);
    expect(outcome.code).toBe(2);
  });
});

describe('installation', () => {
  test('a missing grammar is one sentence', () => {
    const copy = installedCopy();
    unlinkSync(join(copy, 'grammars/tree-sitter-cpp.wasm'));
    const outcome = runBundle(join(copy, 'dist/threadlint.cjs'), copy, ['check']);
    expect(sentencesOf(outcome)).toEqual([
      expect.stringMatching(/^threadlint: the installation is incomplete: tree-sitter-cpp\.wasm is missing/),
    ]);
    expect(outcome.code).toBe(2);
  });

  test('a damaged grammar is one sentence', () => {
    const copy = installedCopy();
    writeFileSync(join(copy, 'a.c'), leakIn('a'));
    writeFileSync(join(copy, 'grammars/tree-sitter-c.wasm'), 'no wasm');
    const outcome = runBundle(join(copy, 'dist/threadlint.cjs'), copy, ['check', 'a.c']);
    expect(sentencesOf(outcome)).toHaveLength(1);
    expect(outcome.code).toBe(2);
  });
});

/** What an installed package holds, in a folder that any user can read. */
function installedCopy(): string {
  const copy = project({});
  chmodSync(copy, 0o755);
  mkdirSync(join(copy, 'dist'));
  for (const name of ['threadlint.cjs', 'threadlint-reader.cjs', 'web-tree-sitter.wasm']) {
    cpSync(join(DIST, name), join(copy, 'dist', name));
  }
  cpSync(join(ROOT, 'grammars'), join(copy, 'grammars'), { recursive: true });
  return copy;
}

/** Root may read everything, so as root the command runs as nobody. */
function asOrdinaryUser(folder: string, args: readonly string[]): Outcome {
  if (process.getuid?.() !== 0) return threadlint(folder, args);
  chmodSync(folder, 0o755);
  const bundle = join(installedCopy(), 'dist/threadlint.cjs');
  return runBundle(bundle, folder, args, { uid: 65534, gid: 65534, env: { HOME: tmpdir() } });
}
