/** The lives of locks over the whole workspace, functions bottom-up. */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { type Reads, readAgain, reading } from '../../program/reads';
import type { Analysis } from '../analysis';
import { bottomUpAtOnce } from '../calls/bottom-up';
import { table } from '../calls/kept';
import { namesOf } from '../calls/names';
import { findLockObjects, type LockObjects } from '../locks/lock-objects';
import type { LifetimeContext } from './lock-lifetime-context';
import { followLifetimes } from './lock-lifetime-domain';
import type { LifetimeEffect, LifetimeFault, LifetimeSummary } from './lock-lifetime-facts';
import { touchedLocks } from './lock-lifetime-touched';

/** What is wrong with the lives of locks; only functions that have to do with them are followed. */
export function findLifetimeFaults(analysis: Analysis): LifetimeFault[] {
  const { program, graph, locks, writes } = analysis;
  const keys = locks.summaries.flatMap((one) => (one?.acquires ?? []).flatMap(({ cls }) => cls?.key ?? []));
  const isTaken = table(program, 'taken locks', new Map(keys.map((key) => [key, true])));
  const around: Omit<LifetimeContext, 'summaryOf'> = {
    program,
    graph,
    locks,
    objects: findLockObjects(program),
    taken: { has: (key) => isTaken(key) === true },
    isWrapper: wrappersOf(program),
  };
  const found = bottomUpAtOnce<Lifetimes, LifetimeSummary | undefined>(program, graph, {
    name: 'lock lifetimes',
    after: ['locks'],
    follow(fn, summaryOf) {
      const context: LifetimeContext = { ...around, summaryOf };
      const names = namesOf(program, fn, writes);
      if (concernsLives(analysis, around.objects, context, fn)) return followLifetimes(context, fn, names);
      const effects = touchedLocks(context, fn, names);
      return effects.length > 0 ? { faults: [], summary: { effects } } : undefined;
    },
    summary: ({ summary }) => (summary.unknown || summary.effects.length > 0 ? summary : undefined),
  });
  // What a macro does is said where it is used; a function that was not understood may do more than is seen.
  return graph.components
    .flat()
    .flatMap((id) => program.fns[id] ?? [])
    .filter(({ facts }) => facts.kind !== 'macro' && !facts.damaged)
    .flatMap((fn) => found.of(fn)?.faults ?? []);
}

type Lifetimes = ReturnType<typeof followLifetimes>;

/** Something is known of what happens, not only that something may. */
function isSaid({ first, last }: LifetimeEffect): boolean {
  return first !== undefined || last !== undefined;
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
    if (target.kind === 'function' && summaryOf(target.fn)?.effects.some(isSaid)) return true;
    if (target.kind !== 'model') continue;
    if (target.model.lock?.op === 'init' || target.model.lock?.op === 'destroy') return true;
    if (target.model.allocates === 'frees' && (held?.get(node)?.length ?? 0) > 0) return true;
  }
  const own: boolean[] = [];
  const isOwn = (v: number): boolean => {
    const type = facts.variables[v]?.type;
    own[v] ??= type !== undefined && !type.ptr && objects.within(fn, { ...type, arr: 0 }).length > 0;
    return own[v] === true;
  };
  // Most assignments are of pointers and numbers: that much a variable's own type says.
  const isOther = (e: Expr): boolean => {
    const type = e.k === 'var' ? facts.variables[e.v]?.type : undefined;
    if (e.k !== 'var' || !type?.base || type.base === 'auto') return false;
    return type.ptr > 0 || (!type.ref && !isOwn(e.v));
  };
  return (
    facts.nodes.some((node) => {
      if (node.op === 'declare') return isOwn(node.v);
      if (node.op === 'assign') {
        const { k } = node.from;
        const mayCopy = k === 'var' || k === 'deref' || k === 'field' || k === 'index' || k === 'name';
        if (!mayCopy || isOther(node.from) || isOther(node.to)) return false;
        return objects.within(fn, program.types.typeOf(program, fn, node.to)).length > 0;
      }
      return node.op === 'return' && objects.isLock(fn, facts.returns);
    }) || facts.variables.slice(0, facts.params).some(({ type }) => objects.isLock(fn, type))
  );
}

/** Functions that do nothing but take and give back locks, directly or through such functions. */
function wrappersOf(program: Program): (fn: Fn) => boolean {
  const known = new Map<Fn, { result: boolean; reads: Reads }>();
  const isWrapper = (fn: Fn): boolean => {
    const found = known.get(fn);
    if (found) readAgain(found.reads);
    if (found) return found.result;
    known.set(fn, { result: false, reads: { cells: [], versions: [] } });
    const made = reading(() => {
      if (fn.facts.damaged) return false;
      return [...(program.targets[fn.id]?.values() ?? [])].every((target) => {
        if (target.kind === 'function') return isWrapper(target.fn);
        return target.kind === 'model' && (target.model.lock !== undefined || target.model.noreturn === true);
      });
    });
    known.set(fn, made);
    return made.result;
  };
  return isWrapper;
}
