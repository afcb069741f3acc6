/**
 * Orders between locks of the program and locks of the runtime that no source names: one is held where the other
 * is taken, and elsewhere the other way round, by code that the runtime calls back under its own lock.
 */

import type { RuntimeLock } from '../../models/schema';
import { mayOverlap } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import { functionsOf } from '../calls/names';
import { type Calls, type ChainStep, findReach } from '../calls/reach';
import type { Acquisition, LockFacts } from '../locks/lock-facts';
import { operandOf } from '../paths/operand';
import type { ThreadRoots } from '../threads/thread-roots';
import type { AllocatorHook, AllocatorHooks } from './allocator-hooks';
import { runtimeLocksAt } from './hazards';
import type { Kept } from './kept-routines';
import { areApart, findLibraryCode } from './library-code';
import type { Flags, RecursionGuards } from './recursion-guard';

/** A call that holds a runtime's lock while code of the workspace runs. */
export interface RuntimeEntry {
  lock: RuntimeLock;
  fn: Fn;
  node: number;
  /** The library function. */
  callee: string;
  /** What it calls: routines given to it, what its allocations run, or what a library runs as it comes or goes. */
  runs: readonly Way[];
  /** Nobody has shown that what runs is in another library than the call. */
  isDoubtful?: boolean;
}

/** From one function to the next: by a call, or by an allocation that runs a hook. */
export interface Way {
  fn: Fn;
  node: number;
  to: Fn;
  /** The allocation hook that is run, and the library function that allocates. */
  hook?: AllocatorHook;
  callee?: string;
}

/** A lock of the program is taken by code that runs under a runtime's lock. */
export interface TakenUnder {
  entry: RuntimeEntry;
  ways: readonly Way[];
  acquisition: Acquisition;
}

/** Two sides that can wait for each other. */
export interface RuntimeCycle {
  lock: RuntimeLock;
  /** The program's lock, where it is taken first. */
  held: Acquisition;
  /** The call that leads to the runtime's lock. */
  chain: ChainStep<true>;
  under: TakenUnder;
  /** The first side itself runs the second: one thread is enough. */
  alone: boolean;
}

export interface RuntimeOrderInput {
  program: Program;
  graph: CallGraph;
  calls: Calls;
  locks: LockFacts;
  roots: ThreadRoots;
  kept: readonly Kept[];
  hooks: AllocatorHooks;
  guards: RecursionGuards;
}

/** Functions looked at below one entry. */
const MAX_LOOKS = 400;

const NO_FLAGS: Flags = new Set();

export function findRuntimeCycles(input: RuntimeOrderInput): RuntimeCycle[] {
  const found = new Map<string, RuntimeCycle>();
  const entries = runtimeEntries(input);
  for (const lock of new Set(entries.map((entry) => entry.lock))) {
    const unders = entries
      .filter((entry) => entry.lock === lock)
      .flatMap((entry) => takenUnder(input, entry));
    if (unders.length === 0) continue;
    for (const { held, chain } of heldAcross(input, lock, unders)) {
      for (const under of unders) {
        const cycle = cycleOf(input, lock, held, chain, under);
        const key = `${lock} ${held.cls?.key}`;
        const known = found.get(key);
        // What one thread does by itself is the easier to believe.
        if (cycle && (!known || (cycle.alone && !known.alone))) found.set(key, cycle);
      }
    }
  }
  return [...found.values()];
}

function runtimeEntries({ program, graph, kept, hooks }: RuntimeOrderInput): RuntimeEntry[] {
  const entries: RuntimeEntry[] = [];
  const code = findLibraryCode(program);
  for (const { fn, node, call, target } of modelledCalls(program)) {
    const base = { fn, node, callee: target.name };
    for (const { routine, holding = [] } of target.model.calls ?? []) {
      const routines = functionsOf(program, graph.callers, fn, operandOf(routine, call.args));
      const runs = routines.map((to) => ({ fn, node, to, callee: target.name }));
      if (holding.includes('loader') && runs.length > 0) entries.push({ ...base, lock: 'loader', runs });
    }
    const [lock] = target.model.under ?? [];
    const runs = target.model.allocates
      ? hooks.runningIn(fn).map((hook) => ({ fn, node, to: hook.fn, hook, callee: target.name }))
      : [];
    if (lock && runs.length > 0) entries.push({ ...base, lock, runs });
    const { sharedObject } = target.model;
    if (!lock || !sharedObject) continue;
    const others = code.filter(({ unit, when }) => unit !== fn.unit && when === sharedObject);
    for (const isDoubtful of [false, true]) {
      const loaded = others.filter(({ unit }) => areApart(unit, fn.unit) !== isDoubtful);
      const ways = loaded.map(({ to }) => ({ fn, node, to, callee: target.name }));
      if (ways.length > 0) entries.push({ ...base, lock, runs: ways, isDoubtful });
    }
  }
  for (const { kind, routine, fn, node, callee } of kept) {
    if (kind !== 'exit') continue;
    entries.push({ lock: 'exit', fn, node, callee, runs: [{ fn, node, to: routine, callee }] });
  }
  return entries;
}

interface Look {
  fn: Fn;
  flags: Flags;
  ways: readonly Way[];
}

/** Breadth first, so each lock is found by its shortest way; a way that a recursion guard closes is not taken. */
function takenUnder(input: RuntimeOrderInput, entry: RuntimeEntry): TakenUnder[] {
  const { guards, locks } = input;
  const found = new Map<string, TakenUnder>();
  const seen = new Set<string>();
  const flags = entry.lock === 'exit' ? NO_FLAGS : guards.setAt(entry.fn, entry.node, NO_FLAGS);
  const queue: Look[] = entry.runs.map((way) => ({ fn: way.to, flags, ways: [way] }));
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const look = queue.shift();
    if (!look) break;
    const key = `${look.fn.id} ${[...look.flags].sort().join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const acquisition of locks.summaries[look.fn.id]?.acquires ?? []) {
      const cls = acquisition.cls?.key;
      if (!cls || acquisition.tried || found.has(cls) || !isOpen(guards, acquisition, look.flags)) continue;
      found.set(cls, { entry, ways: look.ways, acquisition });
    }
    queue.push(...onwards(input, look));
  }
  return [...found.values()];
}

/** No step of the chain needs a flag clear that was set before. */
function isOpen(guards: RecursionGuards, acquisition: Acquisition, atEntry: Flags): boolean {
  let flags = atEntry;
  for (let at: Acquisition | undefined = acquisition; at; at = at.inner) {
    if (isClosed(guards, at.fn, at.node, flags)) return false;
    flags = guards.setAt(at.fn, at.node, flags);
  }
  return true;
}

function isClosed(guards: RecursionGuards, fn: Fn, node: number, atEntry: Flags): boolean {
  return atEntry.size > 0 && [...guards.needsClear(fn, node)].some((flag) => atEntry.has(flag));
}

function onwards({ program, calls, hooks, guards }: RuntimeOrderInput, look: Look): Look[] {
  const { fn, ways } = look;
  return [...(program.targets[fn.id] ?? [])].flatMap(([node, target]): Look[] => {
    const allocates = target.kind === 'model' && target.model.allocates !== undefined;
    const running = allocates
      ? hooks.runningIn(fn).filter((hook) => !isOn(ways, hook.fn) && hook.fn !== fn)
      : [];
    const called = calls.at(fn, node);
    if (running.length + called.length === 0 || isClosed(guards, fn, node, look.flags)) return [];
    const flags = guards.setAt(fn, node, look.flags);
    const callee = target.kind === 'model' ? target.name : '';
    return [
      ...called.map((to) => ({ fn: to, flags, ways: [...ways, { fn, node, to }] })),
      ...running.map((hook) => ({
        fn: hook.fn,
        flags,
        ways: [...ways, { fn, node, to: hook.fn, hook, callee }],
      })),
    ];
  });
}

function isOn(ways: readonly Way[], fn: Fn): boolean {
  return ways.some((way) => way.to === fn);
}

/** Calls that lead to the runtime's lock while one of these locks is held. */
function heldAcross(
  { program, calls, locks }: RuntimeOrderInput,
  lock: RuntimeLock,
  unders: readonly TakenUnder[],
): { held: Acquisition; chain: ChainStep<true> }[] {
  const reach = findReach(program, calls, (fn, node) =>
    runtimeLocksAt(program, fn, node).includes(lock) ? true : undefined,
  );
  return program.fns.flatMap((fn) =>
    [...(locks.events[fn.id]?.heldAt ?? [])].flatMap(([node, all]) => {
      const wanted = all.filter(({ cls }) => cls && unders.some((u) => isSame(u.acquisition, cls)));
      const chain = wanted.length > 0 ? reach.from(fn, node) : undefined;
      return chain ? wanted.map((held) => ({ held, chain })) : [];
    }),
  );
}

function isSame({ cls }: Acquisition, other: Acquisition['cls']): boolean {
  return cls !== undefined && other !== undefined && mayOverlap(cls, other);
}

function cycleOf(
  { roots }: RuntimeOrderInput,
  lock: RuntimeLock,
  held: Acquisition,
  chain: ChainStep<true>,
  under: TakenUnder,
): RuntimeCycle | undefined {
  if (!isSame(under.acquisition, held.cls) || isReaders(held, under.acquisition)) return undefined;
  const { entry } = under;
  let end: ChainStep<true> = chain;
  while (end.next) end = end.next;
  const alone = lock === 'exit' || (end.fn === entry.fn && end.node === entry.node);
  if (!alone && !roots.mayRunInParallel(chain, entry)) return undefined;
  return { lock, held, chain, under, alone };
}

function isReaders(a: Acquisition, b: Acquisition): boolean {
  return a.mode === 'shared' && b.mode === 'shared';
}
