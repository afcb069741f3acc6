/** Sources as nobody would write them: what an editor holds in the middle of a word, or what is no source at all. */
import { seeded } from './material';

type Random = (below: number) => number;
type Mutation = (text: string, random: Random) => string;

const NOISE = [
  '\0',
  '\ufeff',
  '\ud800',
  '\udc00',
  '\u2028',
  '\r',
  '\\\n',
  '"',
  "'",
  '/*',
  '*/',
  '#',
  'é',
  '😀',
];
const OPENING = ['{', '(', '[', '<', '({', 'if (x) {', '#if 1\n', '/*', 'namespace n {', '[&] {', 'a ? '];
const PIECES = [
  '#if 0\n',
  '#else\n',
  '#endif\n',
  '#define X(a) a##b\n',
  'goto out;',
  'out:',
  'case 1:',
  'default:',
  'break;',
  '};',
  'struct {',
  'template <',
  'operator',
  '~',
  '::',
  'R"x(',
  'return',
  '->',
  '__attribute__((',
  'typedef',
];

const some = <T>(list: readonly T[], random: Random): T | undefined => list[random(list.length)];
const put = (text: string, at: number, what: string): string => text.slice(0, at) + what + text.slice(at);

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  deletion(text, random) {
    const at = random(text.length);
    return text.slice(0, at) + text.slice(at + 1 + random(200));
  },
  duplication(text, random) {
    const at = random(text.length);
    return put(text, random(text.length), text.slice(at, at + 1 + random(800)));
  },
  truncation: (text, random) => text.slice(0, random(text.length)),
  beheading: (text, random) => text.slice(random(text.length)),
  exchange(text, random) {
    const lines = text.split('\n');
    const [a, b] = [random(lines.length), random(lines.length)];
    return lines.map((line, i) => (i === a ? lines[b] : i === b ? lines[a] : line)).join('\n');
  },
  noise(text, random) {
    let result = text;
    for (let i = 0; i < 8; i++) result = put(result, random(result.length), some(NOISE, random) ?? '');
    return result;
  },
  pieces(text, random) {
    let result = text;
    for (let i = 0; i < 5; i++) result = put(result, random(result.length), some(PIECES, random) ?? '');
    return result;
  },
  brackets(text, random) {
    const places = [...text.matchAll(/[(){}[\];]/g)].map(({ index }) => index);
    const at = some(places, random) ?? 0;
    return text.slice(0, at) + text.slice(at + 1);
  },
  nesting: (text, random) =>
    put(text, random(text.length), (some(OPENING, random) ?? '').repeat(50 + random(1500))),
  lineEnds: (text, random) => text.replaceAll('\n', some(['\r', '\r\n', '\n\r', ' '], random) ?? ''),
};

export interface Mutant {
  name: string;
  text: string;
}

/** `count` mutants of each text in turn, with one to three changes each; the same ones for the same seed. */
export function mutants(
  sources: readonly { file: string; text: string }[],
  count: number,
  seed: number,
): Mutant[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const source = sources[i % sources.length];
    let text = source?.text ?? '';
    const changes: string[] = [];
    for (let n = 1 + random(3); n > 0; n--) {
      const [name, change] = some(Object.entries(MUTATIONS), random) ?? [];
      text = change?.(text, random) ?? text;
      changes.push(name ?? '');
    }
    return { name: `${source?.file} after ${changes.join(', ')}`, text };
  });
}

/** Texts that are hard in themselves. */
export const EXTREMES: readonly Mutant[] = [
  { name: 'nothing', text: '' },
  { name: 'a NUL', text: '\0' },
  {
    name: 'callables made of themselves',
    text: `#include <functional>
void a() { std::function<void()> f; f = std::bind(f, 1); f(); }
void b() { std::function<void()> f, g; f = std::bind(g, 1); g = std::bind(f, 2); g(); std::invoke(f); }`,
  },
  { name: 'lone surrogates', text: 'int f(void) { return \ud800 + \udfff; }\udbff' },
  { name: 'a line of a megabyte', text: `int x[] = { ${'1, '.repeat(350_000)} };` },
  { name: 'a megabyte without a break', text: `char *s = "${'a'.repeat(1_000_000)}";` },
  { name: 'a name of a megabyte', text: `int ${'a'.repeat(1_000_000)};` },
  { name: 'a sum of fifty thousand', text: `int f(int a) { return ${'a + '.repeat(50_000)}a; }` },
  {
    name: 'ten thousand blocks in each other',
    text: `void f(void) ${'{'.repeat(10_000)}${'}'.repeat(10_000)}`,
  },
  { name: 'ten thousand parentheses', text: `int x = ${'('.repeat(10_000)}1${')'.repeat(10_000)};` },
  { name: 'five thousand ifs in each other', text: `void f(int x) { ${'if (x) '.repeat(5000)} g(); }` },
  { name: 'five thousand else ifs', text: `void f(int x) { ${'if (x) g(); else '.repeat(5000)} g(); }` },
  { name: 'five thousand conditionals', text: '#if A\n'.repeat(5000) },
  { name: 'five thousand stray ends', text: '#endif\n'.repeat(5000) },
  { name: 'open comments', text: '/* '.repeat(300) },
  { name: 'a chain of negations', text: `int f(int x) { return ${'!'.repeat(5000)}x; }` },
  { name: 'a chain of calls', text: `int f(int x) { return ${'f('.repeat(5000)}x${')'.repeat(5000)}; }` },
  { name: 'a chain of members', text: `int f(struct s *x) { return x${'->x'.repeat(5000)}; }` },
  { name: 'a chain of ternaries', text: `int f(int x) { return ${'x ? x : '.repeat(3000)} x; }` },
  { name: 'a chain of conjunctions', text: `void f(int x) { if (${'x && '.repeat(5000)} x) g(); }` },
  { name: 'many cases', text: `void f(int x) { switch (x) { ${'case 1: g(); '.repeat(5000)} } }` },
  { name: 'many labels', text: `void f(void) { ${'again: goto again; '.repeat(3000)} }` },
  {
    name: 'a macro in itself',
    text: '#define A(x) A(A(x))\n#define B() B()\nvoid f(void) { A(B()); B(); }\n',
  },
  {
    name: 'a type in itself',
    text: 'typedef a b; typedef b a; struct c { struct c c; }; a f(b x) { return x; }',
  },
  { name: 'a struct of its own base', text: 'struct a : b { }; struct b : a { };' },
];
