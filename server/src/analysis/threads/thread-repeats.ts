/** Whether a call that makes a thread is made again and again, as long as the program runs. */
import type { Expr } from '../../facts/expr';
import type { LoopFacts } from '../../facts/facts';
import { classOf } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import { type CallGraph, returnsFrom } from '../calls/call-graph';
import { mentions, namesOf } from '../calls/names';
import { rootOf } from '../paths/access-path';
import { guardsOf } from '../paths/control-dependence';
import { explore } from '../paths/explore';
import { failureOf, successOf } from '../paths/operand';
import type { ThreadSite } from './thread-facts';

export interface Repetition {
  /** A loop without a count, or a function that is called for each event. */
  kind: 'loop' | 'calls';
  fn: Fn;
  /** The call inside the loop, or inside the function. */
  node: number;
  /** Calls from there down to the creation. */
  chain: readonly { fn: Fn; node: number }[];
}

interface Place {
  fn: Fn;
  node: number;
}

/** Callers of callers: start-up code is rarely nested deeper. */
const MAX_DEPTH = 4;

export function repetitionOf(
  program: Program,
  graph: CallGraph,
  sites: readonly ThreadSite[],
  site: ThreadSite,
): Repetition | undefined {
  const { fn, node } = site.creation;
  return repeats(program, graph, sites, { fn, node }, [], fn, site.creation.argument);
}

function repeats(
  program: Program,
  graph: CallGraph,
  sites: readonly ThreadSite[],
  place: Place,
  chain: readonly Place[],
  /** Where the argument is still followed: the creating function itself. */
  maker: Fn,
  argument: Expr | undefined,
): Repetition | undefined {
  const { fn, node } = place;
  if (chain.some((one) => one.fn === fn)) return undefined;
  const { loops } = fn.facts;
  const isInLoop = loops.some((l) => node >= l.first && node <= l.last && !isCounted(fn, l));
  if (isInLoop && comesAgain(program, graph, place)) return { kind: 'loop', fn, node, chain };
  if (fn.facts.name === 'main' || isGuarded(program, place)) return undefined;
  const callers = callersOf(program, graph, sites, fn);
  if (callers.length > 0 && chain.length < MAX_DEPTH) {
    for (const caller of callers) {
      const found = repeats(program, graph, sites, caller, [place, ...chain], maker, undefined);
      if (found) return found;
    }
    return undefined;
  }
  if (callers.length > 0 || fn !== maker) return undefined;
  // Nothing in the workspace calls it: a function that is given what it starts a thread for is called for each.
  return argument && hangsOnNumber(fn, argument) ? { kind: 'calls', fn, node, chain } : undefined;
}

function callersOf(program: Program, graph: CallGraph, sites: readonly ThreadSite[], fn: Fn): Place[] {
  const calls = (graph.callers[fn.id] ?? []).flatMap((id) => {
    const caller = program.fns[id];
    if (!caller || caller === fn) return [];
    return [...(program.targets[id] ?? [])].flatMap(([node, target]) =>
      target.kind === 'function' && target.fn === fn ? [{ fn: caller, node }] : [],
    );
  });
  const starts = sites
    .filter(({ creation }) => creation.routines.includes(fn))
    .map(({ creation }) => ({ fn: creation.fn, node: creation.node }));
  return [...calls, ...starts];
}

/** A loop over numbers, or along a list: what it starts is as many as there are. */
function isCounted(fn: Fn, loop: LoopFacts): boolean {
  const { nodes } = fn.facts;
  const tested: Expr[] = [];
  for (let index = loop.condFirst; index <= loop.condLast; index++) {
    const node = nodes[index];
    if (node?.op === 'branch') tested.push(node.cond);
  }
  for (let index = loop.first; index <= loop.last; index++) {
    const node = nodes[index];
    if (node?.op !== 'assign') continue;
    const root = rootOf(node.to);
    const v = root.k === 'var' ? root.v : undefined;
    if (v === undefined || !tested.some((cond) => mentions(cond, v))) continue;
    if (mentions(node.from, v)) return true;
  }
  return false;
}

/** Whether control comes back to a call after it has made its thread. */
function comesAgain(program: Program, graph: CallGraph, { fn, node: place }: Place): boolean {
  let again = false;
  const names = namesOf(program, fn, []);
  const complete = explore<boolean>(fn.facts.nodes, {
    initial: false,
    names,
    key: String,
    call(state, _env, _node, index) {
      if (!returnsFrom(program, fn, index, graph.neverReturns)) return [];
      if (index !== place) return [{ state }];
      if (state) again = true;
      const target = program.targets[fn.id]?.get(index);
      if (target?.kind !== 'model') return [{ state: true }];
      return [
        { state: true, result: successOf(target.model, names) },
        { state, result: failureOf(target.model, names) },
      ];
    },
    exit() {},
  });
  return complete && again;
}

/** A flag or count in shared memory decides whether the thread is made: it may well be made once. */
function isGuarded(program: Program, { fn, node }: Place): boolean {
  return guardsOf(fn.facts.nodes, node).some(({ cond }) => readsShared(program, fn, cond));
}

function readsShared(program: Program, fn: Fn, e: Expr): boolean {
  if (e.k === 'bin') return readsShared(program, fn, e.l) || readsShared(program, fn, e.r);
  if (e.k === 'un' || e.k === 'cast') return readsShared(program, fn, e.e);
  if (e.k === 'result') {
    const call = fn.facts.nodes[e.n];
    return (
      call?.op === 'call' &&
      call.args.some((arg) => readsShared(program, fn, arg.k === 'addr' ? arg.of : arg))
    );
  }
  return classOf(program, fn, e) !== undefined;
}

/** The argument is made from a parameter that is no pointer: a descriptor, an id. */
function hangsOnNumber(fn: Fn, argument: Expr): boolean {
  const from = new Set<number>();
  fn.facts.variables.slice(0, fn.facts.params).forEach(({ type }, v) => {
    if (type.ptr === 0 && type.arr === 0 && !type.ref) from.add(v);
  });
  for (let grown = true; grown; ) {
    grown = false;
    for (const node of fn.facts.nodes) {
      if (node.op !== 'assign') continue;
      const root = rootOf(node.to);
      if (root.k !== 'var' || from.has(root.v) || root.v < fn.facts.params) continue;
      if (![...from].some((v) => mentions(node.from, v))) continue;
      from.add(root.v);
      grown = true;
    }
  }
  return [...from].some((v) => mentions(argument, v));
}
