/** What the models say of async-signal safety and of the runtime's own locks, by function name. */
import type { ModelFile, RuntimeLock, UnsafeReason } from './schema';

export interface Unsafe {
  why: readonly UnsafeReason[];
  /** Only with arguments that are seldom seen. */
  seldom: boolean;
}

export interface Safety {
  /** Functions that POSIX requires to be async-signal-safe. */
  safe: ReadonlySet<string>;
  unsafe: ReadonlyMap<string, Unsafe>;
  takes: ReadonlyMap<string, readonly RuntimeLock[]>;
  /** Fields in which a routine is kept as a signal handler. */
  handlerFields: ReadonlySet<string>;
  /** Allocation functions that a program may define itself. */
  interposable: ReadonlySet<string>;
  /** Variables that hold a function which runs at each allocation. */
  hookVariables: ReadonlySet<string>;
  /** Structures of functions that the allocator runs. */
  hookTypes: ReadonlySet<string>;
}

/** Makes the tables; what POSIX requires to be safe is safe, whatever a library says of its own. */
export function makeSafety(files: readonly ModelFile[]): Safety {
  const safe = new Set(files.flatMap((file) => file.signalSafe ?? []));
  const seldom = new Set(files.flatMap((file) => file.seldomUnsafe ?? []));
  const unsafe = new Map<string, Unsafe>();
  const takes = new Map<string, RuntimeLock[]>();
  const handlerFields = new Set<string>();
  for (const file of files) {
    for (const [reasons, names] of Object.entries(file.signalUnsafe ?? {})) {
      const why = reasons.split(' ') as UnsafeReason[];
      for (const name of Object.keys(names))
        if (!safe.has(name)) unsafe.set(name, { why, seldom: seldom.has(name) });
    }
    for (const [lock, names] of Object.entries(file.takes ?? {})) {
      for (const name of names ?? []) takes.set(name, [...(takes.get(name) ?? []), lock as RuntimeLock]);
    }
    for (const { keeps = [] } of Object.values(file.functions ?? {}))
      for (const { fields = [] } of keeps) for (const field of fields) handlerFields.add(field);
  }
  const interposable = new Set(files.flatMap((file) => file.interposable ?? []));
  const hookVariables = new Set(files.flatMap((file) => file.hookVariables ?? []));
  const hookTypes = new Set(files.flatMap((file) => file.hookTypes ?? []));
  return { interposable, hookVariables, hookTypes, safe, unsafe, takes, handlerFields };
}
