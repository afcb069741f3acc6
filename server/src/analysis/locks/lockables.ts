/**
 * Classes of the workspace that C++ calls lockable: `lock` takes one lock among their members on every way, and
 * `unlock` gives it back. A guard of such an object holds that member, as a call of `lock` would.
 */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import { kept } from '../calls/kept';
import { namesOf } from '../calls/names';
import { keyOf, rootOf, substitute } from '../paths/access-path';
import { guardsOf, isUnavoidable } from '../paths/control-dependence';
import { EMPTY, locate } from '../paths/environment';
import { operandOf } from '../paths/operand';

/** A lockable in a lockable in a lockable: deeper ones do not exist. */
const MAX_DEPTH = 3;

/** The lock inside of an object that is lockable; the object itself where it is none, or does more than that. */
export function lockWithin(program: Program, fn: Fn, object: Expr): Expr {
  const taken = methodOf(program, fn, object, 'lock') ?? methodOf(program, fn, object, 'Lock');
  const given = methodOf(program, fn, object, 'unlock') ?? methodOf(program, fn, object, 'Unlock');
  const lock = taken && kept(taken, 'member taken', () => memberIn(program, taken, 'acquire', MAX_DEPTH));
  const other = given && kept(given, 'member given', () => memberIn(program, given, 'release', MAX_DEPTH));
  if (!taken || !lock || !other || keyOf(lock) !== keyOf(other)) return object;
  return substitute(lock, taken.facts.params, [], object) ?? object;
}

function methodOf(program: Program, fn: Fn, object: Expr, name: string): Fn | undefined {
  const { types, models } = program;
  const type = types.typeOf(program, fn, object);
  if (!type.base || type.ptr > 0 || models.lockTypes.has(type.base)) return undefined;
  for (const own of types.classChain(fn.unit, fn.facts.name, type.base)) {
    const method = program.functionNamed(fn.unit, `${own}::${name}`, fn.facts.name);
    if (method) return method;
  }
  return undefined;
}

/** The member that a method does this to on every way, where it does nothing else to any lock. */
function memberIn(program: Program, method: Fn, op: 'acquire' | 'release', depth: number): Expr | undefined {
  const { nodes } = method.facts;
  const tries: number[] = [];
  let done: number | undefined;
  let member: Expr | undefined;
  for (const [node, target] of program.targets[method.id] ?? []) {
    const call = nodes[node];
    if (call?.op !== 'call' || target.kind === 'unknown') continue;
    const own = target.kind === 'model' ? target.model.lock : undefined;
    const inner =
      target.kind === 'function' && depth > 0 ? memberIn(program, target.fn, op, depth - 1) : undefined;
    const lock = own
      ? operandOf(own.lock, call.args, target.receiver)
      : inner && target.kind === 'function'
        ? substitute(inner, target.fn.facts.params, call.args, target.receiver)
        : undefined;
    if (!lock) continue;
    const place = locate(lock, EMPTY, namesOf(program, method, []));
    if (member && keyOf(member) !== keyOf(place)) return undefined;
    member = place;
    if (own?.op === 'try' && op === 'acquire') tries.push(node);
    else if ((own && own.op !== op) || done !== undefined) return undefined;
    else done = node;
  }
  if (done === undefined || !member || rootOf(member).k !== 'this') return undefined;
  // Who has tried in vain waits then: `if (!m.try_lock()) m.lock();`
  const isDone =
    isUnavoidable(nodes, done) ||
    (tries.length > 0 &&
      guardsOf(nodes, done).every(({ cond }) => tries.some((tried) => readsResult(cond, tried))));
  return isDone ? member : undefined;
}

function readsResult(e: Expr, node: number): boolean {
  if (e.k === 'un' || e.k === 'cast') return readsResult(e.e, node);
  return e.k === 'result' && e.n === node;
}
