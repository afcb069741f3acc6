/** Locks over the whole workspace: summaries bottom-up, edges with witnesses, locks held at entry top-down. */
import type { Fn, Program } from '../program/program';
import { keyOf } from './access-path';
import type { CallGraph } from './call-graph';
import type { CallWrites } from './call-writes';
import { atEntry } from './entry';
import { findLastReferences } from './last-reference';
import { followLocks, type LockContext, type LockFindings } from './lock-domain';
import type { LockEdge, LockFacts, LockSummary } from './lock-facts';
import { findLockKinds } from './lock-kinds';
import { PAUSE_EVERY, type Pause } from './pause';

/** Functions that call each other learn of each other in a few rounds; what is not found then is left out. */
const MAX_ROUNDS = 3;

export async function analyseLocks(
  program: Program,
  graph: CallGraph,
  writes: CallWrites,
  pause: Pause,
): Promise<LockFacts> {
  const found: (LockFindings | undefined)[] = program.fns.map(() => undefined);
  const around: LockContext = {
    program,
    graph,
    writes,
    kinds: findLockKinds(program),
    lastReference: findLastReferences(program),
    summaryOf: (fn) => found[fn.id]?.summary,
  };
  let looked = 0;
  for (const component of graph.components) {
    for (let round = 0, changed = true; changed && round < MAX_ROUNDS; round++) {
      changed = false;
      for (const id of component) {
        const fn = program.fns[id];
        if (!fn || !touchesLocks(program, fn, around.summaryOf)) continue;
        if (++looked % PAUSE_EVERY === 0) await pause();
        const before = found[id]?.summary;
        found[id] = followLocks(around, fn);
        changed ||= isRecursive(graph, component, id) && shapeOf(before) !== shapeOf(found[id]?.summary);
      }
    }
  }
  const events = found.map((one) => one?.events);
  return {
    edges: found.flatMap((one): LockEdge[] => one?.edges ?? []),
    summaries: found.map((one) => one?.summary),
    events,
    heldAtEntry: atEntry(program, graph, (fn, node) => {
      const held = events[fn.id]?.heldAt.get(node);
      return held && new Set(held.flatMap(({ cls }) => (cls ? [cls.key] : [])));
    }),
    abandoned: program.fns.filter((fn) => found[fn.id]?.complete === false),
  };
}

function isRecursive(graph: CallGraph, component: readonly number[], id: number): boolean {
  return component.length > 1 || (graph.callees[id] ?? []).includes(id);
}

/** What callers can see of a summary, without the chains below it. */
function shapeOf(summary: LockSummary | undefined): string {
  if (!summary) return '';
  const { acquires, outcomes, needs, pending, unknown } = summary;
  return JSON.stringify([
    acquires.map(({ cls, place, retaken }) => [cls?.key ?? keyOf(place), retaken]),
    outcomes.map(({ holds, releases, result }) => [
      holds.map(({ place }) => keyOf(place)),
      releases.map(({ place }) => keyOf(place)),
      result,
    ]),
    needs.length,
    pending.length,
    unknown,
  ]);
}

function touchesLocks(program: Program, fn: Fn, summaryOf: (fn: Fn) => LockSummary | undefined): boolean {
  for (const target of program.targets[fn.id]?.values() ?? []) {
    if (target.kind === 'model' && (target.model.lock || target.model.condition)) return true;
    const summary = target.kind === 'function' ? summaryOf(target.fn) : undefined;
    if (!summary) continue;
    const { acquires, needs, outcomes, unknown } = summary;
    if (unknown || acquires.length > 0 || needs.length > 0) return true;
    if (outcomes.some((o) => o.releases.length > 0)) return true;
  }
  return false;
}
