/** Function bodies in C++ to control flow: names, objects and their ends, loops over ranges, exceptions. */
import { describe, expect, it } from 'vitest';
import { functionOf, programOf, targetsOf, unitOf } from '../support/engine';
import { waysOf } from '../support/render-cfg';

async function ways(text: string, name = 'f'): Promise<string[]> {
  return waysOf(functionOf(await unitOf('a.cpp', text), name));
}

async function named(text: string): Promise<string[]> {
  const { functions } = await unitOf('a.cpp', text);
  return functions.map((fn) => `${fn.kind} ${fn.name}${fn.internal ? ' internal' : ''}`);
}

describe('names', () => {
  it('namespaces, nested, inline and anonymous', async () => {
    const text = `namespace net { void a() {} namespace { void b() {} } inline namespace v1 { void c() {} } }
      namespace x::y { void d() {} }
      static void e() {}`;
    expect(await named(text)).toEqual([
      'function net::a',
      'function net::b internal',
      'function net::c',
      'function x::y::d',
      'function e internal',
    ]);
  });

  it('methods inside and outside of their class', async () => {
    const text = `namespace net {
      class conn { public: conn(int fd); ~conn() {} void in() const {} struct part { void deep() {} }; };
      conn::conn(int fd) : fd_(fd), name_("x") { open(); }
      }
      void net::conn::out(int n) { helper(n); }`;
    expect(await named(text)).toEqual([
      'destructor net::conn::~conn',
      'function net::conn::in',
      'function net::conn::part::deep',
      'constructor net::conn::conn',
      'function net::conn::out',
    ]);
    expect(await ways(text, 'net::conn::conn')).toEqual([
      'fd_.{constructor}(fd); name_.{constructor}("x"); open(); return',
    ]);
  });

  it('templates, operators and C linkage', async () => {
    const text = `template <typename T> T most(const T &a, const T &b) { return a < b ? b : a; }
      template <class T> class box { void put(T v) { items.push_back(v); } };
      struct op { op &operator=(const op &o) { copy(o); return *this; } bool operator()(int) { return true; } };
      extern "C" { void c1() {} }
      extern "C" void c2() {}`;
    expect(await named(text)).toEqual([
      'function most',
      'function box::put',
      'function op::operator=',
      'function op::operator()',
      'function c1',
      'function c2',
    ]);
    expect(await ways(text, 'box::put')).toEqual(['items.push_back(v); end of v; return']);
  });

  it('classes with their bases and fields', async () => {
    const { types } = await unitOf(
      'a.cpp',
      'namespace n { class b : public a, private x::c { std::mutex m; static int s; void f(); int *p = nullptr; }; }',
    );
    const [type] = types;
    expect(type).toMatchObject({ name: 'n::b', kind: 'class', bases: ['a', 'x::c'] });
    expect(type?.fields.map(({ name, type: t }) => `${t.base}${'*'.repeat(t.ptr)} ${name}`)).toEqual(
      expect.arrayContaining(['std::mutex m', 'int* p']),
    );
  });
});

describe('objects', () => {
  it('are made where they stand and end with their scope', async () => {
    const text =
      'void f() { std::unique_lock<std::mutex> l(m); { std::scoped_lock b(m1, m2); g(); } l.unlock(); }';
    expect(await ways(text)).toEqual([
      'l.{constructor}(m); b.{constructor}(m1, m2); g(); end of b; l.unlock(); end of l; return',
    ]);
  });

  it('end on each way out, in reverse order of their making', async () => {
    const text = `void f() { guard a(m); for (;;) { guard b(n); if (g()) return; if (h()) break; } i(); }`;
    expect(await ways(text)).toEqual([
      'a.{constructor}(m); b.{constructor}(n); g(); [g(…)]; end of b, a; return',
      'a.{constructor}(m); b.{constructor}(n); g(); [not g(…)]; h(); [h(…)]; end of b; i(); end of a; return',
      'a.{constructor}(m); b.{constructor}(n); g(); [not g(…)]; h(); [not h(…)]; end of b; ~ again: b.{constructor}(n)',
    ]);
  });

  it('in braces, by new and delete', async () => {
    expect(await ways('void f() { conn c{5}; conn *p = new conn(4); p->send(1); delete p; }')).toEqual([
      'c.{constructor}(5); operator new(); operator new(…)->{constructor}(4); p = operator new(…); p->send(1); p->{destructor}(); operator delete(p); end of c; return',
    ]);
  });

  it('bound by reference are the object itself', async () => {
    expect(await ways('void f(node *n) { auto &l = n->lock; l.lock(); }')).toEqual([
      'l = &n->lock; l.lock(); return',
    ]);
  });
});

describe('lambdas', () => {
  const text = 'void f() { auto g = [](int x) { return h(x); }; g(1); std::thread t([&] { work(); }); }';

  it('are functions of their own', async () => {
    const { functions } = await unitOf('a.cpp', text);
    const lambdas = functions.filter(({ kind }) => kind === 'lambda');
    expect(lambdas.map(waysOf)).toEqual([['h(x); return h(…)'], ['work(); return']]);
    expect(lambdas.every(({ name, internal }) => internal && name.startsWith('f::{lambda@'))).toBe(true);
  });

  it('stand in the function only as values', async () => {
    expect(await ways(text)).toEqual(['g = lambda; lambda(1); t.{constructor}(lambda); end of t; return']);
  });
});

describe('statements', () => {
  it('loops over ranges', async () => {
    expect(await ways('void f(std::vector<int> &v) { for (auto &x : v) { if (g(x)) break; } h(); }')).toEqual(
      [
        '[…]; x = &v[…]; g(x); [g(…)]; h(); return',
        '[…]; x = &v[…]; g(x); [not g(…)]; ~ again: […]',
        '[not …]; h(); return',
      ],
    );
  });

  it('if with an initialiser', async () => {
    expect(await ways('void f() { if (int x = g(); x > 0) h(); }')).toEqual([
      'g(); x = g(…); [x > 0]; h(); return',
      'g(); x = g(…); [not x > 0]; return',
    ]);
  });

  it('try and catch: the block runs whole, or a handler runs', async () => {
    const found = await ways(
      'int f() { try { a(); b(); } catch (const error &e) { c(); return 1; } catch (...) { d(); } return 0; }',
    );
    const events = found.map((way) => way.replace(/\[[^\]]*\]; /g, ''));
    expect(events).toEqual(expect.arrayContaining(['a(); b(); return 0', 'c(); return 1', 'd(); return 0']));
  });

  it('throw ends a way', async () => {
    const [thrown, other] = await ways('void f() { if (a()) throw error("x"); b(); }');
    expect(thrown).toMatch(/^a\(\); \[a\(…\)\]; .*throw\(\); stop$/);
    expect(other).toBe('a(); [not a(…)]; b(); return');
  });

  it('casts and qualified names', async () => {
    expect(await ways('void f(void *p) { ::g(); a::b(static_cast<conn *>(p)); h<int>(3); }')).toEqual([
      '::g(); a::b(p); h(3); return',
    ]);
  });

  it('logical operators written as words', async () => {
    expect(await ways('void f(bool x, bool y, bool z) { if (x and y or z) g(); }')).toEqual([
      '[x]; [y]; g(); return',
      '[x]; [not y]; [z]; g(); return',
      '[x]; [not y]; [not z]; return',
      '[not x]; [z]; g(); return',
      '[not x]; [not z]; return',
    ]);
  });
});

describe('functions with unusual heads', () => {
  it.each([
    ['a head that a macro makes', 'a.c', 'TEST_IMPL(ping) { g(); }', ['TEST_IMPL(ping)']],
    [
      'a function that returns a function pointer',
      'a.c',
      'static const char *(*get(char *n))(int a) { k(); return 0; }',
      ['get'],
    ],
    [
      'a method of a local class',
      'a.cpp',
      'void f() { struct A { void m() { h(); } }; A a; a.m(); }',
      ['f::A::m', 'f'],
    ],
  ])('%s', async (_, file, text, names) => {
    expect((await unitOf(file, text)).functions.map(({ name }) => name)).toEqual(names);
  });

  it('finds the method that a local object calls', async () => {
    const text = 'void f() { struct A { void m() { h(); } }; A a; a.m(); }';
    const program = await programOf({ 'a.cpp': text });
    expect(targetsOf(program, 'a.cpp', 'f')).toContain('a.cpp:f::A::m');
  });
});
