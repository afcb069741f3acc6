/**
 * Code that runs only when a counter just decremented has come to its end: the last reference is dropped.
 *
 * Who holds a lock to work on an object nearly always holds a reference to it as well, so what a destructor does
 * is rarely done under that lock, although the text allows it.
 */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { keyOf } from '../paths/access-path';
import { guardsOf } from '../paths/control-dependence';
import { bottomUp } from './bottom-up';
import type { CallGraph } from './call-graph';
import { assignedIn } from './names';
import type { Pause } from './pause';

export interface LastReference {
  /** Whether a node is reached only by dropping the last reference. */
  guards(fn: Fn, node: number): boolean;
}

/** What a function's own text and its callees say of counters. */
interface Countdown {
  /** Branches on what is left of a counter. */
  branches: ReadonlySet<number>;
  /** It returns what is left. */
  returns: boolean;
}

export async function findLastReferences(
  program: Program,
  graph: CallGraph,
  pause: Pause,
): Promise<LastReference> {
  const countdowns = await bottomUp<Countdown, boolean>(
    program,
    graph,
    {
      name: 'countdowns',
      follow: (fn, returns) => countdownsIn(program, fn, returns),
      summary: ({ returns }) => returns,
    },
    pause,
  );
  const known = new Map<Fn, Map<number, boolean>>();
  return {
    guards(fn, node) {
      const counting = countdowns.of(fn)?.branches;
      if (!counting || counting.size === 0) return false;
      const answers = known.get(fn) ?? new Map<number, boolean>();
      known.set(fn, answers);
      const answer =
        answers.get(node) ?? guardsOf(fn.facts.nodes, node).some((guard) => counting.has(guard.node));
      answers.set(node, answer);
      return answer;
    },
  };
}

function countdownsIn(
  program: Program,
  fn: Fn,
  returns: (fn: Fn) => boolean | undefined,
): Countdown | undefined {
  const counters: Counters = { program, returns, variables: new Map() };
  if (!mayCountDown(program, fn, returns)) return undefined;
  const branches = new Set<number>();
  let isReturned = false;
  fn.facts.nodes.forEach((node, index) => {
    if (node.op === 'branch' && countsDown(counters, fn, node.cond)) branches.add(index);
    if (node.op === 'return' && node.value) isReturned ||= countsDown(counters, fn, node.value);
  });
  return branches.size > 0 || isReturned ? { branches, returns: isReturned } : undefined;
}

/** Most functions have to do with no counter at all. */
function mayCountDown(program: Program, fn: Fn, returns: (fn: Fn) => boolean | undefined): boolean {
  for (const target of program.targets[fn.id]?.values() ?? []) {
    if (target.kind === 'model' && target.model.counts === 'down') return true;
    if (target.kind === 'function' && returns(target.fn) === true) return true;
  }
  return decrementedIn(fn).size > 0;
}

interface Counters {
  program: Program;
  returns(fn: Fn): boolean | undefined;
  /** Answers so far; a question that comes back to itself is answered with no. */
  variables: Map<number, boolean>;
  decremented?: ReadonlySet<string>;
  assigned?: ReadonlyMap<number, readonly Expr[]>;
}

/** Whether a value tells what is left of a counter that was just decremented. */
function countsDown(counters: Counters, fn: Fn, e: Expr): boolean {
  switch (e.k) {
    case 'un':
    case 'cast':
      return countsDown(counters, fn, e.e);
    case 'bin':
      return countsDown(counters, fn, e.l) || countsDown(counters, fn, e.r);
    case 'result':
      return resultCountsDown(counters, fn, e.n);
    case 'var':
      return variableCountsDown(counters, fn, e.v);
    case 'field':
    case 'deref':
      counters.decremented ??= decrementedIn(fn);
      return counters.decremented.size > 0 && counters.decremented.has(keyOf(e));
    default:
      return false;
  }
}

function variableCountsDown(counters: Counters, fn: Fn, v: number): boolean {
  const known = counters.variables.get(v);
  if (known !== undefined) return known;
  counters.variables.set(v, false);
  counters.assigned ??= assignedIn(fn);
  const found = counters.assigned.get(v)?.some((from) => countsDown(counters, fn, from)) ?? false;
  counters.variables.set(v, found);
  return found;
}

/** Places of which this function takes one: `--object->references`. */
function decrementedIn(fn: Fn): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of fn.facts.nodes) {
    if (node.op !== 'assign' || node.from.k !== 'bin' || node.from.op !== '-') continue;
    const { l, r } = node.from;
    if (r.k === 'num' && r.v === 1 && keyOf(node.to) === keyOf(l)) found.add(keyOf(l));
  }
  return found;
}

function resultCountsDown(counters: Counters, fn: Fn, node: number): boolean {
  const target = counters.program.targets[fn.id]?.get(node);
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call' || !target || target.kind === 'unknown') return false;
  // A macro or builtin that hints or converts passes on what its argument tells.
  const passes =
    target.kind === 'model' ? target.model.returns !== undefined : target.fn.facts.kind === 'macro';
  if (passes && call.args.some((arg) => arg.k !== 'var' && countsDown(counters, fn, arg))) return true;
  return target.kind === 'model' ? target.model.counts === 'down' : counters.returns(target.fn) === true;
}
