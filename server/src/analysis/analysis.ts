/** All that rules read, made once for a linked workspace. */
import type { Program } from '../program/program';
import { type CallGraph, makeCallGraph } from './call-graph';
import { type CallWrites, findCallWrites } from './call-writes';
import type { LockFacts } from './lock-facts';
import { analyseLocks } from './locks';
import { noPause, type Pause } from './pause';
import { makeRuntimeFacts, type RuntimeFacts } from './runtime-facts';
import type { ThreadFacts } from './thread-facts';
import { findThreadRoots, type ThreadRoots } from './thread-roots';
import { analyseThreads } from './threads';

export interface Analysis {
  program: Program;
  graph: CallGraph;
  writes: CallWrites;
  threads: ThreadFacts;
  locks: LockFacts;
  roots: ThreadRoots;
  runtime: RuntimeFacts;
}

/**
 * Makes it. `pause` is awaited between functions: there the caller may yield to others or throw to cancel.
 */
export async function analyse(program: Program, pause: Pause = noPause): Promise<Analysis> {
  const graph = makeCallGraph(program);
  await pause();
  const writes = findCallWrites(program, graph);
  const threads = await analyseThreads(program, graph, writes, pause);
  const locks = await analyseLocks(program, graph, writes, pause);
  const roots = findThreadRoots(program, graph, threads);
  await pause();
  const runtime = makeRuntimeFacts(program, graph, writes, locks, roots);
  return { program, graph, writes, threads, locks, roots, runtime };
}
