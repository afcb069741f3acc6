/** The bundled models as one table, name to effect. */
import atomics from './atomics.json';
import builtins from './builtins.json';
import c11 from './c11-threads.json';
import cxx from './cxx.json';
import glibc from './glibc.json';
import loader from './loader.json';
import memory from './memory.json';
import process from './process.json';
import pthread from './pthread.json';
import type { FunctionModel, ModelFile } from './schema';
import stdio from './stdio.json';
import threadStarters from './thread-starters.json';

export interface Library {
  /** By plain name, `std::vector::push_back` for methods. */
  functions: ReadonlyMap<string, FunctionModel & { weak?: boolean }>;
  constants: ReadonlyMap<string, number>;
  /** System headers whose user starts threads. */
  threadHeaders: ReadonlySet<string>;
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
};

/** Makes the table; files that come later win over earlier ones, so a user's file can correct a bundled one. */
export function makeLibrary(files: readonly ModelFile[]): Library {
  const functions = new Map<string, FunctionModel & { weak?: boolean }>();
  const constants = new Map<string, number>();
  const threadHeaders = new Set<string>();
  for (const file of files) {
    for (const [name, value] of Object.entries(file.constants ?? {})) constants.set(name, value);
    for (const header of file.threadHeaders ?? []) threadHeaders.add(header);
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
  return { functions, constants, threadHeaders };
}

export const BUNDLED: Library = makeLibrary(Object.values(MODEL_FILES) as ModelFile[]);
