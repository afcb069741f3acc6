/** Where a statement lands when it is inserted before a way out of a function. The exit is marked with «». */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertBeforeExit } from '../../server/src/rules/edits/before-exit';
import { applyEdits } from '../../server/src/rules/edits/layout';
import { loadParsers, type Parsers } from '../../server/src/syntax/parser';
import { readBinaries } from '../support/binaries';
import { compile, hasCompiler, type Source } from '../support/compiler';

const PRELUDE = `#include <pthread.h>
struct state { int count; };
int other(void);
char *name_of(int n);
`;

let parsers: Parsers;
const results: Source[] = [];

beforeAll(async () => {
  parsers = await loadParsers(readBinaries());
});

afterAll(() => {
  if (hasCompiler) expect(compile(results)).toBe('');
});

const CASES: [name: string, before: string, after: string][] = [
  [
    'return without braces',
    `int f(pthread_t tid, int n)
{
    if (n < 0)
        «return -1;»
    return 0;
}
`,
    `int f(pthread_t tid, int n)
{
    if (n < 0) {
        pthread_join(tid, NULL);
        return -1;
    }
    return 0;
}
`,
  ],
  [
    'return on the line of its if',
    `int f(pthread_t tid, int n)
{
    if (n < 0) «return -1;» // no
    return 0;
}
`,
    `int f(pthread_t tid, int n)
{
    if (n < 0) {
        pthread_join(tid, NULL);
        return -1; // no
    }
    return 0;
}
`,
  ],
  [
    'return in a block',
    `int f(pthread_t tid, int n)
{
  if (n < 0) {
    n++;
    «return n;»
  }
  return 0;
}
`,
    `int f(pthread_t tid, int n)
{
  if (n < 0) {
    n++;
    pthread_join(tid, NULL);
    return n;
  }
  return 0;
}
`,
  ],
  [
    'return in a block on one line',
    `int f(pthread_t tid, int n)
{
    if (n < 0) { n++; «return n;» }
    return 0;
}
`,
    `int f(pthread_t tid, int n)
{
    if (n < 0) { n++; pthread_join(tid, NULL); return n; }
    return 0;
}
`,
  ],
  [
    'goto in an else',
    `int f(pthread_t tid, int n)
{
    if (n > 0)
        n++;
    else
        «goto out;»
    other();
out:
    return n;
}
`,
    `int f(pthread_t tid, int n)
{
    if (n > 0)
        n++;
    else {
        pthread_join(tid, NULL);
        goto out;
    }
    other();
out:
    return n;
}
`,
  ],
  [
    'return after a label',
    `int f(pthread_t tid, int n)
{
    if (n > 0)
        goto out;
    other();
out:
    «return n;»
}
`,
    `int f(pthread_t tid, int n)
{
    if (n > 0)
        goto out;
    other();
out:
    pthread_join(tid, NULL);
    return n;
}
`,
  ],
  [
    'the closing brace',
    `void f(pthread_t tid)
{
	other();
«}»
`,
    `void f(pthread_t tid)
{
	other();
	pthread_join(tid, NULL);
}
`,
  ],
  [
    'the closing brace of an empty function',
    `void f(pthread_t tid)
{
«}»
`,
    `void f(pthread_t tid)
{
    pthread_join(tid, NULL);
}
`,
  ],
  [
    'the closing brace on the line of the rest',
    `void f(pthread_t tid) { other(); «}»
`,
    `void f(pthread_t tid) { other(); pthread_join(tid, NULL); }
`,
  ],
  [
    'a value that is computed first',
    `static int f(pthread_t tid, int result)
{
    if (result)
        «return other();»
    return 0;
}
`,
    `static int f(pthread_t tid, int result)
{
    if (result) {
        int ret = other();
        pthread_join(tid, NULL);
        return ret;
    }
    return 0;
}
`,
  ],
  [
    'a pointer that is computed first',
    `static const char *f(pthread_t tid)
{
    «return name_of(1);»
}
`,
    `static const char *f(pthread_t tid)
{
    const char *result = name_of(1);
    pthread_join(tid, NULL);
    return result;
}
`,
  ],
];

CASES.push([
  'a computed value behind a case label',
  `int f(pthread_t tid, int n)
{
    switch (n) {
    case 1:
        «return other();»
    }
    return 0;
}
`,
  `int f(pthread_t tid, int n)
{
    switch (n) {
    case 1:
        {
            int result = other();
            pthread_join(tid, NULL);
            return result;
        }
    }
    return 0;
}
`,
]);

describe('before an exit', () => {
  it.each(CASES)('%s', (_, before, after) => {
    for (const language of ['c', 'cpp'] as const) {
      const text = edited(before, language);
      expect(text).toBe(PRELUDE + after);
      expect(parsers.withTree(language, text ?? '', (root) => root.hasError)).toBe(false);
      results.push({ name: `case${results.length}.${language}`, text: text ?? '' });
    }
  });

  it('keeps CRLF', () => {
    for (const [, before, after] of CASES) {
      const crlf = (text: string) => text.replaceAll('\n', '\r\n');
      expect(edited(crlf(before), 'c', crlf(PRELUDE))).toBe(crlf(PRELUDE + after));
    }
  });

  it('computes what the statement would leave unprotected first, when asked', () => {
    const before = 'int f(struct state *s)\n{\n    «return s->count;»\n}\n';
    const after =
      'int f(struct state *s)\n{\n    int result = s->count;\n    pthread_join(tid, NULL);\n    return result;\n}\n';
    expect(edited(before, 'c', PRELUDE, 'reads')).toBe(PRELUDE + after);
    const constant = 'int f(struct state *s)\n{\n    «return -1;»\n}\n';
    expect(edited(constant, 'c', PRELUDE, 'reads')).toContain(
      '    pthread_join(tid, NULL);\n    return -1;\n',
    );
  });

  it.each([
    ['a closing brace behind a return', 'int f(void)\n{\n    return 1;\n«}»\n'],
    ['a broken statement', 'int f(int n)\n{\n    «return n +;»\n}\n'],
  ])('no insertion for %s', (_, before) => {
    expect(edited(before, 'c')).toBeUndefined();
  });
});

function edited(marked: string, language: 'c' | 'cpp', prelude = PRELUDE, valueFirst?: 'effects' | 'reads') {
  const exitStart = prelude.length + marked.indexOf('«');
  const exitEnd = prelude.length + marked.indexOf('»') - 1;
  const text = prelude + marked.replace(/[«»]/g, '');
  const statement = 'pthread_join(tid, NULL);';
  const edits = parsers.withTree(language, text, (root) =>
    insertBeforeExit({ file: '/f.c', text, root, exitStart, exitEnd, statement, valueFirst }),
  );
  return edits && applyEdits(text, edits);
}
