/** All that rules read, made once for a linked workspace. */
import type { Program } from '../program/program';
import { type Allocation, findAllocation } from './allocation';
import { type CallGraph, makeCallGraph } from './call-graph';
import type { LockFacts } from './lock-facts';
import { analyseLocks } from './locks';
import type { ThreadFacts } from './thread-facts';
import { findThreadRoots, type ThreadRoots } from './thread-roots';
import { analyseThreads } from './threads';

export interface Analysis {
  program: Program;
  graph: CallGraph;
  threads: ThreadFacts;
  locks: LockFacts;
  roots: ThreadRoots;
  allocation: Allocation;
}

export function analyse(program: Program): Analysis {
  const graph = makeCallGraph(program);
  return {
    program,
    graph,
    threads: analyseThreads(program, graph),
    locks: analyseLocks(program, graph),
    roots: findThreadRoots(program, graph),
    allocation: findAllocation(program, graph),
  };
}
