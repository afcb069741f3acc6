/** Which branch of `#if` is read: options, configuration, and what a build leaves behind. */
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakIn, project, sentencesOf, threadlint } from './project';

/** Leaks where `WITH_LEAK` is 2. */
const GATED = `#if WITH_LEAK == 2\n${leakIn('a')}#endif\nint other(void);\n`;

function findings(folder: string, ...args: string[]): number {
  const { code, out, err } = threadlint(folder, ['check', '--format', 'json', ...args]);
  expect({ code: code === 0 || code === 1, err }).toEqual({ code: true, err: '' });
  return JSON.parse(out).findings.length;
}

const config = (value: unknown): string => JSON.stringify(value);

describe('-D and -U', () => {
  test('choose the branch that is read; the last one wins', () => {
    const folder = project({ 'a.c': GATED });
    expect(findings(folder)).toBe(0);
    expect(findings(folder, '-D', 'WITH_LEAK=2')).toBe(1);
    expect(findings(folder, '-DWITH_LEAK=2')).toBe(1);
    expect(findings(folder, '--define', 'WITH_LEAK=2', '-UWITH_LEAK')).toBe(0);
    expect(findings(folder, '-U', 'WITH_LEAK', '-DWITH_LEAK=2')).toBe(1);
    expect(findings(folder, '-DWITH_LEAK=2', '-DWITH_LEAK')).toBe(0);
  });

  test('are taken by stats too', () => {
    const folder = project({ 'a.c': GATED });
    const functions = (...args: string[]) =>
      JSON.parse(threadlint(folder, ['stats', '-f', 'json', ...args]).out).functions;
    expect(functions()).toBe(0);
    expect(functions('-DWITH_LEAK=2')).toBe(2);
  });

  test.each([
    [['-D', '9=1'], 'option -D needs NAME or NAME=VALUE, not `9=1`'],
    [['-D'], 'option -D needs a value'],
    [['-U', 'A=1'], 'option -U needs the name of a macro, not `A=1`'],
  ])('%j is refused in one sentence', (args, sentence) => {
    const outcome = threadlint(project({ 'a.c': GATED }), ['check', ...args]);
    expect(outcome.code).toBe(2);
    expect(sentencesOf(outcome)).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('the configuration', () => {
  test('defines and undefines, and the command line stands above it', () => {
    const folder = project({ 'a.c': GATED, 'threadlint.json': config({ defines: { WITH_LEAK: '2' } }) });
    expect(findings(folder)).toBe(1);
    expect(findings(folder, '-UWITH_LEAK')).toBe(0);
    const other = project({ 'a.c': GATED, 'threadlint.json': config({ undefines: ['WITH_LEAK'] }) });
    expect(findings(other)).toBe(0);
    expect(findings(other, '-DWITH_LEAK=2')).toBe(1);
  });

  test.each([
    [{ defines: { A: 1 } }, '`defines.A` must be a string'],
    [{ defines: { 'A b': '1' } }, '`defines.A b` is not a name that a macro can have'],
    [{ defines: ['A'] }, '`defines` must be an object that gives a body for each macro'],
    [{ undefines: ['A', '-'] }, '`undefines.1` is not a name that a macro can have'],
  ])('%j is refused with its place', (value, sentence) => {
    const outcome = threadlint(project({ 'a.c': GATED, 'threadlint.json': config(value) }), ['check']);
    expect(outcome.code).toBe(2);
    expect(sentencesOf(outcome)).toEqual([expect.stringMatching(/threadlint\.json:1:\d+: /)]);
    expect(outcome.err).toContain(sentence);
  });
});

describe('a build', () => {
  const command = (flags: string, file = 'a.c'): string =>
    config([{ directory: '..', file, command: `cc ${flags} -c ${file}` }]);

  test.each(['compile_commands.json', 'build/compile_commands.json'])('gives macros by %s', (name) => {
    const directory = name.startsWith('build') ? '..' : '.';
    const database = config([{ directory, file: 'a.c', command: 'cc -DWITH_LEAK=2 -c a.c' }]);
    const folder = project({ 'a.c': GATED, [name]: database });
    expect(findings(folder)).toBe(1);
    expect(findings(folder, '-UWITH_LEAK')).toBe(0);
    expect(findings(folder, '-DWITH_LEAK=3')).toBe(0);
  });

  test('gives macros by compile_flags.txt, but to files with a command of their own', () => {
    const flags = '# for all\n-DWITH_LEAK=2\n';
    expect(findings(project({ 'a.c': GATED, 'compile_flags.txt': flags }))).toBe(1);
    const both = {
      'a.c': GATED,
      'b.c': GATED,
      'compile_flags.txt': flags,
      'build/compile_commands.json': command(''),
    };
    expect(findings(project(both))).toBe(1);
  });

  test('stands below the configuration', () => {
    const folder = project({
      'a.c': GATED,
      'compile_flags.txt': '-DWITH_LEAK=2\n',
      'threadlint.json': config({ defines: { WITH_LEAK: '3' } }),
    });
    expect(findings(folder)).toBe(0);
  });

  test('says the language', () => {
    const text = `${leakIn('a')}struct s { void f() { } };\n`;
    const language = (flags: string) => {
      const folder = project({ 'a.c': text, 'build/compile_commands.json': command(flags) });
      return JSON.parse(threadlint(folder, ['stats', '-f', 'json']).out).perFile[0].language;
    };
    expect(language('')).toBe('c');
    expect(language('-x c++')).toBe('cpp');
  });

  test('gives headers what all its commands agree on', () => {
    const entries = [
      { file: 'a.c', command: 'cc -DWITH_LEAK=2 -DA a.c' },
      { file: 'b.c', command: 'cc -DWITH_LEAK=2 -DB b.c' },
    ];
    const files = { 'a.h': GATED, 'a.c': '#include "a.h"\n', 'b.c': 'int b;\n' };
    expect(findings(project({ ...files, 'compile_commands.json': config(entries) }))).toBe(1);
    const split = [entries[0], { file: 'b.c', command: 'cc -DB b.c' }];
    expect(findings(project({ ...files, 'compile_commands.json': config(split) }))).toBe(0);
  });

  test.each([
    ['no JSON', '[ {', 'it is not valid JSON'],
    ['no list', '{}', 'it must hold a list of commands'],
    ['entries that are none', '[1, {}]', 'none of its entries has a `file`'],
  ])('with %s is one note, and everything is found', (_, text, reason) => {
    const folder = project({ 'a.c': leakIn('a'), 'compile_commands.json': text });
    const { code, out, err } = threadlint(folder, ['check', '--format', 'json']);
    expect(JSON.parse(out).notes).toEqual([
      { file: 'compile_commands.json', message: expect.stringContaining(reason) },
    ]);
    expect({ code, err, found: JSON.parse(out).findings.length }).toEqual({ code: 1, err: '', found: 1 });
    expect(threadlint(folder, ['check']).out).toContain(`compile_commands.json: note: not used: ${reason}`);
    const stats = threadlint(folder, ['stats']);
    expect(sentencesOf(stats)).toEqual([expect.stringContaining(reason)]);
    expect(stats.code).toBe(0);
  });

  test('that is too large is one note', () => {
    const folder = project({ 'a.c': leakIn('a'), 'compile_commands.json': '' });
    truncateSync(join(folder, 'compile_commands.json'), 65 * 1024 * 1024);
    const { code, out } = threadlint(folder, ['check', '--format', 'json']);
    expect(JSON.parse(out).notes).toEqual([
      { file: 'compile_commands.json', message: 'not used: it is larger than 64 MB' },
    ]);
    expect(code).toBe(1);
  });

  test('outside of the folder is not followed to', () => {
    const outside = project({ 'compile_commands.json': command('-DWITH_LEAK=2') });
    const folder = project({ 'a.c': GATED });
    symlinkSync(join(outside, 'compile_commands.json'), join(folder, 'compile_commands.json'));
    const { out } = threadlint(folder, ['check', '--format', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      findings: [],
      notes: [{ file: 'compile_commands.json', message: expect.stringContaining('outside the folder') }],
    });
  });

  test('that is none, and one that names files elsewhere, disturb nothing', () => {
    expect(findings(project({ 'a.c': leakIn('a'), 'compile_flags.txt': '\0\xff -D\n-D\n' }))).toBe(1);
    const entries = [{ directory: '/', file: '/no/such/file.c', command: 'touch ran' }];
    expect(findings(project({ 'a.c': leakIn('a'), 'compile_commands.json': config(entries) }))).toBe(1);
    const folder = project({ 'a.c': leakIn('a'), 'compile_commands.json/a.txt': '' });
    const { out } = threadlint(folder, ['check', '--format', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      findings: [{ rule: 'thread-not-joined' }],
      notes: [{ file: 'compile_commands.json', message: expect.stringContaining('it is a folder') }],
    });
  });
});
