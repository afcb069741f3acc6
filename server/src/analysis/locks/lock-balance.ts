/**
 * Locks that a function leaves held although nothing above it gives them back, and locks that it gives back although
 * nothing above it has taken them.
 *
 * By itself such a function may begin a critical section, or end one, for those who call it. So its callers decide, up
 * to where threads begin; and where code that is not seen may call the two halves, they must be two halves.
 */
import { parameterMethod } from '../../models/library';
import type { PlaceClass } from '../../program/identity';
import { type Fn, lastPart, type Program } from '../../program/program';
import { type CallGraph, calledBelow } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import { isDirect, keyOf, rootOf } from '../paths/access-path';
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
  /** Locks that the function gives back, one of each kind, and that neither it nor anything above it has taken. */
  neverTakenBy(fn: Fn): readonly Release[];
}

/** Callers above a function that are looked at; beyond them nothing is said. */
const MAX_CALLERS = 300;

/** Asked by rules, about few functions; what takes a look at the whole program is made when the first of them asks. */
export function makeLockBalance(program: Program, graph: CallGraph, locks: LockFacts): LockBalance {
  const { summaries, events } = locks;
  let known: ReadonlyMap<Fn, readonly Site[]> | undefined;
  const callsOf = (fn: Fn): readonly Site[] => {
    known ??= allCalls(program, graph);
    return known.get(fn) ?? [];
  };

  let kinds: Kinds | undefined;
  const kindsOf = (): Kinds => {
    kinds ??= kindsIn(program, graph, locks);
    return kinds;
  };

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

  /**
   * What a class keeps a pointer to, others have: it may be a guard of theirs. Whoever calls a function that is stored
   * or handed over knows what its pointers mean.
   */
  const isOfOthers = (fn: Fn, { key }: PlaceClass): boolean =>
    isBehindPointer(key) && (graph.addressTaken.has(fn) || program.types.classAround(fn) !== undefined);

  return {
    mayEnd({ fn, node, place }) {
      const root = keyOf(rootOf(place));
      return fn.facts.nodes.some((call, at) => {
        if (call.op !== 'call' || at <= node) return false;
        if (!call.args.some((arg) => keyOf(rootOf(arg)) === root)) return false;
        const target = program.targets[fn.id]?.get(at);
        return target?.kind === 'function' && mayDestroy(program, graph, target.fn);
      });
    },

    isLeftHeld(fn, cls) {
      if (hasKind(kindsOf().ended, cls) || isOfOthers(fn, cls)) return false;
      if (!cls.single && events[fn.id]?.givesBack.has(cls.key)) return false;
      // What is given back without having been taken may be the same lock by another name.
      const mayRelease = (one: Fn): boolean =>
        isVague(one, summaries[one.id]) ||
        (summaries[one.id]?.outcomes ?? []).some(({ releases }) => releases.length > 0);
      // So may what a caller gives back itself, and has again behind the call.
      const gives = (one: Fn): boolean => isBehindPointer(cls.key) && givesBackItself(program, one);
      return !mayRelease(fn) && isAlone(fn, (call) => mayRelease(call.fn) || gives(call.fn));
    },

    neverTakenBy(fn) {
      const summary = summaries[fn.id];
      const strays = new Map<string, Release>();
      if (!summary || isVague(fn, summary)) return [];
      if (callsOf(fn).length === 0 && isForTemplates(program, fn)) return [];
      for (const { release, cls } of notTakenIn(fn, summary, events[fn.id]?.matched)) {
        const kind = kindOf(cls);
        if (strays.has(kind) || hasKind(kindsOf().begun, cls) || isGuards(program, release)) continue;
        if ((!cls.single && !kindsOf().taken.has(kind)) || isOfOthers(fn, cls)) continue;
        const mayHold = ({ fn: caller, node }: Site): boolean =>
          isVague(caller, summaries[caller.id]) || isUnder(events[caller.id], node, cls);
        if (!isOnlyGiving(fn, summary) && isAlone(fn, mayHold)) strays.set(kind, release);
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

/** The function, or something that it calls, destroys a lock. */
function mayDestroy(program: Program, graph: CallGraph, from: Fn): boolean {
  const below = calledBelow(graph, [from.id]);
  return modelledCalls(program).some(
    ({ fn, target }) => target.model.lock?.op === 'destroy' && below.has(fn.id),
  );
}

/** Kinds of locks by what is done to them. */
interface Kinds {
  /** Taken anywhere. */
  taken: ReadonlySet<string>;
  /** Left held, or given back without having been taken, by functions that code which is not seen may call. */
  begun: ReadonlySet<string>;
  ended: ReadonlySet<string>;
}

function kindsIn({ fns }: Program, graph: CallGraph, { summaries }: LockFacts): Kinds {
  const [taken, begun, ended] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const note = (into: Set<string>, events: readonly LockEvent[]): void => {
    for (const { cls } of events) if (cls) into.add(kindOf(cls));
  };
  for (const fn of fns) {
    const summary = summaries[fn.id];
    if (!summary) continue;
    note(taken, summary.acquires);
    if ((graph.callers[fn.id] ?? []).length > 0 && !graph.addressTaken.has(fn)) continue;
    for (const { holds, releases, unsure } of summary.outcomes) {
      note(begun, [...holds, ...unsure.filter(({ of }) => of !== 'giving')]);
      note(ended, [...releases, ...unsure.filter(({ of }) => of !== 'taking')]);
    }
  }
  return { taken, begun, ended };
}

/** All objects of one type are one kind: which of them is meant may not be known. */
function kindOf(cls: PlaceClass): string {
  return cls.family ?? cls.key;
}

/** Whether a lock of such a kind is among them; what a pointer means may be any lock that another pointer means. */
function hasKind(kinds: ReadonlySet<string>, cls: PlaceClass): boolean {
  if (kinds.has(kindOf(cls))) return true;
  return isBehindPointer(cls.key) && [...kinds].some(isBehindPointer);
}

function isBehindPointer(key: string): boolean {
  return key.includes('*');
}

function isVague(fn: Fn, summary: LockSummary | undefined): boolean {
  return fn.facts.damaged === true || summary?.unknown === true;
}

/** A method that templates call of whatever they are given, those of the library as well. */
function isForTemplates({ models }: Program, { facts: { name } }: Fn): boolean {
  return name.includes('::') && models.functions.has(parameterMethod(lastPart(name)));
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

/**
 * Done by a guard, itself or at an end of its life. A guard gives back what it has taken; where that is, is not always
 * seen.
 */
export function isGuards({ targets }: Program, event: Acquisition | Release): boolean {
  for (let at: Acquisition | Release | undefined = event; at; at = at.inner) {
    const { kind, nodes } = at.fn.facts;
    const node = nodes[at.node];
    if (kind === 'constructor' || kind === 'destructor' || node?.op !== 'call') return true;
    if (node.callee.k === 'field' && node.callee.f.startsWith('{')) return true;
    const target = targets[at.fn.id]?.get(at.node);
    if (target?.kind === 'model' && target.model.guard) return true;
  }
  return false;
}

/** The call is made with such a lock held, or perhaps held, or with one that has no name. */
function isUnder(events: LockEvents | undefined, node: number, cls: PlaceClass): boolean {
  const { heldAt, perhapsAt } = events ?? {};
  const held = [...(heldAt?.get(node) ?? []), ...(perhapsAt?.get(node)?.values() ?? [])];
  return held.some((one) => mayBe(one, cls));
}

/** A lock without a class may be any, unless it is a local variable: then only a pointer can lead to it. */
function mayBe({ fn, place, cls }: LockEvent, other: PlaceClass): boolean {
  if (cls) return kindOf(cls) === kindOf(other) || (isBehindPointer(cls.key) && isBehindPointer(other.key));
  const root = rootOf(place);
  const isLocal = root.k === 'var' && root.v >= fn.facts.params && isDirect(place);
  return !isLocal || isBehindPointer(other.key);
}

function givesBackItself({ targets }: Program, { id }: Fn): boolean {
  return [...(targets[id]?.values() ?? [])].some(
    (target) => target.kind === 'model' && target.model.lock?.op === 'release',
  );
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
