/** What the thread analysis says: the specification that `thread-domain.ts` computes and the rules read. */
import type { Expr } from '../facts/expr';
import type { PlaceClass } from '../program/identity';
import type { Fn } from '../program/program';
import type { Value } from './environment';

/** A call that makes a joinable thread, directly or through a function that does. */
export interface Creation {
  fn: Fn;
  /** The call's node. */
  node: number;
  /** The place the handle is written to, as the call writes it: `*slot`, `s->tid`. */
  handle: Expr;
  /** The functions the thread may run; empty where unknown. */
  routines: Fn[];
  /** The creating call inside the called function, where it is not this call itself. */
  inner?: Creation;
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
  creations: readonly Creation[];
  leaks: readonly Leak[];
  closers: readonly Closer[];
  /** Joins of threads whose routine is known. */
  joins: readonly Join[];
  summaries: readonly (ThreadSummary | undefined)[];
  /** Functions whose paths were too many to follow. */
  abandoned: readonly Fn[];
}
