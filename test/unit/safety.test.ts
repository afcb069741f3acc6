/** What the models say of async-signal safety and of the runtime's locks agrees with the tables it is from. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUNDLED } from '../../server/src/models/library';
import { makeSafety } from '../../server/src/models/safety';
import { type ModelFile, modelFileSchema, UNSAFE_REASONS } from '../../server/src/models/schema';
import { root } from '../support/binaries';

const folder = join(root, 'server/src/models');
const FILES = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [
      file.replace('.json', ''),
      modelFileSchema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
    ]),
);
const MANUAL = reasonsOf(FILES.get('glibc-safety'));
const ALL = [...FILES.values()];

/** Name to reasons, as one file has it. */
function reasonsOf(file: ModelFile | undefined): Map<string, string> {
  const entries = Object.entries(file?.signalUnsafe ?? {});
  return new Map(entries.flatMap(([why, names]) => Object.keys(names).map((name) => [name, why] as const)));
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) !== i);
}

describe('the safety tables', () => {
  it('give each function one set of reasons', () => {
    const names = ALL.flatMap((file) =>
      Object.values(file.signalUnsafe ?? {}).flatMap((one) => Object.keys(one)),
    );
    expect(repeated(names)).toEqual([]);
  });

  it('give reasons that the manual knows, and a place for each', () => {
    for (const [why, names] of ALL.flatMap((file) => Object.entries(file.signalUnsafe ?? {}))) {
      expect(
        why.split(' ').filter((reason) => !(UNSAFE_REASONS as readonly string[]).includes(reason)),
      ).toEqual([]);
      expect(Object.values(names).filter((source) => source.trim() === '')).toEqual([]);
    }
    for (const source of Object.values(FILES.get('glibc-safety')?.signalUnsafe ?? {}).flatMap(Object.values))
      expect(source).toMatch(/^[a-z]+:\d+$/);
  });

  it('hold as many functions as the manual calls unsafe', () => {
    expect(MANUAL.size).toBe(502);
  });

  it('give each function one lock of the runtime', () => {
    expect(repeated(ALL.flatMap((file) => Object.values(file.takes ?? {}).flat()))).toEqual([]);
  });

  it('take locks only where the manual says that the function is unsafe, or the file names its own source', () => {
    const { takes = {} } = FILES.get('runtime-locks') ?? {};
    const own = new Set(
      ALL.flatMap((file) => (file === FILES.get('glibc-safety') ? [] : [...reasonsOf(file).keys()])),
    );
    const astray = Object.values(takes)
      .flat()
      .filter((name) => !MANUAL.has(name) && !own.has(name));
    expect(astray).toEqual([]);
  });

  it('agree with the allocation of the rest of glibc', () => {
    const { allocating = [], plain = [] } = FILES.get('glibc') ?? {};
    const isHeap = (name: string): boolean => MANUAL.get(name)?.split(' ').includes('heap') ?? false;
    expect(allocating.filter((name) => !isHeap(name))).toEqual([]);
    expect(plain.filter(isHeap)).toEqual([]);
  });

  it('call nothing seldom unsafe that is not unsafe', () => {
    const { unsafe } = BUNDLED.safety;
    const names = ALL.flatMap((file) => file.seldomUnsafe ?? []).filter((name) => name !== 'execvpe');
    expect(names.filter((name) => !unsafe.has(name))).toEqual([]);
  });
});

describe('the table of the manual', () => {
  /** Name to what stands behind it: async-signal safety in the manual's words, and where they stand. */
  const rows = new Map(
    readFileSync(join(root, 'test/data/glibc-safety.tsv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [name = '', , signal = '', , source = ''] = line.split('\t');
        return [name, { words: signal.trim().split(' '), source }] as const;
      }),
  );
  const isUnsafe = (name: string): boolean => rows.get(name)?.words.includes('asunsafe') ?? false;

  it('has every function that is called unsafe, for these reasons, at this place', () => {
    const { signalUnsafe = {} } = FILES.get('glibc-safety') ?? {};
    const astray: string[] = [];
    for (const [why, names] of Object.entries(signalUnsafe)) {
      for (const [name, place] of Object.entries(names)) {
        const row = rows.get(name);
        const reasons = row?.words.flatMap((word) => /^as[uc]u?(\w+)$/.exec(word)?.[1] ?? []) ?? [];
        const given = why === 'race' && !reasons.includes('race') ? [] : why.split(' ');
        const isThere = row?.source.replace(/^manual\//, '').replace('.texi', '') === place;
        if (!isUnsafe(name) || !isThere || given.some((one) => !reasons.includes(one))) astray.push(name);
      }
    }
    expect(astray).toEqual([]);
  });

  it('leaves out none that is unsafe', () => {
    const unsafe = [...rows.keys()].filter(isUnsafe);
    expect(unsafe.length).toBe(502);
    expect(unsafe.filter((name) => !MANUAL.has(name))).toEqual([]);
  });

  it('has every function of glibc that is said to do nothing, or to allocate', () => {
    const { allocating = [], plain = [], functions = {} } = FILES.get('glibc') ?? {};
    const all = [...allocating, ...plain, ...Object.keys(functions)];
    expect(all.length).toBeGreaterThan(1500);
    expect(all.filter((name) => !rows.has(name))).toEqual([]);
    const isHeap = (name: string): boolean =>
      rows.get(name)?.words.some((word) => /heap$/.test(word)) ?? false;
    expect(allocating.filter((name) => !isHeap(name))).toEqual([]);
  });

  it('calls unsafe what takes a lock of the runtime, where it has it at all', () => {
    const takes = Object.values(FILES.get('runtime-locks')?.takes ?? {}).flat();
    expect(takes.length).toBeGreaterThan(50);
    expect(takes.filter((name) => rows.has(name) && !isUnsafe(name))).toEqual([]);
  });
});

describe('what POSIX requires to be safe', () => {
  it('is safe, whatever the library says of itself', () => {
    const { safe, unsafe } = BUNDLED.safety;
    for (const name of ['setuid', 'longjmp', 'sleep', 'execl', 'sigprocmask']) {
      expect(MANUAL.has(name), name).toBe(true);
      expect(safe.has(name), name).toBe(true);
      expect(unsafe.has(name), name).toBe(false);
    }
  });

  it('does not hold for what it does not list', () => {
    const { safe, unsafe } = BUNDLED.safety;
    for (const name of ['printf', 'malloc', 'exit', 'localtime', 'syslog', 'setenv', 'dlopen'])
      expect([safe.has(name), unsafe.has(name)], name).toEqual([false, true]);
    for (const name of ['write', '_exit', 'strlen', 'waitpid']) expect(safe.has(name), name).toBe(true);
  });
});

describe('a user file', () => {
  it('can say that a function is safe, or why it is not', () => {
    const base = { library: 'x', source: 'y' };
    const { safe, unsafe } = makeSafety([
      { ...base, signalUnsafe: { 'lock heap': { log_line: 'manual:1', flush: 'manual:2' } } },
      { ...base, signalSafe: ['flush'] },
    ]);
    expect([...unsafe]).toEqual([['log_line', { why: ['lock', 'heap'], seldom: false }]]);
    expect([...safe]).toEqual(['flush']);
  });
});
