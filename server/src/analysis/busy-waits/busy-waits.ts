/**
 * Loops that wait for another thread by looking again and again.
 *
 * Such a loop has a way round on which nothing is done: no call that waits, works or is not seen, no count that
 * comes nearer to its end, no write to what its conditions look at. All ways out of that round are then decided
 * by memory that somebody else must change.
 */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';
import type { Analysis } from '../analysis';
import { returnsFrom } from '../calls/call-graph';
import { kept, noteTrait } from '../calls/kept';
import { findReach, type Reach } from '../calls/reach';
import { type CallEffect, isWaiting, makeProbes, type Probes } from './busy-wait-probe';
import { mayMeet, noReads, type Reads, readsOf, writesTo } from './busy-wait-reads';
import { comesBack, comesRound, type Feasible, feasibleIn, roundThrough } from './busy-wait-rounds';

export interface BusyWait {
  fn: Fn;
  loop: LoopFacts;
  /** What it looks at. */
  polled: Expr;
  /** The tests that decide whether it goes on. */
  tests: readonly number[];
}

export function findBusyWaits(analysis: Analysis): BusyWait[] {
  const { program } = analysis;
  const probes = makeProbes(analysis);
  const writesThrough = findWritesThrough(analysis, probes);
  const waits = findReach(
    program,
    analysis.runtime.calls(),
    (fn, node) => (isWaiting(program, fn, node) ? true : undefined),
    (callee) => !analysis.graph.neverReturns[callee.id],
    'wait',
  );
  return program.fns.flatMap((fn) => {
    const { loops, kind, damaged } = fn.facts;
    if (kind === 'macro' || damaged || loops.length === 0) return [];
    const found: BusyWait[] = [];
    for (const { at, polled, tests } of kept(fn, 'busy loops', () =>
      busyLoops(analysis, probes, writesThrough, fn),
    )) {
      const loop = loops[at];
      if (!loop || found.some((inner) => loop.first <= inner.loop.first && inner.loop.last <= loop.last))
        continue;
      if (!waitsSomewhere(waits, fn, loop)) found.push({ fn, loop, polled, tests });
    }
    return found;
  });
}

/** What polls in a function, by the loop's index, whether something waits there or not. */
function busyLoops(
  analysis: Analysis,
  probes: Probes,
  writesThrough: WritesThrough,
  fn: Fn,
): readonly { at: number; polled: Expr; tests: readonly number[] }[] {
  const feasible = feasibleIn(fn, () => probes.namesIn(fn));
  return turningIn(fn, feasible).flatMap((at) => {
    const loop = fn.facts.loops[at];
    const wait = loop && waitIn(analysis, probes, writesThrough, fn, feasible, loop);
    return wait ? [{ at, polled: wait.polled, tests: wait.tests }] : [];
  });
}

/** Loops that can come round, by index; inner ones first: what they wait for is not said again of those around. */
function turningIn(fn: Fn, feasible: Feasible): readonly number[] {
  return fn.facts.loops
    .map((loop, at) => ({ loop, at, length: loop.last - loop.first }))
    .filter(({ loop }) => !loop.headless && comesRound(fn, feasible, loop))
    .sort((a, b) => a.length - b.length)
    .map(({ at }) => at);
}

/** Whoever waits properly on some way through the loop has thought of it. */
function waitsSomewhere(waits: Reach<true>, fn: Fn, loop: LoopFacts): boolean {
  for (let index = loop.first; index <= loop.last; index++) if (waits.from(fn, index)) return true;
  return false;
}

/** Whether a call writes through pointers, as taking an element out of a list does. */
type WritesThrough = (fn: Fn, node: number) => boolean;

function findWritesThrough({ program, graph }: Analysis, probes: Probes): WritesThrough {
  const writesItself = (fn: Fn): boolean =>
    fn.facts.nodes.some((node) => node.op === 'assign' && writesTo(node.to, probes.namesIn(fn)) === '*');
  const through = program.fns.map(() => false);
  for (const component of graph.components) {
    const any = component.some((id) => {
      const fn = program.fns[id];
      if ((graph.callees[id] ?? []).some((callee) => through[callee])) return true;
      return fn !== undefined && kept(fn, 'writes through', () => writesItself(fn));
    });
    if (any) for (const id of component) through[id] = true;
  }
  for (const fn of program.fns) noteTrait(fn, 'writes through others', through[fn.id] === true);
  return (fn, node) => {
    const target = program.targets[fn.id]?.get(node);
    return target?.kind === 'function' && through[target.fn.id] === true;
  };
}

function waitIn(
  analysis: Analysis,
  probes: Probes,
  writesThrough: WritesThrough,
  fn: Fn,
  feasible: Feasible,
  loop: LoopFacts,
): BusyWait | undefined {
  const { nodes } = fn.facts;
  const names = probes.namesIn(fn);
  const effectAt = (index: number): CallEffect | undefined =>
    returnsFrom(analysis.program, fn, index, analysis.graph.neverReturns)
      ? probes.effectOf(fn, index)
      : undefined;
  // Most loops do something on every way round, and the first of it on each way says so.
  const isIdle = (index: number): boolean => nodes[index]?.op !== 'call' || effectAt(index)?.kind === 'looks';
  if (!comesBack(fn, feasible, loop, isIdle)) return undefined;
  const idle = new Set<number>();
  const writes = new Map<number, ReadonlySet<string>>();
  for (let index = loop.first; index <= loop.last; index++) {
    const node = nodes[index];
    if (!node || node.op === 'return') continue;
    if (node.op === 'call') {
      const effect = effectAt(index);
      if (effect?.kind !== 'looks') continue;
      writes.set(index, effect.writes);
    }
    if (node.op === 'assign') {
      // A variable whose declaration was not understood.
      if (node.to.k === 'name' && names.constant(node.to.n) !== undefined) return undefined;
      const to = writesTo(node.to, names);
      if (to) writes.set(index, new Set([to]));
      if (to && readsOf(node.from, names).memory.has(to)) continue;
    }
    idle.add(index);
  }
  for (;;) {
    const round = roundThrough(feasible, idle, loop.first);
    if (round.size === 0) return undefined;
    const tests = [...round].filter((index) => isWayOut(fn, index, round)).sort((a, b) => a - b);
    const reads = noReads();
    for (const index of tests) {
      const node = nodes[index];
      if (node?.op === 'branch') readsOf(node.cond, names, reads);
      if (node?.op === 'switch') readsOf(node.on, names, reads);
    }
    const shown = [...reads.memory.values()];
    if (!probes.trace(fn, reads, inOrder(round))) return undefined;
    if (changesItself(fn, probes, writesThrough, loop, reads)) return undefined;
    const advancing = advances(fn, probes, round);
    const moving = [...round].filter((index) => moves(fn, probes, index, reads, writes, advancing));
    if (moving.length === 0)
      return hasOtherWork(analysis.program, probes, fn, round, reads)
        ? undefined
        : verdict(fn, loop, tests, reads, shown, round, analysis);
    for (const index of moving) idle.delete(index);
  }
}

function inOrder(nodes: ReadonlySet<number>): readonly number[] {
  return [...nodes].sort((a, b) => a - b);
}

/** Functions that are not called for their result, and locks that are not taken in order to look. */
function hasOtherWork(
  program: Program,
  probes: Probes,
  fn: Fn,
  round: ReadonlySet<number>,
  reads: Reads,
): boolean {
  const names = probes.namesIn(fn);
  const lockOp = (index: number): string | undefined => {
    const target = program.targets[fn.id]?.get(index);
    return target?.kind === 'model' ? target.model.lock?.op : undefined;
  };
  const looks = (index: number): boolean => {
    const node = fn.facts.nodes[index];
    if (node?.op === 'call') return reads.results.has(index);
    if (node?.op === 'branch') return isWayOut(fn, index, round) && readsOf(node.cond, names).memory.size > 0;
    return node?.op === 'assign' && readsOf(node.from, names).memory.size > 0;
  };
  for (const index of round) {
    const target = program.targets[fn.id]?.get(index);
    if (target?.kind === 'function' && !reads.results.has(index)) return true;
    if (lockOp(index) !== 'acquire') continue;
    const seen = new Set<number>();
    const queue = [...(fn.facts.nodes[index]?.next ?? [])];
    let isForLooking = false;
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (seen.has(at) || !round.has(at)) continue;
      seen.add(at);
      isForLooking ||= looks(at);
      if (lockOp(at) !== 'release') queue.push(...(fn.facts.nodes[at]?.next ?? []));
    }
    if (!isForLooking) return true;
  }
  return false;
}

/** The loop itself changes what it looks at, be it on another way round. */
function changesItself(
  fn: Fn,
  probes: Probes,
  writesThrough: WritesThrough,
  loop: LoopFacts,
  reads: Reads,
): boolean {
  const names = probes.namesIn(fn);
  const all = new Set<number>();
  for (let index = loop.first; index <= loop.last; index++) {
    all.add(index);
    const node = fn.facts.nodes[index];
    const to = node?.op === 'assign' ? writesTo(node.to, names) : undefined;
    if (to && mayMeet([to], reads)) return true;
    if (node?.op !== 'call') continue;
    if (mayMeet(names.callWrites(index), reads) || (writesThrough(fn, index) && mayMeet(['*'], reads)))
      return true;
  }
  const advancing = advances(fn, probes, all);
  return [...reads.locals].some((v) => advancing.has(v));
}

function verdict(
  fn: Fn,
  loop: LoopFacts,
  tests: readonly number[],
  reads: Reads,
  shown: readonly Expr[],
  round: ReadonlySet<number>,
  { program }: Analysis,
): BusyWait | undefined {
  if (tests.length === 0) return undefined;
  const shared = [...reads.memory.keys()];
  const given = [...reads.locals].find((v) => isGivenAway(fn, v, round));
  if (shared.length === 0 && given === undefined) return undefined;
  // Giving locks back before a lock is tried again is a way not to deadlock.
  const givesBack = [...round].some((index) => {
    const target = program.targets[fn.id]?.get(index);
    return target?.kind === 'model' && target.model.lock?.op === 'release';
  });
  if (shared.includes('try') && givesBack) return undefined;
  const traced = [...reads.memory.values()][0];
  const polled = shown[0] ?? traced ?? { k: 'var' as const, v: given ?? 0 };
  return { fn, loop, polled, tests };
}

function isWayOut(fn: Fn, index: number, round: ReadonlySet<number>): boolean {
  const node = fn.facts.nodes[index];
  return (node?.op === 'branch' || node?.op === 'switch') && node.next.some((target) => !round.has(target));
}

/** Variables whose value comes from their own earlier value: counters, list walkers, and what hangs on them. */
function advances(fn: Fn, probes: Probes, round: ReadonlySet<number>): ReadonlySet<number> {
  const names = probes.namesIn(fn);
  const from = new Map<number, Set<number>>();
  const ordered = inOrder(round);
  for (const index of round) {
    const node = fn.facts.nodes[index];
    if (node?.op !== 'assign') continue;
    const root = rootVariable(node.to);
    if (root === undefined) continue;
    const reads = readsOf(node.from, names);
    const known = probes.trace(fn, reads, ordered);
    const sources = from.get(root) ?? new Set<number>();
    for (const v of reads.locals) sources.add(v);
    // A value that nobody can tell may be the next one.
    if (!known) sources.add(root);
    from.set(root, sources);
  }
  const own = new Set([...from].filter(([v, sources]) => sources.has(v)).map(([v]) => v));
  return new Set(
    [...from].filter(([v, sources]) => own.has(v) || [...sources].some((s) => own.has(s))).map(([v]) => v),
  );
}

function rootVariable(place: Expr): number | undefined {
  if (place.k === 'var') return place.v;
  return place.k === 'field' || place.k === 'index' ? rootVariable(place.of) : undefined;
}

/** The node changes what the conditions look at, or leaves something behind that differs from turn to turn. */
function moves(
  fn: Fn,
  probes: Probes,
  index: number,
  reads: Reads,
  writes: ReadonlyMap<number, ReadonlySet<string>>,
  advancing: ReadonlySet<number>,
): boolean {
  const node = fn.facts.nodes[index];
  const written = writes.get(index);
  if (written && mayMeet(written, reads)) return true;
  if (node?.op === 'assign') {
    const root = rootVariable(node.to);
    if (root !== undefined && !written) return reads.locals.has(root) && advancing.has(root);
  }
  if (!written || written.size === 0) return false;
  const names = probes.namesIn(fn);
  const used = noReads();
  if (node?.op === 'assign') readsOf(node.to, names, readsOf(node.from, names, used) && used);
  if (node?.op === 'call') for (const arg of node.args) readsOf(arg, names, used);
  return [...used.locals].some((v) => advancing.has(v));
}

/** A variable that the round does not assign, and whose address others have. */
function isGivenAway(fn: Fn, v: number, round: ReadonlySet<number>): boolean {
  const { nodes } = fn.facts;
  if (v < fn.facts.params) return false;
  const isAssigned = [...round].some((index) => {
    const node = nodes[index];
    return node?.op === 'assign' && rootVariable(node.to) === v;
  });
  if (isAssigned) return false;
  const isAddress = (e: Expr): boolean => {
    if (e.k === 'cast') return isAddress(e.e);
    if (e.k === 'init') return e.items.some((item) => isAddress(item.e));
    return e.k === 'addr' && rootVariable(e.of) === v;
  };
  return nodes.some(
    (node) =>
      (node.op === 'call' && node.args.some(isAddress)) || (node.op === 'assign' && isAddress(node.from)),
  );
}
