import { doubtsOf, findLockCycles, type LockCycle } from '../analysis/lock-cycles';
import type { LockEdge } from '../analysis/lock-facts';
import type { Flow } from './finding';
import { taken } from './lock-steps';
import { defineRule, placeOf } from './rule';

const meta = {
  id: 'lock-order',
  severity: 'warning',
  title: 'Locks are acquired in a cyclic order by code that can run in parallel',
  cwe: [833],
  cert: ['CON35-C', 'POS51-C', 'CON53-CPP'],
  misra: ['Dir 5.2'],
  docs: `Two threads that take the same locks in different orders can each hold what the other waits for: neither goes
on, ever. The order in which locks are taken must be the same everywhere.

## What it finds

A lock taken while another is held, and elsewhere the other way round, through any number of functions and
files. One finding stands for a cycle of any length; each side is shown with where the first lock was taken,
the calls in between, and where the second is taken.

## Incorrect

    void deposit(void)  { pthread_mutex_lock(&accounts); pthread_mutex_lock(&journal); … }
    void replay(void)   { pthread_mutex_lock(&journal);  pthread_mutex_lock(&accounts); … }

## Correct

    void deposit(void)  { pthread_mutex_lock(&accounts); pthread_mutex_lock(&journal); … }
    void replay(void)   { pthread_mutex_lock(&accounts); pthread_mutex_lock(&journal); … }

## What silences it

A third lock that every side holds; a \`trylock\` that backs off; sides that run in one thread only, or before any
thread is started.

## Known problems

The same member of two objects (\`a->lock\`, \`b->lock\` of one type) is one class of locks; its nesting is not
reported by this rule.
`,
} as const;

/**
 * A cycle whose chains pass more functions that may also return without taking the lock hangs on a conjunction
 * of conditions that is seldom feasible: it is only possible.
 */
const MAX_DOUBTS = 2;

export const lockOrder = defineRule<LockCycle>({
  meta,
  detect: (analysis) => findLockCycles(analysis.locks, analysis.roots).map(firstInSource),

  report(analysis, { edges }) {
    const [first] = edges;
    if (!first) throw new Error('a cycle has edges');
    const labels = edges.map((edge) => `\`${edge.from.cls?.label}\``);
    const threads = analysis.roots.describe(edges.map((edge) => edge.to.fn));
    const where = edges.map((edge) => `\`${edge.to.fn.facts.name}\``);
    return {
      rule: meta.id,
      confidence: doubtsOf(edges) > MAX_DOUBTS ? 'possible' : 'likely',
      place: placeOf(first.to.fn, first.to.node),
      message:
        edges.length === 2
          ? `${labels[1]} is taken while ${labels[0]} is held, but ${where[1]} takes them the other way round: two threads can wait for each other for ever.`
          : `${labels.join(', ')} are taken in a cyclic order by ${[...new Set(where)].join(', ')}: threads can wait for each other for ever.`,
      flows: edges.map((edge, i) => side(edge, i, threads[i])),
    };
  },
});

/** The side that a reader of the sources meets first tells the story. */
function firstInSource({ edges }: LockCycle): LockCycle {
  const places = edges.map((edge) => placeOf(edge.to.fn, edge.to.node));
  let first = 0;
  places.forEach((place, i) => {
    const best = places[first];
    if (best && (place.file < best.file || (place.file === best.file && place.start < best.start))) first = i;
  });
  return { edges: [...edges.slice(first), ...edges.slice(0, first)] };
}

function side(edge: LockEdge, index: number, thread: string | undefined): Flow {
  const { from, to } = edge;
  const letter = String.fromCharCode(65 + (index % 26));
  const held = from.cls?.label ?? '';
  return {
    title: `thread ${letter}${thread ? ` (${thread})` : ''}: ${held}, then ${to.cls?.label}`,
    steps: [...taken(from, 'is taken here'), ...taken(to, `is taken here while \`${held}\` is held`)],
  };
}
