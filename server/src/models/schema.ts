/**
 * The shape of library models: what a function of a library does, as data. Users add their own with the same
 * shape. Algorithms name effects, never functions.
 *
 * An operand names a value at a call: `"0"` the first argument, `"*0"` what it points to, `"**0"` what the
 * pointer stored there points to, `"*0#p"` a property `p` of that object. `"this"` is the object a method is
 * called on, `"result"` what the call returns.
 */
import { z } from 'zod';
import { guardClass, guardEffect } from './guard-schema';
import { owner } from './owner-schema';

const operand = z
  .string()
  .regex(
    /^\*{0,2}(?:\d|this|result)(#[a-z]+)?$/,
    'an operand is like "0", "*0", "*0#detachstate", "this" or "*result"',
  );

const thread = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('create'),
    /** Where the handle is written. */
    handle: operand,
    /** The handle is an object of C++: what its end does while the thread is neither joined nor detached. */
    object: z.enum(['terminates', 'joins', 'detaches']).optional(),
    /** The property that decides whether the thread is joinable, and its value when it is. */
    attribute: operand.optional(),
    joinable: z.string().optional(),
    routine: operand,
    argument: operand.optional(),
    /** How source text joins or detaches what this call made; `{}` stands for the handle. */
    joinText: z.string().optional(),
    detachText: z.string().optional(),
    /** How source text makes the thread detached from the start; `{}` stands for the attribute object. */
    detachedTexts: z
      .strictObject({ slot: z.number(), prepare: z.array(z.string()), give: z.string(), finish: z.string() })
      .optional(),
  }),
  /**
   * `stays`: the handle means the thread until it is closed, so a second wait is right, and one without a thread.
   * `takes`: the handle means the thread of this object afterwards.
   */
  z.strictObject({
    op: z.literal('join'),
    handle: operand,
    stays: z.literal(true).optional(),
    takes: operand.optional(),
  }),
  z.strictObject({ op: z.literal('detach'), handle: operand }),
  /** The result tells whether the object has a thread to be joined. */
  z.strictObject({ op: z.literal('test'), handle: operand }),
  /** Gives the handle back, whether the thread was waited for or not. */
  z.strictObject({ op: z.literal('close'), handle: operand }),
  /** The result is the calling thread's own handle. */
  z.strictObject({ op: z.literal('self') }),
]);

const lockKind = z.enum(['normal', 'recursive', 'checked']);

const lock = z.strictObject({
  /** `init` gives a lock its kind, `destroy` ends its life. */
  op: z.enum(['acquire', 'try', 'release', 'init', 'destroy']),
  lock: operand,
  mode: z.enum(['exclusive', 'shared']).optional(),
  /** The holder may take it again. */
  recursive: z.literal(true).optional(),
  /** The object can be of any class that has such a method: whether its holder may take it again is not known. */
  generic: z.literal(true).optional(),
  /** A try that sleeps until it has the lock or time is up. */
  timed: z.literal(true).optional(),
  /** Its holder must not sleep: a spinlock. */
  spins: z.literal(true).optional(),
  /** It can also remember for ever that something was done: it is a lock where somebody gives it back. */
  flag: z.literal(true).optional(),
  /** Where the kind stands that an `init` gives: a property such as `*1#type`, or a number. */
  kind: operand.optional(),
  /** What constants, one or several in one, make of the lock: its holder may take it again, or gets an error. */
  kinds: z.record(z.string(), lockKind).optional(),
  /**
   * How source text releases what this call took; `{}` stands for the call's own lock argument as written, of a
   * method for the receiver with its `.` or `->`; `{1}` for another argument.
   */
  releaseText: z.string().optional(),
});

const condition = z.strictObject({
  op: z.enum(['init', 'destroy', 'wait', 'signal', 'broadcast']),
  condition: operand,
  /** The lock that a wait gives back and takes again, or that an `init` ties to the condition for all waits. */
  lock: operand.optional(),
  /** A wait that also ends when time is up. */
  timed: z.literal(true).optional(),
  /** A wait that tests this again by itself before it returns. */
  predicate: operand.optional(),
});

/** The call can wait without bound for something outside of the program's control. */
const blocking = z.strictObject({
  on: z.enum([
    'sleep',
    'input',
    'network',
    'process',
    'thread',
    'semaphore',
    'barrier',
    'event',
    'file-lock',
  ]),
  /** A timeout in this operand: none to wait where it is 0, or a structure of zeros. */
  timeout: operand.optional(),
  /** Flags or a choice in this operand: bits with which the call does not wait, values with which alone it does. */
  flags: operand.optional(),
  unless: z.array(z.string()).optional(),
  only: z.array(z.string()).optional(),
});

/** The locks of the runtime itself, which no source file names, by what they guard. */
export const RUNTIME_LOCKS = [
  'loader',
  'allocator',
  'stdio',
  'exit',
  'atexit',
  'environment',
  'locale',
  'timezone',
  'syslog',
  'nss',
  'random',
] as const;
const runtimeLock = z.enum(RUNTIME_LOCKS);

/** Why a function is not async-signal-safe, in the words of the glibc manual. */
export const UNSAFE_REASONS = [
  'lock',
  'heap',
  'dlopen',
  'corrupt',
  'init',
  'plugin',
  'intl',
  'race',
] as const;

/** A routine that is kept, and what runs it later. */
const kept = z.strictObject({
  routine: operand,
  /** The routine stands in these fields of the operand. */
  fields: z.array(z.string()).optional(),
  for: z.enum(['signal', 'fork-prepare', 'fork-parent', 'fork-child', 'exit', 'allocation']),
});

/** Takes all its arguments, locks or guards, in whatever order avoids a deadlock. */
const together = z.strictObject({ op: z.enum(['acquire', 'try']) });

export const functionModelSchema = z.strictObject({
  thread: thread.optional(),
  lock: lock.optional(),
  condition: condition.optional(),
  guard: guardEffect.optional(),
  together: together.optional(),
  blocks: blocking.optional(),
  /** Gives the processor to others, or sleeps: a loop around it does not burn a core. */
  yields: z.literal(true).optional(),
  /** The call may take memory from, or give it back to, the allocator. */
  allocates: z.enum(['allocates', 'frees']).optional(),
  /**
   * Pushes a handler, which a thread that ends calls; popping it calls it too where a number says so. The numbers
   * are positions of arguments.
   */
  cleanup: z
    .discriminatedUnion('op', [
      z.strictObject({ op: z.literal('push'), routine: z.number(), argument: z.number() }),
      z.strictObject({ op: z.literal('pop'), run: z.number() }),
    ])
    .optional(),
  /** Functions it calls before it returns, with the runtime's locks that are held meanwhile. */
  calls: z.array(z.strictObject({ routine: operand, holding: z.array(z.string()).optional() })).optional(),
  /**
   * Functions among its arguments are called before it returns, in the thread that called it and with nothing held;
   * `once` where only the first of all calls does so.
   */
  runs: z.union([z.literal(true), z.literal('once')]).optional(),
  /**
   * What it returns is called like its first argument: with its other arguments, in which `_1` stands for the first
   * of the call (`places`), or with those in front of the call's (`front`).
   */
  binds: z.enum(['places', 'front']).optional(),
  keeps: z.array(kept).optional(),
  /** The runtime's locks it holds while it allocates and runs what is not seen: constructors, destructors. */
  under: z.array(runtimeLock).optional(),
  /** Opens a shared library, whose constructors run before it returns, or closes one, whose destructors do. */
  sharedObject: z.enum(['opens', 'closes']).optional(),
  /** Walks the stack, as throwing an exception does. */
  unwinds: z.literal(true).optional(),
  /** Comes back once more, with another result than 0, wherever a jump to it is made. */
  returnsTwice: z.literal(true).optional(),
  /** Comes back a second time, with 0 in a child process: one with a copy of the memory, or one that shares it. */
  forks: z.enum(['copy', 'share']).optional(),
  /** Becomes another program; comes back only where that fails. */
  execs: z.literal(true).optional(),
  /** The result is the calling process's id. */
  pid: z.literal(true).optional(),
  /** Opens the file that this operand names. */
  opens: operand.optional(),
  /** Writes text into this operand, made of the arguments behind it. */
  formats: operand.optional(),
  /** Sets how the calling thread is cancelled: this constant in this operand lets that happen at any instruction. */
  cancels: z.strictObject({ how: operand, asynchronous: z.string() }).optional(),
  /** Sends a signal to one thread; these end the process or the thread where no handler is installed for them. */
  signals: z.strictObject({ thread: operand, signal: operand, terminating: z.array(z.string()) }).optional(),
  /** What to call instead, by where the call is wrong. */
  instead: z.partialRecord(z.enum(['fork-child', 'threads']), z.string()).optional(),
  stores: z.array(z.strictObject({ to: operand, value: z.string() })).optional(),
  /** The result is this operand's value. */
  returns: operand.optional(),
  /** The thread of this handle is closed once more often: a reference to it is counted. */
  shares: operand.optional(),
  /** What this operand points to is copied, to where nobody follows it. */
  copies: operand.optional(),
  /** The object's lock is held by the result, a guard of this class; with `runs`, while the arguments are called. */
  guardedBy: z.string().optional(),
  /** The result holds its arguments as its parts, in their order. */
  gathers: z.literal(true).optional(),
  /** The result refers to the place that this operand names, and is read later. */
  refers: operand.optional(),
  /** The result tells whether an operand is this constant. */
  equals: z.strictObject({ of: operand, value: z.string() }).optional(),
  /** The result tells whether these two operands are equal. */
  compares: z.tuple([operand, operand]).optional(),
  /** The result is the id of the thread that calls. */
  caller: z.literal(true).optional(),
  /** The result tells whether a lock is held, by the thread that asks or by any. */
  tellsHeld: z.strictObject({ lock: operand, by: z.enum(['caller', 'anyone']) }).optional(),
  /** A call with another number of arguments means another function. */
  arity: z.number().optional(),
  /** The result when `thread` or `lock` took effect: a number, or a constant by name. */
  success: z.union([z.number(), z.string()]).optional(),
  /**
   * The result when it did not: a number or a constant by name, or what is known of it: `positive`, `negative`,
   * `other` than success. Where `success` is not given, all but this is success.
   */
  failure: z.union([z.number(), z.string()]).optional(),
  /** Routines that threads run from here on, where the handle is not modelled. */
  starts: z.array(operand).optional(),
  /**
   * The object that the call is made on is a thread, which runs this method as the object's class or one below it
   * has it. The call starts the thread unless `thread` says what else it does.
   */
  routineMethod: z.string().optional(),
  /** What the result's end waits for: the routine that `starts` names, unless it is given this constant first. */
  awaited: z.union([z.literal(true), z.strictObject({ unless: z.string() })]).optional(),
  /**
   * Writes `to` into a word, `compare` only where the word is what `expected` says. The result tells whether that was
   * so; of `compare old`, and of `exchange`, it is what the word was.
   */
  atomic: z
    .strictObject({
      op: z.enum(['store', 'exchange', 'compare', 'compare old']),
      word: operand,
      to: operand,
      expected: operand.optional(),
      /** How source text gives back the lock that the word is. */
      releaseText: z.string().optional(),
    })
    .optional(),
  /** The result tells what is left of a counter that the call has decremented. */
  counts: z.literal('down').optional(),
  noreturn: z.literal(true).optional(),
  /** The argument holds wherever the call returns, or its author says so: an assertion. */
  assumes: z.string().optional(),
  /** Likewise: the argument does not hold, or the two are equal. */
  assumesNot: operand.optional(),
  assumesEqual: z.tuple([operand, operand]).optional(),
  ends: z.enum(['thread', 'process']).optional(),
});

export const modelFileSchema = z.strictObject({
  library: z.string(),
  /** Where the facts are from. */
  source: z.string(),
  /** System headers whose user starts threads, in whatever way. */
  threadHeaders: z.array(z.string()).optional(),
  /** A definition in the workspace wins over this file's functions. */
  weak: z.boolean().optional(),
  constants: z.record(z.string(), z.number()).optional(),
  /** Initialisers that give a lock its kind: `static pthread_mutex_t m = PTHREAD_…_INITIALIZER`. */
  initialisers: z.record(z.string(), lockKind).optional(),
  /** Types whose objects are locks or conditions; those that their holder may take again. */
  lockTypes: z.record(z.string(), lockKind).optional(),
  conditionTypes: z.array(z.string()).optional(),
  /** Macros that define an object at file level, by the name they are given: `DEFINE_MUTEX(m)`; with its type. */
  definers: z.record(z.string(), z.string()).optional(),
  functions: z.record(z.string(), functionModelSchema).optional(),
  guards: z.record(z.string(), guardClass).optional(),
  /**
   * What members of a class are, by its template arguments `$0`, `$1`: methods by name, fields as `.first`, what
   * `*` and `[]` give, `[*]` for each element of a loop over it. `()` is what a function of that name returns;
   * `+emplace_back` is the class whose constructor gets the arguments of that method, `+()` those of the function.
   */
  shapes: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  /** Classes whose objects hold a callable that they are made of, and are called like it. */
  callables: z.array(z.string()).optional(),
  /** Classes whose objects own another one, which ends with them or when they let go of it. */
  owners: z.record(z.string(), owner).optional(),
  /** Annotations of functions that need these locks held, by the macros' names. */
  requiresLocks: z.array(z.string()).optional(),
  /**
   * Macros that tell at file level what ends variables of such a type: `DEFINE(T, f)` says that those declared with
   * `automatic(T)` give `f` their value unless it is null, or their address; `pointer`: they are pointers to a `T`.
   */
  automaticDefiners: z
    .record(
      z.string(),
      z.strictObject({
        automatic: z.string(),
        gives: z.enum(['value', 'address']),
        pointer: z.literal(true).optional(),
      }),
    )
    .optional(),
  /** Annotations of functions that take or give back locks, or must not be called with them, by the names of the attributes and of macros for them. */
  lockAnnotations: z
    .record(z.string(), z.enum(['acquire', 'acquire shared', 'try', 'try shared', 'release', 'excludes']))
    .optional(),
  /** Types that a macro makes, as they are written, with the function that gets their variables at the scope's end. */
  automatic: z.record(z.string(), z.string()).optional(),
  /**
   * Macros that hold a lock until their scope ends, by what a class does that is their first argument. Called like a
   * function, `guard(mutex)(&m);`, or the head of a statement that is given the lock as this argument:
   * `scoped_guard(mutex, &m) { … }`.
   */
  scopedLocks: z
    .strictObject({
      macros: z.record(z.string(), z.union([z.literal('called'), z.number()])),
      classes: z.record(z.string(), z.strictObject({ takes: z.string(), gives: z.string() })),
    })
    .optional(),
  /** Methods of locks that fail unless the thread holds the lock, and those that tell whether it does. */
  assertsHeld: z.array(z.string()).optional(),
  tellsHeld: z.array(z.string()).optional(),
  /** Methods by class: those that may allocate and those that may free. */
  types: z
    .record(
      z.string(),
      z.strictObject({ allocates: z.array(z.string()).optional(), frees: z.array(z.string()).optional() }),
    )
    .optional(),
  /** Functions without any other effect that may allocate, and functions without an effect. */
  allocating: z.array(z.string()).optional(),
  /** Functions that POSIX requires to be async-signal-safe. */
  signalSafe: z.array(z.string()).optional(),
  /** Functions that are not, by the reasons why; each with where its source says so. */
  signalUnsafe: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  /** Functions that are unsafe on paper, and in practice with arguments that are seldom seen. */
  seldomUnsafe: z.array(z.string()).optional(),
  /** Allocation functions that a program may define itself, in place of the library's. */
  interposable: z.array(z.string()).optional(),
  /** Variables that hold a function which runs at each allocation. */
  hookVariables: z.array(z.string()).optional(),
  /** Structures of functions that the allocator runs. */
  hookTypes: z.array(z.string()).optional(),
  /** Functions by the locks of the runtime that they take. */
  takes: z.partialRecord(runtimeLock, z.array(z.string())).optional(),
  plain: z.array(z.string()).optional(),
});

export type AutomaticDefiner = NonNullable<ModelFile['automaticDefiners']>[string];
export type ScopedLocks = NonNullable<ModelFile['scopedLocks']>;
export type FunctionModel = z.infer<typeof functionModelSchema>;
export type ModelFile = z.infer<typeof modelFileSchema>;
export type RuntimeLock = (typeof RUNTIME_LOCKS)[number];
export type UnsafeReason = (typeof UNSAFE_REASONS)[number];
export type KeptRoutine = z.infer<typeof kept>;
export type AtomicModel = NonNullable<FunctionModel['atomic']>;
export type ThreadModel = z.infer<typeof thread>;
export type LockModel = z.infer<typeof lock>;
export type LockKind = z.infer<typeof lockKind>;
export type GuardClass = z.infer<typeof guardClass>;
export type OwnerModel = z.infer<typeof owner>;
export type GuardEffect = z.infer<typeof guardEffect>;
export type ConditionModel = z.infer<typeof condition>;
export type BlockingModel = z.infer<typeof blocking>;
