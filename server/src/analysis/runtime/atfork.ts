/** Handlers of forks, and which locks of their library they take and give back. */
import { classOf } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { reachedFrom } from '../calls/reach';
import type { Acquisition, LockFacts } from '../locks/lock-facts';
import { operandOf } from '../paths/operand';
import type { ForkFacts } from './fork-facts';
import type { Kept } from './kept-routines';

/** The handlers that one call registers. */
export interface AtforkHandlers {
  fn: Fn;
  node: number;
  prepare: Fn;
  parent?: Fn;
  child?: Fn;
}

export interface AtforkGap {
  handlers: AtforkHandlers;
  /** What the first handler takes. */
  takes: readonly Acquisition[];
  /** Where code that the child can run takes a lock that no handler knows. */
  missing: readonly Acquisition[];
  /** Locks that a handler behind the fork leaves locked. */
  kept: readonly { handler: Fn; lock: Acquisition }[];
}

export interface AtforkInput {
  program: Program;
  graph: CallGraph;
  locks: LockFacts;
  forks: ForkFacts;
  kept: readonly Kept[];
}

/** Summaries are cut at about this many locks: what is not among them may still be taken. */
const MANY = 24;

export function findAtforkGaps(input: AtforkInput): AtforkGap[] {
  const registered = handlersOf(input.kept);
  return registered.flatMap((handlers) => {
    const takes = takenBy(input, handlers.prepare);
    if (takes.length === 0 || takes.length > MANY) return [];
    const files = new Set([handlers.fn, handlers.prepare].map((fn) => fn.unit.file));
    for (const { cls } of takes) if (cls) files.add(cls.key.slice(0, cls.key.indexOf('#')));
    // Several calls of one library share the work.
    const all = registered
      .filter((other) => files.has(other.prepare.unit.file))
      .flatMap((other) => takenBy(input, other.prepare));
    const known = new Set(all.flatMap(({ cls }) => (cls ? [cls.key] : [])));
    const isClear = all.every(({ cls }) => cls?.single);
    const missing = isClear ? neededBy(input, handlers, files, known) : [];
    const kept = [handlers.parent, handlers.child].flatMap((handler) =>
      handler ? takes.flatMap((lock) => (leaves(input, handler, lock) ? [{ handler, lock }] : [])) : [],
    );
    return missing.length + kept.length > 0 ? [{ handlers, takes, missing, kept }] : [];
  });
}

function handlersOf(kept: readonly Kept[]): AtforkHandlers[] {
  const byCall = new Map<string, Kept[]>();
  for (const one of kept) {
    if (!one.kind.startsWith('fork-')) continue;
    const key = `${one.fn.id} ${one.node}`;
    byCall.set(key, [...(byCall.get(key) ?? []), one]);
  }
  return [...byCall.values()].flatMap((all): AtforkHandlers[] => {
    const of = (kind: Kept['kind']): Fn | undefined => all.find((one) => one.kind === kind)?.routine;
    const prepare = of('fork-prepare');
    const [first] = all;
    if (!prepare || !first) return [];
    const parent = of('fork-parent');
    const child = of('fork-child');
    const { fn, node } = first;
    return [{ fn, node, prepare, ...(parent ? { parent } : {}), ...(child ? { child } : {}) }];
  });
}

/** What a function returns with. */
function takenBy({ locks }: AtforkInput, fn: Fn): readonly Acquisition[] {
  return locks.summaries[fn.id]?.outcomes.flatMap((outcome) => outcome.holds) ?? [];
}

function leaves({ program, locks }: AtforkInput, handler: Fn, { cls }: Acquisition): boolean {
  const summary = locks.summaries[handler.id];
  if (!cls?.single || summary?.unknown) return false;
  if (locks.events[handler.id]?.givesBack.has(cls.key) || initialises(program, handler, cls.key))
    return false;
  // Something below the handler may do it in a way that is not followed.
  return [...(program.targets[handler.id]?.values() ?? [])].every((target) => target.kind === 'model');
}

/** A handler may make the lock anew in the child. */
function initialises(program: Program, fn: Fn, key: string): boolean {
  return [...(program.targets[fn.id] ?? [])].some(([node, target]) => {
    const call = fn.facts.nodes[node];
    if (target.kind !== 'model' || target.model.lock?.op !== 'init' || call?.op !== 'call') return false;
    const place = operandOf(target.model.lock.lock, call.args);
    return place !== undefined && classOf(program, fn, place)?.key === key;
  });
}

/** Locks of the library's own files that are taken by what a child can run: one acquisition each. */
function neededBy(
  { program, graph, locks, forks }: AtforkInput,
  handlers: AtforkHandlers,
  files: ReadonlySet<string>,
  known: ReadonlySet<string>,
): Acquisition[] {
  const { prepare, parent, child, fn: registering } = handlers;
  const own = [prepare, parent, child];
  const born = forks.children.flatMap(({ site, calls }) =>
    calls.flatMap((node) => {
      const target = program.targets[site.fn.id]?.get(node);
      return target?.kind === 'function' ? [target.fn] : [];
    }),
  );
  const runs = forks.children.length > 0 ? reachedFrom(graph, born) : undefined;
  const found = new Map<string, Acquisition>();
  for (const fn of program.fns) {
    if (!files.has(fn.unit.file) || own.includes(fn) || fn === registering || (runs && !runs.has(fn.id)))
      continue;
    for (const acquisition of locks.summaries[fn.id]?.acquires ?? []) {
      const { cls, inner, tried } = acquisition;
      if (inner || tried || !cls?.single || known.has(cls.key) || found.has(cls.key)) continue;
      if (!files.has(cls.key.slice(0, cls.key.indexOf('#')))) continue;
      if (child && initialises(program, child, cls.key)) continue;
      found.set(cls.key, acquisition);
    }
  }
  return [...found.values()];
}
