/** What holds for conditioning whatever the text is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { condition } from '../../server/src/syntax/condition';
import { languageOf } from '../../server/src/syntax/language';
import { parsersOnce } from '../support/engine';
import { CASES } from './condition.cases';

const KEYWORDS = new Set([
  'while',
  'for',
  'if',
  'sizeof',
  'thread_local',
  'for(;;)',
  'int',
  ';',
  '+',
  '-',
  '=',
  '=0',
]);

const PIECES = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '<',
  '>',
  ';',
  ',',
  ':',
  '::',
  '->',
  '*',
  '&',
  '&&',
  '||',
  '=',
  '#',
  '##',
  '...',
  '~',
  '\\',
  '"',
  "'",
  '\n',
  '\r\n',
  '\\\n',
  ' ',
  '\t',
  '\0',
  '\u2028',
  'ä',
  '😀',
  '//',
  '/*',
  '*/',
  '1',
  '64 KB',
  "'a'",
  '"s"',
  'R"x(',
  ')x"',
  'L"w"',
  '#if',
  '#ifdef',
  '#ifndef',
  '#elif',
  '#else',
  '#endif',
  '#define',
  '#undef',
  '#include',
  '#error',
  '#pragma',
  'defined',
  'int',
  'struct',
  'class',
  'enum',
  'static',
  'extern',
  '"C"',
  'typedef',
  'const',
  'template',
  'typename',
  'operator',
  'new',
  'using',
  'if',
  'else',
  'while',
  'for',
  'do',
  'switch',
  'case',
  'return',
  'goto',
  'asm',
  'typeof',
  '__attribute__',
  'alignas',
  'offsetof',
  'a',
  'b',
  'FOO',
  'FOREACH',
  'PRIu64',
  '__x',
  'HAVE_A',
  '__cplusplus',
  '0',
  '1.5e+3',
];

const lines = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(' '));
const glued = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(''));
const SOURCES = CASES.flatMap(([, cases]) => cases.map(({ source }) => source));
const mutated = fc
  .tuple(fc.constantFrom(...SOURCES), fc.nat(), fc.nat(40), fc.constantFrom(...PIECES, ''))
  .map(([source, at, length, piece]) => {
    const start = at % (source.length + 1);
    return source.slice(0, start) + piece + source.slice(start + length);
  });
const texts = fc.oneof(lines, glued, mutated, fc.string({ unit: 'binary', maxLength: 200 }));
const language = fc.constantFrom('c' as const, 'cpp' as const);

/** Throws where the result breaks one of the promises of conditioning. */
function verify(text: string, options: { language: 'c' | 'cpp' }): void {
  const result = condition(text, options);
  expect(result.text.length).toBe(text.length);
  expect(result.text.replace(/[^\r\n\u2028\u2029]/g, ' ')).toBe(text.replace(/[^\r\n\u2028\u2029]/g, ' '));
  let done = 0;
  for (const { start, end, reason } of result.spans) {
    expect(start).toBeGreaterThanOrEqual(done);
    expect(end).toBeGreaterThan(start);
    expect(reason).not.toBe('');
    expect(result.text.slice(done, start)).toBe(text.slice(done, start));
    const written = result.text.slice(start, end).trim();
    if (written !== '') expect([...KEYWORDS]).toContain(written);
    done = end;
  }
  expect(result.text.slice(done)).toBe(text.slice(done));
  expect(condition(text, options)).toEqual(result);
}

describe('conditioning of any text', () => {
  it('keeps length and line breaks, and records exactly what it changes', () => {
    fc.assert(
      fc.property(texts, language, (text, lang) => verify(text, { language: lang })),
      { numRuns: 2000, seed: 20261120 },
    );
  });

  it('never writes a word over a line break', () => {
    verify('voi\u2028f(void) { TAILQ_FOREACH(e, &head, link) { g(e); } }', { language: 'c' });
  });

  it('finds nothing more to change in its own result', () => {
    for (const [, cases] of CASES) {
      for (const { source, language: lang = 'c' } of cases) {
        const once = condition(source, { language: lang }).text;
        expect(condition(once, { language: lang }).text).toBe(once);
      }
    }
  });

  it('names a language for any text', () => {
    fc.assert(
      fc.property(texts, (text) => ['c', 'cpp'].includes(languageOf('a.h', text))),
      { seed: 20261120 },
    );
  });
});

const LONG = 40_000;
const HOSTILE: readonly (readonly [string, string])[] = [
  ['nested parentheses', '('.repeat(LONG)],
  ['nested parentheses in a call', `void f(void) { ${'g('.repeat(LONG)}${')'.repeat(LONG)}; }`],
  ['nested braces', `void f(void) ${'{'.repeat(LONG)}`],
  ['nested initialisers', `int a = ${'{'.repeat(LONG)}1${'}'.repeat(LONG)};`],
  ['closing brackets only', ')]}>'.repeat(LONG)],
  ['angle brackets', `a${'<b'.repeat(LONG)}`],
  ['nested templates', `f(${'a<'.repeat(LONG)}b${'>'.repeat(LONG)})`],
  ['one line of a megabyte', 'a + '.repeat(262_144)],
  ['one word of a megabyte', 'a'.repeat(1_048_576)],
  ['words without end', 'FOO bar '.repeat(LONG)],
  ['names with arguments without end', 'FOO(a, b)\n'.repeat(LONG)],
  ['names with braces without end', 'x {} '.repeat(LONG)],
  ['initialisers without end', `int ${'a = {}, '.repeat(LONG)}`],
  ['colons without end', ': a '.repeat(LONG)],
  ['stars without end', 'a * '.repeat(LONG)],
  ['strings without end', '"a" B '.repeat(LONG)],
  ['quotes', '"'.repeat(LONG)],
  ['apostrophes', "'".repeat(LONG)],
  ['backslashes', '\\'.repeat(LONG)],
  ['backslashes at line ends', '\\\n'.repeat(LONG)],
  ['a comment without end', `int a; /*${' * '.repeat(LONG)}`],
  ['a raw string without end', `R"x(${')y"'.repeat(LONG)}`],
  ['conditionals without end', '#if 1\n'.repeat(LONG)],
  ['losing conditionals without end', '#if 0\n'.repeat(LONG)],
  ['chains without end', `#if 0\n${'#elif 0\n'.repeat(LONG)}`],
  ['unknown features nested without end', '#ifdef FEATURE\n'.repeat(20_000)],
  ['macros without end', Array.from({ length: 50_000 }, (_, n) => `#define A${n} A${n + 1}\n`).join('')],
  ['stray endings', '#endif\n#else\n'.repeat(LONG)],
  ['NUL characters', '\0'.repeat(LONG)],
  ['tags', 'struct '.repeat(LONG)],
  ['template heads', 'template < '.repeat(LONG)],
  ['operators', 'operator new '.repeat(LONG)],
  ['member pointers', 'a::*'.repeat(LONG)],
  ['loop macros', `void f(void) { ${'FOREACH(a) '.repeat(LONG)}`],
  ['parameters behind parameters', `int f${'(int a)'.repeat(LONG)};`],
];

describe('conditioning of hostile text', () => {
  it.each(HOSTILE)('%s end in time', (_, text) => {
    for (const lang of ['c', 'cpp'] as const) {
      const started = performance.now();
      const result = condition(text, { language: lang });
      expect(result.text.length).toBe(text.length);
      expect(performance.now() - started, `${lang} took too long`).toBeLessThan(6000);
    }
  });

  it('leaves the parser without a fault on mutated code', async () => {
    const parsers = await parsersOnce();
    fc.assert(
      fc.property(mutated, language, (text, lang) => {
        const conditioned = condition(text, { language: lang }).text;
        expect(parsers.withTree(lang, conditioned, (root) => root.endIndex)).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 500 },
    );
  });
});
