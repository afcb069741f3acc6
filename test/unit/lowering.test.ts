/** Function bodies in C to control flow: each way from the entry with what happens on it. */
import { describe, expect, it } from 'vitest';
import { functionOf, unitOf } from '../support/engine';
import { waysOf } from '../support/render-cfg';

/** The ways through the function `f` of a C text. */
async function ways(text: string, name = 'f'): Promise<string[]> {
  return waysOf(functionOf(await unitOf('a.c', text), name));
}

describe('branches', () => {
  it('if, else if, else', async () => {
    expect(await ways('int f(int x) { if (x > 0) a(); else if (x < 0) b(); else c(); return x; }')).toEqual([
      '[x > 0]; a(); return x',
      '[not x > 0]; [x < 0]; b(); return x',
      '[not x > 0]; [not x < 0]; c(); return x',
    ]);
  });

  it('a return in a branch ends that way alone', async () => {
    expect(await ways('int f(int x) { if (x) return 1; a(); return 0; }')).toEqual([
      '[x]; return 1',
      '[not x]; a(); return 0',
    ]);
  });

  it('what stands behind a return is on no way', async () => {
    expect(await ways('void f(void) { return; a(); }')).toEqual(['return']);
  });

  it('short circuits evaluate their right side on one way only', async () => {
    expect(await ways('void f(int x) { if (x && a()) b(); else c(); }')).toEqual([
      '[x]; a(); [a(…)]; b(); return',
      '[x]; a(); [not a(…)]; c(); return',
      '[not x]; c(); return',
    ]);
    expect(await ways('void f(int x) { if (x || a()) b(); }')).toEqual([
      '[x]; b(); return',
      '[not x]; a(); [a(…)]; b(); return',
      '[not x]; a(); [not a(…)]; return',
    ]);
  });

  it('a negated condition exchanges the ways', async () => {
    expect(await ways('void f(int x, int y) { if (!(x || y)) a(); }')).toEqual([
      '[x]; return',
      '[not x]; [y]; return',
      '[not x]; [not y]; a(); return',
    ]);
  });

  it('a short circuit as a value is 1 or 0', async () => {
    expect(await ways('void f(int x, int y) { int z = x && y; use(z); }')).toEqual([
      '[x]; [y]; … = 1; z = …; use(z); return',
      '[x]; [not y]; … = 0; z = …; use(z); return',
      '[not x]; … = 0; z = …; use(z); return',
    ]);
  });

  it('a ternary evaluates one of its sides', async () => {
    expect(await ways('int f(int x) { return x ? a() : b(); }')).toEqual([
      '[x]; a(); … = a(…); return …',
      '[not x]; b(); … = b(…); return …',
    ]);
  });

  it('the short ternary gives what it tested', async () => {
    const [holds, fails] = await ways('int f(int x) { return x ?: b(); }');
    expect(holds).toBe('[x]; … = x; return …');
    expect(fails).toBe('[not x]; b(); … = b(…); return …');
  });

  it('an assignment in a condition happens before the test', async () => {
    expect(await ways('void f(void) { int rc; if ((rc = a()) != 0) b(rc); }')).toEqual([
      'a(); rc = a(…); [rc != 0]; b(rc); return',
      'a(); rc = a(…); [not rc != 0]; return',
    ]);
  });

  it('constants in conditions leave one way', async () => {
    expect(await ways('void f(void) { if (0) a(); else b(); if (1) c(); }')).toEqual(['b(); c(); return']);
  });
});

describe('loops', () => {
  it('while, with break and continue', async () => {
    const text = 'void f(int n) { while (n > 0) { if (a()) continue; if (b()) break; c(); } d(); }';
    expect(await ways(text)).toEqual([
      '[n > 0]; a(); [a(…)]; ~ again: [n > 0]',
      '[n > 0]; a(); [not a(…)]; b(); [b(…)]; d(); return',
      '[n > 0]; a(); [not a(…)]; b(); [not b(…)]; c(); ~ again: [n > 0]',
      '[not n > 0]; d(); return',
    ]);
  });

  it('do runs its body first, and continue goes to its condition', async () => {
    expect(await ways('void f(void) { do { a(); if (b()) continue; c(); } while (d()); }')).toEqual([
      'a(); b(); [b(…)]; d(); [d(…)]; ~ again: a()',
      'a(); b(); [b(…)]; d(); [not d(…)]; return',
      'a(); b(); [not b(…)]; c(); d(); [d(…)]; ~ again: a()',
      'a(); b(); [not b(…)]; c(); d(); [not d(…)]; return',
    ]);
  });

  it('do once is no loop, and break leaves it', async () => {
    expect(await ways('void f(void) { do { if (a()) break; b(); } while (0); c(); }')).toEqual([
      'a(); [a(…)]; c(); return',
      'a(); [not a(…)]; b(); c(); return',
    ]);
  });

  it('for, whose continue goes to its update', async () => {
    expect(await ways('void f(void) { for (int i = 0; i < 3; i++) { if (a(i)) continue; b(); } }')).toEqual([
      'i = 0; [i < 3]; a(i); [a(…)]; i = i + 1; ~ again: [i < 3]',
      'i = 0; [i < 3]; a(i); [not a(…)]; b(); i = i + 1; ~ again: [i < 3]',
      'i = 0; [not i < 3]; return',
    ]);
  });

  it('a loop without condition is left only by what stands in it', async () => {
    expect(await ways('void f(void) { for (;;) a(); b(); }')).toEqual(['a(); ~ again: a()']);
    expect(await ways('void f(void) { while (1) { if (a()) break; } b(); }')).toEqual([
      'a(); [a(…)]; b(); return',
      'a(); [not a(…)]; ~ again: a()',
    ]);
  });

  it('break in a switch leaves the switch, continue the loop’s turn', async () => {
    const text =
      'void f(void) { for (;;) { switch (x()) { case 1: break; case 2: continue; default: return; } a(); } }';
    expect(await ways(text)).toEqual([
      'x(); [x(…) is 1]; a(); ~ again: x()',
      'x(); [x(…) is 2]; ~ again: x()',
      'x(); [x(…) is default]; return',
    ]);
  });

  it('a loop knows its nodes, and its condition’s', async () => {
    const fn = functionOf(await unitOf('a.c', 'void f(int n) { a(); while (b(n)) c(); d(); }'), 'f');
    const [loop] = fn.loops;
    const calls = (first = 0, last = -1) =>
      fn.nodes
        .slice(first, last + 1)
        .flatMap((node) => (node.op === 'call' && node.callee.k === 'name' ? [node.callee.n] : []));
    expect(fn.loops).toHaveLength(1);
    expect(calls(loop?.first, loop?.last)).toEqual(['b', 'c']);
    expect(calls(loop?.condFirst, loop?.condLast)).toEqual(['b']);
  });
});

describe('loop macros', () => {
  it('give their variable another value each turn', async () => {
    expect(
      await ways('void f(struct list *l) { struct item *it; EACH_ITEM(it, l) { use(it); } done(); }'),
    ).toEqual(expect.arrayContaining([expect.stringMatching(/it = …; use\(it\)/)]));
  });
});

describe('switch', () => {
  it('falls through, and takes default wherever it stands', async () => {
    const text =
      'void f(int x) { switch (x) { case 1: a(); case 2: b(); break; default: c(); case 3: d(); } e(); }';
    expect(await ways(text)).toEqual([
      '[x is 1]; a(); b(); e(); return',
      '[x is 2]; b(); e(); return',
      '[x is default]; c(); d(); e(); return',
      '[x is 3]; d(); e(); return',
    ]);
  });

  it('without default may take no case', async () => {
    expect(await ways('void f(int x) { switch (x) { case A: a(); } b(); }')).toEqual([
      '[x is A]; a(); b(); return',
      '[x is default]; b(); return',
    ]);
  });

  it('may jump into a loop', async () => {
    const text = 'void f(int n) { switch (n) { case 0: do { a(); case 1: b(); } while (c()); } }';
    expect(await ways(text)).toEqual([
      '[n is 0]; a(); b(); c(); [c(…)]; ~ again: a()',
      '[n is 0]; a(); b(); c(); [not c(…)]; return',
      '[n is 1]; b(); c(); [c(…)]; a(); ~ again: b()',
      '[n is 1]; b(); c(); [not c(…)]; return',
      '[n is default]; return',
    ]);
  });
});

describe('goto', () => {
  it('forwards, to a common clean-up', async () => {
    const text =
      'int f(void) { if (a()) goto fail; if (b()) goto fail; return 0; fail: clean(); return -1; }';
    expect(await ways(text)).toEqual([
      'a(); [a(…)]; clean(); return -1',
      'a(); [not a(…)]; b(); [b(…)]; clean(); return -1',
      'a(); [not a(…)]; b(); [not b(…)]; return 0',
    ]);
  });

  it('backwards', async () => {
    expect(await ways('void f(void) { again: a(); if (b()) goto again; c(); }')).toEqual([
      'a(); b(); [b(…)]; ~ again: a()',
      'a(); b(); [not b(…)]; c(); return',
    ]);
  });

  it('into a block', async () => {
    const text = 'void f(int x) { if (x) goto inside; while (a()) { b(); inside: c(); } d(); }';
    expect(await ways(text)).toEqual([
      '[x]; c(); a(); [a(…)]; b(); ~ again: c()',
      '[x]; c(); a(); [not a(…)]; d(); return',
      '[not x]; a(); [a(…)]; b(); c(); ~ again: a()',
      '[not x]; a(); [not a(…)]; d(); return',
    ]);
  });

  it('computed, to every label whose address is taken', async () => {
    const text =
      'void f(int x) { void *t[] = { &&one, &&two }; goto *t[x]; one: a(); return; two: b(); return; no: c(); }';
    expect(await ways(text)).toEqual([
      't = {&one, &two}; [t[x] is …]; a(); return',
      't = {&one, &two}; [t[x] is …]; b(); return',
    ]);
    const named = 'void f(int x) { void *t = x ? &&one : &&two; goto *t; one: a(); two: b(); }';
    expect((await ways(named)).slice(0, 2).map((way) => way.replace(/.*\[t is/, '[t is'))).toEqual([
      '[t is …]; a(); b(); return',
      '[t is …]; b(); return',
    ]);
  });

  it('to a label that is not there', async () => {
    expect(await ways('void f(void) { a(); goto nowhere; b(); }')).toEqual(['a(); stop']);
  });
});

describe('expressions', () => {
  it('calls happen from the inside out and from left to right', async () => {
    expect(await ways('void f(void) { g(h(), i(j())); }')).toEqual([
      'h(); j(); i(j(…)); g(h(…), i(…)); return',
    ]);
  });

  it('commas, chained and compound assignments', async () => {
    expect(await ways('void f(int a, int b) { a = g(), b = h(); a = b = i(); a += j(); }')).toEqual([
      'g(); a = g(…); h(); b = h(…); i(); b = i(…); a = b; j(); a = a + j(…); return',
    ]);
  });

  it('steps before and after', async () => {
    expect(await ways('void f(int n) { g(++n); h(n--); }')).toEqual([
      'n = n + 1; g(n); n = n - 1; h(n + 1); return',
    ]);
  });

  it('addresses, members, elements and pointers as written', async () => {
    const text =
      'void f(struct s *p, int i) { g(&p->tid, &p->all[i], *p->next, (&p->in)->x, *(p->all + i)); }';
    expect(await ways(text)).toEqual(['g(&p->tid, &p->all[i], *p->next, p->in.x, p->all[i]); return']);
  });

  it('what sizeof names is not evaluated', async () => {
    expect(await ways('void f(void) { g(sizeof(h())); }')).toEqual(['g(…); return']);
  });

  it('a statement expression has its last value', async () => {
    expect(await ways('int f(int x) { return ({ int t = g(x); if (t) h(); t + 1; }); }')).toEqual([
      'g(x); t = g(…); [t]; h(); … = t + 1; return …',
      'g(x); t = g(…); [not t]; … = t + 1; return …',
    ]);
  });

  it('a generic selection is any of its choices', async () => {
    const text =
      'void f(int *p) { int x = _Generic(p, int *: a(), default: b()); _Generic(p, int *: g, long *: h)(p); }';
    expect(await ways(text)).toEqual([
      '[…]; a(); … = a(…); x = …; […]; g(p); … = g(…); return',
      '[…]; a(); … = a(…); x = …; [not …]; h(p); … = h(…); return',
      '[not …]; b(); … = b(…); x = …; […]; g(p); … = g(…); return',
      '[not …]; b(); … = b(…); x = …; [not …]; h(p); … = h(…); return',
    ]);
  });

  it('initialisers by field and by position', async () => {
    const text = 'void f(void) { struct s x = { .a = g(), .m = INIT }; int t[2] = { 1, h() }; }';
    const [way] = await ways(text);
    expect(way).toContain('g(); x = {.a = g(…), .m = INIT}; h(); t = {1, h(…)}');
  });

  it('a shadowing variable is another one', async () => {
    const fn = functionOf(await unitOf('a.c', 'void f(int x) { { int x = 1; g(x); } h(x); }'), 'f');
    const args = fn.nodes.flatMap((node) => (node.op === 'call' ? node.args : []));
    expect(args).toEqual([
      { k: 'var', v: 1 },
      { k: 'var', v: 0 },
    ]);
  });

  it('calls through pointers name what holds the function', async () => {
    const text = 'void f(struct ops *o) { o->run = worker; o->run(0); (*o->stop)(1); table.run(2); }';
    expect(await ways(text)).toEqual(['o->run = worker; o->run(0); *o->stop(1); table.run(2); return']);
  });
});

describe('functions', () => {
  it('in the old style have the types of their parameters', async () => {
    const fn = functionOf(await unitOf('a.c', 'int f(a, p) int a; struct s *p; { return g(a, p); }'), 'f');
    expect(fn.variables.map(({ name, type }) => `${type.base} ${'*'.repeat(type.ptr)}${name}`)).toEqual([
      'int a',
      's *p',
    ]);
    expect(waysOf(fn)).toEqual(['g(a, p); return g(…)']);
  });

  it('of old C without a type return an int', async () => {
    const text = `main(argc, argv) int argc; char **argv; { run(argc); }
static helper() { work(); }
other(void *p, int n) { work(p); }
two(a, b)
  struct s *a;
{ return b; }
int last(void) { return 1; }`;
    const unit = await unitOf('a.c', text);
    expect(unit.losses).toEqual([]);
    expect(
      unit.functions.map(({ name, returns, params, internal, nameSpan }) => [
        name,
        returns.base,
        params,
        internal,
        text.slice(...nameSpan),
      ]),
    ).toEqual([
      ['main', 'int', 2, false, 'main'],
      ['helper', 'int', 0, true, 'helper'],
      ['other', 'int', 2, false, 'other'],
      ['two', 'int', 2, false, 'two'],
      ['last', 'int', 0, false, 'last'],
    ]);
    expect(functionOf(unit, 'main').variables.map(({ type }) => type.base)).toEqual(['int', 'char']);
  });

  it('know linkage, noreturn and constructor', async () => {
    const unit = await unitOf(
      'a.c',
      `static int own(void) { return 1; }
       _Noreturn void die(void) { for (;;) ; }
       __attribute__((constructor)) static void start(void) { }
       int shared(void) { return 2; }`,
    );
    expect(functionOf(unit, 'own')).toMatchObject({ internal: true });
    expect(functionOf(unit, 'shared')).toMatchObject({ internal: false });
    expect(functionOf(unit, 'die').noreturn).toBe(true);
    expect(functionOf(unit, 'start')).toMatchObject({ startup: true, internal: true });
    expect(functionOf(unit, 'own').startup).toBeUndefined();
  });

  it('beside one that does not parse keep their facts, and that one says so', async () => {
    const unit = await unitOf('a.c', 'void f(void) { a(; } }\nvoid g(void) { b(); }\n');
    expect(waysOf(functionOf(unit, 'g'))).toEqual(['b(); return']);
    expect(unit.functions.some((fn) => fn.damaged) || unit.losses.length > 0).toBe(true);
    expect(functionOf(unit, 'g').damaged).toBeUndefined();
  });

  it('of the disabled part are not there', async () => {
    const unit = await unitOf('a.c', '#if 0\nvoid f(void) { a(); }\n#else\nvoid f(void) { b(); }\n#endif\n');
    expect(waysOf(functionOf(unit, 'f'))).toEqual(['b(); return']);
  });
});

describe('macros', () => {
  const text = `#define LOCK(c) pthread_mutex_lock(&(c)->lock)
#define LEAVE(c) do { \\
    pthread_mutex_unlock(&(c)->lock); \\
    done(c); \\
  } while (0)
#define OK 0
#define ERR (-1)
#define MASK 0x10u
#define TEXT "no number"
void f(struct conn *c) { LOCK(c); LEAVE(c); }
`;

  it('like functions are functions, called where they stand', async () => {
    const unit = await unitOf('a.c', text);
    expect(waysOf(functionOf(unit, 'f'))).toEqual(['LOCK(c); LEAVE(c); return']);
    expect(waysOf(functionOf(unit, 'LOCK'))).toEqual([
      'pthread_mutex_lock(&c->lock); return pthread_mutex_lock(…)',
    ]);
    expect(waysOf(functionOf(unit, 'LEAVE'))).toEqual(['pthread_mutex_unlock(&c->lock); done(c); return']);
  });

  it('have their places inside the macro', async () => {
    const places = functionOf(await unitOf('a.c', text), 'LEAVE').nodes.flatMap((node) =>
      node.op === 'call' ? [text.slice(...node.at)] : [],
    );
    expect(places).toEqual(['pthread_mutex_unlock(&(c)->lock)', 'done(c)']);
  });

  it('that stand for numbers are constants, and so are enumerators', async () => {
    const enums = 'enum { A, B = 5, C, D = 1 << 3, E, F = 2 };\n';
    const { constants } = await unitOf('a.c', text + enums);
    expect(Object.fromEntries(constants.map(({ name, value }) => [name, value]))).toEqual({
      OK: 0,
      ERR: -1,
      MASK: 16,
      A: 0,
      B: 5,
      C: 6,
      F: 2,
    });
  });
});

describe('file scope', () => {
  it('functions stored by initialisers, by field and by position', async () => {
    const { stores } = await unitOf(
      'a.c',
      `static struct ops o = { .run = worker, .stop = &halt };
       struct ops all[] = { { first, 3 }, { second, 4 } };
       void *(*hook)(void *) = worker;`,
    );
    expect(stores.map((store) => `${store.owner}.${store.field} = ${store.function}`)).toEqual([
      'ops.run = worker',
      'ops.stop = halt',
      'ops.0 = first',
      'ops.0 = second',
    ]);
  });

  it('types, typedefs and their fields', async () => {
    const { types, aliases } = await unitOf(
      'a.c',
      `typedef struct conn { int fd; struct conn *next, all[4]; union { int u; long v; }; } conn_t;
       typedef struct { pthread_mutex_t lock; void (*run)(int); } anon_t, *anon_p;`,
    );
    const conn = types.find(({ name }) => name === 'conn');
    expect(conn?.fields.map(({ name, type }) => `${name} ${type.ptr} ${type.arr}`)).toEqual([
      'fd 0 0',
      'next 1 0',
      'all 0 1',
      'u 0 0',
      'v 0 0',
    ]);
    expect(types.find(({ name }) => name === 'anon_t')?.fields.map(({ name }) => name)).toEqual([
      'lock',
      'run',
    ]);
    expect(aliases.map(({ name, target }) => [name, target.base, target.ptr])).toEqual([
      ['conn_t', 'conn', 0],
      ['anon_p', 'anon_t', 1],
    ]);
  });

  it('variables with linkage and storage', async () => {
    const { globals } = await unitOf(
      'a.c',
      'static int own; extern int other; _Thread_local int mine; int shared = 3; __thread int old;',
    );
    const flags = globals.map((g) =>
      [g.name, g.internal && 'internal', g.extern && 'extern', g.thread && 'thread']
        .filter(Boolean)
        .join(' '),
    );
    expect(flags).toEqual(['own internal', 'other extern', 'mine thread', 'shared', 'old thread']);
  });

  it('includes and suppressions', async () => {
    const unit = await unitOf(
      'a.c',
      `#include <pthread.h>
#include "net/conn.h"
#if 0
#include "never.h"
#endif
// threadlint: ignore lock-order
int a; /* threadlint: ignore */
`,
    );
    expect(unit.includes).toEqual([
      { path: 'pthread.h', system: true, at: 0 },
      { path: 'net/conn.h', system: false, at: 21 },
    ]);
    expect(unit.suppressions).toEqual([
      { line: 5, rules: ['lock-order'] },
      { line: 6, rules: [] },
    ]);
  });
});
