/** Locks over the whole workspace: summaries bottom-up, edges with witnesses, locks held at entry top-down. */
import type { Fn, Program } from '../../program/program';
import { bottomUp, type Study } from '../calls/bottom-up';
import type { CallGraph } from '../calls/call-graph';
import type { CallWrites } from '../calls/call-writes';
import { atEntry } from '../calls/entry';
import { findLastReferences } from '../calls/last-reference';
import type { Pause } from '../calls/pause';
import { keyOf, rootOf } from '../paths/access-path';
import type { LockEdge, LockFacts, LockSummary } from './lock-facts';
import { followLocks, type LockFindings } from './lock-follow';
import { findLockKinds } from './lock-kinds';
import { findLockPointees } from './lock-pointees';

/** Functions that call each other learn of each other in a few rounds; what is not found then is left out. */
const MAX_ROUNDS = 3;

export async function analyseLocks(
  program: Program,
  graph: CallGraph,
  writes: CallWrites,
  pause: Pause,
): Promise<LockFacts> {
  const around = {
    program,
    graph,
    writes,
    kinds: findLockKinds(program, graph),
    lastReference: await findLastReferences(program, graph, pause),
  };
  const study: Study<LockFindings, LockSummary> = {
    name: 'locks',
    follow: (fn, summaryOf) =>
      touchesLocks(program, graph, fn, summaryOf) ? followLocks({ ...around, summaryOf }, fn) : undefined,
    summary: ({ summary }) => summary,
    recursion: { rounds: MAX_ROUNDS, isSame: (a, b) => shapeOf(a) === shapeOf(b) },
  };
  const findings = await bottomUp(program, graph, study, pause);
  const found = program.fns.map((fn) => findings.of(fn));
  const events = found.map((one) => one?.events);
  const edges = found.flatMap((one): LockEdge[] => one?.edges ?? []);
  const pointees = findLockPointees(program, graph, edges);
  return {
    edges: edges.map(pointees.edgeOf),
    pointees,
    summaries: program.fns.map((fn) => findings.summaryOf(fn)),
    events,
    heldAtEntry: atEntry(program, graph, (fn, node) => {
      const held = events[fn.id]?.heldAt.get(node);
      return held && new Set(held.flatMap(({ cls }) => (cls ? [pointees.keyOf(cls)] : [])));
    }),
    abandoned: program.fns.filter((fn) => found[fn.id]?.complete === false),
  };
}

/** What callers can see of a summary, without the chains below it. */
function shapeOf(summary: LockSummary | undefined): string {
  if (!summary) return '';
  const { acquires, outcomes, needs, runs, pending, unknown } = summary;
  return JSON.stringify([
    acquires.map(({ cls, place, retaken }) => [cls?.key ?? keyOf(place), retaken]),
    outcomes.map(({ holds, releases, result }) => [
      holds.map(({ place }) => keyOf(place)),
      releases.map(({ place }) => keyOf(place)),
      result,
    ]),
    needs.length,
    runs.length,
    pending.length,
    unknown,
  ]);
}

function touchesLocks(
  program: Program,
  graph: CallGraph,
  fn: Fn,
  summaryOf: (fn: Fn) => LockSummary | undefined,
): boolean {
  if (bindsMember(fn)) return true;
  for (const [node, target] of program.targets[fn.id] ?? []) {
    if (target.kind === 'model') {
      const { lock, condition, guard, together } = target.model;
      if (lock || condition || guard || together) return true;
      continue;
    }
    if (target.kind === 'function' && mattersToCallers(summaryOf(target.fn))) return true;
    if (target.kind === 'unknown' && graph.possible.mayLock(fn, node)) return true;
    if (graph.possible.at(fn, node).some((other) => mattersToCallers(summaryOf(other)))) return true;
  }
  return false;
}

/** A constructor that keeps what it is given: its object may take that lock later, or give it back. */
function bindsMember({ facts: { kind, nodes, params } }: Fn): boolean {
  if (kind !== 'constructor') return false;
  return nodes.some((node) => {
    if (node.op !== 'assign' || node.to.k === 'var') return false;
    const root = rootOf(node.from.k === 'addr' ? node.from.of : node.from);
    return root.k === 'var' && root.v < params;
  });
}

function mattersToCallers(summary: LockSummary | undefined): boolean {
  if (!summary) return false;
  const { acquires, needs, outcomes, unknown } = summary;
  return Boolean(
    unknown ||
      acquires.length > 0 ||
      needs.length > 0 ||
      outcomes.some((o) => o.releases.length + o.unsure.length > 0),
  );
}
