/** Linked bodies in C++: where objects end, what references and captures stand for. */
import { describe, expect, it } from 'vitest';
import { type Files, programOf } from '../support/engine';
import { waysOf } from '../support/render-cfg';

const GUARD = `struct guard { guard(lock &m) : m_(m) { take(&m_); } ~guard() { give(&m_); } lock &m_; };
  lock a, b; int c;`;

async function ways(text: string, name = 'f', others: Files = {}): Promise<string[]> {
  const program = await programOf({ 'a.cpp': `${GUARD}\n${text}`, ...others });
  const found = program.fns.filter((fn) => fn.facts.name === name);
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} functions named ${name}`);
  return waysOf(only.facts).map((way) => way.replace(/end of [^;]*; /g, ''));
}

describe('objects end', () => {
  it.each([
    [
      'at the end of their scope',
      '{ guard x(a); } g();',
      'x.{constructor}(a); x.{destructor}(); g(); return',
    ],
    [
      'in reverse order',
      'guard x(a); guard y(b);',
      'x.{constructor}(a); y.{constructor}(b); y.{destructor}(); x.{destructor}(); return',
    ],
    [
      'behind the value that is returned',
      'guard x(a); return g();',
      'x.{constructor}(a); g(); x.{destructor}(); return g(…)',
    ],
    ['at the semicolon without a name', 'guard{a}; g();', 'guard(a); guard(…).{destructor}(); g(); return'],
    ['at the semicolon in a cast', '(void)guard(a); g();', 'guard(a); guard(…).{destructor}(); g(); return'],
    [
      'behind the whole expression as arguments',
      'g(guard(a), h());',
      'guard(a); h(); g(guard(…), h(…)); guard(…).{destructor}(); return',
    ],
    [
      'with the variable they are made in',
      'auto x = guard(a); g();',
      'guard(a); g(); x.{destructor}(); return',
    ],
    [
      'with the reference they are bound to',
      'const guard &x = guard(a); g();',
      'guard(a); x = guard(…); g(); guard(…).{destructor}(); return',
    ],
    [
      'by delete',
      'guard *x = new guard(a); delete x;',
      'operator new(); operator new(…)->{constructor}(a); x = operator new(…); x->{destructor}(); operator delete(x); return',
    ],
  ])('%s', async (_, body, expected) => {
    expect(await ways(`void f() { ${body} }`)).toEqual([expected]);
  });

  it('on each way out of a loop and a switch', async () => {
    expect(await ways('void f() { for (;;) { guard x(a); if (c) break; } g(); }')).toEqual([
      'x.{constructor}(a); [c]; x.{destructor}(); g(); return',
      'x.{constructor}(a); [not c]; x.{destructor}(); ~ again: x.{constructor}(a)',
    ]);
    expect(await ways('void f() { switch (guard x(a); c) { case 1: return; } g(); }')).toEqual([
      'x.{constructor}(a); [c is 1]; x.{destructor}(); return',
      'x.{constructor}(a); [c is default]; x.{destructor}(); g(); return',
    ]);
  });

  it('where an exception leaves their block, which goes to the handler', async () => {
    const found = await ways('void f() { try { guard x(a); if (c) throw 1; } catch (int e) { h(); } g(); }');
    const thrown = found.filter((way) => way.includes('throw(); x.{destructor}(); '));
    expect(thrown.some((way) => way.endsWith('h(); g(); return'))).toBe(true);
  });

  it('by what their class and its bases hold, where nothing is written', async () => {
    const text =
      'struct base { guard in; }; struct whole : base { int n; guard one; }; void f() { whole w; g(); }';
    expect(await ways(text)).toEqual([
      'w.{constructor}(); g(); w.one.{destructor}(); w.in.{destructor}(); return',
    ]);
  });

  it('by their own destructor, and what it leaves to the members', async () => {
    const text = 'struct whole { ~whole() { h(); } guard one; }; void f() { whole w; }';
    expect(await ways(text)).toEqual(['w.{constructor}(); w.{destructor}(); return']);
    expect(await ways(text, 'whole::~whole')).toEqual(['h(); one.{destructor}(); return']);
  });

  it('in another file’s class', async () => {
    const files = { 'b.hpp': 'struct other { ~other() { h(); } };' };
    expect(await ways('#include "b.hpp"\nvoid f() { other o; g(); }', 'f', files)).toEqual([
      'o.{constructor}(); g(); o.{destructor}(); return',
    ]);
  });

  it.each([
    ['returned', 'guard f() { guard x(a); return x; }', 'x.{constructor}(a); return x'],
    [
      'plain',
      'struct pair { int x; ~pair() {} }; void f() { pair p; g(); }',
      'p.{constructor}(); g(); return',
    ],
    ['pointed to', 'void f(guard *p) { guard *x = p; g(); }', 'x = p; g(); return'],
    ['static', 'void f() { static guard x(a); g(); }', 'x.{constructor}(a); g(); return'],
  ])('not what is %s', async (_, text, expected) => {
    expect(await ways(text)).toEqual([expected]);
  });
});

describe('members', () => {
  it('that are references or pointers are bound by the constructor', async () => {
    expect(await ways('', 'guard::guard')).toEqual(['m_ = &m; take(m_); return']);
    const text = 'struct holder { holder(lock *m) : m_(m), n_(1) {} lock *m_; int n_; guard *g_; };';
    expect(await ways(text, 'holder::holder')).toEqual(['m_ = m; n_ = 1; return']);
  });

  it('of a base are left to the base', async () => {
    const text = 'struct derived : guard { derived() : guard(a) {} };';
    const program = await programOf({ 'a.cpp': `${GUARD}\n${text}` });
    const fn = program.fns.find(({ facts }) => facts.name === 'derived::derived');
    const [target] = [...(program.targets[fn?.id ?? -1]?.values() ?? [])];
    expect(target).toMatchObject({ kind: 'function', receiver: { k: 'deref', of: { k: 'this' } } });
  });
});

describe('lambdas', () => {
  it('take what they capture behind their own parameters', async () => {
    const text = 'void f() { int n = 1; int m = 2; auto l = [&n, m](int k) { g(n, m, k); }; l(3); }';
    const program = await programOf({ 'a.cpp': text });
    const lambda = program.fns.find(({ facts }) => facts.kind === 'lambda')?.facts;
    expect(lambda?.params).toBe(3);
    expect(
      lambda?.variables.slice(0, lambda.params).map(({ name, type }) => `${name}${type.ref ? '&' : ''}`),
    ).toEqual(['k', 'n&', 'm']);
    expect(await ways(text)).toEqual(['n = 1; m = 2; l = lambda; lambda(3, n, m); return']);
  });

  it('capture what they mention where they capture all', async () => {
    const text = 'void f(int n, int m) { auto l = [=] { g(n); auto k = [&] { h(m); }; k(); }; l(); }';
    expect(await ways(text)).toEqual(['l = lambda; lambda(n, m); return']);
  });
});
