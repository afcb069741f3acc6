/**
 * Code that runs only when a counter just decremented has come to its end: the last reference is dropped.
 *
 * Who holds a lock to work on an object nearly always holds a reference to it as well, so what a destructor does
 * is rarely done under that lock, although the text allows it.
 */
import type { Expr } from '../facts/expr';
import type { Fn, Program } from '../program/program';
import { keyOf } from './access-path';
import { guardsOf } from './control-dependence';

export interface LastReference {
  /** Whether a node is reached only by dropping the last reference. */
  guards(fn: Fn, node: number): boolean;
}

export function findLastReferences(program: Program): LastReference {
  const branches = new Map<Fn, Set<number>>();
  const known = new Map<Fn, Map<number, boolean>>();
  const counters: Counters = { program, returns: new Map(), variables: new Map() };
  const branchesOf = (fn: Fn): Set<number> => {
    const own = branches.get(fn) ?? countdownBranches(counters, fn);
    branches.set(fn, own);
    return own;
  };
  return {
    guards(fn, node) {
      const counting = branchesOf(fn);
      if (counting.size === 0) return false;
      const answers = known.get(fn) ?? new Map<number, boolean>();
      known.set(fn, answers);
      const answer =
        answers.get(node) ?? guardsOf(fn.facts.nodes, node).some((guard) => counting.has(guard.node));
      answers.set(node, answer);
      return answer;
    },
  };
}

function countdownBranches(counters: Counters, fn: Fn): Set<number> {
  const found = new Set<number>();
  fn.facts.nodes.forEach((node, index) => {
    if (node.op === 'branch' && countsDown(counters, fn, node.cond)) found.add(index);
  });
  return found;
}

/** Answers so far; a question that comes back to itself is answered with no. */
interface Counters {
  program: Program;
  returns: Map<Fn, boolean>;
  variables: Map<string, boolean>;
}

function once<K>(table: Map<K, boolean>, key: K, answer: () => boolean): boolean {
  const known = table.get(key);
  if (known !== undefined) return known;
  table.set(key, false);
  const found = answer();
  table.set(key, found);
  return found;
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
      return once(counters.variables, `${fn.id} ${e.v}`, () =>
        fn.facts.nodes.some(
          (node) =>
            node.op === 'assign' &&
            node.to.k === 'var' &&
            node.to.v === e.v &&
            countsDown(counters, fn, node.from),
        ),
      );
    case 'field':
    case 'deref':
      return isDecremented(fn, e);
    default:
      return false;
  }
}

/** `--object->references`. */
function isDecremented(fn: Fn, place: Expr): boolean {
  const key = keyOf(place);
  return fn.facts.nodes.some(
    (node) =>
      node.op === 'assign' &&
      node.from.k === 'bin' &&
      node.from.op === '-' &&
      node.from.r.k === 'num' &&
      node.from.r.v === 1 &&
      keyOf(node.to) === key &&
      keyOf(node.from.l) === key,
  );
}

function resultCountsDown(counters: Counters, fn: Fn, node: number): boolean {
  const target = counters.program.targets[fn.id]?.get(node);
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call' || !target || target.kind === 'unknown') return false;
  // A macro or builtin that hints or converts passes on what its argument tells.
  const passes =
    target.kind === 'model' ? target.model.returns !== undefined : target.fn.facts.kind === 'macro';
  if (passes && call.args.some((arg) => arg.k !== 'var' && countsDown(counters, fn, arg))) return true;
  if (target.kind === 'model') return target.model.counts === 'down';
  const callee = target.fn;
  return once(counters.returns, callee, () =>
    callee.facts.nodes.some(
      (n) => n.op === 'return' && n.value !== undefined && countsDown(counters, callee, n.value),
    ),
  );
}
