/** The bundled models as one table, name to effect. */

import abseil from './abseil.json';
import allocators from './allocators.json';
import apr from './apr.json';
import assertions from './assertions.json';
import atomics from './atomics.json';
import boost from './boost.json';
import builtins from './builtins.json';
import c11 from './c11-threads.json';
import callers from './callers.json';
import cpuPauses from './cpu-pauses.json';
import cxx from './cxx.json';
import cxxAlgorithms from './cxx-algorithms.json';
import folly from './folly.json';
import glib from './glib.json';
import glibc from './glibc.json';
import glibcSafety from './glibc-safety.json';
import guards from './guards.json';
import libuv from './libuv.json';
import linuxKernel from './linux-kernel.json';
import loader from './loader.json';
import memory from './memory.json';
import nspr from './nspr.json';
import numbers from './numbers.json';
import openmp from './openmp.json';
import posix from './posix.json';
import posixSignalSafe from './posix-signal-safe.json';
import posixWaits from './posix-waits.json';
import process from './process.json';
import pthread from './pthread.json';
import qt from './qt.json';
import runtimeLocks from './runtime-locks.json';
import { makeSafety, type Safety } from './safety';
import type {
  AutomaticDefiner,
  FunctionModel,
  GuardClass,
  LockKind,
  ModelFile,
  OwnerModel,
  ScopedLocks,
} from './schema';
import sdl from './sdl.json';
import shapesOfClasses from './shapes.json';
import stdThreads from './std-threads.json';
import stdio from './stdio.json';
import threadStarters from './thread-starters.json';
import win32 from './win32.json';
import xnu from './xnu.json';

export interface Library {
  /** By plain name, `std::vector::push_back` for methods. */
  functions: ReadonlyMap<string, FunctionModel & { weak?: boolean }>;
  constants: ReadonlyMap<string, number>;
  /** Last names of the functions that are methods of a class. */
  methods: ReadonlySet<string>;
  /** System headers whose user starts threads. */
  threadHeaders: ReadonlySet<string>;
  /** Initialisers by name, with the kind of lock they make. */
  initialisers: ReadonlyMap<string, LockKind>;
  /** Types whose objects are locks, with their kind. */
  lockTypes: ReadonlyMap<string, LockKind>;
  /** Classes of which anything is known, by full name. */
  classes: ReadonlySet<string>;
  /** Types whose objects are condition variables. */
  conditionTypes: ReadonlySet<string>;
  /** Types of members, by `shapeName`. */
  shapes: ReadonlyMap<string, string>;
  /** The public members of a library's class, in their order. */
  parts: ReadonlyMap<string, readonly string[]>;
  /** Last names of methods that hold their object's lock by a guard. */
  guardedBy: ReadonlySet<string>;
  /** Methods that make an element of a container from their arguments. */
  makers: ReadonlySet<string>;
  /** Macros that define an object at file level, with its type. */
  definers: ReadonlyMap<string, string>;
  /** Classes whose objects hold a callable. */
  callables: ReadonlySet<string>;
  /** Classes whose objects own another one. */
  owners: ReadonlyMap<string, OwnerModel>;
  /** Functions that run at the end of a scope, by how the type of the variable they get is written. */
  automatic: ReadonlyMap<string, string>;
  automaticDefiners: ReadonlyMap<string, AutomaticDefiner>;
  /** Macros that hold a lock until their scope ends, and what their classes do. */
  scopedLocks: {
    macros: ReadonlyMap<string, ScopedLocks['macros'][string]>;
    classes: ReadonlyMap<string, ScopedLocks['classes'][string]>;
  };
  /** What says that a lock is held: annotations of functions, methods that fail otherwise, methods that tell. */
  held: { annotations: ReadonlySet<string>; asserts: ReadonlySet<string>; tells: ReadonlySet<string> };
  /** What functions do to locks by their annotations. */
  lockAnnotations: ReadonlyMap<string, string>;
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
  assertions,
  atomics,
  builtins,
  cxx,
  'cxx-algorithms': cxxAlgorithms,
  glibc,
  posix,
  abseil,
  allocators,
  apr,
  boost,
  callers,
  'cpu-pauses': cpuPauses,
  folly,
  glib,
  guards,
  shapes: shapesOfClasses,
  libuv,
  'linux-kernel': linuxKernel,
  nspr,
  numbers,
  openmp,
  'posix-waits': posixWaits,
  qt,
  sdl,
  'std-threads': stdThreads,
  win32,
  'glibc-safety': glibcSafety,
  'posix-signal-safe': posixSignalSafe,
  'runtime-locks': runtimeLocks,
  xnu,
};

/** Makes the table; files that come later win over earlier ones, so a user's file can correct a bundled one. */
export function makeLibrary(files: readonly ModelFile[]): Library {
  const functions = new Map<string, FunctionModel & { weak?: boolean }>();
  const constants = new Map<string, number>();
  const threadHeaders = new Set<string>();
  const initialisers = new Map<string, LockKind>();
  const lockTypes = new Map<string, LockKind>();
  const conditionTypes = new Set<string>();
  const shapes = new Map<string, string>();
  const definers = new Map<string, string>();
  for (const file of files) {
    for (const [name, value] of Object.entries(file.constants ?? {})) constants.set(name, value);
    for (const header of file.threadHeaders ?? []) threadHeaders.add(header);
    for (const [name, kind] of Object.entries(file.initialisers ?? {})) initialisers.set(name, kind);
    for (const [name, kind] of Object.entries(file.lockTypes ?? {})) lockTypes.set(name, kind);
    for (const name of file.conditionTypes ?? []) conditionTypes.add(name);
    for (const [name, type] of Object.entries(file.definers ?? {})) definers.set(name, type);
    const weak = file.weak ? { weak: true } : {};
    for (const name of file.plain ?? []) functions.set(name, weak);
    for (const name of file.allocating ?? []) functions.set(name, { allocates: 'allocates', ...weak });
    for (const [type, methods] of Object.entries(file.types ?? {})) {
      for (const method of methods.allocates ?? [])
        functions.set(`${type}::${method}`, { allocates: 'allocates', ...weak });
      for (const method of methods.frees ?? [])
        functions.set(`${type}::${method}`, { allocates: 'frees', ...weak });
    }
    for (const [type, members] of Object.entries(file.shapes ?? {}))
      for (const [member, shape] of Object.entries(members)) shapes.set(shapeName(type, member), shape);
    for (const [name, guard] of Object.entries(file.guards ?? {}))
      for (const [method, model] of guardMethods(guard)) functions.set(`${name}::${method}`, model);
    for (const [name, model] of Object.entries(file.functions ?? {}))
      functions.set(name, { ...model, ...weak });
  }
  const safety = makeSafety(files);
  const callables = new Set(files.flatMap((file) => file.callables ?? []));
  // Where it is made without a name, it is what it is made of.
  for (const name of callables) functions.set(name, { returns: '0', arity: 1 });
  return {
    functions,
    methods: new Set([...functions.keys()].flatMap((name) => /::([^:]+)$/.exec(name)?.[1] ?? [])),
    constants,
    threadHeaders,
    initialisers,
    lockTypes,
    classes: new Set([
      ...lockTypes.keys(),
      ...conditionTypes,
      ...callables,
      ...[...functions.keys()].flatMap((name) => /^(.+)::[^:]+$/.exec(name)?.[1] ?? []),
      ...[...shapes.keys()].map((key) => key.slice(0, key.indexOf(' '))),
    ]),
    conditionTypes,
    shapes,
    guardedBy: new Set(
      [...functions].flatMap(([name, model]) =>
        model.guardedBy === undefined ? [] : name.slice(name.lastIndexOf(':') + 1),
      ),
    ),
    parts: partsOf(shapes),
    makers: new Set([...shapes.keys()].flatMap((key) => /\+(\w+)$/.exec(key)?.[1] ?? [])),
    definers,
    callables,
    owners: new Map(files.flatMap((file) => Object.entries(file.owners ?? {}))),
    automatic: new Map(files.flatMap((file) => Object.entries(file.automatic ?? {}))),
    automaticDefiners: new Map(files.flatMap((file) => Object.entries(file.automaticDefiners ?? {}))),
    scopedLocks: {
      macros: new Map(files.flatMap((file) => Object.entries(file.scopedLocks?.macros ?? {}))),
      classes: new Map(files.flatMap((file) => Object.entries(file.scopedLocks?.classes ?? {}))),
    },
    lockAnnotations: new Map(files.flatMap((file) => Object.entries(file.lockAnnotations ?? {}))),
    held: {
      annotations: new Set(files.flatMap((file) => file.requiresLocks ?? [])),
      asserts: new Set(files.flatMap((file) => file.assertsHeld ?? [])),
      tells: new Set(files.flatMap((file) => file.tellsHeld ?? [])),
    },
    safety,
  };
}

/** What a method of a template's parameter is called by: the same is said of all classes. */
export function parameterMethod(name: string): string {
  return `{template parameter}::${name}`;
}

/** The key of a member's type in `Library.shapes`. */
export function shapeName(type: string, member: string): string {
  return `${type} ${member}`;
}

function partsOf(shapes: ReadonlyMap<string, string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of shapes.keys()) {
    const [, type = '', part] = /^(\S+) \.(\w+)$/.exec(key) ?? [];
    if (part !== undefined) found.set(type, [...(found.get(type) ?? []), part]);
  }
  return found;
}

/** A guard class as its methods. */
function guardMethods(of: GuardClass): [string, FunctionModel][] {
  const methods = Object.entries(of.methods ?? {}).map(([name, op]): [string, FunctionModel] => [
    name,
    { guard: { op, of } },
  ]);
  return [
    ['{constructor}', { guard: { op: 'begin', of } }],
    ['{destructor}', { guard: { op: 'end', of } }],
    ...methods,
  ];
}

export const BUNDLED: Library = makeLibrary(Object.values(MODEL_FILES) as ModelFile[]);
