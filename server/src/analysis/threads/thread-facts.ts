/** What the thread analysis says: the specification that `thread-domain.ts` computes and the rules read. */
import type { Expr } from '../../facts/expr';
import type { PlaceClass } from '../../program/identity';
import type { Fn } from '../../program/program';
import type { Value } from '../paths/environment';
import type { Detachment } from './thread-attribute';

/** A call that makes a joinable thread, directly or through a function that does. */
export interface Creation {
  fn: Fn;
  /** The call's node. */
  node: number;
  /** The place the handle is written to, as the call writes it: `*slot`, `s->tid`. */
  handle: Expr;
  /** The functions the thread may run; empty where unknown. */
  routines: Fn[];
  /** The parameter of `fn` that the routine comes from, where it is one. */
  routineFrom?: number;
  /** What the routine is given, as the call writes it. */
  argument?: Expr;
  /** For an object: what its thread is given, by address where it is given by reference. */
  lends?: readonly Expr[];
  /** The handle is an object of this class, which ends in this way while the thread is not joined. */
  object?: { type: string; end: 'terminates' | 'joins' | 'detaches'; heap?: boolean; container?: boolean };
  /** The creating call inside the called function, where it is not this call itself. */
  inner?: Creation;
}

/** What becomes of a handle at some place behind the creation. */
export interface Fate {
  kind: 'joined' | 'detached' | 'closed' | 'handed' | 'returned' | 'stored';
  fn: Fn;
  node: number;
  /** For `stored`: what holds it from there on. */
  place?: PlaceClass;
}

/** One call that makes a thread, joinable or not, with all that is seen of its end. */
export interface ThreadSite {
  creation: Creation;
  /** What its attribute says: `either` where paths differ. */
  made: Detachment | 'either';
  fates: readonly Fate[];
  /** Routines that detach the thread they run in. */
  detachSelf: readonly Fn[];
  /** Routines that never come to an end. */
  endless: readonly Fn[];
}

/** A place where a handle is joined or detached, directly or below a call. */
export interface HandleUse {
  fn: Fn;
  node: number;
  how: 'joined' | 'detached' | 'made detached' | 'detaches itself';
  /** The join or detach inside the called function. */
  inner?: HandleUse;
}

/** A join or detach that must not be made. */
export interface HandleReuse {
  /** `again`: of a thread that is joined or detached already. `self`: of the thread that runs it. */
  kind: 'again' | 'self';
  use: HandleUse;
  before?: HandleUse;
  /** Which of the two makes the other needless: the first on every way to the second, or the other way round. */
  covered?: 'by the first' | 'by the second';
  /** The handle, in the terms of `use.fn`. */
  handle: Expr;
  /** What holds the handle, where creation and use stand in different functions. */
  place?: PlaceClass;
}

/** A thread is given the address of something that does not live, or keep its value, as long as it may read it. */
export interface Borrow {
  creation: Creation;
  /** Where it ends: the function, a scope, its allocation; or where it takes its next value. */
  kind: 'exit' | 'scope' | 'freed' | 'next value';
  /** The variable, of the creating function. */
  v: number;
  at: { fn: Fn; node: number };
}

/** A creation whose handle comes to stand in a class of places. */
export interface Stored {
  creation: Creation;
  place: PlaceClass;
  made: Detachment;
}

export type LeakKind =
  /** The function ends while the handle is only known to itself. */
  | 'exit'
  /** The handle's variable takes the next thread's handle. */
  | 'overwritten'
  /** The handle's variable ends its life inside the function. */
  | 'scope'
  /** The handle stands in a field or global that nothing joins. */
  | 'stored'
  /** Every join depends on a flag that the thread itself clears. */
  | 'guarded';

export interface Leak {
  creation: Creation;
  kind: LeakKind;
  /** Where the handle is lost; the creation's own node for `stored`. */
  at: { fn: Fn; node: number };
  /** On no path of the function is it closed. */
  never: boolean;
  /** For an object: the variable that holds the thread then, which may have been moved there. */
  holder?: Expr;
  /** For `exit`: every way to it has the handle live, so that a join there is right on each. */
  always?: boolean;
  /** For `stored` and `guarded`: what holds the handle. */
  place?: PlaceClass;
  /** For `guarded`: the flag, where the join tests it and where the routine clears it. */
  guard?: {
    flag: PlaceClass;
    test: { fn: Fn; node: number };
    join: { fn: Fn; node: number };
    /** How many joins there are, all under the flag. */
    joins: number;
    clear: { fn: Fn; node: number };
  };
}

/** A join, a detach, or a handing on of the handle in a class of places. */
export interface Closer {
  fn: Fn;
  node: number;
  place: PlaceClass;
  /** A join: the thread is over afterwards. */
  waits: boolean;
}

/** A thread that runs one of these routines is over when this node was passed. */
export interface Join {
  fn: Fn;
  node: number;
  routines: readonly Fn[];
  /** The call of the same function that makes the threads: of as many as it makes, where both are in loops. */
  creation?: number;
}

export interface ThreadSummary {
  /** Handle values, in terms of parameters and globals, that the function joins (`waits`) or detaches. */
  closes: readonly { path: Expr; waits: boolean }[];
  /** Handles it leaves in its caller's hands on success. */
  creates: readonly { place: Expr; creation: Creation }[];
  /** What is known of the result when the creation succeeded and when not. */
  success?: Value;
  failure?: Value;
  /** It detaches the thread that runs it. */
  detachesSelf: boolean;
}

export interface ThreadFacts {
  /** Every call that makes a thread, in the order of functions. */
  sites: readonly ThreadSite[];
  creations: readonly Creation[];
  stored: readonly Stored[];
  reuses: readonly HandleReuse[];
  borrows: readonly Borrow[];
  leaks: readonly Leak[];
  closers: readonly Closer[];
  /** Joins of threads whose routine is known. */
  joins: readonly Join[];
  summaries: readonly (ThreadSummary | undefined)[];
  /** Functions whose paths were too many to follow. */
  abandoned: readonly Fn[];
}
