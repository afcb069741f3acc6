/** The functions with the inserted statement, run: every created thread is detached, and no other. */
import { describe, expect, it } from 'vitest';
import { execute, hasCompiler } from '../support/compiler';
import { C_CASES, type Case } from './edits-after-success.cases';

const HEAD = `#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
struct state { int started; pthread_t tid; };
static pthread_t tid;
static jmp_buf out;
static int failures, created, detached;
static void *work(void *arg) { return arg; }
static void log_it(const char *text) { (void)text; }
static void errno_of(int rc) { (void)rc; }
static int other(void) { return 7; }
static int create(void)
{
    if (failures > 0) {
        failures--;
        return 11;
    }
    created++;
    return 0;
}
#define pthread_create(handle, attr, run, arg) ((void)(handle), (void)work, create())
#define pthread_detach(handle) ((void)(handle), detached++)
#define pthread_attr_destroy(attr) ((void)(attr))
#define exit(status) longjmp(out, 1)
#define CHECK(x) do { if (!(x)) longjmp(out, 1); } while (0)
#define CHECK_EQ(a, b) CHECK((a) == (b))
#define ASSERT_FALSE(x) CHECK(!(x))
#define assert(x) CHECK(x)
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
static struct state state;
static int number;
static pthread_attr_t attr;
`;
const ARGUMENTS: Record<string, string> = {
  void: '',
  'int n': '3',
  'int rc': '3',
  'int *rc': '&number',
  'struct state *s': '&state',
  'pthread_attr_t *attr': '&attr',
};

describe.runIf(hasCompiler)('run with creations that succeed and fail', () => {
  it('detaches exactly the threads that were created', () => {
    expect(execute(program(C_CASES.map(({ name, after }) => ({ name, text: after }))))).toBe('');
  });

  it('would notice a thread that is not detached', () => {
    const [first] = C_CASES;
    const said = execute(program([{ name: 'before', text: first?.before ?? '' }]));
    expect(said).toContain('before: 1 created, 0 detached');
  });
});

function program(functions: { name: string; text: string }[]): string {
  const definitions = functions.map(({ text }, index) => `#define f case${index}\n${body(text)}#undef f\n`);
  const runs = functions.map(({ name, text }, index) => {
    const call = `case${index}(${argumentsOf({ name, text })})`;
    return `    for (int fail = 0; fail < 3; fail++) {
        failures = fail, created = detached = 0;
        if (setjmp(out) == 0)
            (void)${call};
        if (created != detached)
            printf("${name}: %d created, %d detached\\n", created, detached);
    }\n`;
  });
  return `${HEAD}${definitions.join('')}int main(void)\n{\n${runs.join('')}    return 0;\n}\n`;
}

/** The function without the prototype that a case may have before it. */
function body(text: string): string {
  return text.replace(/^void errno_of\(int rc\);\n/, '');
}

function argumentsOf({ name, text }: { name: Case['name']; text: string }): string {
  const params = /\bf\(([^)]*)\)/.exec(text)?.[1]?.split(', ') ?? [];
  return params
    .map((param) => {
      const value = ARGUMENTS[param];
      if (value === undefined) throw new Error(`${name}: no argument for ${param}`);
      return value;
    })
    .join(', ');
}
