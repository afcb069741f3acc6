/** Reading in several threads: nothing but the time that it takes shows how many there were. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  BUNDLE,
  DIST,
  joinedIn,
  leakIn,
  type Outcome,
  project,
  ROOT,
  runBundle,
  threadlint,
} from './project';

/** All fixtures as one workspace, and files that are hard to read. */
function manyFiles(): string {
  const folder = project({
    'empty.c': '',
    'binary.c': new Uint8Array([0, 1, 2, 0, 255]),
    'cut.cpp': 'class a {',
  });
  cpSync(join(ROOT, 'test/fixtures'), join(folder, 'fixtures'), { recursive: true });
  for (let i = 0; i < 50; i++)
    writeFileSync(join(folder, `f${i}.c`), i % 2 ? leakIn(`f${i}`) : joinedIn(`f${i}`));
  return folder;
}

function check(folder: string, jobs: string, bundle = BUNDLE): Outcome {
  return runBundle(bundle, folder, [
    'check',
    '--verbose',
    '--show-possible',
    '--format',
    'json',
    '--jobs',
    jobs,
  ]);
}

describe('reading in threads', () => {
  test('gives byte by byte what one thread gives', () => {
    const folder = manyFiles();
    const alone = check(folder, '1');
    expect(JSON.parse(alone.out).findings.length).toBeGreaterThan(500);
    for (const jobs of ['2', '3']) expect(check(folder, jobs)).toEqual(alone);
  });

  test('is done without threads where their program is missing', () => {
    const folder = manyFiles();
    const copy = project({});
    mkdirSync(join(copy, 'dist'));
    for (const name of ['threadlint.cjs', 'web-tree-sitter.wasm'])
      cpSync(join(DIST, name), join(copy, 'dist', name));
    cpSync(join(ROOT, 'grammars'), join(copy, 'grammars'), { recursive: true });
    expect(check(folder, '2', join(copy, 'dist/threadlint.cjs'))).toEqual(check(folder, '2'));
  });

  test.each(['0', '65', 'two', '-1', '1.5'])('%s is no number of threads', (jobs) => {
    const outcome = threadlint(project({ 'a.c': joinedIn('a') }), ['check', `--jobs=${jobs}`]);
    expect(outcome).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/^threadlint: --jobs takes a whole number from 1 to 64, not `.*`.*\n$/),
    });
  });
});
