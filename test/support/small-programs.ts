/** Independent small programs, each a file with a `main`, which all use the same few names for different things. */
import type { FixtureFile } from './fixtures';
import { seeded } from './material';

type Random = ReturnType<typeof seeded>;

/** A piece of a program: what stands outside of functions, and what `main` does. */
interface Piece {
  outside: string;
  inMain: string;
}

type Part = (choose: <T>(...among: T[]) => T) => Piece;

const LOCK = 'pthread_mutex_lock';
const UNLOCK = 'pthread_mutex_unlock';

const IN_C: readonly Part[] = [
  function order(choose) {
    const ways = choose(['first', 'second'], ['second', 'first']);
    const gate = choose('', 'gate');
    const taken = (names: readonly string[]): string =>
      [...names.map((n) => `${LOCK}(&${n});`), ...[...names].reverse().map((n) => `${UNLOCK}(&${n});`)].join(
        ' ',
      );
    const all = gate ? [gate, ...ways] : ways;
    return {
      outside: `${choose('', 'static ')}pthread_mutex_t first, second, gate;
void *worker(void *arg) { ${taken(gate ? [gate, 'first', 'second'] : ['first', 'second'])} return arg; }`,
      inMain: choose(
        `pthread_create(&thread, NULL, worker, NULL); ${taken(all)} pthread_join(thread, NULL);`,
        `${taken(all)} pthread_create(&thread, NULL, worker, NULL); pthread_join(thread, NULL);`,
        taken(all),
      ),
    };
  },
  function kinds(choose) {
    const begin = choose('PTHREAD_MUTEX_INITIALIZER', 'PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP');
    return {
      outside: `struct item { ${choose('int n; pthread_mutex_t lock;', 'pthread_mutex_t lock; int n;')} };
${choose('', 'static ')}struct item item = { ${choose('', '.n = 0, ')}.lock = ${begin} };
void touch(struct item *it) { ${LOCK}(&it->lock); it->n++; ${UNLOCK}(&it->lock); }`,
      inMain: `${LOCK}(&item.lock); touch(&item); ${UNLOCK}(&item.lock);`,
    };
  },
  function attributes(choose) {
    const kind = choose('PTHREAD_MUTEX_RECURSIVE', 'PTHREAD_MUTEX_NORMAL');
    return {
      outside: `${choose('', 'static ')}pthread_mutex_t by_attribute;
${choose('', 'static ')}void init(pthread_mutex_t *m) { pthread_mutexattr_t a; pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, ${kind}); pthread_mutex_init(m, &a); }
${choose('', 'static ')}void twice(pthread_mutex_t *m) { ${LOCK}(m); ${LOCK}(m); ${UNLOCK}(m); ${UNLOCK}(m); }`,
      inMain: `init(&by_attribute); twice(&by_attribute);`,
    };
  },
  function wrappers(choose) {
    const what = choose('shared', 'own');
    const owner = choose(
      'pthread_mutex_t shared, own;',
      'extern pthread_mutex_t shared; static pthread_mutex_t own;',
    );
    return {
      outside: `${owner}
${choose('', 'static ')}int enter(int wait) { ${choose(
        `${LOCK}(&${what}); return 0;`,
        `if (!wait) return pthread_mutex_trylock(&${what}); ${LOCK}(&${what}); return 0;`,
        'return wait;',
      )} }
${choose('', 'static ')}void leave(void) { ${UNLOCK}(&${choose('shared', 'own')}); }
int step(int n) { enter(1); if (n > 2) ${choose('return -1;', '{ leave(); return -1; }')} leave(); return n; }`,
      inMain: 'step(argc);',
    };
  },
  function endings(choose) {
    const isOver = choose(true, false);
    return {
      outside: `pthread_mutex_t ending;
${choose('', isOver ? '__attribute__((noreturn)) ' : '')}void fail(int code);
${choose(`void fail(int code) { ${isOver ? 'exit(code)' : '(void)code'}; }`, '')}
int attempt(int n) { ${LOCK}(&ending); if (n) { fail(n); return n; } ${UNLOCK}(&ending); return 0; }`,
      inMain: 'attempt(argc);',
    };
  },
  function elsewhere(choose) {
    const body = choose(`{ ${LOCK}(&place); ${UNLOCK}(&place); return n; }`, '{ return n; }', ';');
    return {
      outside: `${choose('', 'static ')}pthread_mutex_t place;
int helper(int n)${body}
int visit(int n) { int r; ${LOCK}(&place); r = helper(n); ${UNLOCK}(&place); return r; }`,
      inMain: 'visit(argc);',
    };
  },
  function handlers(choose) {
    const act = choose('write(2, "x", 1);', 'printf("x");', 'free(malloc(4));');
    return {
      outside: `struct ops { ${choose('', 'int n; ')}void (*run)(int sig); };
${choose('', 'static ')}void handler(int sig) { (void)sig; ${act} }
struct ops ops = { ${choose('.run = handler', '')} };`,
      inMain: choose('signal(SIGINT, handler);', 'signal(SIGINT, ops.run);', 'ops.run(1);'),
    };
  },
  function callbacks(choose) {
    return {
      outside: `${choose('', 'static ')}int note(void *d);
int note(void *d) { ${choose('return malloc(8) == d;', 'return d == 0;')} }
int each(struct dl_phdr_info *i, size_t n, void *d) { ${choose('note(d);', '(void)d;')} return i && n; }`,
      inMain: 'dl_iterate_phdr(each, NULL);',
    };
  },
  function handles(choose) {
    return {
      outside: `${choose('', 'static ')}pthread_t handle; int stop;
void *job(void *arg) { ${choose('pthread_detach(pthread_self());', '', 'for (;;) pause();')} return arg; }
void start(void) { pthread_create(&handle, NULL, job, NULL); }
void finish(void) { ${choose('pthread_join(handle, NULL);', 'if (stop) pthread_join(handle, NULL);', '')} }`,
      inMain: choose('start(); finish();', 'start();', 'while (argc--) start();'),
    };
  },
  function conditions(choose) {
    const wait = 'pthread_cond_wait(&changed, &guard);';
    return {
      outside: `${choose('', 'static ')}pthread_cond_t changed; pthread_mutex_t guard; int ready;
void await(void) { ${LOCK}(&guard); ${choose(`while (!ready) ${wait}`, `if (!ready) ${wait}`)} ${UNLOCK}(&guard); }
void *signaller(void *arg) { ready = 1; ${choose('pthread_cond_signal(&changed);', '')} return arg; }`,
      inMain: `pthread_create(&thread, NULL, signaller, NULL); await(); pthread_join(thread, NULL);`,
    };
  },
  function macros(choose) {
    return {
      outside: `pthread_mutex_t one, two;
#define ENTER() ${choose(`${LOCK}(&one)`, `${LOCK}(&two)`, '(void)0')}
#define LEAVE() ${choose(`${UNLOCK}(&one)`, `${UNLOCK}(&two)`)}
#define CHECK(n) ${choose('if (n) return 1', 'if (n) abort()')}
int through(int n) { ENTER(); CHECK(n); LEAVE(); return 0; }`,
      inMain: 'through(argc);',
    };
  },
  function children(choose) {
    return {
      outside: `pthread_mutex_t forked;
void before(void) { ${LOCK}(&forked); }
void after(void) { ${UNLOCK}(&forked); }
void spawn(void) { ${choose('before();', '')} if (fork() == 0) { ${choose('printf("c");', '')} ${choose('exit(0);', '_exit(0);')} } ${choose('after();', '')} }`,
      inMain: choose('pthread_atfork(before, after, after); spawn();', 'spawn();'),
    };
  },
  function tasks(choose) {
    return {
      outside: `struct task { ${choose('', 'int n; ')}void *(*routine)(void *); void (*done)(void); };
pthread_mutex_t busy; int over;
${choose('', 'static ')}void *serve(void *arg) { ${choose(`${LOCK}(&busy); ${UNLOCK}(&busy);`, 'while (!over) ;', '')} return arg; }
void finished(void) { ${choose(`${LOCK}(&busy); over = 1; ${UNLOCK}(&busy);`, 'over = 1;')} }
struct task task = { .routine = serve, ${choose('.done = finished', '')} };`,
      inMain: `pthread_create(&thread, NULL, task.routine, &task); ${choose(
        `${LOCK}(&busy); pthread_join(thread, NULL); ${UNLOCK}(&busy);`,
        `${LOCK}(&busy); task.done(); ${UNLOCK}(&busy); pthread_join(thread, NULL);`,
        'pthread_detach(thread);',
      )}`,
    };
  },
  function masks(choose) {
    return { outside: '', inMain: `${choose('sigprocmask', 'pthread_sigmask')}(SIG_BLOCK, &set, NULL);` };
  },
  function allocator(choose) {
    const body = `{ (void)n; ${LOCK}(&heap); ${UNLOCK}(&heap); return NULL; }`;
    return {
      outside: `${choose('', 'static ')}pthread_mutex_t heap;
${choose(`void *calloc(size_t m, size_t n) { (void)m; return dlsym(NULL, "x") + n; }`, `void *grab(size_t n) ${body}`)}
void *lookup(const char *s) { void *p; ${LOCK}(&heap); p = dlopen(s, 1); ${UNLOCK}(&heap); return p; }`,
      inMain: 'lookup("x");',
    };
  },
];

const HEAD = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
`;

const IN_CPP: readonly Part[] = [
  function classes(choose) {
    const member = choose('std::mutex', 'std::recursive_mutex');
    return {
      outside: `class Store {
public:
    void put() { std::lock_guard<${member}> held(lock_); ${choose('grow();', '')} }
    void grow() { ${choose(`std::lock_guard<${member}> held(lock_);`, '')} n_++; }
private:
    ${member} lock_;
    int n_ = 0;
};`,
      inMain: 'Store store; store.put();',
    };
  },
  function threads(choose) {
    return {
      outside: `struct Runner { std::thread thread; ~Runner() { ${choose('thread.join();', '', 'if (thread.joinable()) thread.join();')} } };
void run();
void run() { ${choose('for (;;) std::this_thread::yield();', '')} }`,
      inMain: choose(
        'Runner runner; runner.thread = std::thread(run);',
        'std::thread t(run); t.detach();',
        'std::thread t(run);',
      ),
    };
  },
  function virtuals(choose) {
    return {
      outside: `struct Base { virtual void act() {} virtual ~Base() {} };
std::mutex around;
struct Derived : Base { void act() override { ${choose('std::lock_guard<std::mutex> held(around);', '')} } };
void perform(Base *base) { std::lock_guard<std::mutex> held(around); base->act(); }`,
      inMain: 'Derived derived; perform(&derived);',
    };
  },
];

const HEAD_CPP = `#include <mutex>
#include <thread>
`;

/** So many programs, in a few folders; the same ones for the same seed. */
export function smallPrograms(count: number, seed: number): FixtureFile[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const isCpp = i % 5 === 4;
    const folder = ['', 'a/', 'b/', 'a/deep/'][random(4)] ?? '';
    return { file: `/w/${folder}p${i}.${isCpp ? 'cpp' : 'c'}`, text: smallProgram(isCpp, random) };
  });
}

function smallProgram(isCpp: boolean, random: Random): string {
  const choose = <T>(...among: T[]): T => among[random(among.length)] as T;
  const pieces = (isCpp ? IN_CPP : IN_C).flatMap((part) => (random(isCpp ? 3 : 2) > 0 ? [part(choose)] : []));
  const outside = pieces.map((piece) => piece.outside).join('\n');
  const inMain = pieces.map((piece) => `    { ${piece.inMain} }`).join('\n');
  const locals = isCpp ? '' : 'pthread_t thread; sigset_t set; (void)thread; sigemptyset(&set);';
  return `${isCpp ? HEAD_CPP : HEAD}${outside}
int main(int argc, char **argv)
{
    ${locals} (void)argv; (void)argc;
${inMain}
    return 0;
}
`;
}
