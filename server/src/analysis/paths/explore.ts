/**
 * Path exploration in the manner of property simulation (ESP): states that differ in the property (what is held,
 * which handles live) are kept apart, states with the same property are merged to what both know of values.
 *
 * So `if (n) lock(); … if (n) unlock();` is followed exactly, at a cost that is polynomial in the function's
 * size. Past the bound on states at one node the function is given up, and the caller falls silent about it.
 */
import type { Expr } from '../../facts/expr';
import type { CfgNode } from '../../facts/facts';
import type { CallNode } from '../../program/program';
import { isDirect, isPath, rootOf } from './access-path';
import { assigned, withGiven, written } from './assignments';
import { claimed } from './claims';
import {
  assume,
  assumeValue,
  EMPTY,
  type Environment,
  knownValue,
  type NameInfo,
  set,
  truth,
  type Value,
} from './environment';
import { forget, forgetAll, nextTurn, withoutKeys } from './forgetting';
import { agree } from './joining';
import { loopTests } from './loop-tests';
import { phasesOf } from './phases';

/** One way a call can end. */
export interface Outcome<S> {
  state: S;
  /** What is then known of the call's result. */
  result?: Value;
  /** Keys of what is no longer known behind it. */
  forgets?: readonly string[];
  /** Values it leaves in memory. */
  writes?: readonly { to: Expr; value: Expr }[];
  /**
   * What must be known or assumed at the call for it to end this way; where it contradicts, it does not. `changed`:
   * it holds no longer behind the call.
   */
  assumes?: readonly { of: Expr; value: Value; changed?: true }[];
}

export interface Domain<S> {
  initial: S;
  /** Equal for equal properties. */
  key(state: S): string;
  /** Two states of equal key become one; returns `a` itself where it says no more than `b`. */
  join?(a: S, b: S): S;
  names: NameInfo;
  /** The ways a call can end; none where it does not return. */
  call(state: S, env: Environment, node: CallNode, index: number): readonly Outcome<S>[];
  /** After an assignment was carried out; `env` is from before. */
  assign?(state: S, env: Environment, to: Expr, from: Expr, index: number): S;
  /** Variables begin or end their life here. */
  endOfLife?(state: S, env: Environment, vars: readonly number[], index: number): S;
  /** Control goes from one node to another. */
  edge?(state: S, from: number, to: number, env: Environment): S;
  /** An exception leaves the function here. */
  thrown?(state: S, env: Environment, index: number): void;
  /** Whether nothing of interest can come of a path any more that goes on in this state. */
  isOver?(state: S, to: number): boolean;
  /** The function ends here. */
  exit(state: S, env: Environment, value: Expr | undefined, index: number): void;
}

/** A function juggles few locks at a time; more states are the product of unrelated branches. */
const MAX_STATES = 24;
/** Steps a function may take, in multiples of its nodes. */
const MAX_VISITS = 60;

const START = { index: 0, env: EMPTY };

interface Held<S> {
  key: string;
  state: S;
  env: Environment;
  isWaiting: boolean;
  /** All ways to it come from tests, as those of `if (a || b)` do, or from what a test decides. */
  isChosen: boolean;
}

/**
 * Explores a function, or what can be reached from one of its nodes. Returns false where a bound was met: nothing may
 * then be said about it.
 */
export function explore<S>(
  nodes: readonly CfgNode[],
  domain: Domain<S>,
  from: { index: number; env: Environment } = START,
): boolean {
  // Most nodes are passed once with one state: lists are shorter than any table. What is reached from the middle of
  // a function is little beside the whole of it.
  const count = from.index === 0 ? nodes.length : 0;
  const at: (Held<S>[] | undefined)[] = new Array(count);
  const pending: (Held<S>[] | undefined)[] = new Array(count);
  let waiting = 0;
  let budget = nodes.length * MAX_VISITS + 2000;
  let lowest = from.index;
  let complete = true;

  const arrive = (index: number, state: S, env: Environment, isChosen: boolean): void => {
    if (index >= nodes.length) return;
    let states = at[index];
    if (!states) {
      states = [];
      at[index] = states;
    }
    const phase = states.length < MAX_STATES / 2 ? phases(index, env) : '';
    const key = domain.key(state) + phase;
    let held = states.find((one) => one.key === key);
    if (!held) {
      if (states.length >= MAX_STATES) {
        complete = false;
        return;
      }
      held = { key, state, env, isWaiting: false, isChosen };
      states.push(held);
    } else {
      held.isChosen &&= isChosen;
      const merged = agree(held.env, env, held.isChosen);
      const joined = domain.join ? domain.join(held.state, state) : held.state;
      if (merged === held.env && joined === held.state) return;
      held.state = joined;
      held.env = merged;
    }
    if (held.isWaiting) return;
    held.isWaiting = true;
    waiting++;
    const others = pending[index];
    if (others) others.push(held);
    else pending[index] = [held];
    if (index < lowest) lowest = index;
  };

  const testsOf = loopTests(nodes, domain.names);
  const phases = phasesOf(nodes, domain.names);
  arrive(from.index, domain.initial, from.env, false);
  while (waiting > 0 && complete) {
    const index = lowest;
    const node = nodes[index];
    const held = pending[index]?.shift();
    if (!node || !held) {
      lowest++;
      continue;
    }
    held.isWaiting = false;
    waiting--;
    if (--budget < 0) return false;
    const isTest = node.op === 'branch' || node.op === 'switch';
    const go = (target: number | undefined, state: S, env: Environment): void => {
      if (target === undefined) {
        // Whatever else does not go on has no outcome.
        if (node.next.length === 0) domain.thrown?.(state, env, index);
        return;
      }
      const next = domain.edge ? domain.edge(state, index, target, env) : state;
      if (domain.isOver?.(next, target)) return;
      // What a loop tests in memory may have been changed by another thread before its next turn.
      if (target <= index) arrive(target, next, nextTurn(testsOf(target, index), env), false);
      // `if (p) unlock(m);` decides as much as the test alone does.
      const isChosen = isTest || (node.op === 'call' && state !== held.state);
      if (target > index) arrive(domain.edge ? target : pastNothing(nodes, target), next, env, isChosen);
    };
    step(domain, node, index, held, go);
  }
  return complete;
}

/** The next node ahead at which something is done. */
function pastNothing(nodes: readonly CfgNode[], target: number): number {
  for (let index = target; ; ) {
    const node = nodes[index];
    const [next] = node?.next ?? [];
    if (node?.op !== 'nop' || next === undefined || next <= index || node.next.length !== 1) return index;
    index = next;
  }
}

type Go<S> = (target: number | undefined, state: S, env: Environment) => void;

function step<S>(domain: Domain<S>, node: CfgNode, index: number, { state, env }: Held<S>, go: Go<S>): void {
  switch (node.op) {
    case 'call':
      if (endsNothing(node, env, domain.names)) {
        go(node.next[0], state, env);
        return;
      }
      for (const outcome of domain.call(state, env, node, index)) {
        const after = afterCall(domain.names, node, index, env, outcome);
        const claim = domain.names.claim(index);
        const next = after && claim ? claimed(claim, after, domain.names) : after;
        if (next) go(node.next[0], outcome.state, next);
      }
      return;
    case 'assign': {
      const next = domain.assign ? domain.assign(state, env, node.to, node.from, index) : state;
      go(node.next[0], next, assigned(node.to, node.from, env, domain.names));
      return;
    }
    case 'declare': {
      const next = domain.endOfLife ? domain.endOfLife(state, env, [node.v], index) : state;
      go(node.next[0], next, forget([`v${node.v}`], env));
      return;
    }
    case 'scope-end':
      go(node.next[0], domain.endOfLife ? domain.endOfLife(state, env, node.vars, index) : state, env);
      return;
    case 'branch':
      for (const holds of [true, false]) {
        const next = assume(node.cond, holds, env, domain.names);
        if (next) go(node.next[holds ? 0 : 1], state, next);
      }
      return;
    case 'switch':
      chooseCase(domain, node, state, env, go);
      return;
    case 'return':
      domain.exit(state, env, node.value, index);
      return;
    default:
      for (const target of node.next) go(target, state, env);
  }
}

/** `delete` of a null pointer, and the end of an owner that owns nothing. */
function endsNothing({ callee }: CallNode, env: Environment, names: NameInfo): boolean {
  if (callee.k !== 'field' || callee.f !== '{destructor}' || callee.of.k !== 'deref') return false;
  return truth(callee.of.of, env, names) === false;
}

function chooseCase<S>(
  domain: Domain<S>,
  node: CfgNode & { op: 'switch' },
  state: S,
  env: Environment,
  go: Go<S>,
): void {
  let rest: Environment | undefined = env;
  let fallback: number | undefined;
  node.cases.forEach((value, slot) => {
    if (!value) {
      fallback = node.next[slot];
      return;
    }
    // `goto *table[i]` may go to any of its labels.
    if (value.k === 'unknown') {
      go(node.next[slot], state, env);
      return;
    }
    const test: Expr = { k: 'bin', op: '==', l: node.on, r: value };
    const taken = rest && assume(test, true, rest, domain.names);
    if (taken) go(node.next[slot], state, taken);
    rest = rest && assume(test, false, rest, domain.names);
  });
  if (rest) go(fallback, state, rest);
}

/** Without what a call may write, in the caller's variables and in memory. */
export function withoutTouched(
  names: NameInfo,
  node: CallNode,
  index: number,
  env: Environment,
): Environment {
  const touched = [`r${index}`];
  for (const arg of node.args) {
    const root = rootOf(arg);
    if (arg.k === 'addr' && isDirect(arg.of) && root.k === 'var')
      touched.push(`v${root.v}`, ...fieldsOf(arg.of));
  }
  for (const { to } of names.pointersGiven(index)) touched.push(...written(to));
  return forgetAll(names.callWrites(index), forget(touched, env), (v) => names.isHidden(v, index));
}

/** What is known behind a call that has ended in one of its ways; undefined where it cannot. */
export function afterCall(
  names: NameInfo,
  node: CallNode,
  index: number,
  env: Environment,
  outcome: Omit<Outcome<unknown>, 'state'>,
): Environment | undefined {
  for (const { of, value, changed } of outcome.assumes ?? [])
    if (changed && !assumeValue(of, value, env, names)) return undefined;
  const kept = withoutKeys(env, outcome.forgets ?? []);
  let next = withGiven(names, index, env, withoutTouched(names, node, index, kept));
  for (const { to, value } of outcome.writes ?? []) {
    const known = knownValue(value, env, names);
    next = set(to, known?.eq !== undefined ? { eq: known.eq } : addressKnown(value, known), next);
  }
  for (const { of, value, changed } of outcome.assumes ?? []) {
    if (changed) continue;
    const assumed = assumeValue(of, value, next, names);
    if (!assumed) return undefined;
    next = assumed;
  }
  return outcome.result ? set({ k: 'result', n: index }, outcome.result, next) : next;
}

/** An address is none to nothing, also when it is no longer known which one it is. */
function addressKnown(value: Expr, known: Value | undefined): Value | undefined {
  if (!isPath(value)) return undefined;
  return { alias: value, ...(known?.ne ? { ne: known.ne } : {}) };
}

function fieldsOf(e: Expr): string[] {
  return e.k === 'field' ? [`.${e.f}`, ...fieldsOf(e.of)] : [];
}
