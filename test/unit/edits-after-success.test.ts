/** Where a statement lands when it is inserted after a successful creation, for each form of check. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertAfterSuccess } from '../../server/src/rules/edits/after-success';
import { applyEdits } from '../../server/src/rules/edits/layout';
import type { Success } from '../../server/src/rules/edits/outcome';
import type { TextEdit } from '../../server/src/rules/finding';
import { loadParsers, type Parsers } from '../../server/src/syntax/parser';
import { readBinaries } from '../support/binaries';
import { compile, hasCompiler, type Source } from '../support/compiler';
import { C_CASES, C11_CASES, type Case, CPP_CASES, NO_FIX } from './edits-after-success.cases';

const CALL = 'pthread_create(&tid, NULL, work, NULL)';
const C11_CALL = 'thrd_create(&tid, work11, NULL)';
const PRELUDE = `#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#define CHECK(x) do { if (!(x)) abort(); } while (0)
#define CHECK_EQ(a, b) CHECK((a) == (b))
#define ASSERT_FALSE(x) CHECK(!(x))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
extern pthread_t tid;
extern pthread_t tids[8];
struct state { int started; pthread_t tid; struct { int rc; } last; };
void *work(void *arg);
int work11(void *arg);
void log_it(const char *text);
int other(void);
`;
const C11_PRELUDE = PRELUDE.replace('extern pthread_t tid;', '#include <threads.h>\nextern thrd_t tid;');

let parsers: Parsers;
const results: Source[] = [];

beforeAll(async () => {
  parsers = await loadParsers(readBinaries());
});

afterAll(() => {
  if (hasCompiler) expect(compile(results)).toBe('');
});

describe('after a successful pthread_create in C', () => {
  it.each(C_CASES)('$name', (example) => check(example, 'c', PRELUDE, CALL, 'zero', 'pthread_detach(tid);'));
});

describe('after a successful pthread_create in C++', () => {
  it.each([...C_CASES, ...CPP_CASES])('$name', (example) =>
    check(example, 'cpp', PRELUDE, CALL, 'zero', 'pthread_detach(tid);'),
  );
});

describe('after a successful thrd_create', () => {
  it.each(C11_CASES)('$name', (example) =>
    check(example, 'c', C11_PRELUDE, C11_CALL, { name: 'thrd_success' }, 'thrd_detach(tid);'),
  );
});

describe('line endings and indentation', () => {
  it('keeps CRLF', () => {
    for (const example of C_CASES) {
      const before = (PRELUDE + example.before).replaceAll('\n', '\r\n');
      const after = (PRELUDE + example.after).replaceAll('\n', '\r\n');
      expect(edited(before, 'c', CALL, 'zero', 'pthread_detach(tid);')).toBe(after);
    }
  });

  it('indents with tabs where the file does', () => {
    for (const example of C_CASES) {
      const before = PRELUDE + tabbed(example.before);
      expect(edited(before, 'c', CALL, 'zero', 'pthread_detach(tid);')).toBe(PRELUDE + tabbed(example.after));
    }
  });

  it('counts UTF-16 units before the call', () => {
    const head = '/* Größe 😀 of the pool */\n';
    for (const example of C_CASES) {
      const before = head + PRELUDE + example.before;
      expect(edited(before, 'c', CALL, 'zero', 'pthread_detach(tid);')).toBe(head + PRELUDE + example.after);
    }
  });
});

describe('no insertion rather than a wrong one', () => {
  it.each(NO_FIX)('$name', ({ before }) => {
    expect(edited(PRELUDE + before, 'c', CALL, 'zero', 'pthread_detach(tid);')).toBeUndefined();
    expect(edited(PRELUDE + before, 'cpp', CALL, 'zero', 'pthread_detach(tid);')).toBeUndefined();
  });

  it('answers nothing for a span that is no call', () => {
    const text = `${PRELUDE}void f(void)\n{\n    other();\n}\n`;
    const request = {
      file: '/f.c',
      text,
      callStart: 3,
      callEnd: 9,
      success: 'zero' as const,
      statement: 'x();',
    };
    expect(parsers.withTree('c', text, (root) => insertAfterSuccess({ ...request, root }) ?? 'none')).toBe(
      'none',
    );
  });
});

function check(
  example: Case,
  language: 'c' | 'cpp',
  prelude: string,
  call: string,
  success: Success,
  statement: string,
) {
  const after = edited(prelude + example.before, language, call, success, statement);
  expect(after?.slice(prelude.length)).toBe(example.after);
  expect(after?.startsWith(prelude)).toBe(true);
  const extension = language === 'c' ? 'c' : 'cpp';
  results.push({ name: `case${results.length}.${extension}`, text: after ?? '' });
  expect(parsers.withTree(language, after ?? '', (root) => root.hasError)).toBe(false);
}

function edited(text: string, language: 'c' | 'cpp', call: string, success: Success, statement: string) {
  const callStart = text.indexOf(call);
  expect(callStart).toBeGreaterThan(0);
  const callEnd = callStart + call.length;
  const edits = parsers.withTree(language, text, (root) =>
    insertAfterSuccess({ file: '/f.c', text, root, callStart, callEnd, success, statement }),
  );
  if (edits) expectApart(edits);
  return edits && applyEdits(text, edits);
}

function expectApart(edits: readonly TextEdit[]) {
  for (const [index, edit] of edits.entries()) {
    const before = edits[index - 1];
    if (before) expect(edit.start).toBeGreaterThan(before.end);
    expect(edit.end).toBeGreaterThanOrEqual(edit.start);
  }
}

function tabbed(text: string): string {
  return text.replace(/^(?: {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4));
}
