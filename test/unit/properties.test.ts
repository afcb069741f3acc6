/** What holds for all files, edits and orders: each property on the project's own sources, with fixed seeds. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeUnitFacts } from '../../server/src/facts/unit';
import type { CheckResult, FileOptions } from '../../server/src/service/api';
import { createWorkspace } from '../../server/src/service/workspace';
import { languageOf } from '../../server/src/syntax/language';
import type { Parsers } from '../../server/src/syntax/parser';
import { readBinaries } from '../support/binaries';
import { parsersOnce } from '../support/engine';
import type { FixtureFile } from '../support/fixtures';
import { loadMaterial } from '../support/material';
import { mutants } from '../support/mutations';
import { checked } from '../support/workspaces';

const MATERIAL = loadMaterial();
let parsers: Parsers;

beforeAll(async () => {
  parsers = await parsersOnce();
});

const factsOf = ({ file, text }: FixtureFile) =>
  makeUnitFacts(parsers, file, text, { language: languageOf(file, text) });

describe('facts', () => {
  const texts = [...MATERIAL, ...mutants(MATERIAL, 60, 7).map(({ text }) => ({ file: '/w/m.cpp', text }))];

  it('are plain data', () => {
    for (const source of texts) {
      const facts = factsOf(source);
      expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
    }
  });

  it('are the same bytes for the same text, whatever was read before', () => {
    const first = texts.map((source) => JSON.stringify(factsOf(source)));
    const again = [...texts].reverse().map((source) => JSON.stringify(factsOf(source)));
    expect(again.reverse()).toEqual(first);
  });

  it('name only places inside the text and nodes inside their function', () => {
    for (const source of texts) {
      const facts = factsOf(source);
      for (const fn of facts.functions) {
        for (const { at } of fn.nodes) expect(isInside(at, source.text), fn.name).toBe(true);
        for (const span of [fn.span, fn.nameSpan]) expect(isInside(span, source.text), fn.name).toBe(true);
        const ways = fn.nodes.flatMap(({ next }) => next);
        expect(ways.every((next) => next >= 0 && next < fn.nodes.length)).toBe(true);
        expect(fn.loops.every(({ first, last }) => first <= last && last < fn.nodes.length)).toBe(true);
      }
    }
  });
});

function isInside([start, end]: readonly [number, number], text: string): boolean {
  return 0 <= start && start <= end && end <= text.length;
}

/** A few files that have much to do with each other, and variants of each. */
const PROGRAM = MATERIAL.filter(({ file }) =>
  /(?:lock-order|thread-not-joined|phdr-callback-allocates)\/found-two-files\//.test(file),
);
const VARIANTS: readonly string[] = [
  ...PROGRAM.map(({ text }) => text),
  ...mutants(PROGRAM, 12, 99).map(({ text }) => text),
  '',
];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      file: fc.nat(PROGRAM.length - 1),
      variant: fc.nat(VARIANTS.length - 1),
      check: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ file: fc.nat(PROGRAM.length - 1), check: fc.boolean() }) },
);

/** What a user sees of a check. */
const seen = ({ findings, notes }: CheckResult): string => JSON.stringify({ findings, notes });

async function fresh(files: readonly FixtureFile[]): Promise<string> {
  return seen((await checked(files)).result);
}

describe('findings', () => {
  it('are there at all', async () => {
    const { result } = await checked(PROGRAM);
    const rules = new Set(result.findings.map(({ rule }) => rule));
    for (const rule of ['lock-order', 'thread-not-joined', 'phdr-callback-allocates'])
      expect(rules).toContain(rule);
  });

  it('after any edits are those of a fresh run', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const workspace = await createWorkspace({ binaries: readBinaries() });
        const present = new Map(PROGRAM.map(({ file, text }) => [file, text]));
        for (const [file, text] of present) workspace.setFile(file, text);
        for (const edit of steps) {
          const file = PROGRAM[edit.file]?.file ?? '';
          const text = 'variant' in edit ? VARIANTS[edit.variant] : undefined;
          if (text === undefined) {
            workspace.removeFile(file);
            present.delete(file);
          } else {
            expect(workspace.setFile(file, text)).toBe(present.get(file) !== text);
            present.set(file, text);
          }
          if (edit.check) await workspace.check();
        }
        const files = [...present].map(([file, text]) => ({ file, text }));
        expect(workspace.files()).toEqual([...present.keys()].sort());
        expect(seen(await workspace.check())).toBe(await fresh(files));
      }),
      { seed: 31, numRuns: 25 },
    );
  });

  it('do not depend on the order in which files come', async () => {
    const expected = await fresh(MATERIAL);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(MATERIAL, { minLength: MATERIAL.length }), async (files) => {
        expect(await fresh(files)).toBe(expected);
      }),
      { seed: 32, numRuns: 2 },
    );
  });

  it('are the same when checked again, and after settings came and went', async () => {
    const { workspace, result } = await checked(PROGRAM);
    expect(seen(await workspace.check())).toBe(seen(result));
    workspace.configure({ severities: { 'lock-order': 'off' } });
    const { findings } = await workspace.check();
    expect(findings.some(({ rule }) => rule === 'lock-order')).toBe(false);
    workspace.configure({ severities: {} });
    expect(seen(await workspace.check())).toBe(seen(result));
  });

  it('have fingerprints that are their own, and that lines above do not change', async () => {
    const { result } = await checked(MATERIAL);
    const prints = result.findings.map(({ fingerprint, location }) => `${fingerprint} ${location.file}`);
    expect(new Set(prints).size).toBe(prints.length);
    const moved = MATERIAL.map(({ file, text }) => ({ file, text: `\n\n/* moved */\n${text}` }));
    const { result: after } = await checked(moved);
    expect(after.findings.map(({ fingerprint }) => fingerprint)).toEqual(
      result.findings.map(({ fingerprint }) => fingerprint),
    );
    expect(after.findings.map(({ location }) => location.range.start.line)).toEqual(
      result.findings.map(({ location }) => location.range.start.line + 3),
    );
  });

  it('do not depend on how lines end', async () => {
    const { result } = await checked(MATERIAL);
    const { result: windows } = await checked(
      MATERIAL.map(({ file, text }) => ({ file, text: text.replaceAll('\n', '\r\n') })),
    );
    expect(windows.findings.map(placeAndMessage)).toEqual(result.findings.map(placeAndMessage));
  });
});

function placeAndMessage({ location, message }: CheckResult['findings'][number]): string {
  return `${location.file}:${location.range.start.line}:${location.range.start.character} ${message}`;
}

/** Parts of which a small program is made; each with the locks and threads that it uses. */
const PARTS: Readonly<Record<string, { top: string; main: string }>> = {
  leak: { top: '', main: 'pthread_create(&t, NULL, run, NULL);' },
  joined: { top: '', main: 'pthread_create(&t, NULL, run, NULL); pthread_join(t, NULL);' },
  ordered: { top: 'int g_both(void) { return both(&g_a, &g_b); }', main: 'g_both();' },
  turned: { top: 'int g_turned(void) { return both(&g_b, &g_a); }', main: 'g_turned();' },
  stored: { top: '', main: 'pthread_create(&g_tid, NULL, run, NULL);' },
  joins: { top: '', main: 'pthread_join(g_tid, NULL);' },
  loader: { top: 'void *make(void) { return malloc(8); }', main: 'dl_iterate_phdr(visit, NULL);' },
};

const HEADER = `#include <pthread.h>
#include <link.h>
#include <stdlib.h>
extern pthread_mutex_t g_a, g_b;
extern pthread_t g_tid;
void *run(void *arg);
int both(pthread_mutex_t *x, pthread_mutex_t *y);
int visit(struct dl_phdr_info *info, size_t size, void *data);
void *make(void);
`;

/** A program of three files with its own `main`; all programs use the same names. */
function programWith(folder: string, parts: readonly string[]): FixtureFile[] {
  const chosen = parts.flatMap((name) => PARTS[name] ?? []);
  const named = (file: string, text: string) => ({ file: `/w/${folder}/${file}`, text });
  return [
    named('common.h', HEADER),
    named(
      'main.c',
      `#include "common.h"
${chosen.map(({ top }) => top).join('\n')}
int main(void)
{
    pthread_t t, u;
    pthread_create(&u, NULL, run, NULL);
${chosen.map(({ main }) => `    ${main}`).join('\n')}
    pthread_join(u, NULL);
    return 0;
}
`,
    ),
    named(
      'work.c',
      `#include "common.h"
pthread_mutex_t g_a = PTHREAD_MUTEX_INITIALIZER, g_b = PTHREAD_MUTEX_INITIALIZER;
pthread_t g_tid;
int both(pthread_mutex_t *x, pthread_mutex_t *y)
{
    pthread_mutex_lock(x);
    pthread_mutex_lock(y);
    pthread_mutex_unlock(y);
    pthread_mutex_unlock(x);
    return 0;
}
void *run(void *arg) { both(&g_a, &g_b); return arg; }
int visit(struct dl_phdr_info *info, size_t size, void *data) { return make() == data; }
`,
    ),
  ];
}

/** Files of which each header is C or C++ by who includes it, and reads otherwise in the two. */
const MIXED: readonly string[] = ['shared.h', 'middle.h', 'one.c', 'two.cpp', 'three.cc'];
const MIXED_TEXTS: readonly string[] = [
  '#include "middle.h"\n#include "shared.h"\n',
  '#include "shared.h"\nint start(void) { return lose(); }\n',
  '#include "middle.h"\nint begin(void) { return lose(); }\n',
  'class A { public: int a; };\n#include "shared.h"\n',
  'int nothing;\n',
  `#include <pthread.h>
static void *run(void *arg) { return arg; }
static int lose(void)
{
    pthread_t t;
#ifdef __cplusplus
    pthread_create(&t, nullptr, run, nullptr);
#else
    return 0;
#endif
}
`,
];

describe('headers of two languages', () => {
  const file = fc.constantFrom(...MIXED);
  const edit = fc.record({
    file,
    text: fc.option(fc.constantFrom(...MIXED_TEXTS), { nil: undefined, freq: 5 }),
    check: fc.boolean(),
    cpp: fc.boolean(),
  });

  it('give after any edits, in any order, the findings of a fresh run', async () => {
    const counts = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 3, maxLength: 16 }), async (edits) => {
        const workspace = await createWorkspace({ binaries: readBinaries() });
        const present = new Map<string, { text: string; options: FileOptions }>();
        for (const { file, text, check, cpp } of edits) {
          const options: FileOptions = cpp ? { defines: { __cplusplus: '201703L' } } : {};
          if (text === undefined) workspace.removeFile(`/w/${file}`);
          else workspace.setFile(`/w/${file}`, text, options);
          if (text === undefined) present.delete(file);
          else present.set(file, { text, options });
          if (check) await workspace.check();
        }
        const result = await workspace.check();
        for (const order of [[...present], [...present].reverse()]) {
          const other = await createWorkspace({ binaries: readBinaries() });
          for (const [name, { text, options }] of order) other.setFile(`/w/${name}`, text, options);
          expect(seen(await other.check())).toBe(seen(result));
          expect(other.stats().perFile).toEqual(workspace.stats().perFile);
        }
        counts.add(result.findings.length);
      }),
      { seed: 34, numRuns: 40 },
    );
    expect(counts.size).toBeGreaterThan(1);
  });
});

describe('programs beside each other', () => {
  const program = fc.subarray(Object.keys(PARTS), { minLength: 1 });

  it('of equal names give the findings that each gives alone', async () => {
    let total = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(program, { minLength: 2, maxLength: 6 }), async (programs) => {
        const folders = programs.map((parts, i) => programWith(`p${i}`, parts));
        const alone = await Promise.all(
          folders.map(async (files) => (await checked(files)).result.findings.map(placeAndMessage)),
        );
        const { result } = await checked(folders.flat());
        expect(result.findings.map(placeAndMessage)).toEqual(alone.flat());
        total += result.findings.length;
      }),
      { seed: 33, numRuns: 12 },
    );
    expect(total).toBeGreaterThan(20);
  });

  it('are many, in one folder each, and still quick', async () => {
    const names = Object.keys(PARTS);
    const parts = (i: number) => names.filter((_, n) => (i >> (n % 5)) & 1);
    const folders = Array.from({ length: 60 }, (_, i) =>
      programWith(`p${String(i).padStart(3, '0')}`, parts(i)),
    );
    const alone: string[] = [];
    for (const files of folders) alone.push(...(await checked(files)).result.findings.map(placeAndMessage));
    const { result } = await checked(folders.flat());
    expect(result.findings.map(placeAndMessage)).toEqual(alone);
  });
});
