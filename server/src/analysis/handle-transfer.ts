/** How a handle leaves a function's care: joined, detached, handed on, or stored elsewhere. */
import type { Expr } from '../facts/expr';
import { classOf } from '../program/identity';
import type { CallNode, Fn, Program, Target } from '../program/program';
import { isDirect, keyOf, rootOf } from './access-path';
import { type Environment, locate, resolve } from './environment';
import { type HandleContext, type HandleState, isOwn, sameHandle, settle } from './handle-state';
import { mentions } from './names';

/** A handle that is joined or detached. */
export interface Closing {
  handle: Expr;
  /** It is joined: the thread is over afterwards. */
  waits: boolean;
  /** The callee has recorded it as a closer, where its conditions are. */
  recorded?: boolean;
}

/** The handle's value is joined, detached or handed on. */
export function close(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  { handle, waits, recorded = false }: Closing,
  index: number,
): HandleState {
  const value = resolve(handle, env, ctx.names);
  const key = keyOf(value, true);
  const root = rootOf(value);
  if (root.k === 'name' || root.k === 'this' || (root.k === 'var' && root.v < ctx.fn.facts.params))
    ctx.closes.set(key, { path: value, waits: waits && ctx.closes.get(key)?.waits !== false });
  const place = recorded ? undefined : classOf(ctx.program, ctx.fn, value);
  if (!place && !recorded && value.k === 'field') ctx.unnamedCloses.add(value.f);
  if (place) ctx.closers.set(`${index} ${place.key}`, { fn: ctx.fn, node: index, place, waits });
  return state.filter((live) => {
    if (!sameHandle(live.key, key)) return true;
    const { routines } = live.creation;
    if (waits) ctx.joins.set(`${index} ${live.creation.node}`, { fn: ctx.fn, node: index, routines });
    settle(ctx, live.creation, { kind: waits ? 'joined' : 'detached', fn: ctx.fn, node: index });
    return false;
  });
}

/** A handle given to code that may keep or join it is no longer this function's to close. */
export function handOver(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  node: CallNode,
  target: Target | undefined,
  index: number,
): HandleState {
  let next = state;
  node.args.forEach((arg, i) => {
    const callee = target?.kind === 'function' ? target.fn : undefined;
    if (callee && !keepsParameter(ctx.program, callee, i)) return;
    next = drop(ctx, next, resolve(arg, env, ctx.names), index);
  });
  return next;
}

/** Drops every handle that a value carries or points to. */
export function drop(ctx: HandleContext, state: HandleState, value: Expr, index: number): HandleState {
  const root = rootOf(value);
  return state.filter((live) => {
    const same =
      keyOf(value, true) === live.key ||
      (root.k === 'var' && mentions(live.place, root.v) && carries(value, live.place));
    if (!same) return true;
    const kind = ctx.fn.facts.nodes[index]?.op === 'return' ? 'returned' : 'handed';
    settle(ctx, live.creation, { kind, fn: ctx.fn, node: index });
    const place = live.shared ? undefined : classOf(ctx.program, ctx.fn, live.place);
    if (place) settle(ctx, live.creation, { kind: 'stored', fn: ctx.fn, node: index, place });
    return false;
  });
}

/** `&ctx`, `ctx`, `tids`, `&tid` carry what stands inside of them. */
function carries(value: Expr, place: Expr): boolean {
  const base = value.k === 'addr' ? value.of : value;
  return keyOf(place, true).startsWith(keyOf(base, true));
}

/** Callees of callees that a handle is handed to before it is taken for kept. */
const MAX_HANDS = 4;

/** Whether a function may keep what a parameter gives it: it stores it, returns it or hands it on to be kept. */
function keepsParameter(program: Program, fn: Fn, param: number, hands = 0): boolean {
  return fn.facts.nodes.some((node, index) => {
    if (node.op === 'assign') return mentions(node.from, param);
    if (node.op === 'return') return node.value !== undefined && mentions(node.value, param);
    if (node.op !== 'call' || !node.args.some((arg) => mentions(arg, param))) return false;
    const target = program.targets[fn.id]?.get(index);
    if (target?.kind === 'model') return target.receiver !== undefined;
    if (target?.kind !== 'function' || hands >= MAX_HANDS) return true;
    return node.args.some(
      (arg, i) => mentions(arg, param) && keepsParameter(program, target.fn, i, hands + 1),
    );
  });
}

export function assign(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  to: Expr,
  from: Expr,
  index: number,
): HandleState {
  if (state.length === 0) return state;
  const place = locate(to, env, ctx.names);
  const value = resolve(from, env, ctx.names);
  let next = state;
  // A copy in another local is followed as an alias; elsewhere the handle has a new home.
  if (!isOwn(ctx, place) || place.k !== 'var') next = rehome(ctx, next, place, value, index);
  const root = rootOf(place);
  if (place.k !== 'var' || root.k !== 'var') return next;
  // The pointer that the place hangs on moves on: what it pointed to is judged over the whole workspace.
  return next.filter((live) => !(mentions(live.place, root.v) && !isDirect(live.place)));
}

function rehome(
  ctx: HandleContext,
  state: HandleState,
  place: Expr,
  value: Expr,
  index: number,
): HandleState {
  return state.filter((live) => {
    const whole = live.key === keyOf(value, true);
    const root = rootOf(value);
    if (
      !whole &&
      !(root.k === 'var' && !live.shared && mentions(live.place, root.v) && carries(value, live.place))
    )
      return true;
    const stored = whole ? classOf(ctx.program, ctx.fn, place) : undefined;
    if (stored) settle(ctx, live.creation, { kind: 'stored', fn: ctx.fn, node: index, place: stored });
    else settle(ctx, live.creation, { kind: 'handed', fn: ctx.fn, node: index });
    return false;
  });
}
