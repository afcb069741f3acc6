/**
 * The shape of library models: what a function of a library does, as data. Users add their own with the same
 * shape. Algorithms name effects, never functions.
 *
 * An operand names a value at a call: `"0"` the first argument, `"*0"` what it points to, `"*0#p"` a property
 * `p` of that object.
 */
import { z } from 'zod';

const operand = z.string().regex(/^\*?\d(#[a-z]+)?$/, 'an operand is like "0", "*0" or "*0#detachstate"');

const thread = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('create'),
    /** Where the handle is written. */
    handle: operand,
    /** The property that decides whether the thread is joinable, and its value when it is. */
    attribute: operand.optional(),
    joinable: z.string().optional(),
    routine: operand,
    argument: operand.optional(),
    /** How source text joins or detaches what this call made; `{}` stands for the handle. */
    joinText: z.string().optional(),
    detachText: z.string().optional(),
  }),
  z.strictObject({ op: z.literal('join'), handle: operand }),
  z.strictObject({ op: z.literal('detach'), handle: operand }),
  /** The result is the calling thread's own handle. */
  z.strictObject({ op: z.literal('self') }),
]);

const lock = z.strictObject({
  /** `init` gives a lock its kind, `destroy` ends its life. */
  op: z.enum(['acquire', 'try', 'release', 'init', 'destroy']),
  lock: operand,
  mode: z.enum(['exclusive', 'shared']).optional(),
  /** The holder may take it again. */
  recursive: z.literal(true).optional(),
  /** Its holder must not sleep: a spinlock. */
  spins: z.literal(true).optional(),
  /** Where the kind stands that an `init` gives: a property such as `*1#type`, or a number. */
  kind: operand.optional(),
  /** Values of `kind` that make the lock recursive, or give every second acquisition an error. */
  kinds: z.record(z.string(), z.enum(['normal', 'recursive', 'checked'])).optional(),
  /** How source text releases what this call took; `{}` stands for the call's own lock argument as written. */
  releaseText: z.string().optional(),
});

const condition = z.strictObject({
  op: z.enum(['init', 'destroy', 'wait', 'signal', 'broadcast']),
  condition: operand,
  /** The lock that a wait gives back and takes again. */
  lock: operand.optional(),
  /** A wait that also ends when time is up. */
  timed: z.literal(true).optional(),
  /** A wait that tests this again by itself before it returns. */
  predicate: operand.optional(),
});

/** The call can wait without bound for something outside of the program's control. */
const blocking = z.strictObject({
  on: z.enum(['sleep', 'input', 'network', 'process', 'thread', 'semaphore', 'barrier']),
  /** A timeout in this operand: none to wait where it is 0. */
  timeout: operand.optional(),
  /** Flags in this operand, and those with which the call does not wait. */
  flags: operand.optional(),
  unless: z.array(z.string()).optional(),
});

export const functionModelSchema = z.strictObject({
  thread: thread.optional(),
  lock: lock.optional(),
  condition: condition.optional(),
  blocks: blocking.optional(),
  /** Gives the processor to others, or sleeps: a loop around it does not burn a core. */
  yields: z.literal(true).optional(),
  /** The call may take memory from, or give it back to, the allocator. */
  allocates: z.enum(['allocates', 'frees']).optional(),
  /** Functions it calls before it returns, with the runtime's locks that are held meanwhile. */
  calls: z.array(z.strictObject({ routine: operand, holding: z.array(z.string()).optional() })).optional(),
  stores: z.array(z.strictObject({ to: operand, value: z.string() })).optional(),
  /** The result is this operand's value. */
  returns: operand.optional(),
  /** The result when `thread` or `lock` took effect: a number, or a constant by name. */
  success: z.union([z.number(), z.string()]).optional(),
  /** What is known of the result when it did not. */
  failure: z.enum(['positive', 'negative', 'other']).optional(),
  /** Routines that threads run from here on, where the handle is not modelled. */
  starts: z.array(operand).optional(),
  /** The result tells what is left of a counter that the call has decremented. */
  counts: z.literal('down').optional(),
  noreturn: z.literal(true).optional(),
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
  initialisers: z.record(z.string(), z.enum(['normal', 'recursive', 'checked'])).optional(),
  /** Types whose objects are locks or conditions; those that their holder may take again. */
  lockTypes: z.record(z.string(), z.enum(['normal', 'recursive', 'checked'])).optional(),
  conditionTypes: z.array(z.string()).optional(),
  functions: z.record(z.string(), functionModelSchema).optional(),
  /** Methods by class: those that may allocate and those that may free. */
  types: z
    .record(
      z.string(),
      z.strictObject({ allocates: z.array(z.string()).optional(), frees: z.array(z.string()).optional() }),
    )
    .optional(),
  /** Functions without any other effect that may allocate, and functions without an effect. */
  allocating: z.array(z.string()).optional(),
  plain: z.array(z.string()).optional(),
});

export type FunctionModel = z.infer<typeof functionModelSchema>;
export type ModelFile = z.infer<typeof modelFileSchema>;
export type ThreadModel = z.infer<typeof thread>;
export type LockModel = z.infer<typeof lock>;
export type LockKind = 'normal' | 'recursive' | 'checked';
export type ConditionModel = z.infer<typeof condition>;
export type BlockingModel = z.infer<typeof blocking>;
