/** Who calls whom, in which order summaries are made, and which functions never come back. */
import { describe, expect, it } from 'vitest';
import { makeCallGraph } from '../../server/src/analysis/calls/call-graph';
import { guardsOf, isUnavoidable } from '../../server/src/analysis/paths/control-dependence';
import { spell } from '../../server/src/program/spelling';
import { programOf } from '../support/engine';

async function graphOf(text: string) {
  const program = await programOf({ 'a.c': text });
  const graph = makeCallGraph(program);
  const nameOf = (id: number) => program.fns[id]?.facts.name ?? '';
  const idOf = (name: string) => program.fns.findIndex((fn) => fn.facts.name === name);
  return {
    callees: (name: string) => (graph.callees[idOf(name)] ?? []).map(nameOf),
    callers: (name: string) => (graph.callers[idOf(name)] ?? []).map(nameOf),
    components: graph.components.map((component) => component.map(nameOf)),
    neverReturns: (name: string) => graph.neverReturns[idOf(name)],
    endsThread: (name: string) => graph.endsThread[idOf(name)],
  };
}

describe('callees and callers', () => {
  it('are each named once', async () => {
    const graph = await graphOf('void a(void) {} void b(void) { a(); a(); } void c(void) { b(); a(); }');
    expect(graph.callees('c')).toEqual(['b', 'a']);
    expect(graph.callees('b')).toEqual(['a']);
    expect(graph.callers('a').sort()).toEqual(['b', 'c']);
  });

  it('come callees first, and functions that call each other together', async () => {
    const { components } = await graphOf(`
      void top(void) { even(); }
      void even(void) { odd(); }
      void odd(void) { even(); leaf(); }
      void leaf(void) {}
      void self(void) { self(); }`);
    expect(components).toContainEqual(['even', 'odd']);
    expect(components).toContainEqual(['self']);
    const at = (name: string) => components.findIndex((component) => component.includes(name));
    expect(at('leaf')).toBeLessThan(at('even'));
    expect(at('even')).toBeLessThan(at('top'));
  });

  it('of a chain longer than any stack are ordered all the same', async () => {
    const count = 20_000;
    const chain = Array.from({ length: count }, (_, i) => `void f${i}(void) { f${i + 1}(); }`).join('\n');
    const { components } = await graphOf(`${chain}\nvoid f${count}(void) {}`);
    expect(components).toHaveLength(count + 1);
    expect(components[0]).toEqual([`f${count}`]);
  });
});

describe('a function never returns', () => {
  it.each([
    ['an ordinary one', 'void f(void) { g(); }', false],
    ['a loop without exit', 'void f(void) { for (;;) g(); }', true],
    ['a loop with an exit', 'void f(void) { for (;;) if (g()) break; }', false],
    ['exit on every way', 'void f(int x) { if (x) exit(1); else abort(); }', true],
    ['exit on one way', 'void f(int x) { if (x) exit(1); }', false],
    ['through a call', 'static void die(void) { exit(1); } void f(void) { die(); }', true],
    ['declared so', '_Noreturn void die(void) { g(); for (;;) ; } void f(void) { die(); }', true],
    ['ends its thread', 'void f(void) { pthread_exit(0); }', true],
  ])('%s', async (_, text, expected) => {
    expect((await graphOf(text)).neverReturns('f')).toBe(expected);
  });

  it('but ends its thread where it says so, also below', async () => {
    const graph = await graphOf(
      'static void leave(void) { pthread_exit(0); } void f(int x) { if (x) leave(); } void g(void) { h(); }',
    );
    expect(graph.endsThread('f')).toBe(true);
    expect(graph.endsThread('g')).toBe(false);
  });
});

describe('the conditions in front of a call', () => {
  /** Conditions that decide whether `target()` is reached, and whether every way passes it. */
  async function before(body: string) {
    const program = await programOf({ 'a.c': `void f(int x, int y) { ${body} }` });
    const [fn] = program.fns;
    if (!fn) throw new Error('there is no f');
    const { nodes } = fn.facts;
    const target = nodes.findIndex(
      (node) => node.op === 'call' && node.callee.k === 'name' && node.callee.n === 'target',
    );
    return {
      guards: guardsOf(nodes, target).map(
        ({ cond, holds }) => `${holds ? '' : 'not '}${spell(fn.facts, cond)}`,
      ),
      unavoidable: isUnavoidable(nodes, target),
    };
  }

  it.each([
    ['target();', [], true],
    ['if (x) target();', ['x'], false],
    ['if (x) return; target();', ['not x'], false],
    ['if (x && y) target();', ['x', 'y'], false],
    ['if (x) g(); target();', [], true],
    ['if (x) target(); else { g(); target(); }', ['x'], false],
    ['do { if (x) continue; g(); } while (y); target();', ['not y'], true],
    ['for (;;) { if (x) return; target(); }', ['not x'], false],
  ] as const)('%s', async (body, guards, unavoidable) => {
    expect(await before(body)).toEqual({ guards, unavoidable });
  });
});
