/** Locks that come into being without a call: declared, assigned, copied, handed over by value. */
import type { Expr } from '../../facts/expr';
import { classOf } from '../../program/identity';
import { isLocal } from '../calls/names';
import { memberAt } from '../locks/lock-objects';
import { isDirect, isPath, keyOf, rootOf } from '../paths/access-path';
import { type Environment, locate } from '../paths/environment';
import { deedAt, type FunctionContext, fault } from './lock-lifetime-context';
import type { Deed } from './lock-lifetime-facts';
import {
  type LifeState,
  NO_LIVES,
  setLife,
  withoutLives,
  withoutObject,
  withoutWritten,
} from './lock-lifetime-state';

/** A parameter that is a lock itself is a copy of the caller's. */
export function atEntry(ctx: FunctionContext): LifeState {
  let state = NO_LIVES;
  const { fn } = ctx;
  if (fn.facts.kind === 'macro') return state;
  for (let v = 0; v < fn.facts.params; v++) {
    const variable = fn.facts.variables[v];
    if (!variable || variable.type.ref || !ctx.objects.isLock(fn, variable.type)) continue;
    const place: Expr = { k: 'var', v };
    const deed: Deed = { fn, node: 0, place, parameter: v };
    state = setLife(state, { place, status: 'copied', deed });
  }
  return state;
}

/** A variable comes into being without a value. In C++ a constructor may give it one. */
export function declaredLives(ctx: FunctionContext, state: LifeState, index: number): LifeState {
  const { fn } = ctx;
  const node = fn.facts.nodes[index];
  if (node?.op !== 'declare' || fn.unit.language !== 'c' || fn.facts.kind === 'macro') return state;
  const place: Expr = { k: 'var', v: node.v };
  const type = fn.facts.variables[node.v]?.type;
  const isOwn = type && isLocal(fn, place) && ctx.objects.within(fn, { ...type, arr: 0 }).length > 0;
  return isOwn ? setLife(state, { place, status: 'raw', deed: deedAt(ctx.fn, place, index) }) : state;
}

interface Assignment {
  /** Located. */
  to: Expr;
  from: Expr;
  env: Environment;
}

/** After `to = from`. */
export function assignedLives(
  ctx: FunctionContext,
  before: LifeState,
  { to, from, env }: Assignment,
  index: number,
): LifeState {
  let state = before.size === 0 ? before : withoutEscaped(withoutWritten(before, to), from);
  const objects = objectsIn(ctx, to);
  if (objects.length === 0) return state;
  // `c ? a : b` goes through a variable without a name, and is one of the two.
  if (to.k === 'var' && ctx.fn.facts.variables[to.v]?.name === '') return state;
  state = withoutObject(state, to);
  const source = isObject(ctx, from) ? locate(from, env, ctx.names) : undefined;
  for (const path of objects) {
    const place = memberAt(to, path);
    const deed = deedAt(ctx.fn, place, index);
    if (!source || isTemplate(ctx, source, memberAt(source, path))) {
      state = setLife(state, { place, status: 'other', deed });
      continue;
    }
    if (path.length === 0) fault(ctx, 'copied', deed, deedAt(ctx.fn, source, index));
    state = setLife(state, { place, status: path.length === 0 ? 'other' : 'copied', deed });
  }
  return state;
}

/** The locks in an object that is assigned as a whole. */
function objectsIn(ctx: FunctionContext, to: Expr): readonly (readonly string[])[] {
  if (to.k === 'var' && ctx.fn.facts.variables[to.v]?.type.ref) return [];
  if (ctx.fn.facts.kind === 'macro' || !isPath(to)) return [];
  return ctx.objects.within(ctx.fn, ctx.program.types.typeOf(ctx.program, ctx.fn, to));
}

/** An object that is there already, rather than a value that is made here. */
function isObject(ctx: FunctionContext, from: Expr): boolean {
  const root = rootOf(from);
  if (!isPath(from) || from.k === 'addr' || root.k === 'result') return false;
  // Any other name is an initialiser that no preprocessor has replaced.
  if (root.k === 'name' && !ctx.program.globalNamed(ctx.fn, root.n)) return false;
  return ctx.objects.within(ctx.fn, ctx.program.types.typeOf(ctx.program, ctx.fn, from)).length > 0;
}

/** A variable that only holds an initialiser: `static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER`. */
function isTemplate(ctx: FunctionContext, source: Expr, lock: Expr): boolean {
  const { fn, program, locks } = ctx;
  const root = rootOf(source);
  if (!isDirect(source) || ctx.touched.has(keyOf(lock))) return false;
  if (root.k === 'name') {
    const cls = classOf(program, fn, lock);
    const isTaken = cls !== undefined && (ctx.taken.has(cls.key) || ctx.taken.has(cls.family ?? ''));
    return program.globalNamed(fn, root.n)?.facts.init !== undefined && !isTaken;
  }
  const key = keyOf(lock);
  const isTaken = [...(locks.summaries[fn.id]?.acquires ?? [])].some(({ place }) => keyOf(place) === key);
  return root.k === 'var' && root.v >= fn.facts.params && !isTaken;
}

/** Once a variable's address is kept somewhere, others may initialise it. */
function withoutEscaped(state: LifeState, from: Expr): LifeState {
  const plain = from.k === 'cast' ? from.e : from;
  if (plain.k !== 'addr' || !isDirect(plain.of)) return state;
  const key = keyOf(rootOf(plain.of));
  return withoutLives(state, (own, { status }) => status === 'raw' && own === key);
}
