/** Cycles in the order of locks: which there are, and which are not told because their sides cannot meet. */
import { describe, expect, it } from 'vitest';
import { findLockCycles } from '../../server/src/analysis/locks/lock-cycles';
import { analysisOf } from '../support/engine';

const HEAD = `
static pthread_mutex_t a, b, c, gate;
struct conn { pthread_mutex_t lock, queue; };
static void *one(void *);
static void *two(void *);
#define L(m) pthread_mutex_lock(m)
#define U(m) pthread_mutex_unlock(m)
`;
const MAIN = `
int main(void) { pthread_t s, t; pthread_create(&s, 0, one, 0); pthread_create(&t, 0, two, 0);
  pthread_join(s, 0); pthread_join(t, 0); return 0; }`;

/** Each cycle as the locks it passes, in order. */
async function cycles(text: string, main = MAIN): Promise<string[]> {
  const { locks, roots } = await analysisOf({ 'a.c': HEAD + text + main });
  return findLockCycles(locks, roots).map(({ edges }) =>
    edges.map((edge) => edge.from.cls?.label ?? '?').join(' > '),
  );
}

const routine = (name: string, body: string) => `static void *${name}(void *arg) { ${body} return 0; }\n`;
const nested = (...locks: string[]) =>
  [...locks.map((m) => `L(&${m});`), ...locks.reverse().map((m) => `U(&${m});`)].join(' ');

describe('a cycle is told', () => {
  it('of two locks in two orders, once', async () => {
    const text = routine('one', nested('a', 'b') + nested('a', 'b')) + routine('two', nested('b', 'a'));
    expect(await cycles(text)).toEqual(['a > b']);
  });

  it('of three locks in three threads', async () => {
    const text = `${routine('one', nested('a', 'b'))}${routine('two', nested('b', 'c'))}
      ${routine('three', nested('c', 'a'))}`;
    const main = MAIN.replace('pthread_join', 'pthread_create(&t, 0, three, 0); pthread_join');
    expect(await cycles(text, main)).toEqual(['a > b > c']);
    expect(await cycles(text.replace('L(&c); L(&a)', 'L(&c); U(&c); L(&a)'), main)).toEqual([]);
  });

  it('not of three locks where two threads make up all sides', async () => {
    const text = routine('one', nested('a', 'b') + nested('b', 'c')) + routine('two', nested('c', 'a'));
    expect(await cycles(text)).toEqual([]);
  });

  it('the shortest where there are several ways round', async () => {
    const text = routine('one', nested('a', 'b', 'c')) + routine('two', nested('c', 'a') + nested('b', 'a'));
    const found = await cycles(text);
    expect(found).toContain('a > b');
    expect(found).toContain('a > c');
    expect(found).not.toContain('a > b > c');
  });

  it('of members of one type', async () => {
    const text =
      routine('one', 'struct conn *p = arg; L(&p->lock); L(&p->queue); U(&p->queue); U(&p->lock);') +
      routine('two', 'struct conn *q = arg; L(&q->queue); L(&q->lock); U(&q->lock); U(&q->queue);');
    expect(await cycles(text)).toEqual(['struct conn.lock > struct conn.queue']);
  });

  it('through calls and wrappers', async () => {
    const text = `
      static void take(pthread_mutex_t *m) { L(m); }
      static void give(pthread_mutex_t *m) { U(m); }
      static void inner(void) { take(&b); give(&b); }
      ${routine('one', 'take(&a); inner(); give(&a);')}${routine('two', nested('b', 'a'))}`;
    expect(await cycles(text)).toEqual(['a > b']);
  });

  it('whose lock is released later than it seems', async () => {
    const text =
      routine('one', 'if (arg) L(&a); L(&b); U(&b); if (arg) U(&a);') + routine('two', nested('b', 'a'));
    expect(await cycles(text)).toEqual(['a > b']);
  });
});

describe('a cycle is not told', () => {
  it('in the same order everywhere', async () => {
    expect(await cycles(routine('one', nested('a', 'b')) + routine('two', nested('a', 'b')))).toEqual([]);
  });

  it('of locks that follow each other', async () => {
    const text = routine('one', nested('a') + nested('b')) + routine('two', nested('b') + nested('a'));
    expect(await cycles(text)).toEqual([]);
  });

  it('under a lock that both sides hold', async () => {
    const text = routine('one', nested('gate', 'a', 'b')) + routine('two', nested('gate', 'b', 'a'));
    expect(await cycles(text)).toEqual([]);
  });

  it('under a lock that only the callers hold', async () => {
    const text = `
      static void ab(void) { ${nested('a', 'b')} }
      static void ba(void) { ${nested('b', 'a')} }
      ${routine('one', 'L(&gate); ab(); U(&gate);')}${routine('two', 'L(&gate); ba(); U(&gate);')}`;
    expect(await cycles(text)).toEqual([]);
  });

  it('where one side only tries', async () => {
    const text =
      routine('one', nested('a', 'b')) +
      routine('two', 'L(&b); if (pthread_mutex_trylock(&a) == 0) U(&a); U(&b);');
    expect(await cycles(text)).toEqual([]);
  });

  it('where both sides run in the same thread', async () => {
    const main = `
      int main(void) { pthread_t s; pthread_create(&s, 0, one, 0); pthread_join(s, 0); return 0; }`;
    expect(await cycles(routine('one', nested('a', 'b') + nested('b', 'a')), main)).toEqual([]);
  });

  it('where one side runs before there are threads', async () => {
    const main = `
      int main(void) { ${nested('b', 'a')} pthread_t s; pthread_create(&s, 0, one, 0);
        pthread_join(s, 0); return 0; }`;
    expect(await cycles(routine('one', nested('a', 'b')), main)).toEqual([]);
  });

  it('of equally named locks of two programs', async () => {
    const { locks, roots } = await analysisOf({
      '/w/one/a.c': `${HEAD}${routine('one', nested('a', 'b'))}${routine('two', nested('a', 'b'))}${MAIN}`,
      '/w/two/a.c': `${HEAD}${routine('one', nested('b', 'a'))}${routine('two', nested('b', 'a'))}${MAIN}`,
    });
    expect(findLockCycles(locks, roots)).toEqual([]);
  });
});
