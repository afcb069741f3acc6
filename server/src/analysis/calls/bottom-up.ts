/**
 * Summaries of functions, bottom-up over the call graph: callees before callers, functions that call each other
 * together. All domains are run by this, and none has to know that most results are those of the time before.
 *
 * A function is followed again where what it read has changed: its own facts, names, tables, or the summary of a
 * function it asked for. Where its new summary says the same as the old one, callers stay as they are; the old
 * summary then takes over the new places, because callers' results point into it.
 */
import type { Fn, Program } from '../../program/program';
import {
  allReads,
  type Cell,
  change,
  isCurrent,
  newCell,
  type Reads,
  read,
  reading,
} from '../../program/reads';
import type { CallGraph } from './call-graph';
import { PAUSE_EVERY, type Pause } from './pause';
import { isSameSummary, takePlaces } from './same-summary';

/** One kind of thing to find out about every function. */
export interface Study<T, S> {
  /** Its own among all studies. */
  name: string;
  /** What can be said of a function; undefined where that is nothing. Callees have their summaries. */
  follow(fn: Fn, summaryOf: (fn: Fn) => S | undefined): T | undefined;
  /** What callers see of it. */
  summary(result: T): S;
  /** Studies made before, of whose results of a function and of its callees this one makes use. */
  after?: readonly string[];
  /** Functions that call each other are followed again until their callers would see no difference. */
  recursion?: { rounds: number; isSame(a: S | undefined, b: S | undefined): boolean };
}

/** What was found out; to be asked by studies that come later, too. */
export interface Findings<T, S> {
  of(fn: Fn): T | undefined;
  summaryOf(fn: Fn): S | undefined;
}

interface Kept<T, S> {
  /** Changes when callers would see a difference. */
  cell: Cell;
  /** Changes with the result. */
  whole: Cell;
  result: T | undefined;
  summary: S | undefined;
  /** The run in which it was found to be right. */
  run: object | undefined;
  /** Held by the first of the functions that were followed together. */
  together?: { members: readonly Fn[]; reads: Reads; asked: ReadonlyMap<Fn, boolean> };
}

/** Runs a study over the whole program. */
export async function bottomUp<T, S>(
  program: Program,
  graph: CallGraph,
  study: Study<T, S>,
  pause: Pause,
): Promise<Findings<T, S>> {
  for (const _ of steps(program, graph, study)) await pause();
  return findingsOf(study);
}

/** The same, without a pause. */
export function bottomUpAtOnce<T, S>(program: Program, graph: CallGraph, study: Study<T, S>): Findings<T, S> {
  for (const _ of steps(program, graph, study));
  return findingsOf(study);
}

/** Whoever looks at what another study says of a function that is no callee. */
export function readStudy(fn: Fn, name: string): void {
  const known = fn.kept.get(name) as Kept<unknown, unknown> | undefined;
  if (known) read(known.whole);
}

function findingsOf<T, S>(study: Study<T, S>): Findings<T, S> {
  return {
    of(fn) {
      const known = keptOf<T, S>(study, fn);
      if (known) read(known.whole);
      return known?.result;
    },
    summaryOf(fn) {
      const known = keptOf<T, S>(study, fn);
      if (known) read(known.cell);
      return known?.summary;
    },
  };
}

/** Comes to a halt every few functions. */
function* steps<T, S>(program: Program, graph: CallGraph, study: Study<T, S>): Generator<void> {
  const run: Run<T, S> = { id: {}, program, graph, study, followed: 0 };
  for (const component of graph.components) {
    const members = component.flatMap((id) => program.fns[id] ?? []);
    const [first] = members;
    if (!first) continue;
    if (isRight(run, members, keptOf<T, S>(study, first)?.together)) {
      for (const fn of members) mark(run, fn);
      continue;
    }
    const isRecursive = members.length > 1 || (graph.callees[first.id] ?? []).includes(first.id);
    const { results, reads, asked } = yield* followTogether(run, members, isRecursive);
    for (const fn of members) keep(run, fn, results.get(fn));
    const holder = keptOf<T, S>(study, first);
    if (holder) holder.together = { members, reads, asked };
  }
}

interface Run<T, S> {
  id: object;
  program: Program;
  graph: CallGraph;
  study: Study<T, S>;
  followed: number;
}

function keptOf<T, S>({ name }: Study<T, S>, fn: Fn): Kept<T, S> | undefined {
  return fn.kept.get(name) as Kept<T, S> | undefined;
}

function isRight<T, S>(
  { id, study }: Run<T, S>,
  members: readonly Fn[],
  together: Kept<T, S>['together'],
): boolean {
  if (!together || !isCurrent(together.reads) || !isSameList(together.members, members)) return false;
  // Functions that are no callees come before or after by chance; that must be the same chance.
  for (const [fn, wasKnown] of together.asked)
    if ((keptOf<T, S>(study, fn)?.run === id) !== wasKnown) return false;
  return true;
}

function mark<T, S>({ id, study }: Run<T, S>, fn: Fn): void {
  const known = keptOf<T, S>(study, fn);
  if (known) known.run = id;
}

/** Functions that call each other by hand are fewer. */
const LARGE = 40;

interface Together<T> {
  results: Map<Fn, T | undefined>;
  reads: Reads;
  /** Other functions whose summaries were asked for, and whether they were known already. */
  asked: Map<Fn, boolean>;
}

function* followTogether<T, S>(
  run: Run<T, S>,
  members: readonly Fn[],
  isRecursive: boolean,
): Generator<void, Together<T>> {
  const { id, study } = run;
  const { recursion } = study;
  const results = new Map<Fn, T | undefined>();
  const asked = new Map<Fn, boolean>();
  const own = new Set(members);
  const seen = (result: T | undefined): S | undefined =>
    result === undefined ? undefined : study.summary(result);
  const summaryOf = (fn: Fn): S | undefined => {
    if (own.has(fn)) return seen(results.get(fn));
    const other = keptOf<T, S>(study, fn);
    const isKnown = other?.run === id;
    asked.set(fn, isKnown);
    if (!other || !isKnown) return undefined;
    read(other.cell);
    return other.summary;
  };
  // What a large knot of functions would learn in more rounds is little beside what they cost.
  const wanted = members.length > LARGE ? 1 : (recursion?.rounds ?? 1);
  const rounds = isRecursive ? wanted : 1;
  const all: Reads[] = [];
  for (let round = 0, isOpen = true; isOpen && round < rounds; round++) {
    isOpen = false;
    for (const fn of members) {
      if (++run.followed % PAUSE_EVERY === 0) yield;
      const before = seen(results.get(fn));
      const { result, reads } = reading(() => {
        read(fn.cell);
        for (const name of study.after ?? []) readEarlier(run, fn, name);
        return study.follow(fn, summaryOf);
      });
      all.push(reads);
      results.set(fn, result);
      isOpen ||= recursion !== undefined && !recursion.isSame(before, seen(result));
    }
  }
  return { results, reads: allReads(all), asked };
}

function readEarlier<T, S>({ program, graph }: Run<T, S>, fn: Fn, name: string): void {
  readStudy(fn, name);
  for (const id of graph.callees[fn.id] ?? []) {
    const known = program.fns[id]?.kept.get(name) as Kept<unknown, unknown> | undefined;
    if (known) read(known.cell);
  }
}

function keep<T, S>({ id, study }: Run<T, S>, fn: Fn, result: T | undefined): void {
  const summary = result === undefined ? undefined : study.summary(result);
  const known = keptOf<T, S>(study, fn);
  if (!known) {
    fn.kept.set(study.name, { cell: newCell(), whole: newCell(), result, summary, run: id });
    return;
  }
  known.run = id;
  known.result = result;
  change(known.whole);
  known.together = undefined;
  if (isSameSummary(fn, known.summary, summary)) {
    takePlaces(fn, known.summary, summary);
    return;
  }
  known.summary = summary;
  change(known.cell);
}

function isSameList(a: readonly Fn[], b: readonly Fn[]): boolean {
  return a.length === b.length && a.every((fn, i) => fn === b[i]);
}
