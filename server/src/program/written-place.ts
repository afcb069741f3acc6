/** Places that an annotation names in the terms of its function. */
import type { Expr } from '../facts/expr';
import type { FunctionFacts } from '../facts/facts';

/** `mutex_`, `&mutex_`, `this->mutex_`, `db->mutex`, `*mutex`. */
export function placeWritten(
  { variables, params }: Pick<FunctionFacts, 'variables' | 'params'>,
  text: string,
): Expr | undefined {
  const [, sign, path = ''] = /^([&*]?)\s*([A-Za-z_][\w.>:-]*)$/.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const [first = '', ...steps] = path.split(/(->|\.)/);
  const v = variables.findIndex(({ name }, i) => i < params && name === first);
  let place: Expr = first === 'this' ? { k: 'this' } : v >= 0 ? { k: 'var', v } : { k: 'name', n: first };
  for (let i = 0; i + 1 < steps.length; i += 2)
    place = { k: 'field', of: steps[i] === '->' ? { k: 'deref', of: place } : place, f: steps[i + 1] ?? '' };
  return sign === '*' ? { k: 'deref', of: place } : place;
}
