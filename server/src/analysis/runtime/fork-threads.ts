/** Whether other threads may exist in a process at a place: those that only children start are not among them. */
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import type { Calls } from '../calls/reach';
import { mayPrecede } from '../threads/precedence';
import type { Site, ThreadRoots } from '../threads/thread-roots';
import type { ForkFacts } from './fork-facts';

export interface ThreadStart extends Site {
  /** A `main` is there, and does not show how this place or the start are reached: they may never meet. */
  vague: boolean;
}

export interface ThreadsBeside {
  /** A call that starts a thread which may run in the same process as this place; the first in the sources. */
  at(place: Site): ThreadStart | undefined;
}

export function findThreadsBeside(
  program: Program,
  graph: CallGraph,
  calls: Calls,
  forks: ForkFacts,
  roots: ThreadRoots,
): ThreadsBeside {
  const inChild = new Set(forks.children.flatMap(({ site, own }) => own.map((node) => key(site.fn, node))));
  const mains = program.fns.filter((fn) => fn.facts.name === 'main');
  const born = forks.children.flatMap(({ site, calls: own }) =>
    own.flatMap((node) => calls.at(site.fn, node)),
  );
  const parents = reached(program, calls, roots, mains, (fn, node) => !inChild.has(key(fn, node)));
  // What `main` reaches without a pointer on the way runs in every run of the program, or nearly so.
  const direct = reached(
    program,
    {
      ...calls,
      at: (fn, node) => (program.targets[fn.id]?.get(node)?.kind === 'function' ? calls.at(fn, node) : []),
    },
    roots,
    mains,
    (fn, node) => !inChild.has(key(fn, node)),
  );
  const children = reached(program, calls, roots, born, () => true);
  // Tables of functions hide who calls: a file that only children run is taken to be theirs as a whole.
  const filesOf = (fns: ReadonlySet<Fn>): Set<string> => new Set([...fns].map((fn) => fn.unit.file));
  const childFiles = filesOf(children);
  const parentFiles = filesOf(parents);
  const isChildsOwn = (fn: Fn): boolean =>
    !parents.has(fn) &&
    (children.has(fn) || (childFiles.has(fn.unit.file) && !parentFiles.has(fn.unit.file)));
  return {
    at(place) {
      const isParents = parents.has(place.fn) || !isChildsOwn(place.fn);
      const found = roots.startedBeside(place).filter((start) => {
        const { fn } = start;
        if (inChild.has(key(fn, start.node)) && !inChild.has(key(place.fn, place.node))) return false;
        if (isParents && isChildsOwn(fn)) return false;
        if (!mayPrecede(program, graph, calls, start, place)) return false;
        return !parents.has(place.fn) || parents.has(fn) || place.fn === fn;
      });

      const isKnown = ({ fn }: Site): boolean =>
        fn === place.fn || direct.has(fn) || (parents.has(fn) && parents.has(place.fn));
      const start = found.find(isKnown) ?? found[0];
      return start && { ...start, vague: mains.length > 0 && !isKnown(start) };
    },
  };
}

function key(fn: Fn, node: number): string {
  return `${fn.id} ${node}`;
}

function reached(
  program: Program,
  calls: Calls,
  roots: ThreadRoots,
  from: readonly Fn[],
  follows: (fn: Fn, node: number) => boolean,
): Set<Fn> {
  const seen = new Set<Fn>();
  const queue = [...from];
  for (let fn = queue.pop(); fn; fn = queue.pop()) {
    if (seen.has(fn)) continue;
    seen.add(fn);
    for (const node of program.targets[fn.id]?.keys() ?? []) {
      if (follows(fn, node)) queue.push(...calls.at(fn, node), ...roots.startedAt(fn, node));
    }
  }
  return seen;
}
