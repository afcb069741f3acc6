import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { joinedIn, leakIn, project, ROOT, threadlint } from './project';

describe('help and version', () => {
  test('--version says the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(threadlint(ROOT, ['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test.each(['check', 'explain', 'rules', 'stats', 'threads'])(
    '%s --help shows its usage with examples',
    (command) => {
      const { code, out } = threadlint(ROOT, [command, '--help']);
      expect(out).toContain(`Usage: threadlint ${command}`);
      expect(out).toContain('Examples:');
      expect(code).toBe(0);
      expect(threadlint(ROOT, ['help', command]).out).toBe(out);
    },
  );

  test('the general help names every command; with no command it comes with exit code 2', () => {
    const { code, out } = threadlint(ROOT, ['--help']);
    for (const command of ['check', 'explain', 'rules', 'stats', 'threads'])
      expect(out).toContain(`threadlint ${command}`);
    expect(code).toBe(0);
    expect(threadlint(ROOT, [])).toMatchObject({ code: 2, out });
  });

  test('the help of check names every option that check takes', () => {
    const { out } = threadlint(ROOT, ['check', '--help']);
    for (const option of [
      'format',
      'rule',
      'exclude',
      'config',
      'define',
      'undefine',
      'show-possible',
      'verbose',
      'help',
    ]) {
      expect(out).toContain(`--${option}`);
    }
  });
});

describe('rules', () => {
  test('lists the rules, and explain knows each of them', () => {
    const { out } = threadlint(ROOT, ['rules']);
    const ids = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '');
    expect(ids).toEqual(
      expect.arrayContaining(['thread-not-joined', 'lock-order', 'phdr-callback-allocates']),
    );
    for (const id of ids) {
      const page = threadlint(ROOT, ['explain', id]);
      expect(page.code).toBe(0);
      expect(page.out).toContain(id);
      expect(page.out).toMatch(/Default: (error|warning|information|off)\n/);
    }
  });

  test('gives the same as JSON', () => {
    const rules: unknown = JSON.parse(threadlint(ROOT, ['rules', '--format', 'json']).out);
    expect(rules).toContainEqual(expect.objectContaining({ id: 'lock-order', severity: 'warning' }));
  });
});

describe('stats', () => {
  test('counts files, lines, functions and what was lost, with times and memory', () => {
    const folder = project({ 'a.c': leakIn('a'), 'b.c': joinedIn('b'), 'c.c': new Uint8Array([0]) });
    const { code, out } = threadlint(folder, ['stats', '--format', 'json']);
    const lines = [leakIn('a'), joinedIn('b')].join('').split('\n').length - 1;
    const document = JSON.parse(out);
    expect(document).toMatchObject({
      files: 2,
      skippedFiles: 1,
      functions: 4,
      damagedFunctions: 0,
      findings: 1,
    });
    expect(Math.abs(document.lines - lines)).toBeLessThanOrEqual(2);
    expect(Object.keys(document.phasesMs)).toEqual(expect.arrayContaining(['parse', 'rules']));
    expect(document.totalMs).toBeGreaterThan(0);
    expect(document.peakMemoryBytes).toBeGreaterThan(10_000_000);
    expect(code).toBe(0);
  });

  test('says it in words', () => {
    const { code, out } = threadlint(project({ 'a.c': leakIn('a') }), ['stats']);
    for (const row of [
      /^files +1$/m,
      /^functions +2$/m,
      /^with parse errors +0 /m,
      /^not understood +0 .*outside of functions/m,
      /^facts +\d+ .*bytes a line/m,
      /^peak memory +\d+ MB$/m,
    ]) {
      expect(out).toMatch(row);
    }
    expect(code).toBe(0);
  });

  test('a function that cannot be parsed is counted as lost, and only that one', () => {
    const folder = project({ 'a.c': `${leakIn('a')}int broken(void) { int = = 3 ) ( ; }\n` });
    const document = JSON.parse(threadlint(folder, ['stats', '--format', 'json']).out);
    expect(document).toMatchObject({ damagedFunctions: 1, findings: 1 });
  });

  const LOSING = {
    'a.c': `${leakIn('a')}int broken(void) {\n    int x = 1;\n    x = = 3;\n    return x;\n}\n`,
    'b.c': 'int b;\n@ ! @\n#define OPEN(x) if (x) { lock(x)\n',
    'c.c': joinedIn('c'),
    'd.c': new Uint8Array([0]),
  };

  test('--lost lists what was not understood, with its place, the reason and the text there', () => {
    const folder = project(LOSING);
    const { code, out, err } = threadlint(folder, ['stats', '--lost']);
    const line = leakIn('a').split('\n').length + 2;
    expect(out).toContain('a.c: 1 of 3 functions with parse errors, 0 characters not understood\n');
    expect(out).toContain(`  a.c:${line}:9: in \`broken\`: not understood: \`x = = 3;\`\n`);
    expect(out).toContain('b.c: 0 of 0 functions with parse errors, 3 characters not understood\n');
    expect(out).toContain('  b.c:2:1: not understood: `@ ! @`\n');
    expect(out).toMatch(
      / {2}b\.c:3:9: the macro leaves brackets open.*: `#define OPEN\(x\) if \(x\) { lock\(x\)`\n/,
    );
    expect(out).toMatch(/ {2}d\.c: not checked: it is a binary file\n/);
    expect(out).not.toContain('c.c: 0');
    expect(out).toMatch(/^files +3 {2}\(1 more not checked\)$/m);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(threadlint(folder, ['stats', 'c.c', '--lost']).out).toMatch(/^nothing was lost\n/);
  });

  test('--lost says the same as JSON, and every file has its counts there', () => {
    const document = JSON.parse(threadlint(project(LOSING), ['stats', '--lost', '--format', 'json']).out);
    expect(document.lost).toEqual([
      expect.objectContaining({
        file: 'a.c',
        column: 9,
        kind: 'function',
        inside: 'broken',
        text: 'x = = 3;',
      }),
      { file: 'b.c', line: 2, column: 1, kind: 'text', reason: 'not understood', text: '@ ! @' },
      expect.objectContaining({ file: 'b.c', line: 3, kind: 'macro' }),
      expect.objectContaining({ file: 'd.c', kind: 'file', reason: expect.stringContaining('binary') }),
    ]);
    expect(document.perFile).toEqual([
      expect.objectContaining({ file: 'a.c', functions: 3, damagedFunctions: 1, unreadCharacters: 0 }),
      expect.objectContaining({ file: 'b.c', functions: 0, damagedFunctions: 0, unreadCharacters: 3 }),
      expect.objectContaining({ file: 'c.c', functions: 2, damagedFunctions: 0, language: 'c' }),
    ]);
    expect(document).toMatchObject({ damagedFunctions: 1, unreadCharacters: 3 });
    expect(document.factsBytesPerLine).toBe(Math.round(document.factsBytes / document.lines));
    expect(document.factsBytes).toBeGreaterThan(1000);
  });

  test('refuses what it does not know', () => {
    expect(threadlint(ROOT, ['stats', '--format', 'sarif'])).toMatchObject({
      code: 2,
      err: 'threadlint: unknown format `sarif`; it must be one of text, json (see `threadlint stats --help`)\n',
    });
  });
});
