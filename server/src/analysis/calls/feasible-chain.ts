/**
 * The shortest chain from one call to something forbidden, with constants that are given down the calls: what a
 * flag such as `from_signal` keeps from running is not on the way.
 */
import type { CfgNode } from '../../facts/facts';
import type { Fn, Program } from '../../program/program';
import {
  type Constant,
  EMPTY,
  type Environment,
  knownValue,
  type NameInfo,
  set,
  truth,
} from '../paths/environment';
import { type Calls, type ChainStep, type Reach, viaPointer } from './reach';

/** Functions looked at for one chain; past that the chain found without constants stands. */
const MAX_LOOKS = 60;

interface Look {
  fn: Fn;
  env: Environment;
  /** The calls that led here, outermost first. */
  path: readonly ChainStep<never>[];
}

export interface ChainSearch<T> {
  program: Program;
  calls: Calls;
  reach: Reach<T>;
  directly(fn: Fn, node: number): T | undefined;
  passes(callee: Fn): boolean;
  namesOf(fn: Fn): NameInfo;
}

/**
 * The chain that starts with a call in `fn`, or undefined where none can be taken. `env` is what is known of the
 * function's parameters.
 */
export function feasibleFrom<T>(
  search: ChainSearch<T>,
  fn: Fn,
  node: number,
  env: Environment = EMPTY,
): ChainStep<T> | undefined {
  const { reach, calls } = search;
  const plain = reach.from(fn, node);
  if (plain && !reachedUnder(search, fn, env)[node]) return undefined;
  if (!plain?.next || (env.length === 0 && !hasConstants(search, plain))) return plain;
  const seen = new Set<string>();
  const queue: Look[] = calls.at(fn, node).map((callee) => enter(search, [], fn, node, callee, env));
  let looks = 0;
  for (let look = queue.shift(); look; look = queue.shift()) {
    if (++looks > MAX_LOOKS) return plain;
    const known = look.env.map(({ key, eq }) => `${key}=${eq}`).join();
    const key = `${look.fn.id} ${known}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const found = lookInto(search, look, queue);
    if (found) return found;
  }
  return undefined;
}

function hasConstants<T>(search: ChainSearch<T>, chain: ChainStep<T>): boolean {
  for (let at: ChainStep<T> | undefined = chain; at?.next; at = at.next) {
    const call = at.fn.facts.nodes[at.node];
    const names = search.namesOf(at.fn);
    if (call?.op === 'call' && call.args.some((arg) => knownValue(arg, EMPTY, names)?.eq !== undefined))
      return true;
  }
  return false;
}

function enter<T>(
  search: ChainSearch<T>,
  path: readonly ChainStep<never>[],
  fn: Fn,
  node: number,
  callee: Fn,
  env: Environment,
): Look {
  const call = fn.facts.nodes[node];
  let inside: Environment = EMPTY;
  if (call?.op === 'call' && callee.facts.kind !== 'macro') {
    const names = search.namesOf(fn);
    call.args.forEach((arg, v) => {
      if (v >= callee.facts.params || isAssigned(callee, v)) return;
      const eq = knownValue(arg, env, names)?.eq;
      if (eq !== undefined) inside = set({ k: 'var', v }, { eq }, inside);
    });
  }
  const does = ({ id }: Fn): boolean => search.reach.steps[id] !== undefined;
  const step: ChainStep<never> = {
    fn,
    node,
    ...viaPointer(search.program, search.calls, { fn, node }, does),
  };
  return { fn: callee, env: inside, path: [...path, step] };
}

function isAssigned(fn: Fn, v: number): boolean {
  return fn.facts.nodes.some((node) => node.op === 'assign' && node.to.k === 'var' && node.to.v === v);
}

function lookInto<T>(search: ChainSearch<T>, look: Look, queue: Look[]): ChainStep<T> | undefined {
  const { program, calls, reach } = search;
  const { fn, env, path } = look;
  const reached = reachedUnder(search, fn, env);
  const runs = (node: number): boolean => reached[node] === 1;
  const nodes = [...(program.targets[fn.id]?.keys() ?? [])];
  for (const node of nodes) {
    const end = search.directly(fn, node);
    if (end && runs(node)) return joined(path, { fn, node, end });
  }
  for (const node of nodes) {
    for (const callee of calls.at(fn, node)) {
      if (!reach.steps[callee.id] || !search.passes(callee) || !runs(node)) continue;
      queue.push(enter(search, path, fn, node, callee, env));
    }
  }
  return undefined;
}

function joined<T>(path: readonly ChainStep<never>[], last: ChainStep<T>): ChainStep<T> {
  return path.reduceRight<ChainStep<T>>((next, { fn, node, through }) => {
    return { fn, node, next, ...(through ? { through } : {}) };
  }, last);
}

/** The nodes that control can come to where this much is known, by index: 1 for yes. */
function reachedUnder<T>(search: ChainSearch<T>, fn: Fn, given: Environment, depth = 0): Uint8Array {
  const { nodes } = fn.facts;
  const reached = new Uint8Array(nodes.length);
  if (given.length === 0) return reached.fill(1);
  const names = search.namesOf(fn);
  const env = withResults(search, fn, given, depth);
  const queue = [0];
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const node = nodes[index];
    if (!node || reached[index]) continue;
    reached[index] = 1;
    if (node.op === 'branch') {
      const holds = truth(node.cond, env, names);
      queue.push(...(holds === undefined ? node.next : node.next.slice(holds ? 0 : 1, holds ? 1 : 2)));
    } else if (node.op === 'switch') queue.push(...casesUnder(node, env, names));
    else queue.push(...node.next);
  }
  return reached;
}

/** A question of this kind is asked of a small function, `is_crash(signal)`. */
const MAX_NODES = 60;
const MAX_DEPTH = 2;

/** With what calls return that get a known value. */
function withResults<T>(search: ChainSearch<T>, fn: Fn, given: Environment, depth: number): Environment {
  let env = given;
  if (depth >= MAX_DEPTH) return env;
  for (const [node, target] of search.program.targets[fn.id] ?? []) {
    if (target.kind !== 'function' || target.fn === fn || target.fn.facts.nodes.length > MAX_NODES) continue;
    const inside = enter(search, [], fn, node, target.fn, given).env;
    const eq = inside.length > 0 ? resultUnder(search, target.fn, inside, depth + 1) : undefined;
    if (eq !== undefined) env = set({ k: 'result', n: node }, { eq }, env);
  }
  return env;
}

/** The one value that the function can return. */
function resultUnder<T>(
  search: ChainSearch<T>,
  fn: Fn,
  env: Environment,
  depth: number,
): Constant | undefined {
  const reached = reachedUnder(search, fn, env, depth);
  const names = search.namesOf(fn);
  const values = new Set<Constant | undefined>();
  fn.facts.nodes.forEach((node, index) => {
    if (node.op === 'return' && reached[index])
      values.add(node.value && knownValue(node.value, env, names)?.eq);
  });
  const [only] = values;
  return values.size === 1 ? only : undefined;
}

function casesUnder(
  { on, cases, next }: CfgNode & { op: 'switch' },
  env: Environment,
  names: NameInfo,
): number[] {
  const holds = cases.map((value) => value && truth({ k: 'bin', op: '==', l: on, r: value }, env, names));
  const sure = holds.indexOf(true);
  return next.filter((_, slot) => (sure >= 0 ? slot === sure : holds[slot] !== false));
}
