/** What is done to locks at a call, as the function that makes the call sees it. */
import type { Expr } from '../../facts/expr';
import type { LockModel } from '../../models/schema';
import { classOf, memberOfHolder, type PlaceClass } from '../../program/identity';
import type { CallNode, Fn, Program, Target } from '../../program/program';
import type { LastReference } from '../calls/last-reference';
import {
  dereference,
  isDirect,
  keyOf,
  mapRoot,
  rootOf,
  substitute,
  substituteValue,
} from '../paths/access-path';
import { isUnavoidable } from '../paths/control-dependence';
import { type Environment, knownValue, locate, type NameInfo, resolve } from '../paths/environment';
import type { Outcome } from '../paths/explore';
import { areDisjoint, type Constant, type Value } from '../paths/value';
import { hasIndex, isBehind } from './behind-pointers';
import { boundName, inResult, lockOfGuard } from './guard-steps';
import { elementChoice, liftedChoice } from './lock-elements';
import { conditionsAtCall } from './lock-entry';
import type {
  Acquisition,
  Condition,
  ElementChoice,
  LockEvent,
  LockOutcome,
  Release,
  Wait,
} from './lock-facts';
import type { LockKinds } from './lock-kinds';
import { heldValue } from './lock-predicates';
import { isNamed, type LockState } from './lock-state';
import { type Changes, isCallersValue, MAX_CONDITIONS } from './lock-summary';
import { lockWithin } from './lockables';
import { isOwnWay, isTemplates } from './template-locks';
import { withTemplateValues } from './template-values';

export interface LiftContext {
  program: Program;
  fn: Fn;
  names: NameInfo;
  changes: Changes;
  kinds: LockKinds;
  lastReference: LastReference;
  /** What callees' conditions are about in this function's terms, by call: most are the same few. */
  conditionsAt: Map<number, Map<string, Named | undefined>>;
}

/** A callee's expressions and conditions in the caller's terms. */
export interface CallView {
  /** The object that the call returns. */
  result: Expr;
  index: number;
  env: Environment;
  /** What is known here of values that the caller's caller can name. */
  here(): readonly Condition[];
  /** What is lifted already: a lock stands in several parts of a summary. */
  known: Map<Acquisition, Acquisition>;
  /** The call is only made where the last reference is dropped. */
  isLast(): boolean;
  place(e: Expr): Expr | undefined;
  /** The name that the place has by a guard of this function. */
  guards(e: Expr): Expr | undefined;
  /** It is what a template takes for a lock, and does something else than that to one. */
  isOwnWay(event: LockEvent): boolean;
  element(choice: ElementChoice): ElementChoice;
  /** The place without what is known of pointers: as the source has it. */
  written(e: Expr): Expr | undefined;
  value(e: Expr): Expr | undefined;
  conditions(when: readonly Condition[]): readonly Condition[];
  /** Whether conditions, in the caller's terms, agree with what is known. */
  isPossible(when: readonly Condition[]): boolean;
}

/** What a condition is about. */
type Named = Pick<Condition, 'of' | 'key'>;

/** Taking a lock where the last reference is dropped says less than a condition. */
const LAST_REFERENCE_DOUBTS = 3;

export function viewOf(
  ctx: LiftContext,
  target: Target & { kind: 'function' },
  node: CallNode,
  index: number,
  env: Environment,
  state: LockState,
): CallView {
  const { names } = ctx;
  const { params } = target.fn.facts;
  let here: readonly Condition[] | undefined;
  let isLast: boolean | undefined;
  const result: Expr = target.into ?? { k: 'result', n: index };
  const own = (e: Expr): Expr | undefined =>
    inResult(e, result) ?? substitute(e, params, node.args, target.receiver);
  const substituted = ctx.conditionsAt.get(index) ?? new Map<string, Named | undefined>();
  ctx.conditionsAt.set(index, substituted);
  const named = (key: string, of: Expr): Named | undefined => {
    if (substituted.has(key)) return substituted.get(key);
    const value = withTemplateValues(target.fn.facts, node, of);
    const mine = value && substituteValue(value, params, node.args, target.receiver);
    const made = mine && { of: mine, key: keyOf(mine) };
    substituted.set(key, made);
    return made;
  };
  const values = new Map<string, Value | undefined>();
  return {
    result,
    index,
    env,
    known: new Map(),
    here: () => {
      here ??= conditionsAtCall(ctx.changes, state, env, index);
      return here;
    },
    isLast: () => {
      isLast ??= ctx.lastReference.guards(ctx.fn, index);
      return isLast;
    },
    place: (e) => {
      const place = own(e);
      if (!place) return undefined;
      const object = locate(place, env, names);
      const guards = lockOfGuard(ctx.program, ctx.fn, object, env);
      const lock = guards ? locate(guards, env, names) : object;
      return isTemplates(target.fn, e) ? lockWithin(ctx.program, ctx.fn, lock) : lock;
    },
    guards: (e) => {
      const place = own(e);
      return place && lockOfGuard(ctx.program, ctx.fn, locate(place, env, names), env);
    },
    isOwnWay: (event) => {
      const object = isTemplates(target.fn, event.place) ? own(event.place) : undefined;
      return object !== undefined && isOwnWay(ctx.program, ctx.fn, object, event);
    },
    written: (e) => {
      const place = own(e);
      return place && mapRoot(place, (root) => (root.k === 'name' ? locate(root, env, names) : root));
    },
    isPossible: (when) =>
      when.every(({ of, key, value }) => {
        let known = values.get(key);
        if (!known && !values.has(key)) {
          known = heldValue(state, of, env, names) ?? knownValue(of, env, names);
          values.set(key, known);
        }
        return !known || !areDisjoint(known, value);
      }),
    element: (choice) => liftedChoice(choice, params, node.args, target.receiver),
    value: (e) => {
      const value = own(e);
      return value && resolve(value, env, names);
    },
    conditions: (when) => {
      if (when.length === 0) return when;
      const made: Condition[] = [];
      for (const { of, key, value, changed } of when) {
        const mine = named(key, of);
        if (mine) made.push({ of: mine.of, key: mine.key, value, ...(changed ? { changed } : {}) });
      }
      return made;
    },
  };
}

/** A lock that a library call takes. */
export function acquisitionAt(
  ctx: LiftContext,
  state: LockState,
  env: Environment,
  place: Expr,
  node: number,
  lock: LockModel,
): Acquisition {
  const { program, fn } = ctx;
  const cls = classOf(program, fn, place);
  const key = keyOf(place);
  const element = elementChoice(place, env, ctx.names);
  return {
    fn,
    node,
    place,
    mode: lock.mode ?? 'exclusive',
    tried: lock.op === 'try',
    kind: ctx.kinds.kindOf(fn, place, lock),
    retaken: state.blurred || state.released.some((release) => release.key === key),
    ...(state.released.length > 0 ? { without: awayIn(state) } : {}),
    when: conditionsAtCall(ctx.changes, state, env, node),
    doubts: 0,
    ...(cls ? { cls } : {}),
    ...(element ? { element } : {}),
    ...(lock.releaseText ? { releaseText: lock.releaseText } : {}),
  };
}

/** A callee's acquisition as this function sees it; the callee's name of the class stands where ours is none. */
export function lifted(
  ctx: LiftContext,
  inner: Acquisition,
  view: CallView,
  below = view.conditions(inner.when),
): Acquisition {
  const known = view.known.get(inner);
  if (known) return known;
  const { program, fn } = ctx;
  const place = view.place(inner.place);
  const cls = place ? classLifted(program, fn, place, inner, view) : inner.cls;
  // Written out, as there are very many of them; the type names every field, so that none is forgotten.
  const made: { [K in keyof Required<Acquisition>]: Acquisition[K] } = {
    fn,
    node: view.index,
    place: place ?? { k: 'unknown' },
    cls,
    mode: inner.mode,
    tried: inner.tried,
    kind: kindLifted(ctx, inner, cls, place),
    releaseText: inner.releaseText,
    element: inner.element && view.element(inner.element),
    inner,
    claimed: inner.claimed,
    always: undefined,
    onError: inner.onError,
    chosen: inner.chosen,
    retaken: inner.retaken,
    without: inner.without?.flatMap((e) => view.place(e) ?? []),
    when: whenLifted(ctx, below, view),
    doubts: doubtsLifted(inner, view),
  };
  view.known.set(inner, made);
  return made;
}

/** A wrapper that knows nothing of the lock it is given does not know its kind either, nor does a template. */
function kindLifted(
  { kinds, fn }: LiftContext,
  inner: Acquisition,
  cls: PlaceClass | undefined,
  place: Expr | undefined,
): Acquisition['kind'] {
  if (inner.kind === 'unknown' && place) return kinds.kindOfType(fn, place) ?? 'unknown';
  if (inner.kind !== 'normal' || !cls || inner.cls?.key === cls.key) return inner.kind;
  return kinds.kindOfClass(cls) ?? inner.kind;
}

export function doubtsLifted(inner: Acquisition, view: CallView): number {
  const { kind, nodes } = inner.fn.facts;
  // A macro's conditions are this function's own text.
  const isCertain = kind === 'macro' || inner.always === true || isUnavoidable(nodes, inner.node);
  return inner.doubts + (isCertain ? 0 : 1) + (view.isLast() ? LAST_REFERENCE_DOUBTS : 0);
}

/** Whether the lock has the same class to the caller, whatever the call gives. */
export function keepsClass(inner: Acquisition, view: CallView): boolean {
  return inner.cls !== undefined && isSameClass(inner.cls, inner.place, view.place(inner.place), view);
}

function classLifted(
  program: Program,
  fn: Fn,
  place: Expr,
  { cls, place: below }: LockEvent,
  view: CallView,
): PlaceClass | undefined {
  if (cls && isSameClass(cls, below, place, view)) return cls;
  // Only who has the guard knows its lock, and the callee that gives it.
  if (place.k === 'field' && place.f.startsWith('#')) return rootOf(below).k === 'name' ? cls : undefined;
  const own = classOf(program, fn, place) ?? cls;
  // The type may be known to the callee alone.
  return own ?? (place.k === 'field' ? memberOfHolder(program, fn, place) : undefined);
}

/**
 * What is behind a pointer is the same field of the same type to caller and callee, and a global the same global;
 * only objects that a call gives are told apart, elements of arrays, and locks that the caller knows without the
 * pointer, or behind another one: `mutex` or `*s->mutex` behind a guard's `*mutex_`.
 */
function isSameClass(cls: PlaceClass, below: Expr, place: Expr | undefined, view: CallView): boolean {
  if (!place) return true;
  if (hasIndex(below)) return false;
  if (isBehind(below)) {
    const plain = isBehind(place) ? view.written(below) : undefined;
    if (!plain || keyOf(plain) !== keyOf(place)) return false;
  }
  if (rootOf(below).k === 'name') return rootOf(place).k === 'name';
  return !cls.single && !isDirect(place);
}

function whenLifted(ctx: LiftContext, below: readonly Condition[], view: CallView): readonly Condition[] {
  const here = view.here();
  if (below.length === 0 || here.length >= MAX_CONDITIONS) return here;
  const own = below.filter(({ of }) => isCallersValue(ctx.changes, of, view.index));
  return own.length === 0 ? here : [...here, ...own].slice(0, MAX_CONDITIONS);
}

/** A lock that is given back, by a library call or inside a callee. */
export function releaseAt(ctx: LiftContext, place: Expr, node: number, inner?: Release): Release {
  const cls = classOf(ctx.program, ctx.fn, place) ?? inner?.cls;
  const ends = inner?.endsOnError ? ({ endsOnError: true } as const) : {};
  return { fn: ctx.fn, node, place, ...(cls ? { cls } : {}), ...(inner ? { inner } : {}), ...ends };
}

/** A callee's wait as this function sees it. */
export function liftedWait(ctx: LiftContext, inner: Wait, view: CallView): Wait {
  const { program, fn } = ctx;
  const place = view.place(inner.place) ?? { k: 'unknown' };
  const condition = view.place(inner.condition) ?? { k: 'unknown' };
  const cls = classOf(program, fn, place) ?? inner.cls;
  const conditionClass = classOf(program, fn, condition) ?? inner.conditionClass;
  return {
    ...inner,
    fn,
    node: view.index,
    place,
    condition,
    inner,
    when: view.here(),
    ...(cls ? { cls } : {}),
    ...(conditionClass ? { conditionClass } : {}),
  };
}

/** Where there is a lock behind a pointer, the pointer is none to nothing. */
export function pointersIn(place: Expr): readonly Expr[] {
  if (place.k === 'field') return pointersIn(place.of);
  if (place.k !== 'deref') return [];
  const pointer = place.of.k === 'cast' ? place.of.e : place.of;
  return pointer.k === 'var' ? [pointer] : pointersIn(pointer);
}

/** What else is known where a call ended in one way. */
export function effectsOf(outcome: LockOutcome, view: CallView): CallEffects {
  const returned = outcome.returns && view.value(outcome.returns);
  const result: Value | undefined = returned ? { ...outcome.result, alias: returned } : outcome.result;
  const writes = outcome.leaves.flatMap(({ to, value }) => {
    const place = view.place(to);
    return place ? [{ to: place, value: constantExpr(value) }] : [];
  });
  const binds = outcome.binds.flatMap(({ to, value }) => {
    const place = inResult(to, view.result) ?? view.place(to);
    const known: Expr = value.k === 'num' ? value : (view.written(value) ?? { k: 'unknown' });
    return place ? [{ to: place, value: known }] : [];
  });
  const pointers = [...outcome.holds, ...outcome.releases].flatMap(({ place }) => {
    const own = view.written(place);
    return own ? pointersIn(own).map((of) => ({ of, value: { ne: [0] } })) : [];
  });
  return {
    writes: [...writes, ...binds],
    assumes: [...view.conditions(outcome.when), ...pointers],
    ...(result ? { result } : {}),
  };
}

/** What is known behind a call beside the locks. */
type CallEffects = Omit<Outcome<LockState>, 'state'>;

/** A lock that the call returns is what the result points to, else it is named as the call's arguments are. */
export function nameAtCall(outcome: LockOutcome, { place }: Acquisition, view: CallView): Expr | undefined {
  const bound = boundName(outcome, place, view.result, view.place);
  if (bound) return bound;
  const isReturned = outcome.returns && keyOf(dereference(outcome.returns)) === keyOf(place);
  return isReturned ? { k: 'deref', of: view.result } : (view.guards(place) ?? view.written(place));
}

function constantExpr(value: Constant): Expr {
  return typeof value === 'number' ? { k: 'num', v: value } : { k: 'name', n: value };
}

/** Locks of the caller that are given back just now. */
function awayIn({ held, released }: LockState): Expr[] {
  return released.flatMap(({ key, place }) => (held.some((one) => isNamed(one, key)) ? [] : [place]));
}

/** What a callee takes after the function itself had given locks of its caller back. */
export function afterRelease(state: LockState, acquisition: Acquisition): Acquisition {
  if (state.released.length === 0 && !state.blurred) return acquisition;
  const key = keyOf(acquisition.place);
  const retaken =
    state.blurred || acquisition.retaken || state.released.some((release) => release.key === key);
  return { ...acquisition, retaken, without: [...(acquisition.without ?? []), ...awayIn(state)] };
}
