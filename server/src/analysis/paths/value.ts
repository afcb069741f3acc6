/** What may be known of a value, and what follows from it. */
import type { Expr } from '../../facts/expr';

/** A number, or an enumerator or macro constant by name. */
export type Constant = number | string;

/** The id or handle of the thread that asks for its own: one value wherever a path goes. */
export const SELF = '{the calling thread}';

export interface Value {
  eq?: Constant;
  ne?: readonly Constant[];
  sign?: 1 | -1;
  /** The value is that of this path. */
  alias?: Expr;
}

/** The value of an operation on two values. */
export function binaryValue(op: string, l: Value | undefined, r: Value | undefined): Value | undefined {
  if (!l || !r) return undefined;
  const a = l.eq;
  const b = r.eq;
  if (op === '==' || op === '!=') {
    const same = equal(l, r);
    return same === undefined ? undefined : { eq: same === (op === '==') ? 1 : 0 };
  }
  if (typeof a === 'number' && typeof b === 'number') {
    const folded = fold(op, a, b);
    return folded === undefined ? undefined : { eq: folded };
  }
  if ((op === '+' || op === '-') && l.sign) return isAway(op, l.sign, r) ? { sign: l.sign } : undefined;
  if (b === 1 && l.sign && (op === '<' || op === '>=')) return { eq: (op === '<') === l.sign < 0 ? 1 : 0 };
  if (b === 0 && l.sign) {
    if (op === '<' || op === '<=') return { eq: l.sign < 0 ? 1 : 0 };
    if (op === '>' || op === '>=') return { eq: l.sign > 0 ? 1 : 0 };
  }
  return undefined;
}

/** Whether a step leads further away from zero. */
function isAway(op: '+' | '-', sign: 1 | -1, by: Value): boolean {
  const way = signOf(by);
  return by.eq === 0 || (way !== undefined && (way === sign) === (op === '+'));
}

/** `-ENOENT`, and what else has a known opposite. */
export function negatedValue(value: Value | undefined): Value | undefined {
  if (!value) return undefined;
  if (typeof value.eq === 'number') return { eq: -value.eq };
  if (value.sign) return { sign: value.sign === 1 ? -1 : 1 };
  const apart = value.ne?.filter((one) => typeof one === 'number').map((one) => -one || 0) ?? [];
  return apart.length > 0 ? { ne: apart } : undefined;
}

function fold(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '<':
      return a < b ? 1 : 0;
    case '>':
      return a > b ? 1 : 0;
    case '<=':
      return a <= b ? 1 : 0;
    case '>=':
      return a >= b ? 1 : 0;
    case '&':
      return a & b;
    case '|':
      return a | b;
    default:
      return undefined;
  }
}

/** Different names may stand for one number, so only a name and itself are known to be equal. */
function equal(l: Value, r: Value): boolean | undefined {
  if (l.eq !== undefined && r.eq !== undefined) {
    if (l.eq === r.eq) return true;
    return typeof l.eq === 'number' && typeof r.eq === 'number' ? false : undefined;
  }
  const [known, other] = l.eq !== undefined ? [l.eq, r] : [r.eq, l];
  if (known === undefined) return undefined;
  if (other.ne?.includes(known)) return false;
  if (other.sign && typeof known === 'number' && (known === 0 || Math.sign(known) !== other.sign))
    return false;
  return undefined;
}

/** Whether two say the same of a value. */
export function isSameValue(a: Value, b: Value): boolean {
  const isSameList =
    (a.ne ?? []).length === (b.ne ?? []).length && (a.ne ?? []).every((one) => b.ne?.includes(one));
  return a.eq === b.eq && a.sign === b.sign && isSameList;
}

/** Whether nothing can have both values. */
export function areDisjoint(a: Value, b: Value): boolean {
  if (a.eq !== undefined && b.eq !== undefined) return a.eq !== b.eq && typeof a.eq === typeof b.eq;
  const [known, other] = a.eq !== undefined ? [a.eq, b] : [b.eq, a];
  if (known === undefined) return a.sign !== undefined && b.sign !== undefined && a.sign !== b.sign;
  if (other.ne?.includes(known)) return true;
  return other.sign !== undefined && typeof known === 'number' && Math.sign(known) !== other.sign;
}

export function isNonZero(value: Value): boolean {
  return (
    (typeof value.eq === 'number' && value.eq !== 0) ||
    value.sign !== undefined ||
    value.ne?.includes(0) === true
  );
}

/** What is known of a value that is one of two. */
export function eitherValue(a: Value | undefined, b: Value | undefined): Value | undefined {
  if (!a || !b) return undefined;
  if (a.eq !== undefined && a.eq === b.eq) return { eq: a.eq };
  const sign = signOf(a);
  if (sign !== undefined && sign === signOf(b)) return { sign };
  const apart = [...(a.ne ?? []), ...(b.ne ?? []), 0].filter(
    (one, i, all) => all.indexOf(one) === i && areDisjoint(a, { eq: one }) && areDisjoint(b, { eq: one }),
  );
  return apart.length > 0 ? { ne: apart } : undefined;
}

/** The sign of what stands in this relation to a number. */
export function signBeside(op: string, bound: Constant | undefined): 1 | -1 | undefined {
  if (typeof bound !== 'number') return undefined;
  if ((op === '>' && bound >= 0) || (op === '>=' && bound > 0)) return 1;
  return (op === '<' && bound <= 0) || (op === '<=' && bound < 0) ? -1 : undefined;
}

function signOf({ eq, sign }: Value): 1 | -1 | undefined {
  if (typeof eq !== 'number') return sign;
  return eq > 0 ? 1 : eq < 0 ? -1 : undefined;
}
