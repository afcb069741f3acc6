/** What is known where two ways meet: what both know, and that one or the other was taken. */
import { UNKNOWN } from '../../facts/expr';
import { dependenciesOf, isSmall, keyOf } from './access-path';
import {
  type Alternative,
  type Entry,
  type Environment,
  entryOf,
  type Fact,
  lookup,
  put,
  remove,
  saysValue,
  valueIn,
} from './entries';
import { areDisjoint, type Constant, eitherValue, type Value } from './value';

/** `if (a || b || c || d)`; more ways than these are not told apart. */
const MAX_ALTERNATIVES = 4;
/** More that one way knows and the other does not was not one condition. */
const MAX_FACTS = 4;
const NOTHING: ReadonlySet<string> = new Set();

/**
 * What both environments know. Where `asAlternatives` is set, what only one of them knows and what only the other
 * does stay as alternatives: behind `if (a || b)`, one of the two is true. Returns `a` itself where `b` knows it all.
 */
export function agree(a: Environment, b: Environment, asAlternatives: boolean): Environment {
  if (a === b) return a;
  let next: Entry[] | undefined;
  for (let i = 0; i < a.length; i++) {
    const entry = a[i];
    // What both have from where their ways parted stands in the same place.
    if (!entry || entry === b[i]) continue;
    const other = lookup(entry.key, b);
    if (other && sameValue(entry, other)) continue;
    const weaker = entry.either ? extended(entry, b, a, asAlternatives) : other && commonValue(entry, other);
    if (weaker && (weaker === entry || (!entry.either && sameValue(entry, weaker)))) continue;
    next ??= a.slice();
    remove(entry.key, next);
    if (weaker) put(weaker, next);
  }
  if (!next || !asAlternatives) return next ?? a;
  const known = factsOf(a, b);
  const others = known.length > 0 ? factsOf(b, a) : known;
  const left = few(known, others);
  const right = left && few(others, known);
  if (!left || !right || right.length === 0 || areOpposites(left, right)) return next;
  const either = [left, right];
  put(alternatives(either), next);
  return next;
}

/** What an environment knows of values that another one does not. */
function factsOf(env: Environment, other: Environment): Fact[] {
  const facts: Fact[] = [];
  for (let i = 0; i < env.length; i++) {
    const entry = env[i];
    if (!entry || entry.either || entry === other[i]) continue;
    const known = lookup(entry.key, other);
    if (known && implies(known, entry)) continue;
    if (saysValue(entry) && isSmall(entry.of)) facts.push({ of: entry.of, value: valueIn(entry) });
  }
  return facts;
}

/**
 * As many as one condition says: of more, those first that the other way contradicts, and none where it contradicts
 * none.
 */
function few(facts: readonly Fact[], others: readonly Fact[]): readonly Fact[] | undefined {
  if (facts.length <= MAX_FACTS) return facts;
  const isDenied = ({ of, value }: Fact): boolean =>
    others.some((other) => areDisjoint(other.value, value) && keyOf(other.of) === keyOf(of));
  const denied = facts.filter(isDenied);
  if (denied.length === 0) return undefined;
  return [...denied, ...facts.filter((fact) => !denied.includes(fact))].slice(0, MAX_FACTS);
}

function implies(known: Value, { eq, ne, sign }: Value): boolean {
  if (eq !== undefined) return known.eq === eq;
  if (sign !== undefined && known.sign !== sign) return false;
  return (ne ?? []).every((one) => areDisjoint(known, { eq: one }));
}

/** `x` and not `x` say nothing. */
function areOpposites([a, ...more]: Alternative, [b, ...others]: Alternative): boolean {
  if (!a || !b || more.length + others.length > 0 || keyOf(a.of) !== keyOf(b.of)) return false;
  const [one, other] = a.value.eq !== undefined ? [a.value, b.value] : [b.value, a.value];
  return one.eq !== undefined && other.ne?.length === 1 && other.ne[0] === one.eq;
}

/** An entry that says that all of one of these holds. */
export function alternatives(either: readonly Alternative[]): Entry {
  const deps = new Set<string>();
  for (const alternative of either)
    for (const { of } of alternative) for (const dep of dependenciesOf(of)) deps.add(dep);
  return { key: keyOfAlternatives(either), of: UNKNOWN, deps, aliasDeps: NOTHING, either };
}

function keyOfAlternatives(either: readonly Alternative[]): string {
  return either
    .map((facts) => facts.map(({ of, value }) => `${keyOf(of)}${JSON.stringify(value)}`).join('&'))
    .sort()
    .join('|');
}

/** The alternatives of one environment where another one is met: those, with one more, or none. */
function extended(
  entry: Entry,
  env: Environment,
  from: Environment,
  asAlternatives: boolean,
): Entry | undefined {
  const { either = [] } = entry;
  const holds = (facts: Alternative): boolean =>
    facts.every(({ of, value }) => {
      const known = entryOf(of, env);
      return known !== undefined && implies(known, value);
    });
  if (either.some(holds)) return entry;
  if (!asAlternatives || either.length >= MAX_ALTERNATIVES) return undefined;
  const more = few(factsOf(env, from), either.flat());
  return more && more.length > 0 ? alternatives([...either, more]) : undefined;
}

const NONE: readonly Constant[] = [];

function sameList(a: readonly Constant[], b: readonly Constant[]): boolean {
  return a === b || (a.length === b.length && a.every((one, i) => one === b[i]));
}

function sameValue(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  return (
    a.eq === b.eq &&
    a.sign === b.sign &&
    sameList(a.ne ?? NONE, b.ne ?? NONE) &&
    (a.alias === b.alias || (a.alias ? keyOf(a.alias) : '') === (b.alias ? keyOf(b.alias) : ''))
  );
}

/** What is known of the value in both cases; one alias is still that alias. */
function commonValue(a: Entry, b: Entry): Entry | undefined {
  const alias = a.alias && b.alias && keyOf(a.alias) === keyOf(b.alias) ? a.alias : undefined;
  const either = eitherValue(a, b);
  if (!alias && !either) return undefined;
  return {
    key: a.key,
    of: a.of,
    eq: either?.eq,
    ne: either?.ne,
    sign: either?.sign,
    alias,
    deps: a.deps,
    aliasDeps: alias ? a.aliasDeps : NOTHING,
  };
}
