/** `threadlint threads`: where threads are created, how they end, and who joins them. */
import { expect, test } from 'vitest';
import { joinedIn, leakIn, project, threadlint } from './project';

const DETACHED = `#include <pthread.h>

static void *run(void *arg)
{
    pthread_detach(pthread_self());
    return arg;
}

static void *forever(void *arg)
{
    for (;;)
        ;
    return arg;
}

int start(pthread_t *out)
{
    pthread_t tid;
    if (pthread_create(&tid, NULL, run, NULL) != 0)
        return -1;
    if (pthread_create(&tid, NULL, forever, NULL) != 0)
        return -1;
    return pthread_create(out, NULL, (void *(*)(void *))run, NULL);
}
`;

const POOL = `#include <pthread.h>

struct pool {
    pthread_t thread;
};

static void *work(void *arg)
{
    return arg;
}

int pool_start(struct pool *p)
{
    return pthread_create(&p->thread, NULL, work, p);
}
`;

const STOP = `#include <pthread.h>

struct pool {
    pthread_t thread;
};

void pool_stop(struct pool *p)
{
    pthread_join(p->thread, NULL);
}
`;

test('says for each thread how it ends, and counts them', () => {
  const folder = project({ 'a.c': leakIn('leak'), 'b.c': joinedIn('fetch'), 'c.c': DETACHED });
  const { code, out, err } = threadlint(folder, ['threads']);
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toContain('a.c:12:9: `leak` creates a thread of `work`\n    leaked: its handle is lost');
  expect(out).toContain(
    'b.c:12:9: `fetch` creates a thread of `work`\n    joined: by `fetch`\n    b.c:14:5: joined here',
  );
  expect(out).toContain('detached: `run` detaches itself');
  expect(out).toContain('endless: `forever` never comes to an end');
  expect(out).toContain('5 calls create threads: 2 detached, 1 endless, 1 joined, 1 leaked.');
});

test('follows a handle to the function that joins it in another file', () => {
  const shared = STOP.replace(/struct pool \{[^}]*\};/, '');
  const header = 'struct pool {\n    pthread_t thread;\n};\n';
  const folder = project({
    'pool.h': `#include <pthread.h>\n${header}`,
    'start.c': POOL.replace(/struct pool \{[^}]*\};/, '#include "pool.h"'),
    'stop.c': `#include "pool.h"\n${shared}`,
  });
  const { out } = threadlint(folder, ['threads']);
  expect(out).toContain('joined: by `pool_stop`');
  expect(out).toMatch(/stop\.c:\d+:\d+: `struct pool\.thread` is joined here/);
});

test('writes the same as json', () => {
  const folder = project({ 'a.c': leakIn('leak') });
  const { code, out } = threadlint(folder, ['threads', '--format', 'json']);
  expect(code).toBe(0);
  const { version, threads } = JSON.parse(out);
  expect(version).toBe(1);
  expect(threads).toHaveLength(1);
  expect(threads[0]).toMatchObject({
    file: 'a.c',
    line: 12,
    function: 'leak',
    call: 'pthread_create',
    handle: 'leak_worker',
    routines: [{ name: 'work', file: 'a.c', line: 3 }],
    end: 'leaked',
  });
});

test('says that there is none', () => {
  const folder = project({ 'a.c': 'int zero(void) { return 0; }\n' });
  expect(threadlint(folder, ['threads']).out).toBe('No call that creates a thread.\n');
});

test('its help names its options', () => {
  const { code, out } = threadlint(project({}), ['threads', '--help']);
  expect(code).toBe(0);
  for (const option of ['format', 'exclude', 'config', 'define', 'undefine', 'help'])
    expect(out).toContain(`--${option}`);
});

const QT = `class QThread {
  public:
    void start();
    bool wait();
    virtual void run();
};

class Indexer : public QThread {
  public:
    void stop();
    void run() override;
};

class QThreadPool {
  public:
    static QThreadPool *globalInstance();
    void start(void (*task)());
};

void Indexer::run() {}

void Indexer::stop()
{
    wait();
}

static void task() {}

void open(Indexer *indexer)
{
    indexer->start();
    QThreadPool::globalInstance()->start(task);
}
`;

test('an object that starts its own thread is listed with the method that it runs', () => {
  const { out, code } = threadlint(project({ 'a.cpp': QT }), ['threads']);
  expect(code).toBe(0);
  expect(out).toContain(
    'a.cpp:31:5: `open` creates a thread of `Indexer::run`\n    joined: by `Indexer::stop`\n    a.cpp:24:5: joined here',
  );
  expect(out).toContain('a.cpp:32:5: `open` creates a thread of `task`\n    detached: there is no handle');
});
