/** What is known of values behind an assignment, and what it makes stale. */
import { type Expr, NO_TYPE } from '../../facts/expr';
import { dependenciesOf, isAnyElement, isPath, isSmall, mapRoot, rootOf } from './access-path';
import { stepOf } from './counters';
import { type Environment, valueIn } from './entries';
import { knownValue, locate, type NameInfo, resolve, set } from './environment';
import { forget, forgetPlace } from './forgetting';
import { withOutcome } from './test-outcomes';
import type { Value } from './value';

/** What an assignment writes: of a reference that gets its object the reference itself, in each turn of a loop. */
export function assignedPlace(to: Expr, from: Expr | undefined, env: Environment, names: NameInfo): Expr {
  return isBinding(to, from, names) ? to : locate(to, env, names);
}

function isBinding(to: Expr, from: Expr | undefined, names: NameInfo): from is Expr & { k: 'addr' } {
  return to.k === 'var' && from?.k === 'addr' && names.isBound(to.v);
}

/** What an assignment to a place makes stale. */
export function written(place: Expr): string[] {
  switch (place.k) {
    case 'var':
      return [`v${place.v}`];
    case 'name':
      return [`n:${place.n}`];
    case 'field':
      return [`.${place.f}`];
    case 'cast':
      return written(place.e);
    default:
      return [];
  }
}

/** The environment behind a call that has left pointers in the function's variables; the values are those before it. */
export function withGiven(
  names: NameInfo,
  index: number,
  before: Environment,
  env: Environment,
): Environment {
  let next = env;
  for (const { to, value, isOptional } of names.pointersGiven(index)) {
    const source = value && resolve(value, before, names);
    if (!source || isAnyElement(source) || !isSmall(source)) continue;
    const place = locate(to, before, names);
    const type = place.k === 'var' ? names.typeOf(place.v) : NO_TYPE;
    // A copy that may be null says nothing of that, so it is not seen as an address.
    next = set(place, { alias: isOptional ? { k: 'cast', t: type, e: source } : source }, next);
  }
  return next;
}

/** The environment after `to = from`. */
export function assigned(to: Expr, from: Expr, env: Environment, names: NameInfo): Environment {
  const place = assignedPlace(to, from, env, names);
  const isBound = isBinding(to, from, names);
  // That the object has an address says nothing of what is in it. The address stays one, also of what a pointer
  // points to: anything else would be the value of the object.
  const value = isBound ? undefined : knownValue(from, env, names);
  const source: Expr = isBound ? { k: 'addr', of: locate(from.of, env, names) } : resolve(from, env, names);
  const bare = to.k === 'name' && place !== to ? written(to) : [];
  const step = stepOf(place, from, env);
  let next = forget([...written(place), ...bare], env);
  if (step) next = set(step.back, step.old, next);
  if (place.k === 'deref' || place.k === 'index') next = forgetPlace(place, next);
  const known: Value = value ? valueIn(value) : {};
  const own = written(place);
  // Which element it is, nobody can say a second time: the variable says more.
  const isOne = !isAnyElement(source);
  const stable =
    isOne && isPath(source) && isSmall(source) && !own.some((dep) => dependenciesOf(source).has(dep));
  // A constant is no place that a value could be read from again.
  if (source.k === 'name' && names.constant(source.n) !== undefined)
    return known.eq === undefined ? next : set(place, known, next);
  // A call's result says less than the variable that takes it: the variable has a type.
  if (stable && rootOf(source).k !== 'result') known.alias = typed(place, source, names);
  const empty = known.eq === undefined && !known.ne && !known.sign && !known.alias;
  if (empty && place.k === 'var')
    return withOutcome(
      place,
      source,
      inherited(place, source, env, next),
      names,
      (e) => knownValue(e, env, names)?.eq,
    );
  return inherited(place, source, env, empty ? next : set(place, known, next));
}

/** What is known of an object that a call has made is known of it by the name of the variable that takes it. */
function inherited(place: Expr, source: Expr, env: Environment, after: Environment): Environment {
  const made = source.k === 'cast' ? source.e : source;
  if (made.k !== 'result') return after;
  let next = after;
  for (const { of, eq, alias } of env) {
    const root = rootOf(of);
    if (of.k !== 'field' || root.k !== 'result' || root.n !== made.n) continue;
    const value = { ...(eq === undefined ? {} : { eq }), ...(alias ? { alias } : {}) };
    next = set(
      mapRoot(of, () => place),
      value,
      next,
    );
  }
  return next;
}

/** `struct conn *c = arg;`: what `arg` points to is then seen with the type that the variable declares. */
function typed(place: Expr, source: Expr, names: NameInfo): Expr {
  if (place.k !== 'var' || source.k === 'addr' || source.k === 'cast') return source;
  const t = names.typeOf(place.v);
  return t.base === '' || t.base === 'auto' || t.base === 'void' ? source : { k: 'cast', t, e: source };
}
