/** The ways a function can leave the locks, as its callers see them. */
import type { Expr } from '../../facts/expr';
import type { Fn } from '../../program/program';
import type { Cleared } from '../calls/cleared-pointees';
import { isPath, keyOf, rootOf } from '../paths/access-path';
import { reachableFrom } from '../paths/control-dependence';
import { saysValue, valueIn } from '../paths/entries';
import {
  assumeValue,
  type Entry,
  type Environment,
  knownValue,
  locate,
  type NameInfo,
  resolve,
} from '../paths/environment';
import { areDisjoint, type Constant, eitherValue, type Value } from '../paths/value';
import { bindsOf, commonBinds, givenOut, lockInResult } from './guard-steps';
import { conditionsAtCall } from './lock-entry';
import type { Acquisition, Condition, Doubt, LockEvent, LockOutcome, LockSummary } from './lock-facts';
import { isCallersOwn, isNamed, type LockState, stateKey } from './lock-state';
import { ownedBehind } from './template-locks';

/** One path, or several that agree, to an end of the function. */
export interface Ending {
  node: number;
  state: LockState;
  outcome: LockOutcome;
  /** The same by each of few conditions that lead there: `if (!p || !*p) return;`. */
  ways?: readonly LockOutcome[];
}

/** What a function changes: which of its expressions a caller can still trust. */
export interface Changes {
  fn: Fn;
  names: NameInfo;
  /** Dependencies that this function or its callees write. */
  written: ReadonlySet<string>;
  /** Parameters that it assigns. */
  assigned: ReadonlySet<number>;
  /** Whether a parameter may have been assigned on a way to a node. */
  isAssignedBefore(v: number, node: number): boolean;
  /** What its calls leave null. */
  cleared: Cleared;
  /** Places it writes through a pointer: `*locked`. */
  stored: ReadonlySet<string>;
  /** Fields of which each path keeps what was known of them at the call, although they are written. */
  tracked: ReadonlySet<string>;
}

/** A wrapper has few ways to end; more are the product of unrelated conditions. */
const MAX_OUTCOMES = 8;
/** Ways of one state that are kept apart. */
const MAX_TOLD = 3;
/** Flags that tell a caller what was done, or decide it, are few. */
const MAX_LEAVES = 8;
export const MAX_CONDITIONS = 6;

export function changesOf(
  fn: Fn,
  names: NameInfo,
  written: ReadonlySet<string>,
  tracked: ReadonlySet<string>,
  cleared: Cleared,
): Changes {
  const assigned = new Set<number>();
  const stored = new Set<string>();
  const assigning = new Map<number, number[]>();
  const take = (e: Expr, node: number): void => {
    const root = rootOf(e);
    if (root.k !== 'var' || root.v >= fn.facts.params) return;
    assigned.add(root.v);
    assigning.set(root.v, [...(assigning.get(root.v) ?? []), node]);
  };
  fn.facts.nodes.forEach((node, index) => {
    if (node.op === 'assign' && node.to.k === 'var') take(node.to, index);
    if (node.op === 'assign' && (node.to.k === 'deref' || node.to.k === 'index')) stored.add(keyOf(node.to));
    if (node.op === 'call')
      for (const arg of node.args) if (arg.k === 'addr' && arg.of.k === 'var') take(arg.of, index);
  });
  for (const places of cleared.values()) for (const place of places) stored.add(keyOf(place));
  const behind = new Map<number, ReadonlySet<number>>();
  const isAssignedBefore = (v: number, node: number): boolean => {
    const from = assigning.get(v) ?? [];
    const known =
      behind.get(v) ?? new Set(from.flatMap((start) => [...reachableFrom(fn.facts.nodes, start)]));
    behind.set(v, known);
    return known.has(node);
  };
  return { fn, names, written, assigned, isAssignedBefore, cleared, stored, tracked };
}

/** An end of the function in the caller's terms. */
export function endingAt(
  changes: Changes,
  node: number,
  state: LockState,
  env: Environment,
  value: Expr | undefined,
): Ending {
  const ending = endingIn(changes, node, state, env, value);
  const open = env.find(({ either }) => either && either.length <= MAX_TOLD)?.either ?? [];
  const ways = open.map((facts) => {
    const way = facts.reduce<Environment>(
      (now, fact) => assumeValue(fact.of, fact.value, now, changes.names) ?? now,
      env,
    );
    return endingIn(changes, node, state, way, value).outcome;
  });
  return ways.length > 1 ? { ...ending, ways } : ending;
}

function endingIn(
  changes: Changes,
  node: number,
  state: LockState,
  env: Environment,
  value: Expr | undefined,
): Ending {
  const { fn, names } = changes;
  const now = value && knownValue(value, env, names);
  const path = value && resolve(value, env, names);
  const returns = path && isPath(path) && isCallersOwn(fn, rootOf(path)) ? path : undefined;
  const balance = balanceOf(fn, state, value);
  const result: Value | undefined = now && { eq: now.eq, ne: now.ne, sign: now.sign };
  return {
    node,
    state,
    outcome: {
      ...balance,
      unsure: [...state.unsure.values()],
      leaves: leavesOf(changes, env),
      binds: [
        ...bindsOf(changes, env, value),
        ...(returns ? [] : givenOut(state, path)),
        ...ownedBehind(fn, balance),
      ],
      when: conditionsAtCall(changes, state, env),
      refused: state.refused,
      ...(returns ? { returns } : {}),
      ...(result ? { result } : {}),
    },
  };
}

/** What a call leaves null, as the environment at the call has it. */
export function clearedAt({ cleared, names }: Changes, env: Environment, node: number): Written[] {
  return (cleared.get(node) ?? []).map((place) => ({
    to: locate(place, env, names),
    value: { k: 'num', v: 0 },
  }));
}

interface Written {
  to: Expr;
  value: Expr;
}

/** A lock of the caller that was given back and taken again is as it was. */
function balanceOf(
  fn: Fn,
  { held, released }: LockState,
  value: Expr | undefined,
): Pick<LockOutcome, 'holds' | 'releases'> {
  const isRetaken = (key: string): boolean =>
    held.some((one) => isNamed(one, key)) && released.some((one) => one.key === key);
  return {
    holds: held.flatMap(({ names, acquisition }) => {
      if (names.some(({ key }) => isRetaken(key))) return [];
      const own = names.find(({ place }) => isCallersOwn(fn, rootOf(place)));
      const place = own?.place ?? lockInResult(names, value);
      return [place ? { ...acquisition, place } : acquisition];
    }),
    releases: released.filter(({ key }) => !isRetaken(key)),
  };
}

/**
 * Ways to end that a caller can tell apart stay apart: by the result, by a flag that is left, or by what held
 * before the call. Others become one that holds what all of them hold, so that a lock taken only sometimes is
 * not taken for held.
 */
export function outcomesOf(endings: readonly Ending[]): LockOutcome[] {
  const byState = new Map<string, LockOutcome[]>();
  for (const { state, outcome, ways } of endings) {
    const key = stateKey(state);
    byState.set(key, [...(byState.get(key) ?? []), ...(ways ?? [outcome])]);
  }
  const groups = [...byState.values()];
  let outcomes = groups.flatMap((group) => unlessTold(group, groups));
  for (let merged = mergeOnce(outcomes); merged; merged = mergeOnce(outcomes)) outcomes = merged;
  if (outcomes.length <= MAX_OUTCOMES) return outcomes;
  return [outcomes.reduce(either)];
}

/**
 * Ways of one state as one; they stay several where callers could tell all of them from the other states, and not
 * the one that they would make: `if (!p || !*p) return;` has two ways to do nothing.
 */
function unlessTold(
  group: readonly LockOutcome[],
  groups: readonly (readonly LockOutcome[])[],
): LockOutcome[] {
  const merged = group.reduce(either);
  if (group.length === 1 || groups.length === 1 || group.length > MAX_TOLD) return [merged];
  const others = groups.filter((one) => one !== group).flat();
  const isTold = others.some((other) => !areApart(merged, other));
  const isApart = group.every((one, i) =>
    [...others, ...group.slice(i + 1)].every((other) => areApart(one, other)),
  );
  return isTold && isApart ? [...group] : [merged];
}

/**
 * What a call does that may reach any of these functions: of several it may take what each of them takes, under
 * one more condition, and it ends as all of them do.
 */
export function summaryOfAny(
  fns: readonly Fn[],
  summaryOf: (fn: Fn) => LockSummary | undefined,
): LockSummary | undefined {
  const known = fns.map(summaryOf);
  const summaries = known.flatMap((summary) => summary ?? []);
  if (summaries.length === 0) return undefined;
  const [only] = summaries;
  if (only && fns.length === 1) return only;
  const outcomes = known.flatMap((summary) => summary?.outcomes ?? NOTHING_DONE);
  const unknown = summaries.some((summary) => summary.unknown);
  return {
    acquires: summaries.flatMap(({ acquires }) => acquires.map(doubted)),
    outcomes: outcomes.length > 0 ? [outcomes.reduce(either)] : [],
    pending: summaries.flatMap(({ pending }) => pending),
    needs: [],
    runs: [],
    ...(unknown ? { unknown } : {}),
  };
}

const NOTHING_DONE: LockOutcome[] = [
  { holds: [], releases: [], unsure: [], leaves: [], when: [], refused: false, binds: [] },
];

function doubted(acquisition: Acquisition): Acquisition {
  return { ...acquisition, doubts: acquisition.doubts + 1 };
}

function mergeOnce(outcomes: readonly LockOutcome[]): LockOutcome[] | undefined {
  for (const [i, a] of outcomes.entries()) {
    for (const [j, b] of outcomes.entries()) {
      if (j <= i || areApart(a, b)) continue;
      // Nobody can tell that the lock was refused, so nobody reckons with it.
      const merged = a.refused === b.refused ? either(a, b) : a.refused ? b : a;
      return [...outcomes.filter((_, k) => k !== i && k !== j), merged];
    }
  }
  return undefined;
}

/** Whether a caller can tell which of the two happened. */
export function areApart(a: LockOutcome, b: LockOutcome): boolean {
  if (a.result && b.result && areDisjoint(a.result, b.result)) return true;
  const differ = a.leaves.some((leaf) =>
    b.leaves.some((other) => keyOf(leaf.to) === keyOf(other.to) && leaf.value !== other.value),
  );
  return differ || areContrary(a.when, b.when);
}

/** Whether two sets of conditions cannot hold together. */
export function areContrary(a: readonly Condition[], b: readonly Condition[]): boolean {
  return a.some((one) => b.some((two) => one.key === two.key && areDisjoint(one.value, two.value)));
}

function either(a: LockOutcome, b: LockOutcome): LockOutcome {
  const result = eitherValue(a.result, b.result);
  const holds = both(a.holds, b.holds);
  const releases = both(a.releases, b.releases);
  const unsure = new Map<string, Doubt>();
  const taking = [...a.holds, ...b.holds].map((event): Doubt => ({ ...event, of: 'taking' }));
  const giving = [...a.releases, ...b.releases].map((event): Doubt => ({ ...event, of: 'giving' }));
  const doubtful = [...taking, ...giving].filter(
    (event) => ![...holds, ...releases].some((sure) => keyOf(sure.place) === keyOf(event.place)),
  );
  for (const event of [...a.unsure, ...b.unsure, ...doubtful]) unsure.set(keyOf(event.place), event);
  const sameReturns = a.returns && b.returns && keyOf(a.returns) === keyOf(b.returns);
  return {
    holds,
    releases,
    unsure: [...unsure.values()],
    leaves: a.leaves.filter((leaf) => b.leaves.some((other) => sameLeaf(leaf, other))),
    binds: commonBinds(a.binds, b.binds),
    when: commonConditions(a.when, b.when),
    refused: a.refused && b.refused,
    ...(sameReturns ? { returns: a.returns } : {}),
    ...(result ? { result } : {}),
  };
}

function both<T extends LockEvent>(a: readonly T[], b: readonly T[]): T[] {
  return a.filter((one) => b.some((other) => keyOf(one.place) === keyOf(other.place)));
}

/** What holds in both cases. */
export function commonConditions(a: readonly Condition[], b: readonly Condition[]): readonly Condition[] {
  if (a === b || a.length === 0) return a;
  const common: Condition[] = [];
  for (const one of a) {
    const other = b.find(({ key }) => key === one.key);
    if (!other) continue;
    const value = other.value === one.value ? one.value : eitherValue(one.value, other.value);
    const changed = one.changed || other.changed ? ({ changed: true } as const) : {};
    if (value === one.value && one.changed === other.changed) common.push(one);
    else if (value) common.push({ of: one.of, key: one.key, value, ...changed });
  }
  return common;
}

function sameLeaf(a: LockOutcome['leaves'][number], b: LockOutcome['leaves'][number]): boolean {
  return a.value === b.value && keyOf(a.to) === keyOf(b.to);
}

/** Constants in globals and in what parameters point to, where this function or its callees write them. */
function leavesOf({ fn, written, stored }: Changes, env: Environment): LockOutcome['leaves'] {
  const leaves: { to: Expr; value: Constant }[] = [];
  for (const { of, eq, deps } of env) {
    const isVisible = isCallersOwn(fn, rootOf(of)) && of.k !== 'var';
    if (eq === undefined || !isVisible || !isPath(of)) continue;
    if (stored.has(keyOf(of)) || [...deps].some((dep) => written.has(dep)))
      leaves.push({ to: of, value: eq });
  }
  return leaves.slice(0, MAX_LEAVES);
}

/**
 * What is known now, at a node where one is given, of values that were the same at the call: conditions under which
 * the function comes here.
 */
export function conditionsOf(changes: Changes, env: Environment, node?: number): Condition[] {
  const found: Condition[] = [];
  for (const entry of env) {
    const { key, of } = entry;
    if (!saysValue(entry) || !isCallersValue(changes, of, node) || !isUnchanged(changes, entry)) continue;
    const value = valueIn(entry);
    if (of.k === 'var') found.unshift({ of, key, value });
    else found.push({ of, key, value });
  }
  return found.slice(0, MAX_CONDITIONS);
}

function isUnchanged({ written, stored }: Changes, { of, deps }: Entry): boolean {
  if (stored.size > 0 && stored.has(keyOf(of))) return false;
  for (const dep of deps) if (written.has(dep)) return false;
  return true;
}

/** Made of parameters as they were given (at the node: as they are still), globals and constants only. */
export function isCallersValue(changes: Changes, e: Expr, node?: number): boolean {
  switch (e.k) {
    case 'un':
    case 'cast':
      return isCallersValue(changes, e.e, node);
    case 'bin': {
      const isSame = e.op === '==' || e.op === '!=';
      // `lock == &q->mutex` asks which object it is.
      const [l, r] = [e.l, e.r].map((side) => (isSame && side.k === 'addr' ? side.of : side));
      return (
        l !== undefined &&
        r !== undefined &&
        isCallersValue(changes, l, node) &&
        isCallersValue(changes, r, node)
      );
    }
    case 'field':
    case 'deref':
      return isCallersValue(changes, e.of, node);
    case 'var':
      if (e.v >= changes.fn.facts.params) return false;
      return !changes.assigned.has(e.v) || (node !== undefined && !changes.isAssignedBefore(e.v, node));
    case 'num':
    case 'name':
    case 'this':
      return true;
    default:
      return false;
  }
}

/** Conditions that a lock summary shows to its callers; a lock that a caller cannot name is none of its business. */
export function isVisible(fn: Fn, { cls, place }: Acquisition): boolean {
  const root = rootOf(place);
  return cls !== undefined || root.k === 'this' || (root.k === 'var' && root.v < fn.facts.params);
}
