import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { joinedIn, leakIn, project, ROOT, threadlint } from './project';

describe('help and version', () => {
  test('--version says the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(threadlint(ROOT, ['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test.each(['check', 'explain', 'rules', 'stats'])('%s --help shows its usage with examples', (command) => {
    const { code, out } = threadlint(ROOT, [command, '--help']);
    expect(out).toContain(`Usage: threadlint ${command}`);
    expect(out).toContain('Examples:');
    expect(code).toBe(0);
    expect(threadlint(ROOT, ['help', command]).out).toBe(out);
  });

  test('the general help names every command; with no command it comes with exit code 2', () => {
    const { code, out } = threadlint(ROOT, ['--help']);
    for (const command of ['check', 'explain', 'rules', 'stats'])
      expect(out).toContain(`threadlint ${command}`);
    expect(code).toBe(0);
    expect(threadlint(ROOT, [])).toMatchObject({ code: 2, out });
  });

  test('the help of check names every option that check takes', () => {
    const { out } = threadlint(ROOT, ['check', '--help']);
    for (const option of ['format', 'rule', 'exclude', 'config', 'show-possible', 'verbose', 'help']) {
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
      /^lost to parse errors +0 /m,
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

  test('refuses what it does not know', () => {
    expect(threadlint(ROOT, ['stats', '--format', 'sarif'])).toMatchObject({
      code: 2,
      err: 'threadlint: unknown format `sarif`; it must be one of text, json (see `threadlint stats --help`)\n',
    });
  });
});
