/** The example workspace that `npm start` shows: every incident the rules know is found, nothing else is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile, hasCompiler } from '../support/compiler';
import { ROOT, threadlint } from './project';

const EXAMPLE = join(ROOT, 'examples/incidents');

interface Place {
  file: string;
  range: { start: { line: number } };
}

interface Found extends Place {
  rule: string;
  flows: { steps: Place[] }[];
}

function check(): Found[] {
  const { out } = threadlint(EXAMPLE, ['check', '--format', 'json']);
  const document = JSON.parse(out) as { findings: Found[] };
  return document.findings;
}

/** The source line of a place, without its indentation. */
function lineAt({ file, range }: Place): string {
  const lines = readFileSync(join(EXAMPLE, file), 'utf8').split('\n');
  return (lines[range.start.line - 1] ?? '').trim();
}

describe('the example workspace', () => {
  test('holds exactly these findings', () => {
    const found = check().map((finding) => `${finding.file}: ${finding.rule}: ${lineAt(finding)}`);
    expect(found).toEqual([
      'images.c: phdr-callback-allocates: add_image(data, info->dlpi_addr, info->dlpi_name);',
      'images.c: lock-order: tracker_new_generation(tracker);',
      'pool.c: thread-not-joined: if (pthread_create(&thread, NULL, answer, NULL) != 0)',
      'pool.c: thread-not-joined: if (pthread_create(&first, NULL, answer, primary) != 0)',
      'pool.c: thread-never-exits: if (pthread_create(&thread, NULL, poll_forever, (void *)(long)fd) == 0)',
      'profile.c: fork-shared-output: snprintf(g_prefix, sizeof g_prefix, "%s_%d", base, (int)getpid());',
      'profile.c: atfork-incomplete: pthread_atfork(before_fork, after_fork, after_fork);',
      'profile.c: fork-in-threaded-program: pid_t child = fork();',
      'profile.c: fork-child-unsafe-call: printf("dumped %p\\n", profile_alloc(8192));',
      'profile.c: fork-child-unsafe-call: exit(0);',
      'replay.cpp: double-lock: leave(slot);',
      expect.stringMatching(/^replay\.cpp: busy-wait: for /),
      'tracker.c: runtime-lock-order: *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");',
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
