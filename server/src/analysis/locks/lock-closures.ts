/**
 * Closures that are given away and would give a lock back: `Defer d([&] { m.unlock(); });`. When that happens shows
 * in no call, so from then on it is not known whether the lock is held.
 */
import type { Expr } from '../../facts/expr';
import { onlyValue } from '../../program/bound-callables';
import type { CallNode, Fn, Program } from '../../program/program';
import { kept } from '../calls/kept';
import { keyOf, substitute } from '../paths/access-path';
import { type Environment, locate, type NameInfo } from '../paths/environment';
import { operandOf } from '../paths/operand';
import { doubt, isNamed, type LockState } from './lock-state';

type Lambda = Expr & { k: 'lambda' };

/** The state behind a call that keeps what it is given, or gives it to an object that does. */
export function closuresGiven(
  program: Program,
  fn: Fn,
  state: LockState,
  env: Environment,
  names: NameInfo,
  { args }: CallNode,
): LockState {
  if (state.held.length === 0 || fn.unit.language !== 'cpp') return state;
  let next = state;
  for (const closure of args.flatMap((arg) => closuresIn(fn, arg))) {
    const lambda = program.functionNamed(fn.unit, closure.f);
    if (!lambda) continue;
    const { params, captures = [] } = closure;
    const given: Expr[] = [
      ...Array.from({ length: params ?? 0 }, (): Expr => ({ k: 'unknown' })),
      ...captures,
    ];
    for (const lock of kept(lambda, 'gives back', () => givenBackIn(program, lambda))) {
      const own = substitute(lock, lambda.facts.params, given, { k: 'deref', of: { k: 'this' } });
      const place = own && locate(own, env, names);
      const held = place && next.held.find((one) => isNamed(one, keyOf(place)));
      if (held) next = doubt(next, { ...held.acquisition, place });
    }
  }
  return next;
}

function closuresIn(fn: Fn, e: Expr): Lambda[] {
  if (e.k === 'lambda') return [e];
  if (e.k === 'init') return e.items.flatMap((item) => closuresIn(fn, item.e));
  const value = e.k === 'var' ? onlyValue(fn.facts, e.v) : undefined;
  return value?.k === 'lambda' ? [value] : [];
}

/** The locks that a function gives back itself. */
function givenBackIn({ targets }: Program, fn: Fn): readonly Expr[] {
  return [...(targets[fn.id] ?? [])].flatMap(([node, target]) => {
    const call = fn.facts.nodes[node];
    const lock = target.kind === 'model' ? target.model.lock : undefined;
    if (target.kind !== 'model' || call?.op !== 'call' || lock?.op !== 'release') return [];
    return operandOf(lock.lock, call.args, target.receiver) ?? [];
  });
}
