/** The bundled library models are what their schema says, agree with each other, and say where they are from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUNDLED, MODEL_FILES, makeLibrary } from '../../server/src/models/library';
import {
  type FunctionModel,
  type LockModel,
  type ModelFile,
  modelFileSchema,
} from '../../server/src/models/schema';
import { root } from '../support/binaries';

const folder = join(root, 'server/src/models');
const FILES = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: file.replace('.json', ''), text: readFileSync(join(folder, file), 'utf8') }));
const PARSED = FILES.map(({ name, text }) => ({ name, model: modelFileSchema.parse(JSON.parse(text)) }));

describe.each(FILES)('$name', ({ name, text }) => {
  it('has the shape of a model file', () => {
    expect(modelFileSchema.safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([]);
  });

  it('is bundled', () => {
    expect(MODEL_FILES[name]).toEqual(JSON.parse(text));
  });

  it('names its library and where the facts are from', () => {
    const { library, source } = modelFileSchema.parse(JSON.parse(text));
    expect(library.trim().length).toBeGreaterThan(0);
    expect(source).toMatch(/\w+.*\w+/);
  });

  it('has no key twice', () => {
    expect(repeatedKeys(text)).toEqual([]);
  });

  it('lists no name twice', () => {
    const { allocating = [], plain = [], functions = {} } = modelFileSchema.parse(JSON.parse(text));
    expect(repeated([...allocating, ...plain, ...Object.keys(functions)])).toEqual([]);
  });
});

describe('the files together', () => {
  it('are all on disk', () => {
    expect(Object.keys(MODEL_FILES).sort()).toEqual(FILES.map(({ name }) => name).sort());
  });

  it('describe no function in two strong files', () => {
    const strong = PARSED.filter(({ model }) => !model.weak);
    expect(repeated(strong.flatMap(({ model }) => namesOf(model)))).toEqual([]);
  });

  it('leave to glibc what no other file describes', () => {
    const glibc = PARSED.find(({ name }) => name === 'glibc');
    const others = new Set(
      PARSED.filter(({ name }) => name !== 'glibc').flatMap(({ model }) => namesOf(model)),
    );
    expect(namesOf(glibc?.model ?? { library: '', source: '' }).filter((name) => others.has(name))).toEqual(
      [],
    );
  });

  it('name no operand that a call of so few arguments cannot have', () => {
    const wrong = [...BUNDLED.functions].filter(([, model]) =>
      operandsOf(model).some((operand) => Number(/\d/.exec(operand)?.[0]) > 6),
    );
    expect(wrong).toEqual([]);
  });

  it('give a try a result that tells its outcomes apart', () => {
    const tries = [...BUNDLED.functions].filter(([, model]) => model.lock?.op === 'try');
    expect(tries.length).toBeGreaterThan(5);
    const isTold = ({ success, failure }: FunctionModel) =>
      failure !== undefined &&
      (success !== undefined || !['positive', 'negative', 'other'].includes(`${failure}`));
    expect(tries.filter(([, model]) => !isTold(model)).map(([name]) => name)).toEqual([]);
  });

  it('pair what takes with what gives back', () => {
    const names = (op: string) => [...BUNDLED.functions].filter(([, model]) => model.lock?.op === op);
    expect(names('acquire').length).toBeGreaterThan(0);
    expect(names('release').length).toBeGreaterThan(0);
    for (const [name, { thread }] of BUNDLED.functions) {
      if (thread?.op !== 'create') continue;
      expect(thread.joinText ?? '{}', name).toContain('{}');
      expect(thread.detachText ?? '{}', name).toContain('{}');
    }
  });

  it('describe each type and initialiser once', () => {
    const types = PARSED.flatMap(({ model }) => [
      ...Object.keys(model.lockTypes ?? {}),
      ...(model.conditionTypes ?? []),
    ]);
    expect(types.length).toBeGreaterThan(40);
    expect(repeated(types)).toEqual([]);
    expect(repeated(PARSED.flatMap(({ model }) => Object.keys(model.initialisers ?? {})))).toEqual([]);
  });

  it('say what the rules are built on', () => {
    const of = (name: string) => BUNDLED.functions.get(name);
    expect(of('pthread_create')?.thread).toMatchObject({ op: 'create', handle: '*0', routine: '2' });
    expect(of('pthread_join')?.thread).toEqual({ op: 'join', handle: '0' });
    expect(of('thrd_detach')?.thread).toEqual({ op: 'detach', handle: '0' });
    expect(of('pthread_mutex_trylock')?.lock).toMatchObject({ op: 'try', lock: '*0' });
    expect(of('dl_iterate_phdr')?.calls).toEqual([{ routine: '0', holding: ['loader'] }]);
    expect(of('malloc')?.allocates).toBe('allocates');
    expect(of('free')?.allocates).toBe('frees');
    expect(of('strlen')?.allocates).toBeUndefined();
    expect(of('exit')?.noreturn).toBe(true);
  });
});

describe.each(PARSED.filter(({ model }) => locksOf(model).length > 0))('the locks of $name', ({ model }) => {
  const functions = Object.entries(model.functions ?? {});

  it('are each given back by a function of the same library', () => {
    const released = new Set(functions.flatMap(([name, { lock }]) => (lock?.op === 'release' ? [name] : [])));
    for (const [name, { op, releaseText }] of locksOf(model)) {
      if (op !== 'acquire' && op !== 'try') continue;
      expect(releasedBy(name, releaseText, released), name).toBe(true);
      expect(releaseText ?? '{}', name).toContain('{}');
    }
  });

  it('are of one kind in all that is done to them', () => {
    const byClass = new Map<string, LockModel[]>();
    for (const [name, lock] of locksOf(model)) {
      const colon = name.lastIndexOf('::');
      if (colon < 0 || lock.kind) continue;
      const owner = name.slice(0, colon);
      byClass.set(owner, [...(byClass.get(owner) ?? []), lock]);
    }
    for (const [name, locks] of byClass) {
      expect(new Set(locks.map(({ recursive }) => recursive)).size, name).toBe(1);
      expect(new Set(locks.map(({ spins }) => spins)).size, name).toBe(1);
      expect(locks[0]?.recursive ? 'recursive' : 'normal', name).toBe(model.lockTypes?.[name] ?? 'normal');
    }
  });

  it('are named by every wait on a condition, or by what made the condition', () => {
    const isTied = functions.some(([, { condition }]) => condition?.op === 'init' && condition.lock);
    for (const [name, { condition }] of functions) {
      if (condition?.op === 'wait' && !isTied) expect(condition.lock, name).toBeDefined();
    }
  });
});

describe('what a library function does', () => {
  const of = (name: string) => BUNDLED.functions.get(name);

  it.each([
    ['pthread_rwlock_tryrdlock', 'try', '*0', 'shared', { success: 0, failure: 'EBUSY' }],
    ['pthread_spin_lock', 'acquire', '*0', 'exclusive', { success: 0 }],
    ['mtx_timedlock', 'try', '*0', 'exclusive', { success: 'thrd_success', failure: 'thrd_timedout' }],
    ['g_rec_mutex_trylock', 'try', '*0', 'exclusive', { success: 1, failure: 0 }],
    ['g_rw_lock_writer_lock', 'acquire', '*0', 'exclusive', {}],
    ['uv_rwlock_tryrdlock', 'try', '*0', 'shared', { success: 0, failure: 'UV_EBUSY' }],
    ['apr_thread_mutex_trylock', 'try', '*0', 'exclusive', { success: 'APR_SUCCESS', failure: 'APR_EBUSY' }],
    ['SDL_LockMutex', 'acquire', '*0', 'exclusive', { success: 0 }],
    ['SDL_TryLockSpinlock', 'try', '*0', 'exclusive', { success: 1, failure: 0 }],
    ['PR_EnterMonitor', 'acquire', '*0', 'exclusive', {}],
    ['TryAcquireSRWLockShared', 'try', '*0', 'shared', { success: 1, failure: 0 }],
    ['mutex_trylock', 'try', '*0', 'exclusive', { success: 1, failure: 0 }],
    ['mutex_lock_interruptible', 'acquire', '*0', 'exclusive', { success: 0, failure: 'negative' }],
    ['down_read_trylock', 'try', '*0', 'shared', { success: 1, failure: 0 }],
    ['bit_spin_lock', 'acquire', '*1', 'exclusive', {}],
    ['omp_test_nest_lock', 'try', '*0', 'exclusive', { failure: 0 }],
    ['std::shared_mutex::try_lock_shared', 'try', 'this', 'shared', { success: 1, failure: 0 }],
    ['boost::upgrade_mutex::lock_upgrade', 'acquire', 'this', 'shared', {}],
    ['absl::Mutex::LockWhen', 'acquire', 'this', 'exclusive', {}],
    ['folly::RWSpinLock::lock', 'acquire', 'this', 'exclusive', {}],
    ['QReadWriteLock::tryLockForWrite', 'try', 'this', 'exclusive', { success: 1, failure: 0 }],
  ])('to a lock: %s', (name, op, lock, mode, result) => {
    const { success, failure } = of(name) ?? {};
    expect(of(name)?.lock).toMatchObject({ op, lock, mode });
    expect({ success, failure }).toEqual({ success: undefined, failure: undefined, ...result });
  });

  it.each([
    ['pthread_cond_clockwait', { op: 'wait', condition: '*0', lock: '*1', timed: true }],
    ['g_cond_wait', { op: 'wait', condition: '*0', lock: '*1' }],
    ['SleepConditionVariableSRW', { op: 'wait', condition: '*0', lock: '*1' }],
    ['PR_NewCondVar', { op: 'init', condition: '*result', lock: '*0' }],
    ['PR_Wait', { op: 'wait', condition: '*0', lock: '*0' }],
    ['std::condition_variable::wait', { op: 'wait', condition: 'this', lock: '0', predicate: '1' }],
    ['absl::CondVar::SignalAll', { op: 'broadcast', condition: 'this' }],
    ['QWaitCondition::wakeOne', { op: 'signal', condition: 'this' }],
  ])('to a condition variable: %s', (name, effect) => {
    expect(of(name)?.condition).toEqual(effect);
  });

  it.each([
    ['sem_wait', { on: 'semaphore' }],
    ['poll', { on: 'event', timeout: '2' }],
    ['recv', { on: 'network', flags: '3', unless: ['MSG_DONTWAIT'] }],
    ['fcntl', { on: 'file-lock', flags: '1', only: ['F_SETLKW', 'F_OFD_SETLKW'] }],
    ['WaitForSingleObject', { on: 'event', timeout: '1' }],
    ['std::latch::wait', { on: 'barrier' }],
    ['wait_event', { on: 'event' }],
    ['sem_trywait', undefined],
    ['write', undefined],
    ['absl::Mutex::Await', undefined],
  ])('while others wait: %s', (name, effect) => {
    expect(of(name)).toBeDefined();
    expect(of(name)?.blocks).toEqual(effect);
  });

  it.each([
    ['g_thread_new', { op: 'create', handle: 'result', routine: '1', argument: '2' }],
    ['uv_thread_create_ex', { op: 'create', handle: '*0', routine: '2', argument: '3' }],
    ['uv_thread_join', { op: 'join', handle: '*0' }],
    ['apr_thread_join', { op: 'join', handle: '1' }],
    ['SDL_DetachThread', { op: 'detach', handle: '0' }],
    ['PR_CreateThread', { op: 'create', attribute: '5', joinable: 'PR_JOINABLE_THREAD', routine: '1' }],
    ['_beginthreadex', { op: 'create', handle: 'result', routine: '2', argument: '3' }],
    ['CloseHandle', { op: 'close', handle: '0' }],
    ['std::thread::join', { op: 'join', handle: 'this' }],
  ])('to a thread: %s', (name, effect) => {
    expect(of(name)?.thread).toMatchObject(effect);
  });

  it.each(['sched_yield', 'nanosleep', 'SwitchToThread', '_mm_pause', 'std::this_thread::yield'])(
    'to a loop around it: %s',
    (name) => expect(of(name)?.yields).toBe(true),
  );

  it('is known of locks that are taken again by their holder', () => {
    expect(BUNDLED.initialisers.get('PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP')).toBe('recursive');
    expect(BUNDLED.lockTypes.get('CRITICAL_SECTION')).toBe('recursive');
    expect(of('uv_mutex_init_recursive')?.lock?.recursive).toBe(true);
    expect(of('pthread_mutex_init')?.lock).toMatchObject({ kind: '*1#type' });
    expect(of('mtx_init')?.lock).toMatchObject({ kind: '1' });
  });
});

describe('a model file that is not as it should be', () => {
  const base = { library: 'x', source: 'y' };
  it.each([
    ['an operand that is none', { functions: { f: { lock: { op: 'acquire', lock: 'first' } } } }],
    ['an unknown effect', { functions: { f: { sleeps: true } } }],
    ['an unknown operation', { functions: { f: { thread: { op: 'kill', handle: '0' } } } }],
    ['a creation without routine', { functions: { f: { thread: { op: 'create', handle: '*0' } } } }],
    ['an unknown key', { functons: {} }],
    ['no source', { source: undefined }],
  ])('is refused for %s', (_, wrong) => {
    expect(modelFileSchema.safeParse({ ...base, ...wrong }).success).toBe(false);
  });

  it('wins over an earlier one where it describes the same function', () => {
    const first: ModelFile = { ...base, allocating: ['f'], plain: ['g'] };
    const second: ModelFile = { ...base, plain: ['f'], functions: { g: { allocates: 'frees' } } };
    const { functions } = makeLibrary([first, second]);
    expect(functions.get('f')?.allocates).toBeUndefined();
    expect(functions.get('g')?.allocates).toBe('frees');
  });
});

function namesOf(model: ModelFile): string[] {
  const methods = Object.entries(model.types ?? {}).flatMap(([type, { allocates = [], frees = [] }]) =>
    [...allocates, ...frees].map((method) => `${type}::${method}`),
  );
  return [
    ...Object.keys(model.functions ?? {}),
    ...(model.allocating ?? []),
    ...(model.plain ?? []),
    ...methods,
  ];
}

function operandsOf(model: FunctionModel): string[] {
  const { thread, lock, condition, blocks, calls = [], stores = [], starts = [], returns } = model;
  const handle = thread && 'handle' in thread ? [thread.handle] : [];
  const creation = thread?.op === 'create' ? [thread.routine, thread.attribute, thread.argument] : [];
  return [
    ...handle,
    ...creation,
    lock?.lock,
    lock?.kind,
    condition?.condition,
    condition?.lock,
    condition?.predicate,
    blocks?.timeout,
    blocks?.flags,
    returns,
    ...starts,
    ...calls.map(({ routine }) => routine),
    ...stores.map(({ to }) => to),
  ].filter((operand) => operand !== undefined);
}

/** What a file says of locks, by function. */
function locksOf({ functions = {} }: ModelFile): [string, LockModel][] {
  return Object.entries(functions).flatMap(([name, { lock }]): [string, LockModel][] =>
    lock ? [[name, lock]] : [],
  );
}

/** Where no text is given, because what gives back needs more than the lock, some method of the class does. */
function releasedBy(name: string, text: string | undefined, released: ReadonlySet<string>): boolean {
  const colon = name.lastIndexOf('::');
  const owner = colon < 0 ? '' : name.slice(0, colon + 2);
  const called = text && /(\w+)\(/.exec(text)?.[1];
  if (called) return released.has(`${owner}${called}`);
  return [...released].some((release) => owner !== '' && release.startsWith(owner));
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].sort();
}

/** Keys that an object of the text holds twice: `JSON.parse` silently takes the last. */
function repeatedKeys(text: string): string[] {
  const found: string[] = [];
  const open: Set<string>[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      const keys = open[open.length - 1];
      if (keys?.has(token)) found.push(token);
      keys?.add(token);
    }
  }
  return found;
}
