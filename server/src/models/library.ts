/** The bundled models as one table, name to effect. */
import atomics from './atomics.json';
import builtins from './builtins.json';
import c11 from './c11-threads.json';
import cxx from './cxx.json';
import glibc from './glibc.json';
import glibcSafety from './glibc-safety.json';
import loader from './loader.json';
import memory from './memory.json';
import posix from './posix.json';
import posixSignalSafe from './posix-signal-safe.json';
import process from './process.json';
import pthread from './pthread.json';
import runtimeLocks from './runtime-locks.json';
import { makeSafety, type Safety } from './safety';
import type { FunctionModel, LockKind, ModelFile } from './schema';
import stdio from './stdio.json';
import threadStarters from './thread-starters.json';

export interface Library {
  /** By plain name, `std::vector::push_back` for methods. */
  functions: ReadonlyMap<string, FunctionModel & { weak?: boolean }>;
  constants: ReadonlyMap<string, number>;
  /** System headers whose user starts threads. */
  threadHeaders: ReadonlySet<string>;
  /** Initialisers by name, with the kind of lock they make. */
  initialisers: ReadonlyMap<string, LockKind>;
  /** Types whose objects are locks, with their kind. */
  lockTypes: ReadonlyMap<string, LockKind>;
  /** Types whose objects are condition variables. */
  conditionTypes: ReadonlySet<string>;
  /** Async-signal safety and the runtime's own locks. */
  safety: Safety;
}

/** Every bundled file; a test holds each to the schema and finds double entries. */
export const MODEL_FILES: Readonly<Record<string, unknown>> = {
  pthread,
  'c11-threads': c11,
  'thread-starters': threadStarters,
  memory,
  stdio,
  loader,
  process,
  atomics,
  builtins,
  cxx,
  glibc,
  posix,
  'glibc-safety': glibcSafety,
  'posix-signal-safe': posixSignalSafe,
  'runtime-locks': runtimeLocks,
};

/** Makes the table; files that come later win over earlier ones, so a user's file can correct a bundled one. */
export function makeLibrary(files: readonly ModelFile[]): Library {
  const functions = new Map<string, FunctionModel & { weak?: boolean }>();
  const constants = new Map<string, number>();
  const threadHeaders = new Set<string>();
  const initialisers = new Map<string, LockKind>();
  const lockTypes = new Map<string, LockKind>();
  const conditionTypes = new Set<string>();
  for (const file of files) {
    for (const [name, value] of Object.entries(file.constants ?? {})) constants.set(name, value);
    for (const header of file.threadHeaders ?? []) threadHeaders.add(header);
    for (const [name, kind] of Object.entries(file.initialisers ?? {})) initialisers.set(name, kind);
    for (const [name, kind] of Object.entries(file.lockTypes ?? {})) lockTypes.set(name, kind);
    for (const name of file.conditionTypes ?? []) conditionTypes.add(name);
    const weak = file.weak ? { weak: true } : {};
    for (const name of file.plain ?? []) functions.set(name, weak);
    for (const name of file.allocating ?? []) functions.set(name, { allocates: 'allocates', ...weak });
    for (const [type, methods] of Object.entries(file.types ?? {})) {
      for (const method of methods.allocates ?? [])
        functions.set(`${type}::${method}`, { allocates: 'allocates', ...weak });
      for (const method of methods.frees ?? [])
        functions.set(`${type}::${method}`, { allocates: 'frees', ...weak });
    }
    for (const [name, model] of Object.entries(file.functions ?? {}))
      functions.set(name, { ...model, ...weak });
  }
  const safety = makeSafety(files);
  return { functions, constants, threadHeaders, initialisers, lockTypes, conditionTypes, safety };
}

export const BUNDLED: Library = makeLibrary(Object.values(MODEL_FILES) as ModelFile[]);
