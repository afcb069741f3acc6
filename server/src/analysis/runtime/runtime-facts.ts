/**
 * What the rules on the runtime's hidden locks read, made when the first of them asks: most workspaces have
 * neither signal handlers nor forks, and none pays for another's.
 */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { type ChainSearch, feasibleFrom } from '../calls/feasible-chain';
import { namesOf } from '../calls/names';
import { type Calls, type ChainStep, findCalls, findReach } from '../calls/reach';
import { findStoredFunctions, type StoredFunctions } from '../calls/stored-functions';
import type { LockFacts } from '../locks/lock-facts';
import type { Environment, NameInfo } from '../paths/environment';
import type { ThreadRoots } from '../threads/thread-roots';
import { type Allocation, allocationAt } from './allocation';
import { type AllocatorHooks, findAllocatorHooks } from './allocator-hooks';
import { findForks } from './fork-domain';
import type { ForkFacts } from './fork-facts';
import { findThreadsBeside, type ThreadsBeside } from './fork-threads';
import { type Hazard, hazardAt } from './hazards';
import { findKeptRoutines, type Kept } from './kept-routines';
import { findRecursionGuards, type RecursionGuards } from './recursion-guard';
import { findRuntimeCycles, type RuntimeCycle } from './runtime-order';

export interface RuntimeFacts {
  stored(): StoredFunctions;
  calls(): Calls;
  /** The shortest chain from a call to one that is not async-signal-safe. */
  hazardFrom(fn: Fn, node: number, env?: Environment): ChainStep<Hazard> | undefined;
  /** The shortest chain from a call to one that takes or frees memory. */
  allocationFrom(fn: Fn, node: number): ChainStep<Allocation> | undefined;
  /** Whether a call makes the process another program, itself or a few calls below. */
  execs(fn: Fn, node: number): boolean;
  forks(): ForkFacts;
  /** Threads that may run beside a place, in the same process. */
  threads(): ThreadsBeside;
  kept(): readonly Kept[];
  hooks(): AllocatorHooks;
  guards(): RecursionGuards;
  /** Orders between locks of the program and those of the runtime, both ways round. */
  cycles(): readonly RuntimeCycle[];
}

export function makeRuntimeFacts(
  program: Program,
  graph: CallGraph,
  writes: CallWrites,
  locks: LockFacts,
  roots: ThreadRoots,
): RuntimeFacts {
  const stored = once(() => findStoredFunctions(program, graph.callers));
  const calls = once(() => findCalls(program, stored()));
  const kept = once(() => findKeptRoutines(program, graph.callers, stored()));
  const hooks = once(() => findAllocatorHooks(program, kept()));
  const guards = once(() => findRecursionGuards(program, graph));
  const forks = once(() => findForks(program, graph, writes));
  const allocations = once(() =>
    findReach(
      program,
      calls(),
      (fn, node) => allocationAt(program, fn, node),
      () => true,
      'allocation',
    ),
  );
  const execs = once(() =>
    findReach(program, calls(), (fn, node) => {
      const target = program.targets[fn.id]?.get(node);
      return target?.kind === 'model' && target.model.execs ? true : undefined;
    }),
  );
  const directly = (fn: Fn, node: number): Hazard | undefined => hazardAt(program, fn, node);
  // A function that reports and ends the process is entered where it is called, not where it might be.
  const passes = (callee: Fn): boolean => !graph.neverReturns[callee.id];
  const names = new Map<Fn, NameInfo>();
  const search = once(
    (): ChainSearch<Hazard> => ({
      program,
      calls: calls(),
      reach: findReach(program, calls(), directly, passes, 'hazard'),
      directly,
      passes,
      namesOf(fn) {
        const known = names.get(fn) ?? namesOf(program, fn, writes);
        names.set(fn, known);
        return known;
      },
    }),
  );
  return {
    stored,
    calls,
    hazardFrom: (fn, node, env) => feasibleFrom(search(), fn, node, env),
    allocationFrom: (fn, node) => allocations().from(fn, node),
    execs: (fn, node) => isNear(execs().from(fn, node)),
    forks,
    threads: once(() => findThreadsBeside(program, graph, calls(), forks(), roots)),
    kept,
    hooks,
    guards,
    cycles: once(() =>
      findRuntimeCycles({
        program,
        graph,
        calls: calls(),
        locks,
        roots,
        kept: kept(),
        hooks: hooks(),
        guards: guards(),
      }),
    ),
  };
}

/** What is further below is another function's concern. */
const MAX_STEPS = 4;

function isNear<T>(chain: ChainStep<T> | undefined): boolean {
  let steps = 0;
  for (let at = chain; at; at = at.next) if (at.through || ++steps > MAX_STEPS) return false;
  return chain !== undefined;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
