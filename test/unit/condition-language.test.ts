/** The language of a file, the macros of a text, and the attributes of a declaration. */
import { describe, expect, it } from 'vitest';
import { condition } from '../../server/src/syntax/condition';
import { marksOf } from '../../server/src/syntax/conditioning/marks';
import { languageOf } from '../../server/src/syntax/language';

describe('languageOf', () => {
  it.each([
    ['a.c', 'class x;', 'c'],
    ['a.cc', '', 'cpp'],
    ['a.CPP', '', 'cpp'],
    ['a.C', '', 'cpp'],
    ['a.hpp', 'int a;', 'cpp'],
    ['a.h', '', 'c'],
    ['a.h', 'struct s { int class; int new; };', 'c'],
    ['a.h', '#ifdef __cplusplus\nextern "C" {\nclass A;\n#endif\nint f(void);\n', 'c'],
    ['a.h', '#if defined(__cplusplus)\nnamespace a {}\n#else\nint b;\n#endif\n', 'c'],
    ['a.h', '// class A\n/* namespace b { */\nchar *s = "template <class T>";', 'c'],
    ['a.h', 'namespace a { int b; }', 'cpp'],
    ['a.h', 'class A { public: int b; };', 'cpp'],
    ['a.h', 'template <class T> T f(T a);', 'cpp'],
    ['a.h', 'std::string f();', 'cpp'],
    ['a.h', 'struct A { int f() const; };', 'cpp'],
    ['a.h', 'int f(const A &a);', 'cpp'],
    ['a.h', '#include <vector>\nint a;', 'cpp'],
    ['a.h', '#include <stdio.h>\nint a;', 'c'],
  ])('%s with %j is %s', (file, text, expected) => expect(languageOf(file, text)).toBe(expected));
});

describe('the macros of a text', () => {
  it('gives name, parameters and body of the active ones', () => {
    const text =
      '#define A 1 /* one */\n#define B\n#if 0\n#define C 3\n#endif\n#define LOCK(x, ...) \\\n  lock(&(x)->m, \\\n       __VA_ARGS__) // locks\n#define LOG(f, args...) log(f)\n# define P (1)\n';
    const { macros } = condition(text, { language: 'c' });
    expect(
      macros.map(({ name, params, bodyStart, bodyEnd }) => [name, params, text.slice(bodyStart, bodyEnd)]),
    ).toEqual([
      ['A', undefined, '1'],
      ['B', undefined, ''],
      ['LOCK', ['x', '...'], 'lock(&(x)->m, \\\n       __VA_ARGS__)'],
      ['LOG', ['f', 'args...'], 'log(f)'],
      ['P', undefined, '(1)'],
    ]);
    expect(macros.map(({ at, name }) => text.slice(at, at + name.length))).toEqual(
      macros.map(({ name }) => name),
    );
    expect(condition(text, { language: 'c' }).macros).toEqual(macros);
  });
});

describe('marksOf', () => {
  it('gives the attributes before, inside and behind a declaration, and of no other', () => {
    const text =
      '__attribute__((cold)) int a;\n__attribute__((constructor))\nNO_RETURN static void die(int n) PRINTF(1, 2) { }\nint b __attribute__((used));';
    const conditioned = condition(text, { language: 'c' });
    const start = text.indexOf('static');
    expect(marksOf(text, conditioned, start, text.indexOf('{'))).toEqual([
      '__attribute__((constructor))',
      'NO_RETURN',
      'PRINTF(1, 2)',
    ]);
  });
});
