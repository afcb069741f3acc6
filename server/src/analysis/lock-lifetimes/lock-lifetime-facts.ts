/** What is said about the lives of locks: the specification that `lock-lifetime-domain.ts` computes. */
import type { Expr } from '../../facts/expr';
import type { LockEvent } from '../locks/lock-facts';

/** A lock is initialised, destroyed, used, copied or declared here, directly or below the call made here. */
export interface Deed extends LockEvent {
  inner?: Deed;
  /** The parameter that it is done to, where it is done at no node of the function. */
  parameter?: number;
}

/**
 * `raw`: memory of its own that nothing has initialised. `ready`: initialised by a call. `used`: taken or given
 * back, so initialised somewhere else. `copied`: it has the bytes of another lock. `other`: not known, although the object around it is raw.
 */
export type Status = 'raw' | 'ready' | 'used' | 'destroyed' | 'copied' | 'other';

export type FaultKind =
  | 'destroyed-held'
  | 'freed-held'
  | 'destroyed-twice'
  | 'used-destroyed'
  | 'initialised-twice'
  | 'initialised-used'
  | 'uninitialised'
  | 'copied'
  | 'copy-used';

export interface LifetimeFault {
  kind: FaultKind;
  deed: Deed;
  /** What makes it wrong: where the lock was destroyed, initialised, declared, copied or taken. */
  before?: Deed;
  /** A struct around the lock is copied, and nothing shows that the copy is used. */
  unused?: true;
}

/** What a function does to the life of a lock that its caller can name. */
export interface LifetimeEffect {
  place: Expr;
  /** What it does to the lock first, where that is the same on all paths. */
  first?: 'ready' | 'destroyed';
  /** What the lock is in the end, where that is the same on all paths. */
  last?: 'ready' | 'destroyed';
  deed: Deed;
}

export interface LifetimeSummary {
  effects: readonly LifetimeEffect[];
  /** Its paths were too many. */
  unknown?: true;
}
