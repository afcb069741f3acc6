/** What is said to be lost, and that nothing that is lost is kept quiet. */
import { describe, expect, it } from 'vitest';
import type { UnitFacts } from '../../server/src/facts/facts';
import { unitOf } from '../support/engine';
import { loadMaterial } from '../support/material';
import { mutants } from '../support/mutations';

/** `kind reason: text`, as a reader of the list sees them. */
const seen = (unit: UnitFacts, text: string): string[] =>
  unit.losses.map(({ kind, reason, span: [start, end] }) => `${kind} ${reason}: ${text.slice(start, end)}`);

async function lostIn(text: string, name = 'a.c'): Promise<string[]> {
  return seen(await unitOf(name, text), text);
}

describe('what is lost', () => {
  it.each([
    ['nothing', 'a.c', 'int a;\nstatic int f(int x) { return x; }\n', []],
    [
      'the first error inside a function',
      'a.c',
      'int f(void) { int a = 1; a = = 2; b = ) ; return a; }\nint g(void) { return 1; }\n',
      ['function not understood: ='],
    ],
    [
      'what is missing inside a function',
      'a.c',
      'int f(int a) { int b = a }\n',
      ['function `;` is missing: '],
    ],
    ['text between declarations', 'a.c', 'int a;\n@ ! @\nint b;\n', ['text not understood: @ ! @']],
    [
      'a statement that its function has lost',
      'a.c',
      'int a;\nreturn 1;\na = 2;\nint b;\n',
      [
        'text a statement outside of any function: return 1;',
        'text a statement outside of any function: a = 2;',
      ],
    ],
    ['no use of a macro at file level', 'a.c', 'MODULE("x");\nint b;\n', []],
    [
      'a comment without an end',
      'a.c',
      'int a;\n/* and so on',
      ['text a comment that is never closed: /* and so on'],
    ],
    [
      'a macro that cannot be followed',
      'a.c',
      '#define BEGIN(x) if (x) { lock(x)\n#define END(x) unlock(x); } }\nint a;\n',
      [
        'macro the macro leaves brackets open, or closes some: BEGIN(x) if (x) { lock(x)',
        'macro the macro leaves brackets open, or closes some: END(x) unlock(x); } }',
      ],
    ],
    [
      'what is nested too deeply, inside of a function and outside',
      'a.c',
      `int x = ${'('.repeat(201)}1${')'.repeat(201)};\nint f(int a) { return ${'('.repeat(201)}a${')'.repeat(201)}; }\n`,
      [
        'text a identifier is missing: ',
        'text nested too deeply: 1',
        'function a identifier is missing: ',
        'function nested too deeply: (a)',
      ],
    ],
    [
      'a tree that is too deep without brackets',
      'a.c',
      `int f(int a) { return ${'!'.repeat(700)}a; }\nint g(void) { return 1; }\n`,
      [`function nested too deeply: ${'!'.repeat(104)}a`],
    ],
    [
      'a statement that is too long',
      'a.c',
      `int f(int a) { return ${'a + '.repeat(12_000)}a; }\nint g(void) { return 1; }\n`,
      [`function longer than any statement: return ${'a + '.repeat(12_000)}a`],
    ],
    ['no table of numbers', 'a.c', `int t[] = { ${'1, '.repeat(30_000)}2 };\n`, []],
    ['no macro without a call', 'a.c', '#define SUM(a, b) ((a) + (b))\n#define HALF {\nint a;\n', []],
    [
      'an error inside a class, outside of its methods',
      'a.cpp',
      'namespace n {\nclass A {\n  int a @@;\n  int f() { return 1; }\n};\n}\n',
      ['text not understood: @@'],
    ],
    [
      'nothing of a method that is declared, deleted or defaulted',
      'a.cpp',
      'struct A { A() = default; A(const A &) = delete; virtual int f() = 0; ~A(); };\n',
      [],
    ],
  ])('%s', async (_, name, text, expected) => {
    expect(await lostIn(text, name)).toEqual(expected);
  });

  it('counts the function that it was cut out of as damaged', async () => {
    const unit = await unitOf(
      'a.c',
      `int f(int a) { return ${'('.repeat(300)}a${')'.repeat(300)}; }\nint g(void) { return 1; }\n`,
    );
    expect(unit.functions.map(({ name, damaged = false }) => [name, damaged])).toEqual([
      ['f', true],
      ['g', false],
    ]);
  });

  it('is no chain of else ifs', async () => {
    const chain = Array.from({ length: 1500 }, (_, i) => `if (a == ${i}) g${i}();`).join(' else ');
    const unit = await unitOf('a.c', `void f(int a) { ${chain} }\n`);
    expect(unit.losses).toEqual([]);
    expect(unit.functions[0]?.nodes.filter(({ op }) => op === 'call')).toHaveLength(1500);
  });

  it('is no macro that stands beside one that cannot be read', async () => {
    const text = [
      '#define FORMAT(a, b) __attribute__((format(printf, a, b)))',
      '#define EACH(x, l) for (x = first(l); x; x = next(x))',
      '#define SIZE(t) ((int)sizeof(t))',
      '#define OPEN(x) if (x) { lock(x)',
      '#define ALLOC(n) allocate(0, n)',
      'int a;',
    ].join('\n');
    const unit = await unitOf('a.c', text);
    expect(unit.functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['ALLOC', 'EACH']));
    expect(seen(unit, text)).toEqual([
      'macro the macro leaves brackets open, or closes some: OPEN(x) if (x) { lock(x)',
    ]);
  });

  it('is counted in characters outside of functions, without blanks', async () => {
    expect((await unitOf('a.c', 'int a;\n@  !\n @\nint f(void) { return = = 1; }\n')).unread).toBe(3);
    expect((await unitOf('a.c', 'int a;\n')).unread).toBe(0);
  });

  it('is bounded in the list and not in the count', async () => {
    const unit = await unitOf('a.c', 'int a;\nreturn 1;\n'.repeat(300));
    expect(unit.losses).toHaveLength(101);
    expect(unit.losses.at(-1)).toMatchObject({ kind: 'more', reason: '200 more places' });
    expect(unit.unread).toBe(300 * 'return1;'.length);
  });

  it('has a place for every function that counts as damaged', async () => {
    const material = loadMaterial();
    for (const { text } of mutants(material, 60, 21)) {
      const unit = await unitOf('m.cpp', text);
      if (unit.losses.some(({ kind }) => kind === 'more')) continue;
      const damaged = unit.functions.filter((fn) => fn.damaged && fn.kind !== 'macro');
      for (const fn of damaged) {
        const inside = unit.losses.filter(({ span }) => fn.span[0] <= span[0] && span[1] <= fn.span[1]);
        const around = unit.losses.filter(({ span }) => span[0] <= fn.span[0] && fn.span[1] <= span[1]);
        expect([...inside, ...around], fn.name).not.toEqual([]);
      }
      for (const { span } of unit.losses)
        expect(0 <= span[0] && span[0] <= span[1] && span[1] <= text.length).toBe(true);
    }
  });
});
