/** Which shared state decides whether a thread waits, and whether it is looked at again afterwards. */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import { namesIn } from '../../program/expressions';
import { ownMember } from '../../program/own-member';
import type { Fn, Program } from '../../program/program';
import { mentions } from '../calls/names';
import type { LockFacts } from '../locks/lock-facts';
import { keyOf } from '../paths/access-path';
import { guardsOf, reachableFrom } from '../paths/control-dependence';

/** Memory that other threads can change, by path; what a call says of it, by the call. */
export type SharedState = ReadonlySet<string>;

/** A test of shared state that leads to a wait. */
export interface StateGuard {
  node: number;
  state: SharedState;
}

/** Copies of copies of what was read. */
const MAX_COPIES = 3;

/** The tests of shared state that every way to a node has passed, the nearest last. */
export function stateGuards(program: Program, fn: Fn, node: number): StateGuard[] {
  return guardsOf(fn.facts.nodes, node).flatMap((guard) => {
    const state = sharedState(program, fn, guard.cond, guard.node);
    return state.size > 0 ? [{ node: guard.node, state }] : [];
  });
}

/** The shared state that an expression's value hangs on at a node, through local variables too. */
export function sharedState(program: Program, fn: Fn, e: Expr, node: number): Set<string> {
  const found = new Set<string>();
  collect({ program, fn, node, found, depth: 0 }, e);
  return found;
}

interface Search {
  program: Program;
  fn: Fn;
  node: number;
  found: Set<string>;
  depth: number;
}

function collect(search: Search, e: Expr): void {
  const { program, fn, found, depth } = search;
  switch (e.k) {
    case 'result':
      collectFromCall(search, e.n);
      return;
    case 'var':
      if (fn.facts.variables[e.v]?.storage) found.add(keyOf(e));
      else if (depth < MAX_COPIES)
        for (const { index, from } of valuesOf(fn, e.v, search.node))
          collect({ ...search, node: index, depth: depth + 1 }, from);
      return;
    case 'name': {
      const member = ownMember(program, fn, e);
      if (member || program.globalNamed(fn, e.n)) found.add(keyOf(member ?? e));
      return;
    }
    case 'field':
      if (!e.f.startsWith('#')) found.add(keyOf(e));
      return;
    case 'index':
      collect(search, e.i);
      found.add(keyOf(e));
      return;
    case 'deref':
      found.add(keyOf(e));
      return;
    case 'un':
    case 'cast':
      collect(search, e.e);
      return;
    case 'bin':
      collect(search, e.l);
      collect(search, e.r);
      return;
  }
}

function valuesOf(fn: Fn, v: number, before: number): { index: number; from: Expr }[] {
  const { nodes } = fn.facts;
  return nodes.flatMap((node, index) =>
    node.op === 'assign' && node.to.k === 'var' && node.to.v === v && reachableFrom(nodes, index).has(before)
      ? [{ index, from: node.from }]
      : [],
  );
}

/** A question that a call answers: which one and of what. Taking a lock or starting a thread is none. */
function collectFromCall(search: Search, node: number): void {
  const call = search.fn.facts.nodes[node];
  if (call?.op !== 'call') return;
  const target = search.program.targets[search.fn.id]?.get(node);
  if (target?.kind !== 'model') {
    // `SECONDS(1000)` asks nobody.
    const isNumber = target?.kind === 'function' && target.fn.facts.kind === 'macro';
    if (isNumber && call.args.length > 0 && call.args.every(isLiteral)) return;
    search.found.add(`${keyOf(call.callee)}(${call.args.map((arg) => keyOf(arg)).join()})`);
    return;
  }
  const { lock, condition, thread } = target.model;
  if (lock || condition || thread) return;
  // A library knows the state that it is given, and the time.
  for (const arg of call.args) collect(search, arg.k === 'addr' ? arg.of : arg);
}

function isLiteral(e: Expr): boolean {
  return e.k === 'bin' ? isLiteral(e.l) && isLiteral(e.r) : e.k === 'num';
}

/** Whether control can come back to a node. */
export function isRepeated(nodes: readonly CfgNode[], node: number): boolean {
  return reachableFrom(nodes, node).has(node);
}

/** Whether some of the state is tested, returned or given to somebody after a node. */
export function isLookedAt(program: Program, fn: Fn, node: number, state: SharedState | 'any'): boolean {
  const { nodes } = fn.facts;
  for (const index of reachableFrom(nodes, node)) {
    const at = nodes[index];
    const seen =
      at?.op === 'branch'
        ? at.cond
        : at?.op === 'switch'
          ? at.on
          : at?.op === 'return'
            ? at.value
            : undefined;
    if (!seen) continue;
    const own = sharedState(program, fn, seen, index);
    if (state === 'any' ? own.size > 0 : reads(seen, state) || [...own].some((key) => state.has(key)))
      return true;
  }
  return false;
}

/**
 * Where the state is read on the straight way from a node to the release of the lock, with no test in between:
 * the code relies on what it has found before it waited.
 */
export function reliedOn(
  program: Program,
  locks: LockFacts,
  fn: Fn,
  node: number,
  state: SharedState,
): number | undefined {
  const { nodes } = fn.facts;
  let use: number | undefined;
  const seen = new Set<number>();
  for (let index = nodes[node]?.next[0]; index !== undefined && !seen.has(index); ) {
    seen.add(index);
    const at = nodes[index];
    if (!at || at.op === 'branch' || at.op === 'switch') return undefined;
    if (at.op === 'call') {
      const effect = effectOf(program, locks, fn, index);
      if (effect === 'releases') return use;
      if (effect === 'unknown') return undefined;
    }
    if (at.op === 'return') return use;
    if (at.op === 'assign' && use === undefined && reliesOn(fn, index, at.to, at.from, state)) use = index;
    index = at.next[0];
  }
  return undefined;
}

/** Changes the state by what it is, or keeps what it is without ever looking. */
function reliesOn(fn: Fn, node: number, to: Expr, from: Expr, state: SharedState): boolean {
  const isChange = reads(to, state) && from.k !== 'num' && from.k !== 'name';
  if (follows(from, state) || follows(to, state)) return true;
  if (to.k === 'var' && !isChange) return reads(from, state) && !isUsedLater(fn, node, to.v);
  return isChange || isRead(from, to, state);
}

/** A copy that is tested or returned: somebody looks at it there. */
function isUsedLater(fn: Fn, node: number, v: number): boolean {
  const { nodes } = fn.facts;
  return [...reachableFrom(nodes, node)].some((index) => {
    const at = nodes[index];
    if (at?.op === 'branch') return mentions(at.cond, v);
    return (
      (at?.op === 'switch' && mentions(at.on, v)) ||
      (at?.op === 'return' && !!at.value && mentions(at.value, v))
    );
  });
}

function effectOf(program: Program, locks: LockFacts, fn: Fn, node: number): 'releases' | 'none' | 'unknown' {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind === 'model') {
    const { lock, condition } = target.model;
    if (lock) return lock.op === 'release' ? 'releases' : 'unknown';
    return condition?.op === 'wait' ? 'unknown' : 'none';
  }
  if (target?.kind !== 'function') return 'unknown';
  const outcomes = locks.summaries[target.fn.id]?.outcomes ?? [];
  return outcomes.some(({ releases }) => releases.length > 0) ? 'releases' : 'unknown';
}

function isRead(from: Expr, to: Expr, state: SharedState): boolean {
  return reads(from, state) || (to.k === 'index' && reads(to.i, state));
}

/** Follows a pointer that is the state. */
function follows(e: Expr, state: SharedState): boolean {
  let found = false;
  namesIn(e, (part) => {
    found ||= part.k === 'deref' && state.has(keyOf(part.of));
  });
  return found;
}

function reads(e: Expr, state: SharedState): boolean {
  let found = false;
  namesIn(e, (part) => {
    found ||= state.has(keyOf(part));
  });
  return found;
}
