/** What the lock analysis says: the specification that `lock-domain.ts` computes and the rules read. */
import type { Expr } from '../facts/expr';
import type { PlaceClass } from '../program/identity';
import type { Fn } from '../program/program';
import type { Constant, Value } from './environment';

export type LockMode = 'exclusive' | 'shared';

/** A lock is taken: at a node of a function, directly or somewhere below the call made there. */
export interface Acquisition {
  fn: Fn;
  node: number;
  /** The lock, in the function's terms. */
  place: Expr;
  /** What the lock is called across functions; absent while it hangs on an untyped parameter. */
  cls?: PlaceClass;
  mode: LockMode;
  /** Taken by a try: it did not wait. */
  tried: boolean;
  /** The acquisition inside the called function. */
  inner?: Acquisition;
  /**
   * Functions on the way down that may also return without it: each is a condition that nobody has shown to
   * hold together with the others.
   */
  doubts: number;
}

/** While `from` was held, `to` was taken (its node is where, in the same function as `from`'s). */
export interface LockEdge {
  from: Acquisition;
  to: Acquisition;
  /** Keys of other locks held meanwhile in this function. */
  gates: ReadonlySet<string>;
}

/** One way a function can leave the locks. */
export interface LockOutcome {
  result?: Value;
  /** The path the result is known to be: a function may return the lock it took. */
  returns?: Expr;
  holds: readonly Acquisition[];
  /** Locks of the caller that it releases. */
  releases: readonly Expr[];
  /** Constants it leaves in memory that the caller can see: a flag that says what it did. */
  leaves: readonly { to: Expr; value: Constant }[];
}

export interface LockSummary {
  /** Every lock it may take while it runs, by class or path once. */
  acquires: readonly Acquisition[];
  outcomes: readonly LockOutcome[];
  /** Edges whose ends only a caller can name. */
  pending: readonly LockEdge[];
}

export interface LockFacts {
  edges: readonly LockEdge[];
  summaries: readonly (LockSummary | undefined)[];
  /** By function: keys of locks held at every place it is called from. */
  heldAtEntry: readonly ReadonlySet<string>[];
  abandoned: readonly Fn[];
}
