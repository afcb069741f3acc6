/** How a handle leaves a function's care: joined, detached, handed on, or stored elsewhere. */
import type { Expr } from '../../facts/expr';
import { classOf, type PlaceClass } from '../../program/identity';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import { mentions } from '../calls/names';
import { isDirect, keyOf, rootOf } from '../paths/access-path';
import { type Environment, locate, resolve } from '../paths/environment';
import { operandOf } from '../paths/operand';
import { joinsFewer } from './handle-loops';
import { type HandleContext, type HandleState, isOwn, sameHandle, settle } from './handle-state';

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
  if (!place && !recorded) for (const name of unnamedIn(ctx, value)) ctx.unnamedCloses.add(name);
  if (place) ctx.closers.set(`${index} ${place.key}`, { fn: ctx.fn, node: index, place, waits });
  const past = ctx.homes.get(key);
  if (past && !state.some((live) => live.creation === past))
    settle(ctx, past, { kind: waits ? 'joined' : 'detached', fn: ctx.fn, node: index });
  return state.filter((live) => {
    const isPointed = place !== undefined && value.k === 'field' && value.of.k === 'deref';
    const mayBe =
      isPointed && live.key.includes('[') && classOf(ctx.program, ctx.fn, live.place)?.key === place.key;
    if (!sameHandle(live.key, key) && !mayBe) return true;
    if (joinsFewer(ctx, index, live.creation)) {
      ctx.closed.add(live.creation);
      return true;
    }
    const { routines, fn, node } = live.creation;
    const own = fn === ctx.fn ? { creation: node } : {};
    if (waits) ctx.joins.set(`${index} ${node}`, { fn: ctx.fn, node: index, routines, ...own });
    settle(ctx, live.creation, { kind: waits ? 'joined' : 'detached', fn: ctx.fn, node: index });
    return false;
  });
}

/** What a handle without a class may stand in: a field of something unknown, or what an iterator came from. */
function unnamedIn(ctx: HandleContext, value: Expr): string[] {
  if (value.k === 'field') return [value.f];
  if (ctx.fn.unit.language === 'c' || rootOf(value).k === 'name') return [];
  return [...ctx.targets.keys()].flatMap((node) => {
    const call = ctx.fn.facts.nodes[node];
    const container = call?.op === 'call' && call.callee.k === 'field' ? call.callee.of : undefined;
    if (container?.k === 'field') return [container.f];
    return container?.k === 'name' ? [container.n] : [];
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
    const value = resolve(arg, env, ctx.names);
    const place = callee && storedBy(ctx.program, callee, i);
    next = place ? store(ctx, next, value, place, index) : next;
    next = drop(ctx, next, value, index);
  });
  return next;
}

/** A thread that is given another's handle, or where that stands, closes it as its routine says. */
export function givenToThread(
  ctx: HandleContext,
  state: HandleState,
  env: Environment,
  argument: Expr,
  index: number,
): HandleState {
  const value = resolve(argument, env, ctx.names);
  const given = keyOf(value.k === 'cast' ? value.e : value, true);
  return state.filter((live) => {
    const isGiven = live.key === given || keyOf({ k: 'addr', of: live.place }, true) === given;
    if (isGiven) settle(ctx, live.creation, { kind: 'handed', fn: ctx.fn, node: index });
    return !isGiven;
  });
}

/** The handle's value stands in a known place from here on, and is judged there. */
function store(
  ctx: HandleContext,
  state: HandleState,
  value: Expr,
  place: PlaceClass,
  index: number,
): HandleState {
  return state.filter((live) => {
    if (live.key !== keyOf(value, true)) return true;
    settle(ctx, live.creation, { kind: 'stored', fn: ctx.fn, node: index, place });
    return false;
  });
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
export function keepsParameter(program: Program, fn: Fn, param: number, hands = 0): boolean {
  // What stands behind the parameters is for a list of any length: a number to print.
  if (param >= fn.facts.params) return false;
  return fn.facts.nodes.some((node, index) => {
    if (node.op === 'assign') return mentions(node.from, param);
    if (node.op === 'return') return node.value !== undefined && mentions(node.value, param);
    if (node.op !== 'call' || !node.args.some((arg) => mentions(arg, param))) return false;
    const target = program.targets[fn.id]?.get(index);
    if (target?.kind === 'model') {
      const { copies } = target.model;
      const copied = copies === undefined ? undefined : operandOf(copies, node.args);
      return target.receiver !== undefined || (copied !== undefined && mentions(copied, param));
    }
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
  const isResult = (value.k === 'cast' ? value.e : value).k === 'result';
  if (!isOwn(ctx, place) || place.k !== 'var' || isResult) next = rehome(ctx, next, place, value, index);
  const root = rootOf(place);
  if (place.k !== 'var' || root.k !== 'var') return next;
  // The pointer that the place hangs on moves on: what it pointed to is judged over the whole workspace.
  return next.filter((live) => !(mentions(live.place, root.v) && !isDirect(live.place)));
}

/** Handles that the value carries have a new home: followed there where it is this function's own. */
function rehome(
  ctx: HandleContext,
  state: HandleState,
  place: Expr,
  value: Expr,
  index: number,
): HandleState {
  const own = isOwn(ctx, place);
  return state.flatMap((live) => {
    const whole = live.key === keyOf(value, true);
    const root = rootOf(value);
    const carried =
      root.k === 'var' && !live.shared && mentions(live.place, root.v) && carries(value, live.place);
    if (!whole && !carried) return [live];
    if (whole && own && !live.shared) return [{ ...live, key: keyOf(place, true), place }];
    const stored = whole ? classOf(ctx.program, ctx.fn, place) : undefined;
    if (stored) settle(ctx, live.creation, { kind: 'stored', fn: ctx.fn, node: index, place: stored });
    else settle(ctx, live.creation, { kind: 'handed', fn: ctx.fn, node: index });
    return [];
  });
}

/** The field or global in which a function puts a parameter's value, where that is all it does with it. */
function storedBy(program: Program, fn: Fn, param: number): PlaceClass | undefined {
  let place: PlaceClass | undefined;
  for (const node of fn.facts.nodes) {
    if (node.op === 'assign' && mentions(node.from, param)) {
      const from = node.from.k === 'cast' ? node.from.e : node.from;
      const to = from.k === 'var' ? classOf(program, fn, node.to) : undefined;
      if (!to || place) return undefined;
      place = to;
    } else if (
      (node.op === 'call' && node.args.some((arg) => mentions(arg, param))) ||
      (node.op === 'return' && node.value && mentions(node.value, param))
    )
      return undefined;
  }
  return place;
}
