import type { Analysis } from '../analysis/analysis';
import type { Acquisition, LockFacts } from '../analysis/locks/lock-facts';
import { keyOf } from '../analysis/paths/access-path';
import type { Join } from '../analysis/threads/thread-facts';
import type { Site } from '../analysis/threads/thread-roots';
import type { Expr } from '../facts/expr';
import type { Fn, Program } from '../program/program';
import { functionName } from '../program/spelling';
import { taken } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'join-under-lock',
  severity: 'error',
  title: 'A thread is waited for while a lock is held that it must take to come to its end',
  cwe: [833],
  cert: ['POS52-C'],
  misra: ['Dir 5.2'],
  docs: `Whoever joins a thread goes on when the thread has ended. If the thread needs a lock on its way that the joiner
holds, neither goes on: the thread waits for the lock, the joiner for the thread.

## What it finds

A join that is reached with a lock held, where the thread's routine, or a function that it calls, takes that lock.
The lock may also be held by every caller of the joining function.

## Incorrect

    pthread_mutex_lock(&pool->lock);
    pool->stop = 1;
    pthread_join(pool->thread, NULL);   /* the routine takes pool->lock in each turn */
    pthread_mutex_unlock(&pool->lock);

## Correct

    pthread_mutex_lock(&pool->lock);
    pool->stop = 1;
    pthread_mutex_unlock(&pool->lock);
    pthread_join(pool->thread, NULL);

## What silences it

A lock that is given back before the join; a routine that only tries to take it; two readers of one read-write lock;
a join that does not wait; a joiner that has waited on a condition with this lock, for a thread that takes it once;
a callback in the same file that gives the lock back.

## Known problems

A routine that takes the lock only before the joiner can have it is reported.
`,
} as const;

interface Witness {
  join: Join;
  routine: Fn;
  /** Where the joining function or one of its callers takes the lock; none where all callers do. */
  held?: Acquisition;
  /** The calls on the way from that caller to the join, the caller's first. */
  calls: readonly Site[];
  again: Acquisition;
}

/** Functions on the way down that may also return without taking the lock: beyond this nobody has shown it. */
const MAX_DOUBTS = 2;

export const joinUnderLock = defineRule<Witness>({
  meta,
  detect(analysis) {
    const seen = new Set<string>();
    const sitesOf = callSites(analysis);
    return analysis.threads.joins.flatMap((join) => {
      const witness = witnessOf(analysis, join, sitesOf);
      const key = `${join.fn.id} ${join.node}`;
      if (!witness || seen.has(key)) return [];
      seen.add(key);
      return [witness];
    });
  },

  report(analysis, witness) {
    const { join, routine, held, again, calls } = witness;
    const name = again.cls?.label ?? '…';
    return {
      rule: meta.id,
      confidence: isDoubtful(analysis, witness) ? 'possible' : 'likely',
      place: placeOf((calls[0] ?? join).fn, (calls[0] ?? join).node),
      message: `The thread running \`${functionName(routine.facts)}\` is joined while \`${name}\` is held, which the thread takes: each waits for the other for ever.`,
      flows: [
        {
          title: 'the joining thread',
          steps: [
            ...(held
              ? taken(held, 'is taken here')
              : [
                  step(
                    join.fn,
                    join.fn.facts.nameSpan,
                    `every caller of \`${functionName(join.fn.facts)}\` holds \`${name}\``,
                  ),
                ]),
            ...calls.map(({ fn, node }) => step(fn, node, `\`${functionName(fn.facts)}\` calls what waits`)),
            step(
              join.fn,
              join.node,
              endsObject(join)
                ? 'an object ends here, which waits for its thread'
                : 'it waits here for the thread',
            ),
          ],
        },
        {
          title: 'the thread',
          steps: [
            step(routine, routine.facts.nameSpan, `\`${functionName(routine.facts)}\` runs in it`),
            ...taken(again, 'is taken here'),
          ],
        },
      ],
    };
  },
});

/** The joining call is the end of the object that is the thread. */
function endsObject({ fn, node }: Join): boolean {
  const call = fn.facts.nodes[node];
  return call?.op === 'call' && call.callee.k === 'field' && call.callee.f === '{destructor}';
}

function isDoubtful(analysis: Analysis, witness: Witness): boolean {
  const { join, held, again, calls } = witness;
  return (
    again.doubts > MAX_DOUBTS || isOfAnother(calls[0] ?? join, held) || isGivenElsewhere(analysis, witness)
  );
}

/**
 * The thread may have had the lock by then: the joiner has waited for it on a condition, which lets go of the lock,
 * or a callback of this file gives the lock back meanwhile.
 */
function isGivenElsewhere({ locks, program }: Analysis, { join, again, routine }: Witness): boolean {
  const key = again.cls?.key;
  if (!key) return false;
  const isOnce = !routine.facts.loops.some(({ first, last }) => again.node >= first && again.node <= last);
  if (isOnce && waitsWith(program, locks, join, key)) return true;
  return program.fns.some(
    (fn) =>
      fn.unit === join.fn.unit &&
      locks.summaries[fn.id]?.outcomes.some(({ releases, unsure }) =>
        [...releases, ...unsure].some(({ cls }) => cls?.key === key),
      ) &&
      isCallback(program, fn),
  );
}

/** A call in its file is given the function. */
function isCallback(program: Program, { unit, facts: { name } }: Fn): boolean {
  const isIt = (e: Expr): boolean =>
    e.k === 'addr' || e.k === 'cast' ? isIt(e.k === 'addr' ? e.of : e.e) : e.k === 'name' && e.n === name;
  return program.fns.some(
    (other) =>
      other.unit === unit && other.facts.nodes.some((node) => node.op === 'call' && node.args.some(isIt)),
  );
}

/** The joining function waits on a condition with this lock, itself or in a function that it calls. */
function waitsWith(program: Program, locks: LockFacts, { fn, node }: Join, key: string): boolean {
  if (locks.events[fn.id]?.waits.some((wait) => wait.node < node && wait.cls?.key === key)) return true;
  return [...(program.targets[fn.id] ?? [])].some(([index, target]) => {
    if (index >= node || target.kind !== 'function') return false;
    return locks.summaries[target.fn.id]?.needs.some(({ cls }) => cls?.key === key);
  });
}

/** A lock and a handle that are fields of two objects: the thread's own lock is then likely that of its object. */
function isOfAnother({ fn, node }: Site, held: Acquisition | undefined): boolean {
  const call = fn.facts.nodes[node];
  if (!held || held.cls?.single || call?.op !== 'call') return false;
  const owner = ownerOf(held.place);
  const receiver = call.callee.k === 'field' ? [call.callee.of] : [];
  const owners = [...receiver, ...call.args].flatMap((arg) => ownerOf(arg.k === 'addr' ? arg.of : arg) ?? []);
  return owner !== undefined && owners.length > 0 && !owners.includes(owner);
}

/** The object that a field belongs to, as a text. */
function ownerOf(place: Expr): string | undefined {
  if (place.k === 'cast') return ownerOf(place.e);
  if (place.k !== 'field') return undefined;
  return place.of.k === 'deref' ? keyOf(place.of.of) : (ownerOf(place.of) ?? keyOf(place.of));
}

/** More calls than these between the lock and the join, and nobody believes it. */
const MAX_CALLS = 3;

interface HeldAbove {
  held: Acquisition;
  calls: readonly Site[];
}

/** The nearest caller that holds the lock where it calls what waits. */
function heldAbove(
  analysis: Analysis,
  fn: Fn,
  key: string,
  sitesOf: (fn: Fn) => readonly Site[],
  calls: readonly Site[] = [],
): HeldAbove | undefined {
  const { locks } = analysis;
  if (calls.length === MAX_CALLS || locks.events[fn.id]?.givesBack.has(key)) return undefined;
  const sites = sitesOf(fn);
  for (const site of sites) {
    const held = locks.events[site.fn.id]?.heldAt.get(site.node)?.find(({ cls }) => cls?.key === key);
    if (held) return { held, calls: [site, ...calls] };
  }
  for (const site of sites) {
    const found = heldAbove(analysis, site.fn, key, sitesOf, [site, ...calls]);
    if (found) return found;
  }
  return undefined;
}

/** Where a function is called by name; asked once for each lock that a thread takes, and each function above. */
function callSites({ program, graph }: Analysis): (fn: Fn) => readonly Site[] {
  const known = new Map<Fn, readonly Site[]>();
  const find = (fn: Fn): readonly Site[] =>
    (graph.callers[fn.id] ?? []).flatMap((id) => {
      const caller = program.fns[id];
      if (!caller || caller === fn || caller.facts.kind === 'macro') return [];
      return [...(program.targets[id] ?? [])].flatMap(([node, target]) =>
        target.kind === 'function' && target.fn === fn ? [{ fn: caller, node }] : [],
      );
    });
  return (fn) => {
    const sites = known.get(fn) ?? find(fn);
    known.set(fn, sites);
    return sites;
  };
}

function witnessOf(
  analysis: Analysis,
  join: Join,
  sitesOf: (fn: Fn) => readonly Site[],
): Witness | undefined {
  const { locks } = analysis;
  const { fn, node } = join;
  const events = locks.events[fn.id];
  const own = events?.heldAt.get(node) ?? [];
  const callers = locks.heldAtEntry[fn.id];
  for (const routine of join.routines) {
    for (const again of locks.summaries[routine.id]?.acquires ?? []) {
      const key = again.cls?.key;
      if (!key || again.tried || again.retaken) continue;
      const held = own.find(({ cls }) => cls?.key === key);
      if (held && held.mode === 'shared' && again.mode === 'shared') continue;
      if (held) return { join, routine, held, again, calls: [] };
      if (callers?.has(key) && !events?.givesBack.has(key)) return { join, routine, again, calls: [] };
      const above = heldAbove(analysis, fn, key, sitesOf);
      if (!above || (above.held.mode === 'shared' && again.mode === 'shared')) continue;
      const witness = { join, routine, again, ...above };
      if (!isDoubtful(analysis, witness)) return witness;
    }
  }
  return undefined;
}
