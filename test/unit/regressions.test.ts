/** Bugs that were found and mended, each with its smallest case. */
import { describe, expect, it } from 'vitest';
import { guardsOf } from '../../server/src/analysis/paths/control-dependence';
import { createWorkspace } from '../../server/src/service/workspace';
import { condition } from '../../server/src/syntax/condition';
import { readBinaries } from '../support/binaries';
import { functionOf, programOf, targetsOf, unitOf } from '../support/engine';
import { waysOf } from '../support/render-cfg';
import { checked, placeOf } from '../support/workspaces';

const found = async (...files: [string, string][]) =>
  (await checked(files.map(([file, text]) => ({ file, text })))).result.findings.map(placeOf);

const THREAD = '#include <pthread.h>\nstatic void *work(void *arg) { return arg; }\n';

describe('1. what a call writes is forgotten', () => {
  it('a global flag that the callee sets', async () => {
    const text = `${THREAD}static int started; static pthread_t tid;
static void start(void) { if (pthread_create(&tid, NULL, work, NULL) == 0) started = 1; }
int main(void) { started = 0; start(); if (started) pthread_join(tid, NULL); return 0; }`;
    expect(await found(['/w/a.c', text])).toEqual([]);
  });
  it('a field that the callee sets', async () => {
    const text = `${THREAD}struct s { int started; pthread_t tid; };
static void start(struct s *p) { if (pthread_create(&p->tid, NULL, work, NULL) == 0) p->started = 1; }
int run(struct s *p) { if (p->started) return 1; start(p); if (p->started) pthread_join(p->tid, NULL); return 0; }`;
    expect(await found(['/w/a.c', text])).toEqual([]);
  });
  it('a flag that says the lock is held', async () => {
    const text = `#include <pthread.h>
static int held;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static void take(void) { pthread_mutex_lock(&a); held = 1; }
void one(void) { held = 0; take(); if (held) pthread_mutex_unlock(&a); pthread_mutex_lock(&b); pthread_mutex_unlock(&b); }
void two(void) { pthread_mutex_lock(&b); pthread_mutex_lock(&a); pthread_mutex_unlock(&a); pthread_mutex_unlock(&b); }`;
    expect(await found(['/w/a.c', text])).toEqual([]);
  });
});

describe('2. a guard is what must hold', () => {
  it('not one side of an or', async () => {
    const program = await programOf({ 'a.c': 'void f(int x, int y) { if (x || y) target(); }' });
    const nodes = program.fns[0]?.facts.nodes ?? [];
    expect(
      guardsOf(
        nodes,
        nodes.findIndex(({ op }) => op === 'call'),
      ),
    ).toEqual([]);
  });
  it('not what is tested after it in a loop', async () => {
    const program = await programOf({ 'a.c': 'void f(int x) { for (;;) { target(); if (x) return; } }' });
    const nodes = program.fns[0]?.facts.nodes ?? [];
    expect(
      guardsOf(
        nodes,
        nodes.findIndex(({ op }) => op === 'call'),
      ),
    ).toEqual([]);
  });
  it('so a forced join is a join', async () => {
    const text = `#include <pthread.h>
struct s { int run; pthread_t tid; };
static struct s one;
static void *work(void *arg) { one.run = 0; return arg; }
void start(void) { one.run = 1; pthread_create(&one.tid, NULL, work, NULL); }
void stop(int force) { if (force || one.run) pthread_join(one.tid, NULL); }`;
    expect(await found(['/w/a.c', text])).toEqual([]);
  });
});

it('3. `::g()` is the global g', async () => {
  const program = await programOf({
    'a.cpp':
      'void g() {}\nnamespace n { void g() {} void f() { ::g(); } struct c { void close() { ::close(3); } }; }',
  });
  expect(targetsOf(program, 'a.cpp', 'n::f')).toEqual(['a.cpp:g']);
  expect(targetsOf(program, 'a.cpp', 'n::c::close')).not.toEqual(['a.cpp:n::c::close']);
});

describe('4. a call in a declaration that is a condition is made', () => {
  it.each([
    ['if (auto *p = find()) use(p);', 'find(); p = find(…); [p]; use(p); return'],
    ['while (auto *p = find()) use(p);', 'find(); p = find(…); [p]; use(p); ~ again: find()'],
  ])('%s', async (body, way) => {
    const fn = functionOf(await unitOf('a.cpp', `void f() { ${body} }`), 'f');
    expect(waysOf(fn)[0]).toBe(way);
  });
});

it('5. a static member has one identity in all files', async () => {
  const lock = (a: string, b: string) =>
    `pthread_mutex_lock(&${a}); pthread_mutex_lock(&${b}); pthread_mutex_unlock(&${b}); pthread_mutex_unlock(&${a});`;
  const files: [string, string][] = [
    [
      '/w/pool.h',
      '#include <pthread.h>\nclass pool { static pthread_mutex_t x_, y_; public: void one(); void two(); };\n\n',
    ],
    [
      '/w/a.cpp',
      `#include "pool.h"\npthread_mutex_t pool::x_, pool::y_;\nvoid pool::one() { ${lock('x_', 'y_')} }`,
    ],
    ['/w/b.cpp', `#include "pool.h"\nvoid pool::two() { ${lock('y_', 'x_')} }`],
  ];
  expect((await found(...files)).map((place) => place.split(' ')[1])).toEqual(['lock-order']);
});

it('6. a macro on the last line of a file is read', async () => {
  for (const end of ['', '\n', '\r\n']) {
    const unit = await unitOf('a.h', `#pragma once\n#define TAKE(m) pthread_mutex_lock(m)${end}`);
    expect(unit.functions.map(({ name }) => name)).toEqual(['TAKE']);
  }
});

it('7. a comment that is never closed is not left for the grammar to search again and again', () => {
  const text = `int a;\n${'/* '.repeat(2000)}`;
  const conditioned = condition(text, { language: 'c' });
  expect(conditioned.text).toBe('int a;\n'.padEnd(text.length, ' '));
  expect(conditioned.spans.map(({ reason }) => reason)).toEqual(['comment that is never closed']);
});

it('8. a file with its own main is not linked with another file that has one', async () => {
  const program = await programOf({
    '/w/one/main.c': 'void log_it(void); int main(void) { log_it(); return 0; }',
    '/w/two/main.c': 'void log_it(void) { } int main(void) { log_it(); return 0; }',
  });
  expect(targetsOf(program, '/w/one/main.c', 'main')).toEqual(['unknown log_it']);
});

it('9. a file that changes during a check does not move the findings of that check', async () => {
  let time = 0;
  const now = () => {
    time += 100;
    return time;
  };
  const text = `${THREAD}int start(void) { pthread_t tid; return pthread_create(&tid, NULL, work, NULL); }\n`;
  const workspace = await createWorkspace({ binaries: readBinaries(), now });
  workspace.setFile('/w/a.c', text);
  const expected = (await workspace.check()).findings;
  const running = workspace.check();
  await new Promise((resolve) => setTimeout(resolve, 0));
  workspace.setFile('/w/a.c', `\n\n\n${text}`);
  expect((await running).findings).toEqual(expected);
});

describe('10. small ones', () => {
  it('`a() ?: b()` calls a once', async () => {
    const fn = functionOf(await unitOf('a.c', 'int f(void) { return a() ?: b(); }'), 'f');
    expect(waysOf(fn)[0]).toBe('a(); [a(…)]; … = a(…); return …');
  });
  it('`not` in a condition is `!`', async () => {
    const fn = functionOf(await unitOf('a.cpp', 'void f(bool x, bool y) { if (not (x and y)) a(); }'), 'f');
    expect(waysOf(fn)).toEqual(['[x]; [y]; return', '[x]; [not y]; a(); return', '[not x]; a(); return']);
  });
  it('a conversion operator has a name', async () => {
    const unit = await unitOf('a.cpp', 'struct s { operator bool() const { return true; } };');
    expect(unit.functions.map(({ name }) => name)).toEqual(['s::operator bool']);
  });
  it('goto out of a scope ends its objects', async () => {
    const fn = functionOf(
      await unitOf('a.cpp', 'void f() { { guard g(m); if (a()) goto out; b(); } out: c(); }'),
      'f',
    );
    expect(waysOf(fn)[0]).toBe('g.{constructor}(m); a(); [a(…)]; end of g; c(); return');
  });
});

describe('11. a computed goto goes to each of its labels', () => {
  it('also where the one before was another', async () => {
    const text = `#include <pthread.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
int run(int op) {
  static const void *const table[] = { &&give, &&keep };
  pthread_mutex_lock(&m);
  goto *table[op];
give: pthread_mutex_unlock(&m); return 0;
keep: return -1; }`;
    expect(await found(['/w/a.c', text])).toEqual(['/w/a.c:8 missing-unlock']);
  });
});

describe('11. what several alternatives say is learnt once', () => {
  it('also where more is known of it', async () => {
    const text = `void run(list &entries) {
  std::unique_lock<std::mutex> lock(m);
  for (entry &s : entries) { if (s.window == title) { break; } }
  if (!match) { for (entry &s : entries) { try { match = true; } } }
  if (!match && if_not && scene) { }
}`;
    expect(await found(['/w/a.cpp', text])).toEqual([]);
  });
});
