import type { Analysis } from '../analysis/analysis';
import { doubtsOf, findLockCycles, type LockCycle } from '../analysis/locks/lock-cycles';
import type { Acquisition, LockEdge } from '../analysis/locks/lock-facts';
import type { Expr } from '../facts/expr';
import type { CfgNode } from '../facts/facts';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import { lockPair, merged, swapped } from './edits/lock-pair';
import type { Fix, Flow, Place, RuleFinding } from './finding';
import { taken } from './lock-steps';
import { defineRule, type FixSource, placeOf } from './rule';

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
files, also by a pointer in a member or global that the whole workspace sets to that one lock. One finding stands for a cycle of any length; each side is shown with where the first lock was taken,
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

/** A lock behind a pointer that a member was given may be the other one, which is then no order. */
function mayBeOne({ program }: Analysis, edges: readonly LockEdge[]): boolean {
  if (edges.length !== 2) return false;
  const fields = edges.flatMap(({ from }) => BEHIND_MEMBER.exec(from.cls?.key ?? '')?.[1] ?? []);
  const [field] = fields;
  if (field === undefined || fields.length !== 1) return false;
  return program.fns.some((fn) => fn.facts.nodes.some((node) => isGiven(fn, node, field)));
}

/** The key of a lock behind a pointer in a member, or of one that is wrapped there. */
const BEHIND_MEMBER = /\.(\w+)\*(?:\.\w+)*$/;

/** A function stores one of its parameters in the member. */
function isGiven({ facts }: Fn, node: CfgNode, field: string): boolean {
  const isParameter = (e: Expr | undefined): boolean => e?.k === 'var' && e.v < facts.params;
  if (node.op === 'assign') return node.to.k === 'field' && node.to.f === field && isParameter(node.from);
  if (node.op !== 'call' || node.callee.k !== 'field' || node.callee.f !== '{constructor}') return false;
  return node.callee.of.k === 'field' && node.callee.of.f === field && isParameter(node.args[0]);
}

export const lockOrder = defineRule<LockCycle>({
  meta,
  detect: (analysis) => findLockCycles(analysis.locks, analysis.roots).map(firstInSource),

  report(analysis, { edges }) {
    const [first] = edges;
    if (!first) throw new Error('a cycle has edges');
    const labels = edges.map((edge) => `\`${edge.from.cls?.label}\``);
    const threads = analysis.roots.describe(edges.map((edge) => edge.to.fn));
    const where = edges.map((edge) => `\`${functionName(edge.to.fn.facts)}\``);
    return {
      rule: meta.id,
      confidence: doubtsOf(edges) > MAX_DOUBTS || mayBeOne(analysis, edges) ? 'possible' : 'likely',
      place: placeOf(first.to.fn, first.to.node),
      message:
        edges.length === 2
          ? `${labels[1]} is taken while ${labels[0]} is held, but ${where[1]} takes them the other way round: two threads can wait for each other for ever.`
          : `${labels.join(', ')} are taken in a cyclic order by ${[...new Set(where)].join(', ')}: threads can wait for each other for ever.`,
      flows: edges.map((edge, i) => side(edge, i, threads[i])),
      data: turnable(analysis.locks.edges, edges, first.to.fn.unit.file),
    };
  },

  fixes: (finding, source) => [...turned(finding, source, 0), ...turned(finding, source, 1)],
});

/**
 * The sides of a cycle of two that can be turned round: both locks are taken by the function itself, and nothing
 * else takes them in this order.
 */
function turnable(
  all: readonly LockEdge[],
  edges: readonly LockEdge[],
  file: string,
): NonNullable<RuleFinding['data']> {
  if (edges.length !== 2) return {};
  const sides = edges.map((edge, i) => {
    const { from, to } = edge;
    const isSame = (other: LockEdge): boolean =>
      other.from.cls?.key === from.cls?.key && other.to.cls?.key === to.cls?.key;
    if (from.fn !== to.fn || from.fn.unit.file !== file || !isOwn(from) || !isOwn(to)) return [];
    if (all.filter(isSame).length > 1) return [];
    const [a, b] = [placeOf(from.fn, from.node), placeOf(to.fn, to.node)];
    const title = `Take \`${to.cls?.label}\` before \`${from.cls?.label}\` in \`${functionName(from.fn.facts)}\``;
    return [
      [`title${i}`, title],
      [`from${i}`, a.start],
      [`fromEnd${i}`, a.end],
      [`to${i}`, b.start],
      [`toEnd${i}`, b.end],
    ] as const;
  });
  return Object.fromEntries(sides.flat());
}

/** By its own call, or by that of a macro or of a guard. */
function isOwn({ inner }: Acquisition): boolean {
  return !inner || inner.fn.facts.kind === 'macro' || inner.fn.facts.kind === 'constructor';
}

function turned({ data = {} }: RuleFinding, source: FixSource, side: number): Fix[] {
  const title = data[`title${side}`];
  const place = (name: string): Place => ({
    file: source.file,
    start: Number(data[`${name}${side}`]),
    end: Number(data[`${name}End${side}`]),
  });
  const pair = title === undefined ? undefined : lockPair(source, place('from'), place('to'));
  if (!pair) return [];
  const both = merged(source, pair);
  const swap = { title: String(title), preferred: false, edits: swapped(source, pair) };
  return both
    ? [{ title: 'Take both with one `std::scoped_lock`', preferred: false, edits: both }, swap]
    : [swap];
}

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
