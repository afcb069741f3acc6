/** Follows the lives of locks along the paths of one function: initialised, destroyed, used, copied. */

import type { Expr } from '../../facts/expr';
import type { FunctionModel, LockModel } from '../../models/schema';
import { classOf } from '../../program/identity';
import type { CallNode, Fn, Target } from '../../program/program';
import { readStudy } from '../calls/bottom-up';
import { returnsFrom } from '../calls/call-graph';
import { runsOnce } from '../calls/once';
import type { Acquisition } from '../locks/lock-facts';
import { isCallersOwn } from '../locks/lock-state';
import { dereference, isDirect, isPath, keyOf, rootOf, substitute } from '../paths/access-path';
import { isUnavoidable } from '../paths/control-dependence';
import { type Environment, locate, type NameInfo, resolve } from '../paths/environment';
import { type Domain, explore, type Outcome } from '../paths/explore';
import { failureOf, operandOf, successOf } from '../paths/operand';
import { deedAt, type FunctionContext, fault, type LifetimeContext } from './lock-lifetime-context';
import { assignedLives, atEntry, declaredLives } from './lock-lifetime-copies';
import type { Deed, FaultKind, LifetimeFault, LifetimeSummary, Status } from './lock-lifetime-facts';
import {
  derefsIn,
  type Life,
  type LifeState,
  lifeOf,
  livesKey,
  NO_LIVES,
  setLife,
  withoutAround,
  withoutChanged,
  withoutLives,
  withoutObject,
} from './lock-lifetime-state';
import { effectsOf } from './lock-lifetime-summary';

export interface LifetimeFindings {
  faults: readonly LifetimeFault[];
  summary: LifetimeSummary;
}

export function followLifetimes(around: LifetimeContext, fn: Fn, names: NameInfo): LifetimeFindings {
  const targets = around.program.targets[fn.id] ?? new Map();
  const ctx: FunctionContext = {
    ...around,
    fn,
    names,
    targets,
    tested: resultsIn(fn),
    initialises: [...targets.values()].some(
      (target) => target.kind === 'model' && target.model.lock?.op === 'init',
    ),
    faults: new Map(),
    endings: [],
    touched: new Map(),
  };
  const domain: Domain<LifeState> = {
    initial: atEntry(ctx),
    key: livesKey,
    names,
    call: (state, env, node, index) => call(ctx, state, env, node, index),
    assign: (state, env, to, from, index) =>
      assignedLives(ctx, state, { to: locate(to, env, names), from, env }, index),
    endOfLife: (state, _env, vars, index) =>
      declaredLives(
        ctx,
        vars.reduce((now, v) => withoutChanged(ended(now, v), new Set([`v${v}`])), state),
        index,
      ),
    exit: (state, env, value, index) => end(ctx, state, env, value, index),
  };
  const complete = explore(fn.facts.nodes, domain);
  if (!complete) return { faults: [], summary: { effects: effectsOf(ctx, []), unknown: true } };
  return { faults: [...ctx.faults.values()], summary: { effects: effectsOf(ctx, ctx.endings) } };
}

function ended(state: LifeState, v: number): LifeState {
  return state.size === 0 ? state : withoutObject(state, { k: 'var', v });
}

function resultsIn(fn: Fn): Set<number> {
  const found = new Set<number>();
  const look = (e: Expr): void => {
    const root = rootOf(e);
    if (root.k === 'result') found.add(root.n);
    if (root.k === 'un') look(root.e);
    if (root.k === 'bin') {
      look(root.l);
      look(root.r);
    }
  };
  for (const node of fn.facts.nodes) {
    if (node.op === 'assign') look(node.from);
    if (node.op === 'branch') look(node.cond);
    if (node.op === 'switch') look(node.on);
    if (node.op === 'return' && node.value) look(node.value);
  }
  return found;
}

function end(
  ctx: FunctionContext,
  state: LifeState,
  env: Environment,
  value: Expr | undefined,
  index: number,
): void {
  ctx.endings.push(state);
  const { returns, kind } = ctx.fn.facts;
  if (!value || kind === 'macro' || !isPath(value) || rootOf(value).k === 'result') return;
  if (value.k === 'addr' || returns.ref || !ctx.objects.isLock(ctx.fn, returns)) return;
  if (ctx.objects.isLock(ctx.fn, ctx.program.types.typeOf(ctx.program, ctx.fn, value)))
    fault(ctx, 'copied', deedAt(ctx.fn, locate(value, env, ctx.names), index));
}

function call(
  ctx: FunctionContext,
  before: LifeState,
  env: Environment,
  node: CallNode,
  index: number,
): readonly Outcome<LifeState>[] {
  if (!returnsFrom(ctx.program, ctx.fn, index, ctx.graph.neverReturns)) return [];
  const target = ctx.targets.get(index);
  // What the call returned in an earlier turn of a loop was another object.
  const state = withoutChanged(before, new Set([`r${index}`]));
  if (target?.kind === 'model') return modelled(ctx, state, env, node, index, target);
  if (target?.kind === 'function') return [{ state: called(ctx, state, env, node, index, target) }];
  return [{ state: unseen(state, env, ctx.names, node) }];
}

function modelled(
  ctx: FunctionContext,
  state: LifeState,
  env: Environment,
  node: CallNode,
  index: number,
  { model, receiver }: Target & { kind: 'model' },
): readonly Outcome<LifeState>[] {
  const at = (operand: string | undefined): Expr | undefined => {
    const place = operand === undefined ? undefined : operandOf(operand, node.args, receiver);
    return place && locate(place, env, ctx.names);
  };
  const place = at(model.lock?.lock ?? model.condition?.lock);
  if (place && model.condition) return [{ state: used(ctx, state, deedAt(ctx.fn, place, index)) }];
  if (place && model.lock) return onLock(ctx, state, model.lock, model, deedAt(ctx.fn, place, index));
  if (model.forks) return [{ state: NO_LIVES }];
  const [freed] = node.args;
  if (model.allocates === 'frees' && freed && isPath(freed)) {
    const object = dereference(resolve(freed, env, ctx.names));
    const lock = heldAt(ctx, index).find((held) => keyOf(held.place).startsWith(keyOf(object)));
    if (lock) fault(ctx, 'freed-held', deedAt(ctx.fn, lock.place, index), lock);
    return [{ state: withoutObject(state, object) }];
  }
  return [{ state: unseen(state, env, ctx.names, node) }];
}

function onLock(
  ctx: FunctionContext,
  state: LifeState,
  lock: LockModel,
  model: FunctionModel,
  deed: Deed,
): readonly Outcome<LifeState>[] {
  switch (lock.op) {
    case 'init':
      return whereTested(
        ctx,
        model,
        deed,
        initialised(ctx, state, deed),
        withoutAround(withoutObject(state, deed.place), deed.place),
      );
    case 'destroy':
      return whereTested(ctx, model, deed, destroyed(ctx, state, deed), state);
    case 'try':
      return [
        { state: used(ctx, state, deed), result: successOf(model, ctx.names) },
        { state: used(ctx, state, deed), result: failureOf(model, ctx.names) },
      ];
    default:
      return [{ state: used(ctx, state, deed) }];
  }
}

/** Code that looks at the result goes another way where the call has failed. */
function whereTested(
  ctx: FunctionContext,
  model: FunctionModel,
  { node }: Deed,
  done: LifeState,
  failed: LifeState,
): readonly Outcome<LifeState>[] {
  const canFail = model.success !== undefined || model.failure !== undefined;
  if (!canFail || !ctx.tested.has(node)) return [{ state: done }];
  return [
    { state: done, result: successOf(model, ctx.names) },
    { state: failed, result: failureOf(model, ctx.names) },
  ];
}

function heldAt(ctx: FunctionContext, node: number): readonly Acquisition[] {
  return ctx.locks.events[ctx.fn.id]?.heldAt.get(node) ?? [];
}

function initialised(ctx: FunctionContext, state: LifeState, deed: Deed): LifeState {
  const known = lifeOf(state, deed.place);
  if (known?.status === 'ready') fault(ctx, 'initialised-twice', deed, known.deed);
  if (known?.status === 'used') fault(ctx, 'initialised-used', deed, known.deed);
  return changed(ctx, withoutIndexed(state, deed.place), deed, 'ready', known);
}

function destroyed(ctx: FunctionContext, state: LifeState, deed: Deed): LifeState {
  const known = lifeOf(state, deed.place);
  const held = heldAt(ctx, deed.node).find((lock) => keyOf(lock.place) === keyOf(deed.place));
  if (held) fault(ctx, 'destroyed-held', deed, held);
  if (known?.status === 'destroyed') fault(ctx, 'destroyed-twice', deed, known.deed);
  if (known?.status === 'raw') fault(ctx, 'uninitialised', deed, known.deed);
  // What comes after the first mistake is its consequence.
  if (held || known?.status === 'raw') return changed(ctx, state, deed, 'other', known);
  return changed(ctx, withoutIndexed(state, deed.place), deed, 'destroyed', known);
}

/** One element stands for all: the array around it is raw no longer. */
function withoutIndexed(state: LifeState, place: Expr): LifeState {
  return keyOf(place).includes('[') ? withoutAround(state, place) : state;
}

function used(ctx: FunctionContext, state: LifeState, deed: Deed): LifeState {
  const known = lifeOf(state, deed.place);
  const kind = known && FAULTS[known.status];
  if (!known && ctx.initialises && !deed.inner)
    return setLife(state, { place: deed.place, status: 'used', deed });
  if (!known || !kind || !isLockPlace(ctx, known, deed.place)) return state;
  fault(ctx, kind, deed, known.deed);
  return changed(ctx, state, deed, 'other', known);
}

const FAULTS: Partial<Record<Status, FaultKind>> = {
  raw: 'uninitialised',
  destroyed: 'used-destroyed',
  copied: 'copy-used',
};

/** Only memory that is declared as a lock needs to be initialised as one. */
function isLockPlace(ctx: FunctionContext, known: Life, place: Expr): boolean {
  if (known.status !== 'raw') return true;
  return ctx.objects.isLock(ctx.fn, ctx.program.types.typeOf(ctx.program, ctx.fn, place));
}

function changed(
  ctx: FunctionContext,
  state: LifeState,
  deed: Deed,
  status: Status,
  known: Life | undefined,
  begins: 'ready' | 'destroyed' | 'other' = status === 'ready' || status === 'destroyed' ? status : 'other',
): LifeState {
  const isOurs = isCallersOwn(ctx.fn, rootOf(deed.place));
  if (isOurs && (status === 'ready' || status === 'destroyed')) ctx.touched.set(keyOf(deed.place), deed);
  const first = known ? known.first : begins === 'other' ? undefined : begins;
  return setLife(state, { place: deed.place, status, deed, ...(first ? { first } : {}) });
}

/** A function of the workspace is called. */
function called(
  ctx: FunctionContext,
  before: LifeState,
  env: Environment,
  node: CallNode,
  index: number,
  { fn: callee, receiver }: Target & { kind: 'function' },
): LifeState {
  let state = withoutChanged(before, ctx.names.callWrites(index));
  const summary = ctx.summaryOf(callee);
  if (summary?.unknown)
    return withoutLives(unseen(state, env, ctx.names, node), (_, l) => !isDirect(l.place));
  const own = (place: Expr): Expr | undefined => {
    const mine = substitute(place, callee.facts.params, node.args, receiver);
    const found = mine && locate(mine, env, ctx.names);
    if (!found || !(rootOf(place).k === 'name' || isOwnMember(place))) return found;
    // A name may mean another variable in the callee's file, and another member in a derived class.
    const [theirs, ours] = [classOf(ctx.program, callee, place), classOf(ctx.program, ctx.fn, found)];
    const isUnknown = rootOf(place).k === 'this' && !(theirs && ours);
    return isUnknown || theirs?.key === ours?.key ? found : undefined;
  };
  const effects = summary?.effects ?? [];
  const touched = new Set(effects.map((effect) => keyOf(effect.place)));
  for (const inner of ctx.locks.summaries[callee.id]?.acquires ?? []) {
    const place = touched.has(keyOf(inner.place)) || !isSure(inner) ? undefined : own(inner.place);
    const known = place && lifeOf(state, place);
    if (!place || !known || (known.status !== 'destroyed' && !ctx.isWrapper(callee))) continue;
    state = used(ctx, state, deedAt(ctx.fn, place, index, inner));
  }
  if (!ctx.isWrapper(callee)) state = withoutRaw(state, env, ctx.names, node);
  // What only the first call does was done before, where anything was.
  const isOnce = runsOnce(ctx.program, ctx.fn, index);
  for (const { place, first: done, last, deed: inner } of effects) {
    const mine = own(place);
    if (!mine) continue;
    const first = isOnce ? undefined : done;
    const known = lifeOf(state, mine);
    // What ends as it may is of interest only where something is known of it, here or to the caller.
    if (!known && !last && !isCallersOwn(ctx.fn, rootOf(mine))) continue;
    const deed = deedAt(ctx.fn, mine, index, inner);
    if (first && known?.status === first)
      fault(ctx, first === 'ready' ? 'initialised-twice' : 'destroyed-twice', deed, known.deed);
    const held = heldAt(ctx, index).find((lock) => keyOf(lock.place) === keyOf(mine));
    if (first === 'destroyed' && last && held && !givesBack(ctx, inner, held))
      fault(ctx, 'destroyed-held', deed, held);
    state = last
      ? changed(ctx, withoutIndexed(state, mine), deed, last, known, first ?? 'other')
      : withoutObject(touching(ctx, state, deed), mine);
  }
  return state;
}

/** `this->m` */
function isOwnMember(place: Expr): boolean {
  return place.k === 'field' && place.of.k === 'deref' && place.of.of.k === 'this';
}

/** Some function on the way down gives the lock back: perhaps before it destroys it. */
function givesBack(ctx: FunctionContext, deed: Deed, { cls }: Acquisition): boolean {
  if (!cls) return true;
  for (let at: Deed | undefined = deed; at; at = at.inner) {
    readStudy(at.fn, 'locks');
    if (ctx.locks.events[at.fn.id]?.givesBack.has(cls.key)) return true;
  }
  return false;
}

/** The callee may have done something to it. */
function touching(ctx: FunctionContext, state: LifeState, deed: Deed): LifeState {
  if (isCallersOwn(ctx.fn, rootOf(deed.place))) ctx.touched.set(keyOf(deed.place), deed);
  return withoutAround(state, deed.place);
}

/** Taken whenever the function runs. */
function isSure(inner: Acquisition): boolean {
  return inner.doubts === 0 && !inner.retaken && isUnavoidable(inner.fn.facts.nodes, inner.node);
}

/** Code that is not seen may initialise what it is given, and put other objects behind pointers. */
function unseen(state: LifeState, env: Environment, names: NameInfo, node: CallNode): LifeState {
  if (state.size === 0) return state;
  let next = withoutLives(state, (_, { place }) => derefsIn(place) > 1 || rootOf(place).k === 'result');
  for (const arg of node.args) {
    if (!isPath(arg)) continue;
    const value = resolve(arg, env, names);
    const object = value.k === 'addr' ? value.of : dereference(value);
    next = withoutAround(withoutObject(next, object), object);
    if (isDirect(value)) next = withoutObject(next, value);
  }
  return next;
}

function withoutRaw(state: LifeState, env: Environment, names: NameInfo, node: CallNode): LifeState {
  let next = state;
  for (const arg of node.args) {
    const root = isPath(arg) ? rootOf(resolve(arg, env, names)) : undefined;
    if (root?.k !== 'var') continue;
    const key = keyOf(root);
    next = withoutLives(
      next,
      (own, { status }) =>
        (status === 'raw' || status === 'copied') && (own === key || own.startsWith(`${key}.`)),
    );
  }
  return next;
}
