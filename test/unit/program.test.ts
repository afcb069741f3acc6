/** Linking: which definition a name means, and what type an expression has. */
import { describe, expect, it } from 'vitest';
import { classOf } from '../../server/src/program/identity';
import type { Program } from '../../server/src/program/program';
import { type Files, isFile, programOf, targetsOf } from '../support/engine';

const CALL = 'void f(void) { helper(); }';

async function targets(files: Files, file = 'a.c'): Promise<string[]> {
  return targetsOf(await programOf(files), file, 'f');
}

describe('a call means', () => {
  it('the definition in another file', async () => {
    expect(await targets({ 'a.c': CALL, 'b.c': 'void helper(void) {}' })).toEqual(['b.c:helper']);
  });

  it('its own file’s static function before an external one', async () => {
    const files = { 'a.c': `static void helper(void) {}\n${CALL}`, 'b.c': 'void helper(void) {}' };
    expect(await targets(files)).toEqual(['a.c:helper']);
  });

  it('never another file’s static function', async () => {
    expect(await targets({ 'a.c': CALL, 'b.c': 'static void helper(void) {}' })).toEqual(['unknown helper']);
  });

  it('the one of the nearest folder', async () => {
    const files = {
      '/w/one/a.c': CALL,
      '/w/one/b.c': 'void helper(void) {}',
      '/w/two/b.c': 'void helper(void) {}',
    };
    expect(await targets(files, '/w/one/a.c')).toEqual(['one/b.c:helper']);
  });

  it('the one in its folder rather than below it', async () => {
    const files = {
      '/w/a.c': CALL,
      '/w/b.c': 'void helper(void) {}',
      '/w/sub/b.c': 'void helper(void) {}',
    };
    expect(await targets(files, '/w/a.c')).toEqual(['b.c:helper']);
  });

  it('the library for a name of POSIX that another folder replaces for another program', async () => {
    const call = 'void f(void) { getpid(); }';
    const own = 'int getpid(void) { return 1; }';
    expect(await targets({ '/w/src/a.c': call, '/w/preload/b.c': own }, '/w/src/a.c')).toEqual([
      'model getpid',
    ]);
    expect(await targets({ '/w/src/a.c': call, '/w/src/b.c': own }, '/w/src/a.c')).toEqual([
      'src/b.c:getpid',
    ]);
  });

  it('none of two that are equally near: they belong to two programs', async () => {
    const files = {
      '/w/a.c': CALL,
      '/w/one/b.c': 'void helper(void) {}',
      '/w/two/b.c': 'void helper(void) {}',
    };
    expect(await targets(files, '/w/a.c')).toEqual(['unknown helper']);
  });

  it('of two that are equally near the one beside no main', async () => {
    const files = {
      '/w/a.c': CALL,
      '/w/lib/b.c': 'void helper(void) {}',
      '/w/demo/b.c': 'void helper(void) {} int main(void) { helper(); return 0; }',
    };
    expect(await targets(files, '/w/a.c')).toEqual(['lib/b.c:helper']);
  });

  it('the inline function of the header it includes', async () => {
    const files = {
      '/w/src/a.c': `#include "util.h"\n${CALL}`,
      '/w/include/util.h': 'static inline void helper(void) {}',
      '/w/other/util2.h': 'static inline void helper(void) {}',
    };
    expect(await targets(files, '/w/src/a.c')).toEqual(['include/util.h:helper']);
  });

  it('a macro of its own file or of a header, but not of another source file', async () => {
    const macro = '#define helper() other()\n\n';
    expect(await targets({ 'a.c': macro + CALL })).toEqual(['a.c:helper']);
    expect(await targets({ 'a.c': `#include "h.h"\n${CALL}`, 'h.h': macro })).toEqual(['h.h:helper']);
    expect(await targets({ 'a.c': CALL, 'b.c': macro })).toEqual(['unknown helper']);
  });

  it('the library’s function, unless the file has its own static one', async () => {
    const call = 'void f(void) { pthread_join(t, 0); }';
    expect(await targets({ 'a.c': call })).toEqual(['model pthread_join']);
    expect(await targets({ 'a.c': `static int pthread_join(int a, int b) { return a; }\n${call}` })).toEqual([
      'a.c:pthread_join',
    ]);
  });

  it('the workspace’s own function before a weak model’s', async () => {
    const call = 'void f(void) { getopt(0, 0, 0); }';
    expect(await targets({ 'a.c': call })).toEqual(['model getopt']);
    expect(await targets({ 'a.c': call, 'b.c': 'int getopt(void) { return 1; }' })).toEqual(['b.c:getopt']);
  });

  it('nothing that is known, where it goes through a pointer', async () => {
    expect(await targets({ 'a.c': 'void f(void (*g)(void), struct s *o) { g(); o->run(); }' })).toEqual([
      'unknown ',
      'unknown run',
    ]);
  });
});

describe('a call in C++ of a member means', () => {
  const HEADER = `namespace net {
    struct base { void shared() {} };
    class conn : public base { public: conn(int fd); void send(); void run(); };
    void helper();
    }`;

  it('the name of the innermost scope that has it', async () => {
    const text = `void g() {}
      namespace n { void g() {} namespace m { void i() {} void f() { g(); n::g(); } } void h() { m::i(); } }
      void k() { g(); n::m::i(); }`;
    const program = await programOf({ 'a.cpp': text });
    expect(targetsOf(program, 'a.cpp', 'n::m::f')).toEqual(['a.cpp:n::g', 'a.cpp:n::g']);
    expect(targetsOf(program, 'a.cpp', 'n::h')).toEqual(['a.cpp:n::m::i']);
    expect(targetsOf(program, 'a.cpp', 'k')).toEqual(['a.cpp:g', 'a.cpp:n::m::i']);
  });

  it('methods of the object’s class and of its bases', async () => {
    const files = {
      'conn.hpp': HEADER,
      'conn.cpp': `#include "conn.hpp"
        net::conn::conn(int fd) {}
        void net::conn::send() {}
        void net::conn::run() { send(); shared(); }`,
      'a.cpp': `#include "conn.hpp"
        void f(net::conn *p) { net::conn c(1); c.send(); p->send(); p->shared(); auto *q = p; q->run(); }`,
    };
    const program = await programOf(files);
    expect(targetsOf(program, 'a.cpp', 'f')).toEqual([
      'conn.cpp:net::conn::conn',
      'conn.cpp:net::conn::send',
      'conn.cpp:net::conn::send',
      'conn.hpp:net::base::shared',
      'conn.cpp:net::conn::run',
    ]);
    expect(targetsOf(program, 'conn.cpp', 'net::conn::run')[0]).toBe('conn.cpp:net::conn::send');
  });

  it('operations of the library’s classes, through typedefs', async () => {
    const text = `using list = std::vector<int>;
      struct box { list items; };
      void f(box &b, std::string s) { b.items.push_back(1); s.append("x"); s.size(); }`;
    expect(targetsOf(await programOf({ 'a.cpp': text }), 'a.cpp', 'f')).toEqual([
      'model std::vector::push_back',
      'model std::string::append',
      'unknown size',
    ]);
  });
});

/** The class of the place that the first argument of the only call in `f` names or points to. */
async function placeIn(files: Files, file = 'a.c') {
  return placeOf(await programOf(files), file);
}

function placeOf(program: Program, file: string) {
  const fn = program.fns.find((one) => one.facts.name === 'f' && isFile(one.unit, file));
  const call = fn?.facts.nodes.find((node) => node.op === 'call');
  const arg = call?.op === 'call' ? call.args[0] : undefined;
  if (!fn || !arg) throw new Error('f has no call with an argument');
  return classOf(program, fn, arg.k === 'addr' ? arg.of : { k: 'deref', of: arg });
}

describe('a place', () => {
  const CONN =
    'typedef struct conn { int fd; pthread_mutex_t lock; struct part { pthread_t tid; } in; } conn_t;\n';
  const label = async (text: string) => (await placeIn({ 'a.c': CONN + text }))?.label;

  it('is called as a reader would write it', async () => {
    expect(await label('int g; void f(void) { use(&g); }')).toBe('g');
    expect(await label('void f(struct conn *c) { use(&c->lock); }')).toBe('struct conn.lock');
    expect(await label('conn_t one; void f(void) { use(&one.lock); }')).toBe('one.lock');
    expect(await label('conn_t all[3]; void f(int i) { use(&all[i]); }')).toBe('all[]');
    expect(await label('void f(void) { static int kept; use(&kept); }')).toBe('kept');
  });

  it('of a local or of an unknown type has no class', async () => {
    expect(await label('void f(void) { int own; use(&own); }')).toBeUndefined();
    expect(await label('void f(struct hidden *h) { use(&h->lock); }')).toBeUndefined();
  });

  it('is one class through typedefs, pointers, casts and members', async () => {
    const key = async (text: string) => (await placeIn({ 'a.c': CONN + text }))?.key;
    const direct = await key('void f(struct conn *c) { use(&c->lock); }');
    expect(direct).toBeDefined();
    expect(await key('void f(conn_t *c) { use(&c->lock); }')).toBe(direct);
    expect(
      await key('typedef conn_t *conn_p; typedef conn_p handle; void f(handle c) { use(&c->lock); }'),
    ).toBe(direct);
    expect(await key('void f(void *p) { use(&((conn_t *)p)->lock); }')).toBe(direct);
    expect(
      await key('struct box { conn_t *all[4]; }; void f(struct box *b) { use(&b->all[2]->lock); }'),
    ).toBe(direct);
    expect(await key('conn_t **find(void); void f(conn_t **all) { use(&(*all)->lock); }')).toBe(direct);
    expect(await key('void f(conn_t *c) { use(&c->fd); }')).not.toBe(direct);
  });

  it('of a header’s type is the same in all files that include it', async () => {
    const files = {
      'conn.h': CONN,
      'a.c': '#include "conn.h"\nvoid f(conn_t *c) { use(&c->lock); }',
      'b.c': '#include "conn.h"\nvoid f(struct conn *c) { use(&c->lock); }',
    };
    const program = await programOf(files);
    expect(placeOf(program, 'a.c')?.key).toBe(placeOf(program, 'b.c')?.key);
  });

  it('of equally named types and variables of two programs is not the same', async () => {
    const own = `struct conn { int lock; }; int g_lock;\n`;
    const program = await programOf({
      '/w/one/a.c': `${own}void f(struct conn *c) { use(&c->lock); }`,
      '/w/two/a.c': `${own}void f(struct conn *c) { use(&c->lock); }`,
      '/w/three/a.c': `${own}void f(void) { use(&g_lock); }`,
      '/w/four/a.c': `${own}void f(void) { use(&g_lock); }`,
    });
    const key = (folder: string) => placeOf(program, `/w/${folder}/a.c`)?.key;
    expect(key('one')).not.toBe(key('two'));
    expect(key('three')).not.toBe(key('four'));
  });

  it('declared extern is the one defined elsewhere', async () => {
    const program = await programOf({
      'a.c': 'extern int g; void f(void) { use(&g); }',
      'b.c': 'int g; ',
      'c.c': 'extern int g; void f(void) { use(&g); }',
    });
    expect(placeOf(program, 'a.c')).toBeDefined();
    expect(placeOf(program, 'a.c')?.key).toBe(placeOf(program, 'c.c')?.key);
  });

  it('declared static in two files is two', async () => {
    const program = await programOf({
      'a.c': 'static int g; void f(void) { use(&g); }',
      'b.c': 'static int g; void f(void) { use(&g); }',
    });
    expect(placeOf(program, 'a.c')?.key).not.toBe(placeOf(program, 'b.c')?.key);
  });
});

it('linking does not depend on the order of the files', async () => {
  const files = { 'a.c': CALL, 'b.c': 'void helper(void) { f(); }', 'c.c': 'int helper;' };
  const backwards = Object.fromEntries(Object.entries(files).reverse());
  const describeAll = async (of: Files) => {
    const program = await programOf(of);
    return program.fns.map((fn) => [fn.id, fn.unit.file, fn.facts.name, program.targets[fn.id]?.size]);
  };
  expect(await describeAll(backwards)).toEqual(await describeAll(files));
});

describe('a call in C++ means', () => {
  async function reached(text: string, name = 'f'): Promise<string[]> {
    return targetsOf(await programOf({ 'a.cpp': text }), 'a.cpp', name);
  }

  it.each([
    [
      'the overload that takes as many arguments',
      'void g(int) {} void g(int, int) {} void f() { g(1, 2); }',
      'a.cpp:g',
    ],
    ['a method of a base', 'struct b { void m() {} }; struct d : b { void f() { m(); } };', 'a.cpp:b::m'],
    [
      'a method of the second base',
      'struct a {}; struct b { void m() {} }; struct d : a, b {}; void f(d *p) { p->m(); }',
      'a.cpp:b::m',
    ],
    [
      'what a smart pointer points to',
      'struct s { void m() {} }; void f() { auto p = std::make_unique<s>(); p->m(); }',
      'a.cpp:s::m',
    ],
    [
      'what a class of the project points to',
      'struct s { void m() {} }; template <class T> struct ptr { T *operator->() { return p; } T *p; }; void f(ptr<s> q) { q->m(); }',
      'a.cpp:s::m',
    ],
    [
      'an element of a container',
      'struct s { void m() {} }; void f(std::map<int, std::vector<s>> &all) { for (auto &e : all) e.second[0].m(); }',
      'a.cpp:s::m',
    ],
    [
      'what a function that is only declared returns',
      'struct s { void m() {} }; s *get(); void f() { get()->m(); }',
      'a.cpp:s::m',
    ],
    [
      'a name that a using brings',
      'namespace n { void g() {} } using namespace n; void f() { g(); }',
      'a.cpp:n::g',
    ],
    [
      'a member of a template, defined outside',
      'template <class T> struct s { void m(); }; template <class T> void s<T>::m() {} void f(s<int> &x) { x.m(); }',
      'a.cpp:s::m',
    ],
  ])('%s', async (_, text, expected) => {
    const name = text.includes('void f(') && text.includes('struct d : b {') ? 'd::f' : 'f';
    expect(await reached(text, name)).toContain(expected);
  });

  it('all that derived classes have in the place of a virtual method', async () => {
    const text = `struct b { virtual void m() = 0; }; struct c : b { void m() override {} };
      struct d : b { void m() override {} }; void f(b *p) { p->m(); }`;
    const program = await programOf({ 'a.cpp': text });
    const fn = program.fns.find(({ facts }) => facts.name === 'f');
    const [target] = [...(program.targets[fn?.id ?? -1]?.values() ?? [])];
    expect(target?.kind).toBe('unknown');
    expect(target && 'also' in target ? target.also?.map((one) => one.facts.name) : []).toEqual([
      'c::m',
      'd::m',
    ]);
  });

  it('nothing but the base’s method where that is not virtual', async () => {
    const text = `struct b { void m() {} }; struct c : b { void m() {} }; void f(b *p) { p->m(); }`;
    const program = await programOf({ 'a.cpp': text });
    const fn = program.fns.find(({ facts }) => facts.name === 'f');
    const [target] = [...(program.targets[fn?.id ?? -1]?.values() ?? [])];
    expect(target).toMatchObject({ kind: 'function', fn: { facts: { name: 'b::m' } } });
    expect(target).not.toHaveProperty('also');
  });
});
