/** The handle behind the first argument of a creating call. */
import { describe, expect, it } from 'vitest';
import { handleOf } from '../../server/src/rules/edits/handle';

describe('the handle of a thread', () => {
  it.each([
    ['&tid', 'tid'],
    ['& tid', 'tid'],
    ['(&tid)', 'tid'],
    ['&(tid)', 'tid'],
    ['&arr[i]', 'arr[i]'],
    ['&arr[n - 1]', 'arr[n - 1]'],
    ['&arr[ids[k]]', 'arr[ids[k]]'],
    ['&s->tid', 's->tid'],
    ['&(s->tid)', 's->tid'],
    ['&pool.workers[i].tid', 'pool.workers[i].tid'],
    ['&this->thread_', 'this->thread_'],
    ['&ns::worker', 'ns::worker'],
    ['&(*p).tid', '(*p).tid'],
    ['&*p', '*p'],
    ['tid', '*tid'],
    ['s->tids', '*s->tids'],
    ['*out', '**out'],
    ['arr + i', 'arr[i]'],
    ['s->tids + n + 1', 's->tids[n + 1]'],
    ['arr + (i * 2)', 'arr[i * 2]'],
    ['(arr + i)', 'arr[i]'],
    ['(pthread_t *)&x', '*(pthread_t *)&x'],
    ['(pthread_t *)arg', '*(pthread_t *)arg'],
    ['(pthread_t *)(arg)', '*(pthread_t *)(arg)'],
    ['&tid /* the worker */', 'tid'],
    ['&\n        tid', 'tid'],
  ])('%s → %s', (argument, handle) => {
    expect(handleOf(argument)).toBe(handle);
  });

  it.each([
    'next_tid()',
    '&arr[i++]',
    '&arr[next()]',
    'arr + i++',
    'p++',
    'p = &tid',
    'NULL',
    '0',
    'nullptr',
    '',
    '"text"',
    'c ? &a : &b',
    'a - 1',
    '&a, &b',
    'new pthread_t',
    '&(a',
    'x)(',
  ])('none for %s', (argument) => {
    expect(handleOf(argument)).toBeUndefined();
  });
});
