/** The lives of locks over the whole workspace, functions bottom-up. */
import type { Fn, Program } from '../program/program';
import type { Analysis } from './analysis';
import type { LifetimeContext } from './lock-lifetime-context';
import { followLifetimes } from './lock-lifetime-domain';
import type { LifetimeFault, LifetimeSummary } from './lock-lifetime-facts';
import { findLockObjects, type LockObjects } from './lock-objects';
import { namesOf } from './names';

/** What is wrong with the lives of locks; only functions that have to do with them are followed. */
export function findLifetimeFaults(analysis: Analysis): LifetimeFault[] {
  const { program, graph, locks, writes } = analysis;
  const objects = findLockObjects(program);
  const summaries: (LifetimeSummary | undefined)[] = [];
  const faults: LifetimeFault[] = [];
  const around: LifetimeContext = {
    program,
    graph,
    locks,
    objects,
    taken: new Set(
      locks.summaries.flatMap((summary) => (summary?.acquires ?? []).flatMap(({ cls }) => cls?.key ?? [])),
    ),
    summaryOf: (fn) => summaries[fn.id],
    isWrapper: wrappersOf(program),
  };
  for (const id of graph.components.flat()) {
    const fn = program.fns[id];
    if (!fn || !concernsLives(analysis, objects, around, fn)) continue;
    const found = followLifetimes(around, fn, namesOf(program, fn, writes));
    if (found.summary.unknown || found.summary.effects.length > 0) summaries[id] = found.summary;
    // What a macro does is said where it is used; a function that was not understood may do more than is seen.
    if (fn.facts.kind !== 'macro' && !fn.facts.damaged) faults.push(...found.faults);
  }
  return faults;
}

function concernsLives(
  { program, locks }: Analysis,
  objects: LockObjects,
  { summaryOf }: LifetimeContext,
  fn: Fn,
): boolean {
  const { facts } = fn;
  const held = locks.events[fn.id]?.heldAt;
  for (const [node, target] of program.targets[fn.id] ?? []) {
    if (target.kind === 'function' && summaryOf(target.fn)) return true;
    if (target.kind !== 'model') continue;
    if (target.model.lock?.op === 'init' || target.model.lock?.op === 'destroy') return true;
    if (target.model.allocates === 'frees' && (held?.get(node)?.length ?? 0) > 0) return true;
  }
  const isOwn = (v: number): boolean => {
    const type = facts.variables[v]?.type;
    return type !== undefined && objects.within(fn, { ...type, arr: 0 }).length > 0;
  };
  return (
    facts.nodes.some((node) => {
      if (node.op === 'declare') return isOwn(node.v);
      if (node.op === 'assign') {
        const { k } = node.from;
        const mayCopy = k === 'var' || k === 'deref' || k === 'field' || k === 'index' || k === 'name';
        // Most assignments are of pointers: that much a variable's own type says.
        const { from } = node;
        const type = from.k === 'var' ? facts.variables[from.v]?.type : undefined;
        return (
          mayCopy && !type?.ptr && objects.within(fn, program.types.typeOf(program, fn, node.to)).length > 0
        );
      }
      return node.op === 'return' && objects.isLock(fn, facts.returns);
    }) || facts.variables.slice(0, facts.params).some(({ type }) => objects.isLock(fn, type))
  );
}

/** Functions that do nothing but take and give back locks, directly or through such functions. */
function wrappersOf(program: Program): (fn: Fn) => boolean {
  const known = new Map<Fn, boolean>();
  const isWrapper = (fn: Fn): boolean => {
    const found = known.get(fn);
    if (found !== undefined) return found;
    known.set(fn, false);
    const is = [...(program.targets[fn.id]?.values() ?? [])].every((target) => {
      if (target.kind === 'function') return isWrapper(target.fn);
      return target.kind === 'model' && (target.model.lock !== undefined || target.model.noreturn === true);
    });
    known.set(fn, is && !fn.facts.damaged);
    return is && !fn.facts.damaged;
  };
  return isWrapper;
}
