/** Edits that move conditionals, macros and comments: what is read afterwards equals what is read afresh. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeUnitFacts } from '../../server/src/facts/unit';
import { createWorkspace } from '../../server/src/service/workspace';
import { readBinaries } from '../support/binaries';
import { parsersOnce } from '../support/engine';
import { checked } from '../support/workspaces';

/** Lines that decide how the lines around them are read. */
const LINES = [
  '#if 0',
  '#if 1',
  '#ifdef HAVE_A',
  '#ifndef HAVE_A',
  '#elif defined(ORDER)',
  '#else',
  '#endif',
  '#define HAVE_A 1',
  '#undef HAVE_A',
  '#define ORDER 2',
  '#define LOCK(x) pthread_mutex_lock(x)',
  '#define LOCK(x) (void)(x)',
  '#define EACH(x) while (x)',
  '/*',
  '*/',
  '  LOCK(&a);',
  '  EACH(n) { step(n); }',
  '  UNLOCKED',
  '}',
];

const SOURCE = `#include <pthread.h>
static pthread_mutex_t a, b;
#ifdef ORDER
#define FIRST a
#define SECOND b
#else
#define FIRST b
#define SECOND a
#endif
static void *one(void *arg)
{
  pthread_mutex_lock(&a);
  pthread_mutex_lock(&b);
  pthread_mutex_unlock(&b);
  pthread_mutex_unlock(&a);
  return arg;
}
static void *two(void *arg)
{
  pthread_mutex_lock(&FIRST);
  pthread_mutex_lock(&SECOND);
  pthread_mutex_unlock(&SECOND);
  pthread_mutex_unlock(&FIRST);
  return arg;
}
static void *three(void *arg)
{
#if 0
  pthread_mutex_lock(&b);
#else
  pthread_mutex_lock(&a);
#endif
  pthread_mutex_lock(&b);
  pthread_mutex_unlock(&b);
  pthread_mutex_unlock(&a);
  return arg;
}
int main(void)
{
  pthread_t t, u, v;
  pthread_create(&t, NULL, one, NULL);
  pthread_create(&u, NULL, two, NULL);
  pthread_create(&v, NULL, three, NULL);
  pthread_join(t, NULL);
  pthread_join(u, NULL);
  pthread_join(v, NULL);
  return 0;
}
`;

const COUNT = SOURCE.split('\n').length;
const edit = fc.record({
  at: fc.nat(COUNT),
  remove: fc.nat(2),
  insert: fc.option(fc.constantFrom(...LINES), { nil: undefined }),
});
const edits = fc.array(edit, { minLength: 1, maxLength: 10 });

function apply(
  text: string,
  { at, remove, insert }: { at: number; remove: number; insert?: string },
): string {
  const lines = text.split('\n');
  lines.splice(at, remove, ...(insert === undefined ? [] : [insert]));
  return lines.join('\n');
}

it('a conditional that is edited changes what is found', async () => {
  const found = async (text: string) => (await checked([{ file: '/w/a.c', text }])).result.findings.length;
  expect(await found(SOURCE)).toBe(1);
  expect(await found(SOURCE.replace('#ifdef ORDER', '#if 1'))).toBe(0);
  expect(await found(`#define ORDER\n${SOURCE}`)).toBe(0);
});

it.each(['c', 'cpp'] as const)(
  'facts after any edits are those of the text alone, in %s',
  async (language) => {
    const parsers = await parsersOnce();
    const facts = (text: string) => JSON.stringify(makeUnitFacts(parsers, '/w/a', text, { language }));
    fc.assert(
      fc.property(edits, (steps) => {
        let text = SOURCE;
        const texts = steps.map((step) => {
          text = apply(text, step);
          return text;
        });
        const forth = texts.map(facts);
        expect([...texts].reverse().map(facts).reverse()).toEqual(forth);
      }),
      { seed: 41, numRuns: 60 },
    );
  },
);

it('findings after any edits are those of a fresh run', async () => {
  const binaries = readBinaries();
  const numbers = new Set<number>();
  await fc.assert(
    fc.asyncProperty(edits, async (steps) => {
      const workspace = await createWorkspace({ binaries });
      let text = SOURCE;
      workspace.setFile('/w/a.c', text);
      for (const step of steps) {
        text = apply(text, step);
        workspace.setFile('/w/a.c', text);
        const { findings, notes } = await workspace.check();
        const { result: fresh } = await checked([{ file: '/w/a.c', text }]);
        expect({ findings, notes }).toEqual({ findings: fresh.findings, notes: fresh.notes });
        numbers.add(findings.length);
      }
    }),
    { seed: 42, numRuns: 40 },
  );
  expect(numbers.size).toBeGreaterThan(1);
});
