/** What is known of values on a path: which side of a test can still be taken after what came before it. */
import { describe, expect, it } from 'vitest';
import { makeCallGraph } from '../../server/src/analysis/calls/call-graph';
import { findCallWrites } from '../../server/src/analysis/calls/call-writes';
import { namesOf } from '../../server/src/analysis/calls/names';
import { explore } from '../../server/src/analysis/paths/explore';
import type { Fn, Program } from '../../server/src/program/program';
import { type Files, isFile, programOf } from '../support/engine';

const HEAD = `
#define OK 0
#define FAILED (-1)
enum state { IDLE, BUSY = 5 };
struct conn { int on; int rc; struct conn *next; int slots[4]; };
int g_flag;
static const int limit = 3;
`;

/** Which of `yes()` and `no()` can be reached behind these statements; the condition decides between them. */
async function sides(given: string, condition: string): Promise<string> {
  const text = `${HEAD}void f(int x, int y, struct conn *p, struct conn *q, char *s)
    { ${given} if (${condition}) yes(); else no(); }`;
  return reached(await programOf({ 'a.c': text }), 'a.c');
}

/** The probes that some feasible way of `f` comes to. */
function reached(program: Program, file: string): string {
  const fn = program.fns.find((one) => one.facts.name === 'f' && isFile(one.unit, file));
  if (!fn) throw new Error('there is no f');
  const probes = new Set<string>();
  const complete = explore<string>(fn.facts.nodes, {
    initial: '',
    key: (state) => state,
    names: namesOf(program, fn, findCallWrites(program, makeCallGraph(program))),
    call(state, _env, node) {
      const name = node.callee.k === 'name' ? node.callee.n : '';
      if (['yes', 'no', 'never'].includes(name)) probes.add(name);
      return [{ state }];
    },
    exit() {},
  });
  if (!complete) throw new Error('the exploration was given up');
  return ['yes', 'no', 'never'].filter((probe) => probes.has(probe)).join(' or ');
}

type Row = readonly [given: string, condition: string, sides: 'yes' | 'no' | 'yes or no'];

function table(name: string, rows: readonly Row[]): void {
  it.each(rows)(`${name}: %s if (%s) → %s`, async (given, condition, expected) => {
    expect(await sides(given, condition)).toBe(expected);
  });
}

describe('constants', () => {
  table('assigned', [
    ['', 'x', 'yes or no'],
    ['x = 0;', 'x', 'no'],
    ['x = 3;', 'x', 'yes'],
    ['x = 3;', 'x == 3', 'yes'],
    ['x = 3;', 'x != 3', 'no'],
    ['x = 3;', 'x > 2', 'yes'],
    ['x = 3; y = x;', 'y == 3', 'yes'],
    ['x = 3; y = x + 1;', 'y == 4', 'yes'],
    ['x = 1; x = 0;', 'x', 'no'],
    ['x = 1; if (y) x = 0;', 'x', 'yes or no'],
    ['x = 1; if (y) x = 2;', 'x', 'yes'],
    ['x = OK;', 'x', 'no'],
    ['x = FAILED;', 'x < 0', 'yes'],
    ['x = BUSY;', 'x == 5', 'yes'],
    ['x = IDLE;', 'x', 'no'],
    ['s = NULL;', 's == NULL', 'yes'],
    ['s = "text";', 's', 'yes'],
    ['x = 1; x++;', 'x == 2', 'yes'],
    ['x = 0; x |= 1;', 'x', 'yes'],
    ['int t = 1;', 't', 'yes'],
  ]);
});

describe('conditions that held', () => {
  table('are remembered', [
    ['if (!x) return;', 'x', 'yes'],
    ['if (x) return;', 'x', 'no'],
    ['if (x != 0) return;', 'x == 0', 'yes'],
    ['if (x == 3) return;', 'x == 3', 'no'],
    ['if (x == 3) return;', 'x', 'yes or no'],
    ['if (!(x && y)) return;', 'x', 'yes'],
    ['if (x || y) return;', 'y', 'no'],
    ['if (s == NULL) return;', 's', 'yes'],
    ['if (p->on) return;', 'p->on', 'no'],
    ['if (x & 4) return;', 'x & 4', 'no'],
    ['if (x & 4) return;', 'x & 8', 'yes or no'],
    ['if (x > y) return;', 'x > y', 'no'],
    ['switch (x) { case 1: return; default: break; }', 'x == 1', 'no'],
    ['switch (x) { case 1: break; default: return; }', 'x == 1', 'yes'],
  ]);

  table('until what they read is written', [
    ['if (x) return; x = y;', 'x', 'yes or no'],
    ['if (p->on) return; p->on = y;', 'p->on', 'yes or no'],
    ['if (p->on) return; q->on = y;', 'p->on', 'yes or no'],
    ['if (p->on) return; p = q;', 'p->on', 'yes or no'],
    ['if (x) return; p->on = y;', 'x', 'no'],
    ['if (x) return; fill(&x);', 'x', 'yes or no'],
    ['if (x > y) return; y = 0;', 'x > y', 'yes or no'],
    ['x = 1; while (g(x)) x = y;', 'x', 'yes or no'],
  ]);
});

describe('signs', () => {
  table('hold', [
    ['if (x >= 0) return;', 'x < 0', 'yes'],
    ['if (x >= 0) return;', 'x', 'yes'],
    ['if (x >= 0) return;', 'x == 0', 'no'],
    ['if (x >= 0) return;', 'x > 0', 'no'],
    ['if (x < 0) return;', 'x < 0', 'no'],
    ['if (x <= 0) return;', 'x == -1', 'no'],
    ['if (x <= 0) return;', 'x == 1', 'yes or no'],
  ]);
});

describe('aliases', () => {
  table('hold', [
    ['int t = x; if (x) return;', 't', 'no'],
    ['int t = x; if (t) return;', 'x', 'no'],
    ['int rc = g(); if (rc) return;', 'rc == 0', 'yes'],
    ['struct conn *c = p; if (c->on) return;', 'p->on', 'no'],
    ['struct conn *c = p; if (p->on) return; c = q;', 'c->on', 'yes or no'],
    ['int *t = &x; *t = 0;', 'x', 'no'],
    ['int *t = &x; x = 0;', '*t', 'no'],
  ]);
});

describe('negation and truth as values', () => {
  table('hold', [
    ['x = !y; if (x) return;', 'x', 'no'],
    ['x = 3; y = !x;', 'y', 'no'],
    ['x = 0; y = !x;', 'y == 1', 'yes'],
    ['x = 3; y = x == 3;', 'y', 'yes'],
    ['if (!(x == 3)) return;', 'x == 3', 'yes'],
    ['if (!!x) return;', 'x', 'no'],
    ['if (__builtin_expect(!!(x), 0)) return;', 'x', 'no'],
  ]);
});

describe('calls', () => {
  table('leave what they cannot write, and forget what they are given', [
    ['if (x) return; other(x);', 'x', 'no'],
    ['if (x) return; other(&y);', 'x', 'no'],
    ['if (x) return; other(&x);', 'x', 'yes or no'],
    ['struct conn c; c.on = 0; other(&c);', 'c.on', 'yes or no'],
    ['struct conn c; c.on = 0; other(&c.on);', 'c.on', 'yes or no'],
  ]);

  it('of equal results at different places are not equal', async () => {
    expect(await sides('if (g()) return;', 'g()')).toBe('yes or no');
  });
});

describe('constants of two programs', () => {
  it('are those of the own one', async () => {
    const body = 'void f(void) { int x = MODE; if (x) yes(); else no(); }';
    const files: Files = {
      '/w/one/a.c': `#define MODE 1\n${body}`,
      '/w/two/a.c': `#define MODE 0\n${body}`,
      '/w/both/a.c': 'void f(void) { int x = MODE; if (x) yes(); else no(); }',
    };
    const program = await programOf(files);
    expect(reached(program, '/w/one/a.c')).toBe('yes');
    expect(reached(program, '/w/two/a.c')).toBe('no');
    expect(reached(program, '/w/both/a.c')).toBe('yes or no');
  });
});

describe('a function with more paths than the bound', () => {
  it('is given up rather than followed for ever', async () => {
    const tests = Array.from({ length: 12 }, (_, i) => `if (c${i}()) mark${i}();`).join(' ');
    const program = await programOf({ 'a.c': `void f(void) { ${tests} yes(); }` });
    const [fn] = program.fns;
    const marked = (state: string, name: string) => (name.startsWith('mark') ? `${state} ${name}` : state);
    const complete = fn && exploreMarks(program, fn, marked);
    expect(complete).toBe(false);
  });
});

function exploreMarks(program: Program, fn: Fn, next: (state: string, name: string) => string): boolean {
  return explore<string>(fn.facts.nodes, {
    initial: '',
    key: (state) => state,
    names: namesOf(program, fn, findCallWrites(program, makeCallGraph(program))),
    call: (state, _env, node) => [{ state: next(state, node.callee.k === 'name' ? node.callee.n : '') }],
    exit() {},
  });
}
