/** Thread handles over the whole workspace: who creates, who joins, what is lost. */

import type { Expr } from '../../facts/expr';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { findIndirectCalls } from '../calls/indirect';
import { modelledCalls } from '../calls/modelled';
import { PAUSE_EVERY, type Pause } from '../calls/pause';
import { rootOf } from '../paths/access-path';
import type { HandleFindings } from './handle-state';
import { keepsParameter } from './handle-transfer';
import { outlivesObjects, storedObjects, touchesObjects } from './object-threads';
import { leavesOwnHandle } from './own-handles';
import { findBorrows } from './thread-borrows';
import { followHandles } from './thread-domain';
import { endsItself } from './thread-endless';
import type {
  Closer,
  Creation,
  Join,
  Leak,
  Stored,
  ThreadFacts,
  ThreadSite,
  ThreadSummary,
} from './thread-facts';
import { guardedByOwnFlag } from './thread-flags';
import { findMisuses } from './thread-misuse';
import { followObjects } from './thread-objects';
import { findReuses } from './thread-reuse';
import { sitesOf } from './thread-sites';

export async function analyseThreads(
  program: Program,
  graph: CallGraph,
  writes: CallWrites,
  pause: Pause,
): Promise<ThreadFacts> {
  const summaries: (ThreadSummary | undefined)[] = program.fns.map(() => undefined);
  const creations: Creation[] = [];
  const leaks: Leak[] = [];
  const closers: Closer[] = [];
  const joins: Join[] = [];
  const stored: Stored[] = [];
  const sites: ThreadSite[] = [];
  const abandoned: Fn[] = [];
  const unnamed = new Set<string>();
  const indirect = findIndirectCalls(program, graph.callers);
  const objects: (ThreadSummary | undefined)[] = program.fns.map(() => undefined);
  const isQuiet = (creation: Creation): boolean =>
    endsItself({ program, graph, indirect, summaries }, creation);
  const direct = threadCallers(program);
  let looked = 0;
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn) continue;
      const take = (found: HandleFindings): ThreadSummary => {
        if (!found.complete) abandoned.push(fn);
        creations.push(...found.creations.values());
        leaks.push(...found.leaks);
        closers.push(...found.closers);
        joins.push(...found.joins);
        stored.push(...found.stored);
        sites.push(...sitesOf({ program, graph, indirect, summaries }, found));
        for (const field of found.unnamedCloses) unnamed.add(`${fn.unit.file} ${field}`);
        return found.summary;
      };
      const isCaller = (graph.callees[id] ?? []).some((callee) => mattersToCallers(summaries[callee]));
      if (direct.has(fn) || isCaller) {
        if (++looked % PAUSE_EVERY === 0) await pause();
        summaries[id] = take(followHandles(program, graph, fn, writes, summaries, indirect));
      }
      if (touchesObjects(program, fn, objects)) {
        if (++looked % PAUSE_EVERY === 0) await pause();
        objects[id] = take(followObjects(program, graph, fn, writes, objects, isQuiet));
      }
    }
  }
  const isUnnamed = ({ creation, place }: Stored): boolean =>
    unnamed.has(`${creation.fn.unit.file} ${lastName(place)}`);
  const handles = stored.filter((one) => !one.creation.object && one.made === 'joinable' && !isUnnamed(one));
  leaks.push(...storedLeaks(program, graph, handles, closers));
  const held = stored.filter(({ creation }) => creation.object);
  leaks.push(...storedObjects(program, held, closers, (one) => isUnnamed(one) || isQuiet(one.creation)));
  for (const { fn, node, place, waits } of closers) {
    if (!waits) continue;
    const routines = stored.flatMap((s) => (mayOverlap(s.place, place) ? s.creation.routines : []));
    if (routines.length > 0) joins.push({ fn, node, routines });
  }
  joins.push(...objectJoins(program));
  const isLeft = leavesOwnHandle(program, graph, closers);
  const lost = leaks.filter(({ creation }) => creation.object || !isLeft(creation));
  const borrows = findBorrows(program, graph, writes, creations, outlivesObjects(sites));
  const routines = { program, graph, indirect, summaries };
  const reuses = [...findReuses(routines, writes, creations), ...findMisuses(routines, stored, closers)];
  return { sites, creations, stored, reuses, borrows, leaks: lost, closers, joins, summaries, abandoned };
}

/** Objects that are threads are joined by a method, and their class says what they run. */
function objectJoins(program: Program): Join[] {
  return modelledCalls(program).flatMap(({ fn, node, target }) => {
    const routines = target.model.thread?.op === 'join' ? (target.routines ?? []) : [];
    return routines.length > 0 ? [{ fn, node, routines }] : [];
  });
}

/** Functions that do something to threads with their own calls of the library. */
function threadCallers(program: Program): ReadonlySet<Fn> {
  return new Set(modelledCalls(program).flatMap(({ fn, target }) => (target.model.thread ? [fn] : [])));
}

function mattersToCallers(summary: ThreadSummary | undefined): boolean {
  return (
    summary !== undefined &&
    (summary.closes.length > 0 || summary.creates.length > 0 || Boolean(summary.detachesSelf))
  );
}

/** Handles in fields and globals: nothing joins them, or only under a flag that the thread clears. */
function storedLeaks(
  program: Program,
  graph: CallGraph,
  stored: readonly Stored[],
  closers: readonly Closer[],
): Leak[] {
  const leaks: Leak[] = [];
  for (const { creation, place } of stored) {
    const joins = closers.filter((closer) => mayOverlap(closer.place, place));
    const at = { fn: creation.fn, node: creation.node };
    if (joins.length === 0) {
      if (!readElsewhere(program, creation, place))
        leaks.push({ creation, kind: 'stored', at, never: true, place });
      continue;
    }
    const guard = guardedByOwnFlag(program, graph, creation, joins);
    if (guard) leaks.push({ creation, kind: 'guarded', at, never: false, place, guard });
  }
  return leaks;
}

/** The field or variable that a class of places ends in: `tid` of `struct conn.tid`, `workers` of `workers[]`. */
function lastName({ label }: PlaceClass): string {
  return label
    .slice(Math.max(label.lastIndexOf('.'), label.lastIndexOf(':')) + 1)
    .replace(/\[[^\]]*\]|\*/g, '');
}

/** The handle is read, or its place's address taken, where code that is not visible may join it. */
function readElsewhere(program: Program, creation: Creation, place: PlaceClass): boolean {
  const last = lastName(place);
  for (const fn of program.fns) {
    const isIt = (e: Expr): boolean => names(e, last) && overlaps(program, fn, e, place);
    const found = fn.facts.nodes.some((node, index) => {
      if (fn === creation.fn && index === creation.node) return false;
      if (node.op === 'assign') return isIt(node.from);
      if (node.op === 'return') return node.value !== undefined && isIt(node.value);
      if (node.op !== 'call') return false;
      const target = program.targets[fn.id]?.get(index);
      if (target?.kind === 'model') return false;
      // A function that only gives the thread a name does not join it.
      const callee = target?.kind === 'function' ? target.fn : undefined;
      return node.args.some((arg, i) => isIt(arg) && (!callee || keepsParameter(program, callee, i)));
    });
    if (found) return true;
  }
  return false;
}

function names(e: Expr, last: string): boolean {
  const inner = e.k === 'addr' || e.k === 'cast' ? (e.k === 'addr' ? e.of : e.e) : e;
  if (inner.k === 'field') return inner.f === last;
  if (inner.k === 'index' || inner.k === 'deref') return names(inner.of, last);
  return inner.k === 'name' && inner.n === last;
}

function overlaps(program: Program, fn: Fn, e: Expr, place: PlaceClass): boolean {
  const own = classOf(program, fn, e.k === 'addr' ? e.of : e);
  // A field of an object whose type is not known may be the one in question.
  return own ? mayOverlap(own, place) || place.key.startsWith(own.key) : rootOf(e).k !== 'name';
}
