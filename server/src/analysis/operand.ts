/** Operands of library models as expressions at a call. */
import type { Expr } from '../facts/expr';
import type { FunctionModel } from '../models/schema';
import { dereference } from './access-path';
import { type Environment, locate, type NameInfo, type Value } from './environment';

/** `"0"`, `"*0"`, `"*0#detachstate"` at these arguments; undefined where the argument is missing. */
export function operandOf(operand: string, args: readonly Expr[]): Expr | undefined {
  const [path = '', property] = operand.split('#');
  const pointed = path.startsWith('*');
  const arg = args[Number(pointed ? path.slice(1) : path)];
  if (!arg) return undefined;
  const place = pointed ? dereference(arg) : arg;
  return property ? { k: 'field', of: place, f: `#${property}` } : place;
}

/** What a model's `stores` and constants write: an operand, or a constant by name. */
export function storedValue(value: string, args: readonly Expr[]): Expr {
  const isOperand = /^\*?\d/.test(value);
  return (isOperand ? operandOf(value, args) : undefined) ?? { k: 'name', n: value };
}

/** What a model says of the result when its effect happened. */
export function successOf(model: FunctionModel, names: NameInfo): Value {
  const { success } = model;
  return success === undefined
    ? {}
    : { eq: typeof success === 'string' ? (names.constant(success) ?? success) : success };
}

/** What a model says of the result when its effect did not happen. */
export function failureOf(model: FunctionModel, names: NameInfo): Value {
  if (model.failure === 'positive') return { sign: 1 };
  if (model.failure === 'negative') return { sign: -1 };
  const { eq } = successOf(model, names);
  return eq === undefined ? {} : { ne: [eq] };
}

/** The values a modelled call leaves in memory. */
export function writesOf(
  model: FunctionModel,
  args: readonly Expr[],
  env: Environment,
  names: NameInfo,
): { to: Expr; value: Expr }[] {
  return (model.stores ?? []).flatMap(({ to, value }) => {
    const place = operandOf(to, args);
    return place ? [{ to: locate(place, env, names), value: storedValue(value, args) }] : [];
  });
}
