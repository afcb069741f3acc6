/** Macros at their uses: what the linked function does, as if the macro's text stood there. */
import { describe, expect, it } from 'vitest';
import { type Files, isFile, programOf, targetsOf } from '../support/engine';
import { waysOf } from '../support/render-cfg';

/** The ways through the linked function `f` of `a.c`. */
async function ways(text: string | Files, name = 'f'): Promise<string[]> {
  const { fns } = await programOf(typeof text === 'string' ? { 'a.c': text } : text);
  const found = fns.filter((fn) => fn.facts.name === name && isFile(fn.unit, 'a.c'));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`there are ${found.length} functions named ${name}`);
  return waysOf(only.facts);
}

describe('macros without parameters', () => {
  it('that do something do it where they stand', async () => {
    expect(await ways('#define LOCK_IT lock(&g)\nvoid f(void) { LOCK_IT; a(); }')).toEqual([
      'lock(&g); a(); return',
    ]);
    expect(await ways('#define TRY_IT try(&g)\nvoid f(void) { if (TRY_IT) a(); }')).toEqual([
      'try(&g); [try(…)]; a(); return',
      'try(&g); [not try(…)]; return',
    ]);
  });

  it('are other names of functions, in chains and with parameters in between', async () => {
    const text = `#define my_lock pthread_mutex_lock
#define our_lock my_lock
#define mtx_lock_it(m) our_lock(m)
void f(void) { my_lock(&a); our_lock(&b); mtx_lock_it(&c); }`;
    expect(await ways(text)).toEqual([
      'pthread_mutex_lock(&a); pthread_mutex_lock(&b); mtx_lock_it(&c); return',
    ]);
    expect(await ways(text, 'mtx_lock_it')).toEqual(['pthread_mutex_lock(m); return pthread_mutex_lock(…)']);
  });

  it('name a lock, a field or an element', async () => {
    expect(
      await ways(
        '#define the_lock state.lock\n#define first (table[0])\nvoid f(void) { lock(&the_lock, first); }',
      ),
    ).toEqual(['lock(&state.lock, table[0]); return']);
  });

  it('mean the local variables of their user', async () => {
    expect(await ways('#define MY_LOCK (&self->lock)\nvoid f(struct s *self) { lock(MY_LOCK); }')).toEqual([
      'lock(&self->lock); return',
    ]);
  });

  it('are themselves inside of their own text', async () => {
    expect(await ways('#define open open\n#define go go(1)\nvoid f(void) { open(); go; }')).toEqual([
      'open(); go(1); return',
    ]);
  });

  it('of a header count where it is included, and nowhere where something else has the name', async () => {
    const header = '#define take really_take\n';
    const use = 'void f(void) { take(&m); }';
    expect(await ways({ 'm.h': header, 'a.c': `#include "m.h"\n${use}` })).toEqual([
      'really_take(&m); return',
    ]);
    expect(await ways({ 'm.h': header, 'a.c': use, 'b.c': 'void take(void *m) { }' })).toEqual([
      'take(&m); return',
    ]);
  });
});

describe('macros that leave', () => {
  it('with return leave the function', async () => {
    expect(
      await ways(
        '#define CHECK(x) do { if (!(x)) return -1; } while (0)\nint f(void) { CHECK(a()); b(); return 0; }',
      ),
    ).toEqual(['a(); [a(…)]; b(); return 0', 'a(); [not a(…)]; return -1']);
  });

  it('with goto come to the function’s label, also to one that is given', async () => {
    const text = `#define FAIL_IF(x) if (x) goto out
#define JUMP_IF(x, label) if (x) goto label
int f(void) { FAIL_IF(a()); JUMP_IF(b(), end); c(); out: d(); end: return 0; }`;
    expect(await ways(text)).toEqual([
      'a(); [a(…)]; d(); return 0',
      'a(); [not a(…)]; b(); [b(…)]; return 0',
      'a(); [not a(…)]; b(); [not b(…)]; c(); d(); return 0',
    ]);
  });

  it('with break and continue act on the loop of their user', async () => {
    const text = `#define NEXT_IF(x) if (x) continue
#define STOP_IF(x) if (x) break
void f(int n) { for (int i = 0; i < n; i++) { NEXT_IF(a(i)); STOP_IF(b(i)); c(); } d(); }`;
    expect(await ways(text)).toEqual([
      'i = 0; [i < n]; a(i); [a(…)]; i = i + 1; ~ again: [i < n]',
      'i = 0; [i < n]; a(i); [not a(…)]; b(i); [b(…)]; d(); return',
      'i = 0; [i < n]; a(i); [not a(…)]; b(i); [not b(…)]; c(); i = i + 1; ~ again: [i < n]',
      'i = 0; [not i < n]; d(); return',
    ]);
    expect(await ways('#define NEXT continue\nvoid f(void) { do { a(); NEXT; b(); } while (c()); }')).toEqual(
      ['a(); c(); [c(…)]; ~ again: a()', 'a(); c(); [not c(…)]; return'],
    );
  });

  it('with break leave a switch', async () => {
    expect(
      await ways(
        '#define DONE break\nvoid f(int x) { switch (x) { case 1: a(); DONE; default: b(); } c(); }',
      ),
    ).toEqual(['[x is 1]; a(); c(); return', '[x is default]; b(); c(); return']);
  });

  it('keep break and continue in loops of their own', async () => {
    expect(
      await ways(
        '#define SPIN(x) while (1) { if (x) break; }\nvoid f(void) { while (a()) { SPIN(b()); c(); } }',
      ),
    ).toEqual([
      'a(); [a(…)]; b(); [b(…)]; c(); ~ again: a()',
      'a(); [a(…)]; b(); [not b(…)]; ~ again: b()',
      'a(); [not a(…)]; return',
    ]);
  });

  it('do so through other macros, and as values', async () => {
    const text = `#define FAIL return -1
#define CHECK(x) if (!(x)) FAIL
#define CHECK_BOTH(x, y) CHECK(x); CHECK(y)
#define TRY(e) ({ int _r = (e); if (_r < 0) return _r; _r; })
int f(void) { CHECK_BOTH(a(), b()); return TRY(c()); }`;
    expect(await ways(text)).toEqual([
      'a(); [a(…)]; b(); [b(…)]; c(); _r = c(…); [_r < 0]; return _r',
      'a(); [a(…)]; b(); [b(…)]; c(); _r = c(…); [not _r < 0]; … = _r; return …',
      'a(); [a(…)]; b(); [not b(…)]; return -1',
      'a(); [not a(…)]; return -1',
    ]);
  });

  it('of a header act in the file that uses them', async () => {
    const header = '#define CHECK(x) if (!(x)) goto out\n';
    const text = '#include "m.h"\nint f(void) { CHECK(a()); b(); out: return c(); }';
    expect(await ways({ 'm.h': header, 'a.c': text })).toEqual([
      'a(); [a(…)]; b(); c(); return c(…)',
      'a(); [not a(…)]; c(); return c(…)',
    ]);
  });

  it('end the life of what they leave', async () => {
    const text = '#define CHECK(x) if (!(x)) return\nvoid f(void) { pthread_t t; CHECK(a()); b(); }';
    expect(await ways(text)).toEqual([
      'a(); [a(…)]; b(); end of t; return',
      'a(); [not a(…)]; end of t; return',
    ]);
  });
});

describe('arguments', () => {
  it('are evaluated where their parameter stands', async () => {
    const text = `#define WITH_LOCK(m, code) do { lock(m); code; unlock(m); } while (0)
#define IF_LAST(n, action) if (--(n) == 0) { action; }
void f(int n) { WITH_LOCK(&m, a(b())); IF_LAST(n, destroy(c())) }`;
    expect(await ways(text)).toEqual([
      'lock(&m); b(); a(b(…)); unlock(&m); n = n - 1; [n == 0]; c(); destroy(c(…)); return',
      'lock(&m); b(); a(b(…)); unlock(&m); n = n - 1; [not n == 0]; return',
    ]);
  });

  it('may be statements', async () => {
    const text = `#define WITH_LOCK(m, code) do { lock(m); code unlock(m); } while (0)
int f(int x) { WITH_LOCK(&m, if (x) return 1; a();); return 0; }`;
    expect(await ways(text)).toEqual([
      'lock(&m); [x]; return 1',
      'lock(&m); [not x]; a(); unlock(&m); return 0',
    ]);
  });

  it('are evaluated twice or never', async () => {
    const text = `#define TWICE(x) ((x) + (x))
#define NEVER(x)
void f(void) { TWICE(a()); NEVER(b()); c(); }`;
    expect(await ways(text)).toEqual(['a(); a(); c(); return']);
  });

  it('are changed, and have their address taken', async () => {
    const text = `#define SWAP(x, y) do { int t = x; x = y; y = t; } while (0)
#define START(t) pthread_create(&t, 0, run, #t)
void f(int p, int q) { SWAP(p, q); START(worker); }`;
    expect(await ways(text)).toEqual(['t = p; p = q; q = t; pthread_create(&worker, 0, run, ""); return']);
  });

  it('name functions and fields', async () => {
    const text = `#define CALL(fn, x) fn(x)
#define LOCK_FIELD(o, name) lock(&(o)->name)
void f(struct s *p) { CALL(run, p); LOCK_FIELD(p, guard); }`;
    expect(await ways(text)).toEqual(['run(p); lock(&p->guard); return']);
  });

  it('are pasted into names', async () => {
    const text = `#define OP(op) mtx_##op(&m)
#define LOCK_OF(o, n) lock(&(o)->n ## _lock)
void f(struct s *p) { OP(lock); LOCK_OF(p, size); OP(unlock); }`;
    expect(await ways(text)).toEqual(['mtx_lock(&m); lock(&p->size_lock); mtx_unlock(&m); return']);
  });

  it('of variable number are handed on', async () => {
    const text = `#define CALL(fn, ...) fn(__VA_ARGS__)
#define LOG(...) log_it(__VA_ARGS__)
#define FMT(fmt, args...) print(fmt, ##args)
void f(int a) { CALL(run, a, &b, c()); LOG("x", a); FMT("y"); }`;
    expect(await ways(text)).toEqual(['c(); run(a, &b, c(…)); log_it("x", a); print("y"); return']);
  });
});

describe('arguments that are no expressions', () => {
  it('keep the positions of those behind them', async () => {
    const text = `#define GET(type, p, m) lock(&(p)->m)
#define AT(a, b, c) use(a, b, c)
void f(struct s *q) { GET(int, q, mtx); GET(unsigned long, q, mtx); AT(1, , 3); AT(, 2, 3); AT(1, ==, 3); AT(1, 2, char); }`;
    expect(await ways(text)).toEqual([
      'lock(&q->mtx); lock(&q->mtx); AT(1, …, 3); AT(…, 2, 3); AT(1, …, 3); AT(1, 2, char); return',
    ]);
  });

  it('are types that a macro can mention', async () => {
    const text = `#define NEW(T, p) (T##_init(p))
void f(void) { NEW(int, a); }`;
    expect(await ways(text)).toEqual(['int_init(a); return']);
  });
});

describe('names in macros', () => {
  it('mean the variables of the user', async () => {
    const text = '#define FAIL(e) rc = (e)\nint f(void) { int rc = 0; FAIL(3); return rc; }';
    expect(await ways(text)).toEqual(['rc = 0; rc = 3; return rc']);
  });

  it('take the definition in front of the use', async () => {
    const text = `#define STEP a()
void f(void) { STEP; }
#undef STEP
#define STEP b()
void g(void) { STEP; }`;
    expect(await ways(text)).toEqual(['a(); return']);
    expect(await ways(text, 'g')).toEqual(['b(); return']);
  });

  it('take the branch of a conditional that counts', async () => {
    const text = `#ifdef _WIN32
#define STEP() do { a(); return; } while (0)
#else
#define STEP() do { b(); return; } while (0)
#endif
void f(void) { STEP(); }`;
    expect(await ways(text)).toEqual(['b(); return']);
  });

  it('end where a macro uses itself, directly or through another', async () => {
    const text = `#define A(x) if (x) return; B(x)
#define B(x) A(x)
void f(int x) { A(x); }`;
    expect(await ways(text)).toEqual(['[x]; return', '[not x]; A(x); return']);
  });
});

describe('macros at file level', () => {
  it('define functions', async () => {
    const text = `#define DEFINE_GETTER(n) static int get_##n(struct s *p) { lock(&p->n##_lock); return p->n; }
#define DEFINE_RUN(name, fn) void *name(void *a) { fn(a); return 0; }
DEFINE_GETTER(size)
DEFINE_RUN(runner, work);
void f(struct s *p) { get_size(p); }`;
    expect(await ways(text, 'get_size')).toEqual(['lock(&p->size_lock); return p->size']);
    expect(await ways(text, 'runner')).toEqual(['work(a); return 0']);
  });

  it('may come from a header', async () => {
    const header = '#define DEFINE_RUN(name, fn) void *name(void *a) { fn(a); return 0; }\n';
    expect(
      await ways({ 'm.h': header, 'a.c': '#include "m.h"\nDEFINE_RUN(runner, work)\n' }, 'runner'),
    ).toEqual(['work(a); return 0']);
  });
});

describe('lists of macro uses', () => {
  const LIST = '#define LIST(X) X(alpha) X(beta) \\\n  X(gamma)\n';

  it('define at file level what the uses in them define', async () => {
    const text = `${LIST}#define DEFINE(n) int get_##n(void) { return n##_value(); }
LIST(DEFINE)
void f(void) { get_beta(); }`;
    expect(await ways(text, 'get_alpha')).toEqual(['alpha_value(); return alpha_value(…)']);
    expect(await ways(text, 'get_gamma')).toEqual(['gamma_value(); return gamma_value(…)']);
  });

  it('do in a function what the uses in them do', async () => {
    const text = `${LIST}#define START(n) start_##n()
#define CHECK(n) if (!ok_##n()) return;
void f(void) { LIST(START) }
void g(void) { LIST(CHECK); }`;
    expect(await ways(text)).toEqual(['start_alpha(); start_beta(); start_gamma(); return']);
    expect(await ways(text, 'g')).toEqual([
      'ok_alpha(); [ok_alpha(…)]; ok_beta(); [ok_beta(…)]; ok_gamma(); [ok_gamma(…)]; return',
      'ok_alpha(); [ok_alpha(…)]; ok_beta(); [ok_beta(…)]; ok_gamma(); [not ok_gamma(…)]; return',
      'ok_alpha(); [ok_alpha(…)]; ok_beta(); [not ok_beta(…)]; return',
      'ok_alpha(); [not ok_alpha(…)]; return',
    ]);
  });

  it('have types and several arguments, and hand on to other macros', async () => {
    const text = `#define FIELDS(X, p) X(int, p, size) X(char *, p, name)
#define GETTER(type, p, n) type p##_##n(struct s *s) { lock(&s->n##_lock); return s->n; }
#define ALL(X) FIELDS(X, get)
ALL(GETTER)`;
    expect(await ways(text, 'get_size')).toEqual(['lock(&s->size_lock); return s->size']);
    expect(await ways(text, 'get_name')).toEqual(['lock(&s->name_lock); return s->name']);
  });

  it('name the macro themselves, which is another one each time', async () => {
    const text = `#define LIST X(a) X(b)
#define X(n) void start_##n(void) { begin(n); }
LIST
#undef X
#define X(n) void stop_##n(void) { end(n); }
LIST
#undef X`;
    expect(await ways(text, 'start_b')).toEqual(['begin(b); return']);
    expect(await ways(text, 'stop_a')).toEqual(['end(a); return']);
  });

  it('stand in a file of their own', async () => {
    const files = {
      'list.h': 'X(a)\nX(b)\n',
      'a.c': `#define X(n) void start_##n(void) { begin(n); }
#include "list.h"
#undef X
#define X(n) void stop_##n(void) { end(n); }
#include "list.h"
#undef X
void f(void) { start_a(); }`,
    };
    expect(await ways(files, 'start_b')).toEqual(['begin(b); return']);
    expect(await ways(files, 'stop_b')).toEqual(['end(b); return']);
  });
});

describe('a macro ends', () => {
  it('where it is undefined, and counts again from where it is defined', async () => {
    const text = `#define TAKE(m) a_lock(m)
void f(void) { TAKE(&x); }
#undef TAKE
void g(void) { TAKE(&x); }
#define TAKE(m) b_lock(m)
void h(void) { TAKE(&x); }`;
    expect(await ways(text)).toEqual(['a_lock(&x); return']);
    expect(await ways(text, 'g')).toEqual(['TAKE(&x); return']);
    const program = await programOf({ 'a.c': text });
    expect(targetsOf(program, 'a.c', 'g')).toEqual(['unknown TAKE']);
    expect(targetsOf(program, 'a.c', 'h')).toEqual(['a.c:TAKE']);
  });

  it('in a header before the header ends', async () => {
    const header = '#define TAKE(m) do { a_lock(m); return; } while (0)\n#undef TAKE\n';
    expect(await ways({ 'm.h': header, 'a.c': '#include "m.h"\nvoid f(void) { TAKE(&x); }' })).toEqual([
      'TAKE(&x); return',
    ]);
  });

  it('where a file undefines the one of a header', async () => {
    const header = '#define TAKE(m) do { a_lock(m); return; } while (0)\n';
    const text = '#include "m.h"\nvoid f(void) { TAKE(&x); }\n#undef TAKE\nvoid g(void) { TAKE(&x); }';
    expect(await ways({ 'm.h': header, 'a.c': text })).toEqual(['a_lock(&x); return']);
    expect(await ways({ 'm.h': header, 'a.c': text }, 'g')).toEqual(['TAKE(&x); return']);
  });
});

describe('macros without a semicolon', () => {
  it('keep the condition they hang on', async () => {
    const text = 'void f(int c) { if (c) LOCK(x) else WAIT(x) \n if (c) UNLOCK(x) }';
    expect(await ways(text)).toEqual([
      '[c]; LOCK(x); [c]; UNLOCK(x); return',
      '[c]; LOCK(x); [not c]; return',
      '[not c]; WAIT(x); [c]; UNLOCK(x); return',
      '[not c]; WAIT(x); [not c]; return',
    ]);
  });

  it('that are known to be statements end where they stand', async () => {
    const text =
      '#define AGAIN again:\n#define LEAVE out();\nvoid f(int a) { AGAIN b(); LEAVE c(); if (a) d(); }';
    expect(await ways(text)).toEqual([
      'b(); out(); c(); [a]; d(); return',
      'b(); out(); c(); [not a]; return',
    ]);
  });

  it('before a statement on their line are no loop', async () => {
    const text = `#define STOP_IF(x) do { if (x) return; } while (0)
void f(int c) { STOP_IF(c) a(); b(); }`;
    expect(await ways(text)).toEqual(['[c]; return', '[not c]; a(); b(); return']);
  });

  it('are calls all the same', async () => {
    const text =
      'void f(int x) {\n  LOCK(x)\n  int a = 1;\n  b(a);\n  if (x) {\n    c();\n    UNLOCK(x)\n  }\n}';
    expect(await ways(text)).toEqual([
      'LOCK(x); a = 1; b(a); [x]; c(); UNLOCK(x); return',
      'LOCK(x); a = 1; b(a); [not x]; return',
    ]);
  });

  it('and without arguments', async () => {
    const text =
      '#define ENTER lock(&g);\n#define LEAVE unlock(&g);\nvoid f(int x) {\n  ENTER\n  if (x) a();\n  LEAVE\n}';
    expect(await ways(text)).toEqual([
      'lock(&g); [x]; a(); unlock(&g); return',
      'lock(&g); [not x]; unlock(&g); return',
    ]);
  });

  it('do not fall into the next case', async () => {
    const text = 'void f(int x) { switch (x) { case 1: STEP(x) case 2: a(); } }';
    expect(await ways(text)).toEqual([
      '[x is 1]; STEP(x); a(); return',
      '[x is 2]; a(); return',
      '[x is default]; return',
    ]);
  });
});
