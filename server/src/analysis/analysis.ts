/** All that rules read, made once for a linked workspace. */
import type { Program } from '../program/program';
import { type CallGraph, makeCallGraph } from './calls/call-graph';
import { type CallWrites, findCallWrites } from './calls/call-writes';
import { noPause, type Pause } from './calls/pause';
import { type LockBalance, makeLockBalance } from './locks/lock-balance';
import type { LockFacts } from './locks/lock-facts';
import { analyseLocks } from './locks/locks';
import { withSpinWords } from './locks/spin-words';
import { makeRuntimeFacts, type RuntimeFacts } from './runtime/runtime-facts';
import type { ThreadFacts } from './threads/thread-facts';
import { findThreadRoots, type ThreadRoots } from './threads/thread-roots';
import { analyseThreads } from './threads/threads';

export interface Analysis {
  program: Program;
  graph: CallGraph;
  writes: CallWrites;
  threads: ThreadFacts;
  locks: LockFacts;
  balance: LockBalance;
  roots: ThreadRoots;
  runtime: RuntimeFacts;
}

/**
 * Makes it. `pause` is awaited between functions: there the caller may yield to others or throw to cancel.
 */
export async function analyse(linked: Program, pause: Pause = noPause): Promise<Analysis> {
  const program = withSpinWords(linked);
  const graph = makeCallGraph(program);
  await pause();
  const writes = findCallWrites(program, graph);
  const threads = await analyseThreads(program, graph, writes, pause);
  const locks = await analyseLocks(program, graph, writes, pause);
  const roots = findThreadRoots(program, graph, threads);
  await pause();
  const balance = makeLockBalance(program, graph, locks);
  const runtime = makeRuntimeFacts(program, graph, writes, locks, roots);
  return { program, graph, writes, threads, locks, balance, roots, runtime };
}
