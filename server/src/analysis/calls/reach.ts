/** Shortest chains of calls from functions to the places that do something: breadth first, from those upwards. */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from './call-graph';
import { kept } from './kept';
import type { StoredFunctions } from './stored-functions';

/** A call in a function that does it, or that leads to one that does. */
export interface ChainStep<T> {
  fn: Fn;
  node: number;
  /** On the last step: what is done. */
  end?: T;
  next?: ChainStep<T>;
  /** The call goes through a pointer that may hold other functions as well; `some` where not all of them do it. */
  through?: 'field' | 'some';
}

export interface Reach<T> {
  /** By function id: the first step of its shortest chain. */
  steps: readonly (ChainStep<T> | undefined)[];
  /** The chain that starts with one call, or undefined where it leads nowhere. */
  from(fn: Fn, node: number): ChainStep<T> | undefined;
}

export interface Calls {
  /** The functions of the workspace that a call may reach. */
  at(fn: Fn, node: number): readonly Fn[];
  /** Call sites by the id of the function called. */
  sites: readonly (readonly { fn: Fn; node: number }[])[];
}

/** A field that holds more functions than this says little about any one of them. */
const MAX_STORED = 4;

/** All calls, those through fields included where few functions are stored there. */
export function findCalls(program: Program, stored: StoredFunctions): Calls {
  const sites: { fn: Fn; node: number }[][] = program.fns.map(() => []);
  const indirect = new Map<Fn, Map<number, readonly Fn[]>>();
  for (const fn of program.fns) {
    for (const [node, target] of program.targets[fn.id] ?? []) {
      if (target.kind === 'function') sites[target.fn.id]?.push({ fn, node });
      if (target.kind !== 'unknown') continue;
      const fns = throughPointer(stored, fn, node);
      if (fns.length === 0) continue;
      const own = indirect.get(fn) ?? new Map<number, readonly Fn[]>();
      indirect.set(fn, own.set(node, fns));
      for (const called of fns) sites[called.id]?.push({ fn, node });
    }
  }
  return {
    sites,
    at(fn, node) {
      const target = program.targets[fn.id]?.get(node);
      return target?.kind === 'function' ? [target.fn] : (indirect.get(fn)?.get(node) ?? []);
    },
  };
}

function throughPointer(stored: StoredFunctions, fn: Fn, node: number): readonly Fn[] {
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call') return [];
  const callee = call.callee.k === 'deref' ? call.callee.of : call.callee;
  // What is given to a function as a routine is one of few; what stands in a field may be any of many.
  if (callee.k === 'var') return stored.of(fn, callee);
  if (callee.k !== 'field' || callee.f.startsWith('{')) return [];
  const targets = [...new Set(stored.in(callee.f, stored.ownerOf(fn, callee)).map(({ target }) => target))];
  const fitting = targets.filter(({ facts }) => facts.variadic || facts.params === call.args.length);
  return fitting.length > MAX_STORED ? [] : fitting;
}

/**
 * Chains to the nodes at which `directly` finds something. `passes` says whether a function may be entered on
 * the way. What `directly` finds first in a function is kept for later checks where it has a name of its own
 * (`keptAs`); it must then be plain data that hangs on nothing but what is noted as read.
 */
export function findReach<T>(
  program: Program,
  calls: Calls,
  directly: (fn: Fn, node: number) => T | undefined,
  passes: (callee: Fn) => boolean = () => true,
  keptAs?: string,
): Reach<T> {
  const firstIn = (fn: Fn): ChainStep<T> | undefined => {
    for (const node of program.targets[fn.id]?.keys() ?? []) {
      const end = directly(fn, node);
      if (end) return { fn, node, end };
    }
    return undefined;
  };
  const steps = program.fns.map((fn) =>
    keptAs === undefined ? firstIn(fn) : kept(fn, `first ${keptAs}`, () => firstIn(fn)),
  );
  let level = program.fns.filter((fn) => steps[fn.id]);
  while (level.length > 0) {
    const next: Fn[] = [];
    for (const callee of level) {
      const step = steps[callee.id];
      if (!step || !passes(callee)) continue;
      for (const { fn, node } of calls.sites[callee.id] ?? []) {
        if (steps[fn.id]) continue;
        steps[fn.id] = { fn, node, next: step };
        next.push(fn);
      }
    }
    level = next;
  }
  const does = (callee: Fn): boolean => steps[callee.id] !== undefined;
  for (const step of steps) if (step?.next) Object.assign(step, viaPointer(program, calls, step, does));
  return {
    steps,
    from(fn, node) {
      const end = directly(fn, node);
      if (end) return { fn, node, end };
      for (const callee of calls.at(fn, node)) {
        const next = steps[callee.id];
        if (next) return { fn, node, next, ...viaPointer(program, calls, { fn, node }, does) };
      }
      return undefined;
    },
  };
}

/** How a call that leads to one of those that do it gets there, where its name does not say so. */
export function viaPointer(
  program: Program,
  calls: Calls,
  { fn, node }: { fn: Fn; node: number },
  does: (callee: Fn) => boolean,
): Pick<ChainStep<never>, 'through'> {
  if (program.targets[fn.id]?.get(node)?.kind !== 'unknown') return {};
  return { through: calls.at(fn, node).every(does) ? 'field' : 'some' };
}

/** The last step of a chain. */
export function endOf<T>(chain: ChainStep<T>): ChainStep<T> {
  let last = chain;
  while (last.next) last = last.next;
  return last;
}

/** All functions that some of these reach, themselves included. */
export function reachedFrom(graph: CallGraph, from: readonly Fn[]): Set<number> {
  const seen = new Set<number>();
  const queue = from.map((fn) => fn.id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    queue.push(...(graph.callees[id] ?? []));
  }
  return seen;
}
