/** Locks over the whole workspace: summaries bottom-up, edges with witnesses, locks held at entry top-down. */
import type { Fn, Program } from '../program/program';
import type { CallGraph } from './call-graph';
import type { CallWrites } from './call-writes';
import { atEntry } from './entry';
import { findLastReferences } from './last-reference';
import { followLocks } from './lock-domain';
import type { LockEdge, LockFacts, LockSummary } from './lock-facts';
import { PAUSE_EVERY, type Pause } from './pause';

export async function analyseLocks(
  program: Program,
  graph: CallGraph,
  writes: CallWrites,
  pause: Pause,
): Promise<LockFacts> {
  const summaries: (LockSummary | undefined)[] = program.fns.map(() => undefined);
  const heldAt: (ReadonlyMap<number, ReadonlySet<string>> | undefined)[] = program.fns.map(() => undefined);
  const edges: LockEdge[] = [];
  const abandoned: Fn[] = [];
  const lastReference = findLastReferences(program);
  let looked = 0;
  for (const component of graph.components) {
    for (const id of component) {
      const fn = program.fns[id];
      if (!fn || !touchesLocks(program, fn, summaries)) continue;
      if (++looked % PAUSE_EVERY === 0) await pause();
      const found = followLocks(program, graph, fn, writes, summaries, lastReference);
      summaries[id] = found.summary;
      heldAt[id] = found.heldAt;
      if (!found.complete) abandoned.push(fn);
      edges.push(...found.edges);
    }
  }
  return {
    edges,
    summaries,
    heldAtEntry: atEntry(program, graph, (fn, node) => heldAt[fn.id]?.get(node)),
    abandoned,
  };
}

function touchesLocks(program: Program, fn: Fn, summaries: readonly (LockSummary | undefined)[]): boolean {
  for (const target of program.targets[fn.id]?.values() ?? []) {
    if (target.kind === 'model' && target.model.lock) return true;
    const summary = target.kind === 'function' ? summaries[target.fn.id] : undefined;
    if (summary && (summary.acquires.length > 0 || summary.outcomes.some((o) => o.releases.length > 0)))
      return true;
  }
  return false;
}
