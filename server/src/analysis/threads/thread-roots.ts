/** Which code can run in parallel with which: the roots that reach a function. */

import type { UnitFacts } from '../../facts/facts';
import type { FunctionModel } from '../../models/schema';
import { folderOf } from '../../program/includes';
import type { Fn, Program } from '../../program/program';
import { functionName } from '../../program/spelling';
import { type CallGraph, calledBelow } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import { functionsOf } from '../calls/names';
import { operandOf } from '../paths/operand';
import { findJoined } from './joined';
import type { ThreadFacts } from './thread-facts';
import { startsItself } from './thread-sites';
import { trampolined } from './trampolines';

export interface ThreadRoots {
  /** Whether code at `a` can run at the same time as code at `b`, in two threads of one program. */
  mayRunInParallel(a: Site, b: Site): boolean;
  /** The calls that start a thread which may run while this place does. */
  startedBeside(place: Site): readonly Site[];
  /** The routines that a call starts threads of. */
  startedAt(fn: Fn, node: number): readonly Fn[];
  /**
   * How a reader would name the threads that run these functions at once: "the main thread", "a thread of
   * `worker`"; different ones where there are, undefined where any thread may run it.
   */
  describe(fns: readonly Fn[]): (string | undefined)[];
  /** A thread starts here: no caller of the workspace's own is above it there. */
  isRoutine(fn: Fn): boolean;
}

/** A node of a function. */
export interface Site {
  fn: Fn;
  node: number;
}

interface Root {
  fn: Fn;
  kind: 'main' | 'routine' | 'open';
  /** Several threads can start here. */
  many: boolean;
  /** The `main`s whose program it belongs to; none means any. */
  programs: ReadonlySet<number>;
}

export function findThreadRoots(program: Program, graph: CallGraph, threads: ThreadFacts): ThreadRoots {
  const mains = program.fns.filter((fn) => fn.facts.name === 'main');
  const reachedBy = new Map(mains.map((main) => [main.id, calledBelow(graph, [main.id])]));
  const programsOf = (id: number): Set<number> =>
    new Set(mains.filter((main) => reachedBy.get(main.id)?.has(id)).map((main) => main.id));
  const starts = routineStarts(program, graph);
  const roots: Root[] = mains.map((fn) => ({ fn, kind: 'main', many: false, programs: new Set([fn.id]) }));
  for (const [id, sites] of starts) {
    const fn = program.fns[id];
    if (!fn) continue;
    const programs = new Set(sites.flatMap((site) => [...programsOf(site.fn.id)]));
    roots.push({
      fn,
      kind: 'routine',
      many: sites.length > 1 || sites.some((site) => repeats(program, graph, site)),
      programs,
    });
  }
  const inHeaders = (unit: UnitFacts): boolean =>
    unit.includes.some(({ path, system }) => system && program.models.threadHeaders.has(path));
  const ownFiles = new Set(mains.map(({ unit }) => unit));
  const usesThreads = program.units.some((unit) => !ownFiles.has(unit) && inHeaders(unit));
  const sites = [...starts.values()].flat();
  const startsAny = ({ id, unit }: Fn): boolean =>
    usesThreads ||
    inHeaders(unit) ||
    sites.some(({ fn }) => fn.unit === unit || !ownFiles.has(fn.unit) || reachedBy.get(id)?.has(fn.id));
  // What stands in the file of a `main` is no part of other programs, and knows no thread of theirs.
  const threaded = new Map(mains.map((main) => [main.unit, startsAny(main)]));
  const anyThreads = starts.size > 0 || program.units.some(inHeaders);
  // Before any `main`, unless it starts threads itself.
  const isStartup = (fn: Fn): boolean =>
    fn.facts.startup === true &&
    mains.length > 0 &&
    !sites.some((site) => calledBelow(graph, [fn.id]).has(site.fn.id));
  for (const fn of program.fns) {
    const open =
      fn.facts.name !== 'main' &&
      !starts.has(fn.id) &&
      !isStartup(fn) &&
      isOpen(program, graph, fn, mains, reachedBy, threaded.get(fn.unit) ?? anyThreads);
    // What stands in the file of a `main` is linked with no other.
    const beside = mains.filter((main) => main.unit === fn.unit).map((main) => main.id);
    if (open) roots.push({ fn, kind: 'open', many: true, programs: new Set(beside) });
  }
  const reached = rootsReaching(graph, roots);
  // Where threads may start in ways that are not seen, nothing is known to come before them.
  const before = earlyCode(program, graph, mains, starts);
  const early: typeof before = (main, place) => !usesThreads && !inHeaders(main.unit) && before(main, place);
  const isEarly = (fn: Fn, node: number): boolean =>
    isStartup(fn) ||
    (mains.some((main) => early(main, { fn, node })) &&
      reached(fn).every((root) => root.kind === 'main' && early(root.fn, { fn, node })));
  const over = findJoined(program, graph, threads, isEarly);
  // A thread that was joined is over, if it is the only one of its routine, or if all of them were.
  const isOver = ({ kind, many, fn }: Root, place: Site): boolean => {
    if (kind !== 'routine') return false;
    if (!many) return over.isBefore(fn, place);
    return (starts.get(fn.id) ?? []).every(
      (site) => over.areAllBefore(site, place) && isCalledOnce(program, graph, site.fn),
    );
  };
  const started = new Map<Fn, Map<number, Fn[]>>();
  for (const [id, sites] of starts) {
    const routine = program.fns[id];
    for (const { fn, node } of routine ? sites : []) {
      const own = started.get(fn) ?? new Map<number, Fn[]>();
      started.set(fn, own.set(node, [...(own.get(node) ?? []), ...(routine ? [routine] : [])]));
    }
  }
  return {
    isRoutine: (fn) => starts.has(fn.id),
    mayRunInParallel(a, b) {
      const left = reached(a.fn);
      const right = reached(b.fn);
      const inTime = (place: Site, root: Root): boolean => root.kind !== 'main' || !early(root.fn, place);
      const meet = (l: Root, r: Root): boolean =>
        (l !== r || l.many) && sameProgram(l, r) && !isOver(l, b) && !isOver(r, a);
      return left.some((l) => inTime(a, l) && right.some((r) => inTime(b, r) && meet(l, r)));
    },
    startedAt: (fn, node) => started.get(fn)?.get(node) ?? [],
    startedBeside(place) {
      const all = reached(place.fn);
      // What a `main` runs, and others might, is taken to run where that `main` runs it.
      const isExported = (l: Root): boolean => l.kind === 'open' && (graph.callers[l.fn.id] ?? []).length > 0;
      const own = all.some((l) => l.kind === 'main') ? all.filter((l) => !isExported(l)) : all;
      const isAlone = (folder: string): boolean =>
        mains.filter((main) => folderOf(main.unit) === folder).length < 2;
      // What belongs to no `main` that is seen belongs to the programs beside it.
      const near = (l: Root, r: Root): boolean =>
        mains.length < 2 ||
        (l.programs.size > 0 && r.programs.size > 0) ||
        (folderOf(place.fn.unit) === folderOf(r.fn.unit) &&
          (r.programs.size === 0 || isAlone(folderOf(r.fn.unit))));
      const runs = (r: Root): boolean =>
        r.kind === 'routine' &&
        !isOver(r, place) &&
        own.some((l) => (l.kind !== 'main' || !before(l.fn, place)) && sameProgram(l, r) && near(l, r));
      // A thread that is joined where it is started runs beside what is called from there.
      const lasts = (r: Root, site: Site): boolean =>
        all.includes(r) ||
        !threads.joins.some(({ fn, routines }) => fn === site.fn && routines.includes(r.fn)) ||
        calledBelow(graph, [site.fn.id]).has(place.fn.id);
      return roots.filter(runs).flatMap((r) => (starts.get(r.fn.id) ?? []).filter((site) => lasts(r, site)));
    },
    describe(fns) {
      const used = new Set<Root>();
      return fns.map((fn) => {
        const known = reached(fn).filter((root) => root.kind !== 'open');
        const root = known.find((r) => !used.has(r)) ?? known.find((r) => r.many);
        if (!root) return undefined;
        used.add(root);
        return root.kind === 'main' ? 'the main thread' : `a thread of \`${functionName(root.fn.facts)}\``;
      });
    },
  };
}

/** Which roots lead to a function. Few functions are asked about, so each is looked at from below when it is. */
function rootsReaching(graph: CallGraph, roots: readonly Root[]): (fn: Fn) => readonly Root[] {
  const known = new Map<Fn, readonly Root[]>();
  return (fn) => {
    const found = known.get(fn);
    if (found) return found;
    const above = new Set<number>();
    const queue = [fn.id];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (above.has(id)) continue;
      above.add(id);
      queue.push(...(graph.callers[id] ?? []));
    }
    const made = roots.filter((root) => above.has(root.fn.id));
    known.set(fn, made);
    return made;
  };
}

/** Thread routines with the calls that start them. */
function routineStarts(program: Program, graph: CallGraph): Map<number, Site[]> {
  const starts = new Map<number, Site[]>();
  for (const { fn, node, call, target } of modelledCalls(program)) {
    const given = routinesOf(target.model).flatMap((operand) =>
      functionsOf(program, graph.callers, fn, operandOf(operand, call.args)),
    );
    const own = startsItself(target.model) ? (target.routines ?? []) : [];
    const add = (routine: Fn, site: Site): void => {
      starts.set(routine.id, [...(starts.get(routine.id) ?? []), site]);
    };
    for (const routine of [...given, ...own]) {
      add(routine, { fn, node });
      for (const one of trampolined(program, graph.callers, { fn, node }, routine))
        add(one.routine, one.site);
    }
  }
  return starts;
}

/** The operands of a library function that threads run from there on. */
function routinesOf({ thread, starts }: FunctionModel): readonly string[] {
  return thread?.op === 'create' ? [thread.routine, ...(starts ?? [])] : (starts ?? []);
}

/** A start in a loop, or in a function that may be called again, can start several. */
function repeats(program: Program, graph: CallGraph, site: Site, depth = 0): boolean {
  if (site.fn.facts.loops.some((loop) => site.node >= loop.first && site.node <= loop.last)) return true;
  if (site.fn.facts.name === 'main') return false;
  const sites = callSites(program, graph, site.fn);
  const [only] = sites;
  return sites.length !== 1 || !only || depth > MAX_CALLERS || repeats(program, graph, only, depth + 1);
}

/** From one place at most, and that not in a loop. */
function isCalledOnce(program: Program, graph: CallGraph, fn: Fn): boolean {
  if (fn.facts.name === 'main') return true;
  const sites = callSites(program, graph, fn);
  const [only] = sites;
  return sites.length === 1 && only !== undefined && !repeats(program, graph, only);
}

/** A chain of single callers longer than this is taken to repeat. */
const MAX_CALLERS = 20;

function callSites(program: Program, graph: CallGraph, fn: Fn): Site[] {
  return (graph.callers[fn.id] ?? []).flatMap((id) => {
    const caller = program.fns[id];
    if (!caller) return [];
    return [...(program.targets[id] ?? [])].flatMap(([node, target]) =>
      target.kind === 'function' && target.fn === fn ? [{ fn: caller, node }] : [],
    );
  });
}

/**
 * Code that something outside of the workspace's view may run in any thread: what nothing calls, and what a
 * library exports to others than the `main`s beside it.
 */
function isOpen(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  mains: readonly Fn[],
  reachedBy: ReadonlyMap<number, ReadonlySet<number>>,
  threaded: boolean,
): boolean {
  if (fn.facts.kind === 'macro') return false;
  const users = mains.filter((main) => reachedBy.get(main.id)?.has(fn.id));
  if (users.length === 0) {
    const called = (graph.callers[fn.id] ?? []).some(
      (id) => id !== fn.id && program.fns[id]?.facts.kind !== 'macro',
    );
    // A program without any thread has no thread for its unused functions either.
    return !called && (threaded || !mains.some((main) => main.unit === fn.unit));
  }
  return !fn.facts.internal && !users.some((main) => isBeside(main, fn));
}

function isBeside(main: Fn, fn: Fn): boolean {
  return fn.unit.file.startsWith(folderOf(main.unit));
}

function sameProgram(a: Root, b: Root): boolean {
  if (a.programs.size === 0 || b.programs.size === 0) return true;
  return [...a.programs].some((id) => b.programs.has(id));
}

/** Code that `main` runs before it can have started a thread. */
function earlyCode(
  program: Program,
  graph: CallGraph,
  mains: readonly Fn[],
  starts: ReadonlyMap<number, readonly Site[]>,
): (main: Fn, place: Site) => boolean {
  const starters = new Set([...starts.values()].flatMap((sites) => sites.map((site) => site.fn.id)));
  for (const queue = [...starters]; queue.length > 0; ) {
    for (const caller of graph.callers[queue.pop() ?? -1] ?? []) {
      if (starters.has(caller)) continue;
      starters.add(caller);
      queue.push(caller);
    }
  }
  const late = new Map(mains.map((main) => [main.id, lateParts(program, graph, main, starters)]));
  return (main, place) => {
    const parts = late.get(main.id);
    if (!parts || starters.size === 0) return false;
    return place.fn === main ? !parts.nodes.has(place.node) : !parts.fns.has(place.fn.id);
  };
}

function lateParts(
  program: Program,
  graph: CallGraph,
  main: Fn,
  starters: ReadonlySet<number>,
): { nodes: Set<number>; fns: Set<number> } {
  const nodes = new Set<number>();
  const targets = program.targets[main.id];
  const queue: number[] = [];
  main.facts.nodes.forEach((_, index) => {
    const target = targets?.get(index);
    const starts =
      target?.kind === 'model'
        ? routinesOf(target.model).length > 0 || startsItself(target.model)
        : target?.kind === 'function' && starters.has(target.fn.id);
    if (starts) queue.push(index);
  });
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    if (nodes.has(index)) continue;
    nodes.add(index);
    queue.push(...(main.facts.nodes[index]?.next ?? []));
  }
  const called = [...nodes].flatMap((index) => {
    const target = targets?.get(index);
    return target?.kind === 'function' ? [target.fn.id] : [];
  });
  return { nodes, fns: calledBelow(graph, called) };
}
