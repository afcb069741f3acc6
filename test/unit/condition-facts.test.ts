/** What of hard texts arrives in the facts: nothing is lost with what conditioning takes away. */
import { expect, it } from 'vitest';
import { makeUnitFacts } from '../../server/src/facts/unit';
import { copyTree } from '../../server/src/syntax/tree';
import { parsersOnce } from '../support/engine';

async function functionsOf(text: string, language: 'c' | 'cpp' = 'c') {
  return makeUnitFacts(await parsersOnce(), '/w/a.c', text, { language }).functions;
}

it.each([
  ['c', 'void f(int n) { while (n) { if (g()) goto next; h(); next: } i(); }'],
  ['cpp', 'void f(int n) { while (n) { if (g()) goto next; h(); next: } i(); }'],
  ['c', 'void f(int n) { g(); if (n) goto out; h(); i(); out: }'],
  ['cpp', 'void f(int n) { g(); if (n) goto out; h(); i(); out: }'],
] as const)('a label at the end of a block loses nothing in %s: %s', async (language, text) => {
  const [fn] = await functionsOf(text, language);
  expect(fn?.damaged).toBeUndefined();
  expect(fn?.nodes.filter(({ op }) => op === 'call')).toHaveLength(3);
});

it.each(['c', 'cpp'] as const)('a semicolon that is missing elsewhere is damage in %s', async (language) => {
  const [fn] = await functionsOf('void f(void) { int a = g() return; }', language);
  expect(fn?.damaged).toBe(true);
});

it('functions behind text that is nested without an end are read', async () => {
  const deep = `void f(void) { ${'g('.repeat(5000)}${')'.repeat(5000)}; }\nvoid h(void) { i(); }\n`;
  expect((await functionsOf(deep)).map(({ name }) => name)).toEqual(['f', 'h']);
});

const OPENINGS = [
  'f(',
  '{',
  '[&] {',
  'if (x) {',
  'a ? ',
  '!',
  'else if (b) ',
  'x->',
  'namespace n {',
  'try {',
];

it.each(OPENINGS)('%j ten thousand times leaves the next file as it is', async (opening) => {
  const hostile = `int f(int a, R"x(${opening.repeat(10_000)}`;
  for (const language of ['c', 'cpp'] as const) {
    await functionsOf(hostile, language);
    await functionsOf(hostile.replace('R"x(', ''), language);
    const [next] = await functionsOf('void g(void) { h(); }\n', language);
    expect(next?.damaged).toBeUndefined();
    expect(next?.name).toBe('g');
  }
});

it('the stack of the parser holds what the one it comes with does not', async () => {
  const parsers = await parsersOnce();
  parsers.withTree('cpp', `int f(int a, R"x(${'f('.repeat(2000)}`, copyTree);
  expect(parsers.withTree('cpp', 'void g(void) { h(); }\n', (root) => root.hasError)).toBe(false);
});
