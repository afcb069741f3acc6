/**
 * The shortest chain from one call to something forbidden, with constants that are given down the calls: what a
 * flag such as `from_signal` keeps from running is not on the way.
 */
import type { Fn, Program } from '../../program/program';
import { guardsOf } from '../paths/control-dependence';
import { EMPTY, type Environment, knownValue, type NameInfo, set, truth } from '../paths/environment';
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

/** The chain that starts with a call in `fn`, or undefined where none can be taken. */
export function feasibleFrom<T>(search: ChainSearch<T>, fn: Fn, node: number): ChainStep<T> | undefined {
  const { reach, calls } = search;
  const plain = reach.from(fn, node);
  if (!plain?.next || !hasConstants(search, plain)) return plain;
  const seen = new Set<string>();
  const queue: Look[] = calls.at(fn, node).map((callee) => enter(search, [], fn, node, callee, EMPTY));
  let looks = 0;
  for (let look = queue.shift(); look; look = queue.shift()) {
    if (++looks > MAX_LOOKS) return plain;
    const known = [...look.env].map(([path, { eq }]) => `${path}=${eq}`).join();
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
  const names = search.namesOf(fn);
  const runs = (node: number): boolean =>
    env.size === 0 ||
    guardsOf(fn.facts.nodes, node).every(({ cond, holds }) => truth(cond, env, names) !== !holds);
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
