/** Operands of library models as expressions at a call. */
import type { Expr } from '../../facts/expr';
import type { BlockingModel, FunctionModel } from '../../models/schema';
import { dereference, keyOf } from './access-path';
import {
  type Constant,
  type Environment,
  knownValue,
  locate,
  type NameInfo,
  resolve,
  type Value,
} from './environment';

/**
 * `"0"`, `"*0"`, `"*0#detachstate"` at these arguments, `"this"` at this receiver, `"result"` where the result
 * is given; undefined where what the operand names is missing.
 */
export function operandOf(
  operand: string,
  args: readonly Expr[],
  receiver?: Expr,
  result?: Expr,
): Expr | undefined {
  const [path = '', property] = operand.split('#');
  const name = path.replace(/^\*+/, '');
  let place = name === 'this' ? receiver : name === 'result' ? result : args[Number(name)];
  if (!place) return undefined;
  for (let star = 0; star < path.length - name.length; star++) place = dereference(place);
  return property ? { k: 'field', of: place, f: `#${property}` } : place;
}

/** What a model's `stores` and constants write: an operand, or a constant by name. */
export function storedValue(value: string, args: readonly Expr[], receiver?: Expr): Expr {
  const isOperand = /^\*{0,2}(?:\d|this\b)/.test(value);
  return (isOperand ? operandOf(value, args, receiver) : undefined) ?? { k: 'name', n: value };
}

/** What a model says of the result when its effect happened. */
export function successOf(model: FunctionModel, names: NameInfo): Value {
  const { success, failure } = model;
  if (success !== undefined) return { eq: constantOf(success, names) };
  return failure === undefined || isVague(failure) ? {} : { ne: [constantOf(failure, names)] };
}

/** What a model says of the result when its effect did not happen. */
export function failureOf(model: FunctionModel, names: NameInfo): Value {
  const { success, failure } = model;
  if (failure === 'positive') return { sign: 1 };
  if (failure === 'negative') return { sign: -1 };
  if (failure !== undefined && failure !== 'other') return { eq: constantOf(failure, names) };
  return success === undefined ? {} : { ne: [constantOf(success, names)] };
}

function isVague(failure: Constant): boolean {
  return failure === 'positive' || failure === 'negative' || failure === 'other';
}

function constantOf(value: Constant, names: NameInfo): Constant {
  return typeof value === 'string' ? (names.constant(value) ?? value) : value;
}

/** The values a modelled call leaves in memory. */
export function writesOf(
  model: FunctionModel,
  args: readonly Expr[],
  env: Environment,
  names: NameInfo,
  receiver?: Expr,
): { to: Expr; value: Expr }[] {
  return (model.stores ?? []).flatMap(({ to, value }) => {
    const place = operandOf(to, args, receiver);
    return place ? [{ to: locate(place, env, names), value: storedValue(value, args, receiver) }] : [];
  });
}

/** Whether a call that can block may do so with these arguments. */
export function mayBlock(
  blocks: BlockingModel,
  args: readonly Expr[],
  env: Environment,
  names: NameInfo,
): boolean {
  const timeout = blocks.timeout && operandOf(blocks.timeout, args);
  if (timeout && isZeroTime(timeout, env, names)) return false;
  const flags = blocks.flags && operandOf(blocks.flags, args);
  if (!flags) return !blocks.only;
  const value = knownValue(flags, env, names)?.eq;
  const mentioned = namesIn(resolve(flags, env, names));
  for (const name of blocks.unless ?? []) {
    const bit = names.constant(name);
    if (mentioned.has(name) || (value !== undefined && value === bit)) return false;
    if (typeof value === 'number' && typeof bit === 'number' && (value & bit) !== 0) return false;
  }
  if (!blocks.only) return true;
  return blocks.only.some(
    (name) => mentioned.has(name) || (value !== undefined && value === names.constant(name)),
  );
}

function isZero(e: Expr, env: Environment, names: NameInfo): boolean {
  return knownValue(e, env, names)?.eq === 0;
}

/** A number that is 0, or a structure of which some field is known, and all that are known are 0. */
function isZeroTime(timeout: Expr, env: Environment, names: NameInfo): boolean {
  const place = locate(timeout, env, names);
  if (isZero(timeout, env, names) || isZero(place, env, names)) return true;
  if (place.k === 'deref') return false;
  const fields = env.filter(({ of }) => of.k === 'field' && keyOf(of.of) === keyOf(place));
  return fields.length > 0 && fields.every(({ eq }) => eq === 0);
}

function namesIn(e: Expr, into: Set<string> = new Set()): Set<string> {
  if (e.k === 'name') into.add(e.n);
  if (e.k === 'bin') namesIn(e.r, namesIn(e.l, into));
  if (e.k === 'cast') namesIn(e.e, into);
  return into;
}
