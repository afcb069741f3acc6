/** What compiler calls, compilation databases and the user's own settings say about a file. */
import { describe, expect, it } from 'vitest';
import { type Builds, buildOptionsOf, parseDatabase } from '../../server/src/host/compile-commands';
import { fileOptions } from '../../server/src/host/file-options';
import {
  type BuildOptions,
  optionsOfFlags,
  overlaid,
  parseDefine,
  splitCommand,
} from '../../server/src/host/flags';

describe('a command line is split as a shell does it', () => {
  it.each([
    ['', []],
    ['cc -c a.c', ['cc', '-c', 'a.c']],
    ['  cc\t-c\n a.c ', ['cc', '-c', 'a.c']],
    [`cc '-DA=b c' "-DD=e f"`, ['cc', '-DA=b c', '-DD=e f']],
    [String.raw`cc -DV=\"1.0\" -DW="\"a b\""`, ['cc', '-DV="1.0"', '-DW="a b"']],
    [String.raw`cc "C:\dir\a.c" '\n' a\ b.c`, ['cc', String.raw`C:\dir\a.c`, String.raw`\n`, 'a b.c']],
    [`cc "" ''`, ['cc', '', '']],
    [`cc "open`, ['cc', 'open']],
    ['cc end\\', ['cc', 'end\\']],
  ])('%j', (command, expected) => expect(splitCommand(command)).toEqual(expected));
});

describe('a compiler call', () => {
  it.each([
    ['gcc -c a.c', {}],
    ['gcc -DA -D B=2 -DC= -c a.c', { defines: { A: '1', B: '2', C: '' } }],
    ["gcc '-DMAX(a,b)=a' -c a.c", { defines: { MAX: 'a' } }],
    ['gcc -DA -UA -UB -DB=3', { defines: { B: '3' }, undefines: ['A'] }],
    ['gcc -D 1 -D -U 2', {}],
    ['g++ -c a.c', { language: 'cpp' }],
    ['/usr/bin/x86_64-linux-gnu-g++-12 -c a.c', { language: 'cpp' }],
    ['ccache clang++ -c a.c', { language: 'cpp' }],
    ['clang -x c++ -c a.h', { language: 'cpp' }],
    ['clang++ -xc -c a.c', { language: 'c' }],
    ['clang -std=gnu++17 -c a.h', { standard: 'cpp' }],
    ['gcc -std=c11 -c a.h', {}],
  ])('%s', (command, expected) => {
    const { defines, undefines, ...rest } = { defines: {}, undefines: [], ...expected };
    expect(optionsOfFlags(splitCommand(command), true)).toEqual({ defines, undefines, ...rest });
  });

  it('defines by name, by name and value, or not at all', () => {
    expect(parseDefine('A')).toEqual({ name: 'A', value: '1' });
    expect(parseDefine('A=b=c')).toEqual({ name: 'A', value: 'b=c' });
    expect(parseDefine('=b')).toBeUndefined();
    expect(parseDefine('9=b')).toBeUndefined();
  });

  it('stands below what a user sets', () => {
    const under = { defines: { A: '1', B: '1' }, undefines: ['C', 'D'] };
    expect(overlaid(under, { defines: { A: '2', C: '3' }, undefines: ['B'] })).toEqual({
      defines: { A: '2', C: '3' },
      undefines: ['D', 'B'],
    });
  });
});

const database = (entries: unknown): ReturnType<typeof parseDatabase> =>
  parseDatabase(JSON.stringify(entries), '/w/build');

describe('a compilation database', () => {
  it('gives macros by file, wherever its commands ran; the first command of a file counts', () => {
    const found = database([
      { directory: '/w/build', file: '../a.c', command: 'gcc -DA=1 ../a.c' },
      { directory: '/w', file: 'b.c', arguments: ['gcc', '-DB=two words', 'b.c'] },
      { file: '/w/c.c', command: 'gcc c.c' },
      { directory: '/w', file: 'a.c', command: 'gcc -DA=2 a.c' },
    ]);
    expect('commands' in found && [...found.commands].map(([file, { defines }]) => [file, defines])).toEqual([
      ['/w/a.c', { A: '1' }],
      ['/w/b.c', { B: 'two words' }],
      ['/w/c.c', {}],
    ]);
  });

  it.each([
    ['no JSON', '[{', /not valid JSON/],
    ['no list', '{ "file": "a.c" }', /must hold a list/],
    ['no commands', '[1, null, "a", {}, { "file": 3 }, { "file": "a.c" }]', /none of its entries/],
  ])('with %s says so', (_, text, problem) => {
    expect(parseDatabase(text, '/w')).toEqual({ problem: expect.stringMatching(problem) });
  });

  it('leaves out entries that are wrong, and keeps the others', () => {
    const found = database([null, { file: 'a.c', arguments: [1, 'gcc', '-DA'], directory: 7 }, { file: '' }]);
    expect('commands' in found && [...found.commands.keys()]).toEqual(['/w/build/a.c']);
    expect(database([])).toEqual({ commands: new Map() });
  });
});

describe('the options of a file', () => {
  const own: BuildOptions = { defines: { A: '1', B: '1' }, undefines: [] };
  const builds: Builds = {
    commands: new Map<string, BuildOptions>([
      ['/w/a.c', own],
      ['/w/b.c', { defines: { A: '1' }, undefines: ['C'], standard: 'cpp' }],
    ]),
    folders: [
      { folder: '/w/lib', options: { defines: { L: '1' }, undefines: [], standard: 'cpp' } },
      { folder: '/w', options: { defines: { A: '1' }, undefines: [] } },
    ],
    notes: [],
  };

  it('are those of its command, else those of the nearest folder, else none', () => {
    expect(buildOptionsOf(builds, '/w/a.c')).toBe(own);
    expect(buildOptionsOf(builds, '/w/lib/x.c')?.defines).toEqual({ L: '1' });
    expect(buildOptionsOf(builds, '/w/library.c')?.defines).toEqual({ A: '1' });
    expect(buildOptionsOf(builds, '/elsewhere/a.c')).toBeUndefined();
  });

  it('end with what the user sets', () => {
    const options = fileOptions(builds, { defines: { A: '9' }, undefines: ['B'] });
    expect(options('/w/a.c')).toEqual({ defines: { A: '9' }, undefines: ['B'] });
    expect(options('/elsewhere/a.c')).toEqual({ defines: { A: '9' }, undefines: ['B'] });
  });

  it('take the language of a standard for headers only: a compiler goes by the name of a source', () => {
    const options = fileOptions(builds, { defines: {}, undefines: [] });
    expect(options('/w/b.c').language).toBeUndefined();
    expect(options('/w/lib/x.h').language).toBe('cpp');
    expect(options('/w/lib/x.c').language).toBeUndefined();
  });
});
