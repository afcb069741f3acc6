/** Which calls can wait without bound while a lock is held, each with the shortest chain of calls that shows it. */
import type { Expr } from '../../facts/expr';
import type { BlockingModel } from '../../models/schema';
import type { CallNode, Fn, Program } from '../../program/program';
import type { Analysis } from '../analysis';
import { returnsFrom } from '../calls/call-graph';
import { namesOf } from '../calls/names';
import { type ChainStep, findReach } from '../calls/reach';
import { keyOf, substituteValue } from '../paths/access-path';
import { type Constant, EMPTY, type Environment, type NameInfo, set } from '../paths/environment';
import { mayBlock } from '../paths/operand';
import type { Acquisition } from './lock-facts';

export interface Blocking {
  /** The library function. */
  callee: string;
  model: BlockingModel;
}

/** A call in a function that holds locks, and the way from it to what waits. */
export interface BlockedHolder {
  fn: Fn;
  node: number;
  held: readonly Acquisition[];
  chain: ChainStep<Blocking>;
}

/** Every such call once, with all locks that are held on every path to it. */
export function findBlockedHolders(analysis: Analysis): BlockedHolder[] {
  const { program, graph, locks } = analysis;
  const known = new Map<Fn, Constants>();
  const constantsOf = (fn: Fn): Constants => {
    const found = known.get(fn) ?? constantsIn(analysis, fn);
    known.set(fn, found);
    return found;
  };
  const reach = findReach(
    program,
    analysis.runtime.calls(),
    (fn, node) => blockingAt(program, constantsOf, fn, node),
    // A function that reports and ends the process says nothing about the lock.
    (callee) => !graph.neverReturns[callee.id],
    'blocking call',
  );
  const found: BlockedHolder[] = [];
  for (const fn of program.fns) {
    if (fn.facts.kind === 'macro') continue;
    for (const [node, all] of locks.events[fn.id]?.heldAt ?? []) {
      if (all.length === 0 || !returnsFrom(program, fn, node, graph.neverReturns)) continue;
      const chain = reach.from(fn, node);
      if (!chain || !waitsAlong(program, constantsOf, chain)) continue;
      const held = withoutReleased(analysis, chain, all);
      if (held.length > 0) found.push({ fn, node, held, chain });
    }
  }
  return found;
}

interface Constants {
  env: Environment;
  names: NameInfo;
}

function blockingAt(
  program: Program,
  constantsOf: (fn: Fn) => Constants,
  fn: Fn,
  node: number,
): Blocking | undefined {
  const target = program.targets[fn.id]?.get(node);
  const call = fn.facts.nodes[node];
  if (target?.kind !== 'model' || !target.model.blocks || call?.op !== 'call') return undefined;
  const { env, names } = constantsOf(fn);
  if (!mayBlock(target.model.blocks, call.args, env, names)) return undefined;
  return { callee: target.name, model: target.model.blocks };
}

/** Whether the arguments that are handed down let the call at the end wait: a timeout may come from far above. */
function waitsAlong(
  program: Program,
  constantsOf: (fn: Fn) => Constants,
  chain: ChainStep<Blocking>,
): boolean {
  const steps: ChainStep<Blocking>[] = [];
  for (let at: ChainStep<Blocking> | undefined = chain; at; at = at.next) steps.unshift(at);
  const [last, ...above] = steps;
  const model = last?.end?.model;
  if (!last || !model || (!model.timeout && !model.flags)) return true;
  let args: readonly Expr[] = callAt(last)?.args ?? [];
  let callee = last.fn;
  for (const step of above) {
    const call = callAt(step);
    const target = program.targets[step.fn.id]?.get(step.node);
    if (!call) return true;
    const receiver = target?.kind === 'function' ? target.receiver : undefined;
    const { params } = callee.facts;
    args = args.map((arg) => substituteValue(arg, params, call.args, receiver) ?? { k: 'unknown' });
    const { env, names } = constantsOf(step.fn);
    // A choice that is not handed down was made below.
    if (!mayBlock({ ...model, only: undefined }, args, env, names)) return false;
    callee = step.fn;
  }
  return true;
}

function callAt({ fn, node }: ChainStep<Blocking>): CallNode | undefined {
  const call = fn.facts.nodes[node];
  return call?.op === 'call' ? call : undefined;
}

/** The locks that no function on the way gives back: perhaps before it waits. */
function withoutReleased(
  { locks }: Analysis,
  chain: ChainStep<Blocking>,
  all: readonly Acquisition[],
): readonly Acquisition[] {
  let held = all;
  for (let at = chain.next; at; at = at.next) {
    const events = locks.events[at.fn.id];
    if (!events) continue;
    held = held.filter(({ cls }) => !cls || !events.givesBack.has(cls.key));
    // A lock behind a pointer may be any of those of its type: the one that was taken last is the nearest.
    for (const wrapper of events.givesBackBehind) {
      const last = held.findLastIndex(({ cls }) => cls?.wrapper === wrapper);
      held = held.filter((_, i) => i !== last);
    }
  }
  return held;
}

/** Local variables and their fields that have one constant value wherever the function assigns them. */
function constantsIn({ program, writes }: Analysis, fn: Fn): Constants {
  const names = namesOf(program, fn, writes);
  const values = new Map<string, { of: Expr; eq: Constant } | undefined>();
  const note = (of: Expr, from: Expr): void => {
    const key = keyOf(of);
    const eq = from.k === 'num' ? from.v : from.k === 'name' ? names.constant(from.n) : undefined;
    const isSame = eq !== undefined && (!values.has(key) || values.get(key)?.eq === eq);
    values.set(key, isSame ? { of, eq } : undefined);
  };
  for (const node of fn.facts.nodes) {
    if (node.op !== 'assign') continue;
    const { to, from } = node;
    const local = to.k === 'field' ? to.of : to;
    if (local.k !== 'var' || local.v < fn.facts.params) continue;
    if (from.k !== 'init') note(to, from);
    else for (const [i, { f, e }] of from.items.entries()) note({ k: 'field', of: to, f: f ?? `${i}` }, e);
  }
  let env = EMPTY;
  for (const value of values.values()) if (value) env = set(value.of, { eq: value.eq }, env);
  return { env, names };
}
