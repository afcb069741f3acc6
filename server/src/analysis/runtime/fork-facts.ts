/** What is known of forks: each call that makes a child, and what the child does until it is another program. */
import type { Fn } from '../../program/program';

/** A call that comes back a second time in a child process: `fork` itself, or a function that returns its result. */
export interface ForkSite {
  fn: Fn;
  node: number;
  /** The library function that forks. */
  callee: string;
  /** The call inside the called function, where that forks. */
  inner?: ForkSite;
  /** `vfork`: the child works on its parent's memory, and the parent waits. */
  shares: boolean;
}

/** The child's way through the function that forked. */
export interface ForkChild {
  site: ForkSite;
  /** Calls it makes, in the order of the source. */
  calls: readonly number[];
  /** Those that no other way through the function makes. */
  own: readonly number[];
  /** Where it leaves the function by a return, alike for child and parent. */
  returns: readonly number[];
  /** It goes on in the callers of this function, which tell it by the result. */
  handedOn?: true;
}

export interface ForkFacts {
  children: readonly ForkChild[];
}
