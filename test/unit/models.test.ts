/** The bundled library models are what their schema says, agree with each other, and say where they are from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUNDLED, MODEL_FILES, makeLibrary } from '../../server/src/models/library';
import { type FunctionModel, type ModelFile, modelFileSchema } from '../../server/src/models/schema';
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
      operandsOf(model).some((operand) => Number(/\d/.exec(operand)?.[0]) > 5),
    );
    expect(wrong).toEqual([]);
  });

  it('give a try a result that tells its outcomes apart', () => {
    const tries = [...BUNDLED.functions].filter(([, model]) => model.lock?.op === 'try');
    expect(tries.length).toBeGreaterThan(5);
    const vague = tries.filter(([, { success, failure }]) => success === undefined || failure === undefined);
    expect(vague.map(([name]) => name)).toEqual([]);
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
  const { thread, lock, calls = [], stores = [], returns } = model;
  const handle = thread && 'handle' in thread ? [thread.handle] : [];
  const creation = thread?.op === 'create' ? [thread.routine, thread.attribute, thread.argument] : [];
  return [
    ...handle,
    ...creation,
    lock?.lock,
    returns,
    ...calls.map(({ routine }) => routine),
    ...stores.map(({ to }) => to),
  ].filter((operand) => operand !== undefined);
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
