/**
 * Locks that a function leaves held although nothing above it gives them back, and locks that it gives back although
 * nothing above it has taken them.
 *
 * By itself such a function may begin a critical section, or end one, for those who call it. So its callers decide, up
 * to where threads begin; and where code that is not seen may call the two halves, they must be two halves.
 */
import type { PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import { keyOf, rootOf } from '../paths/access-path';
import type { Acquisition, LockEvent, LockEvents, LockFacts, LockSummary, Release } from './lock-facts';

interface Site {
  fn: Fn;
  node: number;
}

export interface LockBalance {
  /** Nothing above the function gives back a lock of this class that it leaves held. */
  isLeftHeld(fn: Fn, cls: PlaceClass): boolean;
  /** A call that is made with the lock held may destroy the object that it is in. */
  mayEnd(acquisition: Acquisition): boolean;
  /** Locks that the function gives back on all its ways, and that nothing above it has taken. */
  neverTakenBy(fn: Fn): readonly Release[];
}

/** Callers above a function that are looked at; beyond them nothing is said. */
const MAX_CALLERS = 300;

export function makeLockBalance(program: Program, graph: CallGraph, locks: LockFacts): LockBalance {
  const { summaries, events } = locks;
  const isTop = (fn: Fn): boolean => (graph.callers[fn.id] ?? []).length === 0 || graph.addressTaken.has(fn);
  let known: ReadonlyMap<Fn, readonly Site[]> | undefined;
  const callsOf = (fn: Fn): readonly Site[] => {
    known ??= allCalls(program, graph);
    return known.get(fn) ?? [];
  };

  const begun = new Set<string>();
  const ended = new Set<string>();
  const taken = new Set<string>();
  for (const fn of program.fns) {
    const summary = summaries[fn.id];
    if (!summary) continue;
    for (const { cls } of summary.acquires) if (cls) taken.add(kindOf(cls));
    if (!isTop(fn)) continue;
    for (const { holds, releases, unsure } of summary.outcomes) {
      for (const { cls } of [...holds, ...unsure.filter(({ of }) => of !== 'giving')])
        if (cls) begun.add(kindOf(cls));
      for (const { cls } of [...releases, ...unsure.filter(({ of }) => of !== 'taking')])
        if (cls) ended.add(kindOf(cls));
    }
  }

  /** Up to the tops, no call on the way `isPart` of the same critical section; they are not too many to say so. */
  const isAlone = (fn: Fn, isPart: (call: Site) => boolean): boolean => {
    const seen = new Set([fn]);
    const queue = [fn];
    for (let at = queue.pop(); at; at = queue.pop()) {
      if (seen.size > MAX_CALLERS) return false;
      for (const call of callsOf(at)) {
        if (isPart(call)) return false;
        if (!seen.has(call.fn)) queue.push(call.fn);
        seen.add(call.fn);
      }
    }
    return true;
  };

  const destroyers = new Set<Fn>();
  for (const { fn, target } of modelledCalls(program))
    if (target.model.lock?.op === 'destroy') destroyers.add(fn);

  return {
    mayEnd({ fn, node, place }) {
      const root = keyOf(rootOf(place));
      return fn.facts.nodes.some((call, at) => {
        if (call.op !== 'call' || at <= node) return false;
        if (!call.args.some((arg) => keyOf(rootOf(arg)) === root)) return false;
        const target = program.targets[fn.id]?.get(at);
        return target?.kind === 'function' && reaches(graph, target.fn, program, destroyers);
      });
    },

    isLeftHeld(fn, cls) {
      if (!isPlain(cls) || ended.has(kindOf(cls))) return false;
      if (!cls.single && events[fn.id]?.givesBack.has(cls.key)) return false;
      // What is given back without having been taken may be the same lock by another name.
      const mayRelease = (one: Fn): boolean =>
        isVague(one, summaries[one.id]) ||
        (summaries[one.id]?.outcomes ?? []).some(({ releases }) => releases.length > 0);
      return !mayRelease(fn) && isAlone(fn, (call) => mayRelease(call.fn));
    },

    neverTakenBy(fn) {
      const summary = summaries[fn.id];
      // A guard gives back what it has taken; where that was is not always seen.
      if (!summary || isVague(fn, summary) || isOnlyGiving(fn, summary) || fn.facts.kind === 'destructor')
        return [];
      const strays = new Map<string, Release>();
      for (const { release, cls } of notTakenIn(fn, summary, events[fn.id]?.matched)) {
        const kind = kindOf(cls);
        if (strays.has(kind) || begun.has(kind) || isGuards(program, release)) continue;
        if (!isPlain(cls) || (!cls.single && !taken.has(kind))) continue;
        const mayHold = ({ fn: caller, node }: Site): boolean =>
          isVague(caller, summaries[caller.id]) || isUnder(events[caller.id], node, cls);
        if (isAlone(fn, mayHold)) strays.set(kind, release);
      }
      return [...strays.values()];
    },
  };
}

/** Locks that the function gives back without having taken them, in the order of its nodes. */
function notTakenIn(
  fn: Fn,
  { outcomes, acquires }: LockSummary,
  matched: ReadonlySet<number> | undefined,
): { release: Release; cls: PlaceClass }[] {
  if (outcomes.some(({ holds }) => holds.length > 0)) return [];
  const found = new Map<number, { release: Release; cls: PlaceClass }>();
  const take = (release: Release): void => {
    const { cls, node, place } = release;
    if (release.fn === fn && cls && place.k !== 'unknown' && !matched?.has(node))
      found.set(node, { release, cls });
  };
  for (const { releases, unsure } of outcomes) {
    releases.forEach(take);
    // What is given back on some ways only may be what is taken on them.
    const isTaken = (one: LockEvent): boolean =>
      acquires.some(({ cls }) => cls && one.cls && kindOf(cls) === kindOf(one.cls));
    for (const one of unsure) if (one.of === 'giving' && !isTaken(one)) take(one);
  }
  return [...found.values()].sort((a, b) => a.release.node - b.release.node);
}

/** Some function that it calls, or calls below that, is one of these. */
function reaches({ callees }: CallGraph, from: Fn, { fns }: Program, ends: ReadonlySet<Fn>): boolean {
  const seen = new Set([from.id]);
  const queue = [from.id];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const fn = fns[id];
    if (fn && ends.has(fn)) return true;
    for (const callee of callees[id] ?? []) if (!seen.has(callee)) queue.push(callee);
    for (const callee of callees[id] ?? []) seen.add(callee);
  }
  return false;
}

/** All objects of one type are one kind: which of them is meant may not be known. */
function kindOf(cls: PlaceClass): string {
  return cls.family ?? cls.key;
}

/** What a pointer means may have another name elsewhere. */
function isPlain({ key }: PlaceClass): boolean {
  return !key.includes('*');
}

function isVague(fn: Fn, summary: LockSummary | undefined): boolean {
  return fn.facts.damaged === true || summary?.unknown === true;
}

/** What only gives locks back is half of a critical section, whoever wants the other half. */
function isOnlyGiving({ facts: { nodes } }: Fn, { outcomes }: LockSummary): boolean {
  const giving = new Set(
    outcomes.flatMap(({ releases, unsure }) => [...releases, ...unsure].map(({ node }) => node)),
  );
  return nodes.every((node, at) =>
    node.op === 'assign' ? node.to.k === 'var' : node.op !== 'call' || giving.has(at),
  );
}

/** Given back by a guard, itself or at the end of its scope. */
function isGuards({ targets }: Program, release: Release): boolean {
  for (let at: Release | undefined = release; at; at = at.inner) {
    const target = targets[at.fn.id]?.get(at.node);
    if (at.fn.facts.nodes[at.node]?.op !== 'call') return true;
    if (target?.kind === 'model' && target.model.guard) return true;
  }
  return false;
}

/** The call is made with such a lock held, or perhaps held, or with one that has no name. */
function isUnder(events: LockEvents | undefined, node: number, cls: PlaceClass): boolean {
  const { heldAt, perhapsAt } = events ?? {};
  const held = [...(heldAt?.get(node) ?? []), ...(perhapsAt?.get(node) ?? [])];
  return held.some((one) => one.cls === undefined || kindOf(one.cls) === kindOf(cls));
}

/** Who calls each function, also through pointers and in place of what it overrides. */
function allCalls({ fns, targets }: Program, { possible }: CallGraph): Map<Fn, Site[]> {
  const calls = new Map<Fn, Site[]>();
  for (const fn of fns) {
    targets[fn.id]?.forEach((target, node) => {
      const direct = target.kind === 'function' ? [target.fn] : [];
      for (const callee of [...direct, ...possible.at(fn, node)]) {
        const known = calls.get(callee);
        if (known) known.push({ fn, node });
        else calls.set(callee, [{ fn, node }]);
      }
    });
  }
  return calls;
}
