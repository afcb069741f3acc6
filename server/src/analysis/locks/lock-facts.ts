/** What the lock analysis says: the specification that `lock-domain.ts` computes and the rules read. */
import type { Expr } from '../../facts/expr';
import type { LockKind } from '../../models/schema';
import type { PlaceClass } from '../../program/identity';
import type { Fn } from '../../program/program';
import type { Constant, Value } from '../paths/value';
import type { LockPointees } from './lock-pointees';

export type LockMode = 'exclusive' | 'shared';

/** Something is known of a value that the caller can name as well: a flag parameter, a field, a global. */
export interface Condition {
  of: Expr;
  /** The key of `of`. */
  key: string;
  value: Value;
  /** It held at the call, and the function has changed the value since. */
  changed?: true;
}

/** Something is done to a lock: at a node of a function, directly or somewhere below the call made there. */
export interface LockEvent {
  fn: Fn;
  node: number;
  /** The lock, in the function's terms. */
  place: Expr;
  /** What the lock is called across functions; absent while it hangs on an untyped parameter. */
  cls?: PlaceClass;
}

export interface Acquisition extends LockEvent {
  mode: LockMode;
  /** Taken by a try: it did not wait. */
  tried: boolean;
  kind: LockKind | 'unknown';
  /** How source text gives back what this call took, with `{}` for the call's own argument. */
  releaseText?: string;
  /** How the element is chosen, where the lock is one of an array. */
  element?: ElementChoice;
  /** Nobody is seen to take it: the function is declared to need it, or an assertion says that it is held. */
  claimed?: 'declared' | 'asserted';
  /** The acquisition inside the called function. */
  inner?: Acquisition;
  /** The function does not end without the lock, whatever way it takes it on: a try, and waiting where that fails. */
  always?: boolean;
  /** Of a lock that checks who has it: what comes of its error. Ignored where it is not said. */
  onError?: 'ends' | 'handled';
  /** One of several that a pointer may mean: on this path it need not have been this one. */
  chosen?: boolean;
  /** The function itself had given the lock back before: it was its caller's. */
  retaken: boolean;
  /** Locks of its callers that the function has given back meanwhile, in its terms. */
  without?: readonly Expr[];
  /** What always holds where it is taken, in the function's terms. */
  when: readonly Condition[];
  /**
   * Functions on the way down that may also return without it: each is a condition that nobody has shown to
   * hold together with the others.
   */
  doubts: number;
}

export interface ElementChoice {
  /** The index is read from memory. */
  isRead: boolean;
  /** What it is known to differ from, in the function's terms. */
  apart: readonly Expr[];
}

export interface Release extends LockEvent {
  inner?: Release;
  /** The lock checks who has it, and nothing goes on where it gives an error. */
  endsOnError?: true;
}

/** While `from` was held, `to` was taken (its node is where, in the same function as `from`'s). */
export interface LockEdge {
  from: Acquisition;
  to: Acquisition;
  /** Keys of other locks held meanwhile in this function. */
  gates: ReadonlySet<string>;
}

/** Something may have been done to a lock. */
export interface Doubt extends LockEvent {
  /** Absent where code that is not seen got the lock: then it may be either. */
  of?: 'taking' | 'giving';
}

/** One way a function can leave the locks. */
export interface LockOutcome {
  result?: Value;
  /** The path the result is known to be: a function may return the lock it took. */
  returns?: Expr;
  holds: readonly Acquisition[];
  /** Locks of the caller that it releases. */
  releases: readonly Release[];
  /** Locks that it takes or releases on some of the paths that end this way. */
  unsure: readonly Doubt[];
  /** Constants it leaves in memory that the caller can see: a flag that says what it did. */
  leaves: readonly { to: Expr; value: Constant }[];
  /** Members and guards of the caller's objects, with the address or state that they have got. */
  binds: readonly { to: Expr; value: Expr }[];
  /** What must have held at the call for it to end this way. */
  when: readonly Condition[];
  /** A lock that is simply taken gave an error: only callers that look at the result reckon with it. */
  refused: boolean;
}

/** A wait on a condition variable. */
export interface Wait extends LockEvent {
  /** The condition variable, in the function's terms. */
  condition: Expr;
  conditionClass?: PlaceClass;
  timed: boolean;
  /** It tests its condition by itself. */
  predicate: boolean;
  /** This function holds the lock there, on every path. */
  isHeld: boolean;
  /** The function had given it back before, so no caller can hold it. */
  released?: Release;
  /** What always holds where it waits without having the lock, in the function's terms. */
  when: readonly Condition[];
  /** Locks that stay held meanwhile, on every path. */
  others: readonly Acquisition[];
  inner?: Wait;
}

/** The holder of a lock takes it again. */
export interface Relock {
  held: Acquisition;
  again: Acquisition;
  /** It holds the lock as one of several readers and wants to write. */
  upgrade: boolean;
  /** It is the same one for some data only. */
  isElement: boolean;
  /** The lock checks for that and gives an error, which nobody handles. */
  isChecked?: true;
}

/** A lock is given back that is not held. */
export interface StrayRelease {
  release: Release;
  /**
   * `again`: after this function had given it back. `tried`: a try had failed. `failed`: a call that takes it had.
   * `bypassed`: the path has gone round where the function takes it. `never`: no caller can hold it.
   */
  kind: 'again' | 'tried' | 'failed' | 'bypassed' | 'never';
  /** Where it was given back, tried, or is taken on other paths. */
  before?: LockEvent;
  /** On no path is it held here. */
  always: boolean;
  /** A value that callers know decides whether the lock is taken. */
  isDecided?: true;
}

/** A lock is still held where the function ends. */
export interface LockLeak {
  acquisition: Acquisition;
  /** The `return`, the call that ends the thread, or where an exception leaves the function. */
  exit: number;
  thrown?: true;
  /** Other ends of the function, by which it was given back. */
  released: readonly number[];
  /** No path comes to this end without the lock. */
  always: boolean;
  /** Where one of them gave it back. */
  by?: LockEvent;
  /** Flags in memory that this end leaves otherwise than one without the lock. */
  flags?: readonly Expr[];
  /** The result can tell a caller that the lock is held, by an object or truth value, or by a number. */
  told?: 'truth' | 'number';
}

/** A lock is given back while one that was taken later is still held. */
export interface Crossing {
  release: Release;
  still: Acquisition;
}

/** What is said about one function alone. */
export interface LockEvents {
  relocks: readonly Relock[];
  strays: readonly StrayRelease[];
  leaks: readonly LockLeak[];
  waits: readonly Wait[];
  crossings: readonly Crossing[];
  /** Two objects' locks of one class, one taken while the other is held. */
  nested: readonly LockEdge[];
  /** By call node: the locks that are held on every path to it. */
  heldAt: ReadonlyMap<number, readonly Acquisition[]>;
  /** Of those that are, or may be, held on some path to it only, one of each class, by its key. */
  perhapsAt: ReadonlyMap<number, ReadonlyMap<string, LockEvent>>;
  /** Functions whose lock this one gives back after they returned with it. */
  completes: ReadonlySet<Fn>;
  /** Classes of locks that this function gives back, in whatever state. */
  givesBack: ReadonlySet<string>;
  /** Likewise of locks behind pointers whose class wraps one: keys of the wrapping types, see `PlaceClass`. */
  givesBackBehind: ReadonlySet<string>;
  /** Nodes at which it gives back, on some path, what it has taken, or may have, itself. */
  matched: ReadonlySet<number>;
}

/** A callable that the function is given and runs. */
export interface Run {
  /** Where it is called, in this function or below. */
  fn: Fn;
  node: number;
  /** Which parameter it is. */
  param: number;
  /** The locks that are held there on every path. */
  held: readonly Acquisition[];
  /** How many functions on the way may also return without running it. */
  doubts: number;
}

export interface LockSummary {
  /** Every lock it may take while it runs, by class or path once. */
  acquires: readonly Acquisition[];
  outcomes: readonly LockOutcome[];
  /** Edges whose ends only a caller can name. */
  pending: readonly LockEdge[];
  /** Waits on locks that a caller must hold. */
  needs: readonly Wait[];
  runs: readonly Run[];
  /** Its paths were too many: what it does to its callers' locks is not known. */
  unknown?: true;
}

export interface LockFacts {
  /** Between the locks that are behind pointers, where it is known which they are. */
  edges: readonly LockEdge[];
  pointees: LockPointees;
  summaries: readonly (LockSummary | undefined)[];
  /** By function id; absent where a function does nothing to locks. */
  events: readonly (LockEvents | undefined)[];
  /** By function: keys of locks held at every place it is called from. */
  heldAtEntry: readonly ReadonlySet<string>[];
  abandoned: readonly Fn[];
}
