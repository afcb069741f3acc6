import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUNDLE, joinedIn, leakIn, project, threadlint } from './project';

describe('threadlint check', () => {
  test('shows each finding with its place, its rule and the line underlined, and exits with 1', () => {
    const folder = project({ 'src/start.c': leakIn('start') });
    const { code, out, err } = threadlint(folder, ['check']);
    expect(out).toMatch(/^src\/start\.c:12:9: warning \[thread-not-joined\] .*`start_worker`/);
    expect(out).toContain(
      [
        '  12 |     if (pthread_create(&start_worker, NULL, work, NULL) != 0)',
        '     |         ^~~~~~~~~~~~~~',
      ].join('\n'),
    );
    expect(out).toMatch(/\n1 finding \(1 warning\) in 1 file\n$/);
    expect(err).toBe('');
    expect(code).toBe(1);
  });

  test('exits with 0 where there is nothing to find', () => {
    const outcome = threadlint(project({ 'ok.c': joinedIn('ok') }), ['check']);
    expect(outcome).toEqual({ code: 0, out: 'no findings in 1 file\n', err: '' });
  });

  test('checks a single file alone, whatever its extension', () => {
    const folder = project({ 'a.c': leakIn('a'), 'generated.c.in': leakIn('generated') });
    const { out } = threadlint(folder, ['check', 'generated.c.in']);
    expect(out).toContain('generated.c.in:12:9');
    expect(out).not.toContain('a.c:12');
    expect(out).toContain('in 1 file');
  });

  test('checks several paths together and each file once', () => {
    const folder = project({ 'a/one.c': leakIn('one'), 'b/two.c': leakIn('two') });
    const { out } = threadlint(folder, ['check', 'a', 'b/two.c', 'b', 'a/one.c']);
    expect(out).toContain('2 findings (2 warnings) in 2 files');
  });

  test('shows files outside the working directory with their full path', () => {
    const folder = project({ 'here/ok.c': joinedIn('ok'), 'there/bad.c': leakIn('bad') });
    const { out } = threadlint(join(folder, 'here'), ['check', '../there']);
    expect(out).toContain(`${join(folder, 'there/bad.c')}:12:9: warning`);
  });

  test('gives the same bytes twice', () => {
    const folder = project({ 'a.c': leakIn('a'), 'b.cpp': leakIn('b'), 'c/c.h': leakIn('c') });
    for (const format of ['text', 'json', 'sarif', 'github']) {
      const first = threadlint(folder, ['check', '--format', format]);
      const second = threadlint(folder, ['check', '--format', format, 'c', 'b.cpp', 'a.c']);
      expect(second.out).toBe(first.out);
    }
  });

  test('is silent when the reader of its output leaves early', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `f${index}`);
    const folder = project(Object.fromEntries(names.map((name) => [`${name}.c`, leakIn(name)])));
    const child = spawn(process.execPath, [BUNDLE, 'check', '--format', 'json'], { cwd: folder });
    let err = '';
    child.stderr.on('data', (data) => {
      err += data;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'close');
    expect(err).toBe('');
    expect(code).toBeLessThan(2);
  });
});

describe('what is checked', () => {
  test('follows .gitignore files at every level, and their exceptions', () => {
    const folder = project({
      '.git/HEAD': '',
      '.gitignore': 'build/\n*.gen.c\n',
      'build/a.c': leakIn('a'),
      'b.gen.c': leakIn('b'),
      'lib/.gitignore': '!keep.gen.c\nold.c\n',
      'lib/keep.gen.c': leakIn('keep'),
      'lib/old.c': leakIn('old'),
    });
    expect(filesWithFindings(folder, ['check'])).toEqual(['lib/keep.gen.c']);
    expect(filesWithFindings(folder, ['check', 'lib'])).toEqual(['lib/keep.gen.c']);
  });

  test('leaves node_modules out unless the path lies in it, even where .gitignore names it', () => {
    const folder = project({
      '.git/HEAD': '',
      '.gitignore': 'node_modules\n',
      'a.c': leakIn('a'),
      'node_modules/lib/b.c': leakIn('b'),
    });
    expect(filesWithFindings(folder, ['check'])).toEqual(['a.c']);
    expect(filesWithFindings(folder, ['check', 'node_modules/lib'])).toEqual(['node_modules/lib/b.c']);
  });

  test('leaves out what --exclude and the configuration name', () => {
    const folder = project({
      'a.c': leakIn('a'),
      'test/b.c': leakIn('b'),
      'lib/test/c.c': leakIn('c'),
      'lib/old/d.c': leakIn('d'),
      'lib/e.c': leakIn('e'),
    });
    expect(filesWithFindings(folder, ['check', '-x', '**/test/**', '--exclude', 'lib/{old,older}'])).toEqual([
      'a.c',
      'lib/e.c',
    ]);
    // Globs are relative to where the command runs, also when only a part is checked.
    expect(filesWithFindings(folder, ['check', 'lib', '-x', 'lib/old', '-x', 'test'])).toEqual(['lib/e.c']);
    writeFileSync(join(folder, 'threadlint.json'), '{ "exclude": ["test", "/lib/old"] } // trailing comment');
    expect(filesWithFindings(folder, ['check'])).toEqual(['a.c', 'lib/e.c']);
    expect(filesWithFindings(join(folder, 'lib'), ['check'])).toEqual(['e.c']);
  });

  test('takes every extension of C and C++', () => {
    const names = 'c h cc cpp cxx c++ hh hpp hxx h++ inl ipp tpp C H'.split(' ');
    const files = names.map((extension, index) => [`f${index}.${extension}`, joinedIn(`f${index}`)]);
    const folder = project({ ...Object.fromEntries(files), 'notes.txt': leakIn('text') });
    expect(threadlint(folder, ['check']).out).toBe(`no findings in ${names.length} files\n`);
  });
});

describe('rules and levels', () => {
  test('--rule runs the named rules only', () => {
    const folder = project({ 'a.c': leakIn('a') });
    expect(threadlint(folder, ['check', '--rule', 'lock-order']).code).toBe(0);
    expect(threadlint(folder, ['check', '--rule', 'lock-order,thread-not-joined']).code).toBe(1);
    expect(threadlint(folder, ['check', '-r', 'lock-order', '-r', 'thread-not-joined']).code).toBe(1);
  });

  test('the configuration found upwards sets levels; findings for information do not fail', () => {
    const folder = project({
      'threadlint.json': '{ "severity": { "thread-not-joined": "information" } }',
      'src/a.c': leakIn('a'),
    });
    const { code, out } = threadlint(join(folder, 'src'), ['check']);
    expect(out).toContain('a.c:12:9: information [thread-not-joined]');
    expect(out).toContain('1 finding (1 for information) in 1 file');
    expect(code).toBe(0);
  });

  test('a level of error fails, a level of off silences, and --config names another file', () => {
    const folder = project({
      'threadlint.json': '{ "severity": { "thread-not-joined": "error" } }',
      'quiet.jsonc': '{ "severity": { "thread-not-joined": "off" } }',
      'a.c': leakIn('a'),
    });
    expect(threadlint(folder, ['check'])).toMatchObject({
      code: 1,
      out: expect.stringContaining(': error ['),
    });
    expect(threadlint(folder, ['check', '--config', 'quiet.jsonc']).code).toBe(0);
    // Asked for by name, a rule runs also where it is off.
    expect(threadlint(folder, ['check', '-c', 'quiet.jsonc', '-r', 'thread-not-joined']).code).toBe(1);
  });
});

function filesWithFindings(folder: string, args: readonly string[]): string[] {
  const document: unknown = JSON.parse(threadlint(folder, [...args, '--format', 'json']).out);
  const { findings } = document as { findings: { file: string }[] };
  return [...new Set(findings.map(({ file }) => file))];
}
