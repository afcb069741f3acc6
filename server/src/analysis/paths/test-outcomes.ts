/**
 * Variables that hold the outcome of a test: behind `had = owner == me`, a later `if (!had)` says what a test of the
 * owner would have said.
 */
import type { Expr } from '../../facts/expr';
import { dependenciesOf, isPath, isSmall, keyOf } from './access-path';
import { type Alternative, type Entry, type Environment, withoutKey } from './entries';
import type { NameInfo } from './environment';
import { alternatives } from './joining';
import type { Constant } from './value';

/** What the tests of an expression compare; `holds` is false where the expression is the contrary of the test. */
interface Test {
  of: Expr;
  with: Constant;
  holds: boolean;
}

/** The environment behind `place = from` where that is a test of something else: one or the other holds. */
export function withOutcome(
  place: Expr,
  from: Expr,
  env: Environment,
  names: NameInfo,
  constant: (e: Expr) => Constant | undefined,
): Environment {
  if (place.k !== 'var') return env;
  const meaning = (e: Expr): Expr => (e.k === 'result' ? names.callValue(e.n) : undefined) ?? e;
  const test = testOf(from, true, constant, meaning);
  if (!test || dependenciesOf(test.of).has(`v${place.v}`)) return env;
  const [same, other] = [{ eq: test.with }, { ne: [test.with] }];
  const either: readonly Alternative[] = [
    [
      { of: place, value: { ne: [0] } },
      { of: test.of, value: test.holds ? same : other },
    ],
    [
      { of: place, value: { eq: 0 } },
      { of: test.of, value: test.holds ? other : same },
    ],
  ];
  const entry: Entry = alternatives(either);
  return [...withoutKey(entry.key, env), entry];
}

/** `a == 3`, `!(a != b)`; undefined where nothing is compared with a constant. */
function testOf(
  e: Expr,
  holds: boolean,
  constant: (e: Expr) => Constant | undefined,
  meaning: (e: Expr) => Expr,
): Test | undefined {
  const test = meaning(e);
  if (test.k === 'cast') return testOf(test.e, holds, constant, meaning);
  if (test.k === 'un' && test.op === '!') {
    return isTested(test.e) && isPath(meaning(test.e))
      ? { of: test.e, with: 0, holds }
      : testOf(test.e, !holds, constant, meaning);
  }
  if (test.k !== 'bin' || (test.op !== '==' && test.op !== '!=')) return undefined;
  const isSame = (test.op === '==') === holds;
  const r = constant(test.r);
  if (r !== undefined && isTested(test.l)) return { of: test.l, with: r, holds: isSame };
  const l = constant(test.l);
  if (l !== undefined && isTested(test.r)) return { of: test.r, with: l, holds: isSame };
  return isSmall(test) ? { of: { ...test, op: '==' }, with: 0, holds: !isSame } : undefined;
}

function isTested(e: Expr): boolean {
  return isPath(e) && isSmall(e) && keyOf(e) !== '?';
}
