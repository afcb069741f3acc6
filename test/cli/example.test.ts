/** The example workspace that `npm start` shows: every incident the rules know is found, nothing else is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile, hasCompiler } from '../support/compiler';
import { ROOT, threadlint } from './project';

const EXAMPLE = join(ROOT, 'examples/incidents');
const RULES = 'thread-not-joined,lock-order,phdr-callback-allocates';

interface Place {
  file: string;
  range: { start: { line: number } };
}

interface Found extends Place {
  rule: string;
  flows: { steps: Place[] }[];
}

function check(): Found[] {
  const { out } = threadlint(EXAMPLE, ['check', '--format', 'json', '--rule', RULES]);
  const document = JSON.parse(out) as { findings: Found[] };
  return document.findings;
}

/** The source line of a place, without its indentation. */
function lineAt({ file, range }: Place): string {
  const lines = readFileSync(join(EXAMPLE, file), 'utf8').split('\n');
  return (lines[range.start.line - 1] ?? '').trim();
}

describe('the example workspace', () => {
  test('holds exactly these findings of the first rules', () => {
    const found = check().map((finding) => `${finding.file}: ${finding.rule}: ${lineAt(finding)}`);
    expect(found).toEqual([
      expect.stringMatching(/^images\.c: phdr-callback-allocates: add_image\(/),
      expect.stringMatching(/^(images|tracker)\.c: lock-order: /),
      expect.stringMatching(
        /^pool\.c: thread-not-joined: if \(pthread_create\(&thread, NULL, answer, NULL\)/,
      ),
      expect.stringMatching(/^pool\.c: thread-not-joined: (if \(pthread_create\(&first|return -1)/),
      expect.stringMatching(/^uploader\.c: thread-not-joined: /),
    ]);
  });

  test('shows both sides of the lock cycle, each with the locks it takes in its own file', () => {
    const cycle = check().find(({ rule }) => rule === 'lock-order');
    const sides = cycle?.flows.map(({ steps }) => steps.map(lineAt)) ?? [];
    expect(sides).toHaveLength(2);
    for (const side of sides) {
      expect(side).toContain('pthread_mutex_lock(&tracker->lock);');
      expect(side).toContain('pthread_mutex_lock(&images->lock);');
    }
    expect(new Set(cycle?.flows.flatMap(({ steps }) => steps.map(({ file }) => file)))).toEqual(
      new Set(['images.c', 'tracker.c']),
    );
  });

  test('shows the chain from the loader to the allocation', () => {
    const allocation = check().find(({ rule }) => rule === 'phdr-callback-allocates');
    const lines = allocation?.flows.flatMap(({ steps }) => steps.map(lineAt)) ?? [];
    for (const step of [
      'dl_iterate_phdr(collect_image',
      'add_image(data',
      '= copy_name(name)',
      'malloc(length)',
    ]) {
      expect(
        lines.some((line) => line.includes(step)),
        step,
      ).toBe(true);
    }
  });

  test('compiles without a warning', () => {
    const names = readdirSync(EXAMPLE).filter((name) => /\.(c|cpp|h)$/.test(name));
    const sources = names.map((name) => ({ name, text: readFileSync(join(EXAMPLE, name), 'utf8') }));
    if (hasCompiler) expect(compile(sources, ['-Wall', '-Wextra'])).toBe('');
  });

  test('has a page that names every source file but the header and main', () => {
    const page = readFileSync(join(EXAMPLE, 'README.md'), 'utf8');
    const sources = readdirSync(EXAMPLE).filter((name) => /\.(c|cpp)$/.test(name) && name !== 'main.c');
    for (const name of sources) expect(page).toContain(`\`${name}\``);
  });
});
