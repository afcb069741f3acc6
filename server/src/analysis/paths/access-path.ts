/**
 * Access paths: expressions as names of memory, compared by key, substituted through calls.
 *
 * A *value* path reads what stands at a place; a *location* path names the place. `&x` is the value that names
 * the location `x`.
 */
import type { Expr } from '../../facts/expr';

/** Longer paths are not followed: they name something that only one expression in the source reaches. */
const MAX_SIZE = 14;

/** A text that is equal for equal expressions. With `anyIndex`, a computed index reads as any element. */
export function keyOf(e: Expr, anyIndex = false): string {
  switch (e.k) {
    case 'var':
      return numbered(VARIABLES, 'v', e.v);
    case 'name':
      return `n:${e.n}`;
    case 'field':
      return `${keyOf(e.of, anyIndex)}.${e.f}`;
    case 'deref':
      return `*(${keyOf(e.of, anyIndex)})`;
    case 'addr':
      return `&${keyOf(e.of, anyIndex)}`;
    case 'index':
      return `${keyOf(e.of, anyIndex)}[${anyIndex && e.i.k !== 'num' ? '*' : keyOf(e.i, anyIndex)}]`;
    case 'result':
      return numbered(RESULTS, 'r', e.n);
    case 'num':
      return String(e.v);
    case 'str':
      return e.s;
    case 'un':
      return `${e.op}${keyOf(e.e, anyIndex)}`;
    case 'bin':
      return `(${keyOf(e.l, anyIndex)}${e.op}${keyOf(e.r, anyIndex)})`;
    case 'cast':
      return keyOf(e.e, anyIndex);
    case 'lambda':
      return `λ${e.f}`;
    case 'this':
      return 'this';
    case 'init':
      return '{}';
    case 'unknown':
      return '?';
  }
}

const VARIABLES: string[] = [];
const RESULTS: string[] = [];

/** The same few short texts are needed at every step. */
function numbered(known: string[], letter: string, n: number): string {
  const text = known[n];
  if (text !== undefined) return text;
  const made = `${letter}${n}`;
  if (n >= 0 && n <= 4096) {
    for (let i = known.length; i <= n; i++) known.push(`${letter}${i}`);
  }
  return made;
}

/** Number of parts of an expression, counted up to the limit. */
function sizeOf(e: Expr, limit: number): number {
  if (limit <= 0) return 1;
  switch (e.k) {
    case 'field':
    case 'deref':
    case 'addr':
      return 1 + sizeOf(e.of, limit - 1);
    case 'index':
      return 1 + sizeOf(e.of, limit - 1) + sizeOf(e.i, limit - 1);
    case 'bin':
      return 1 + sizeOf(e.l, limit - 1) + sizeOf(e.r, limit - 1);
    case 'un':
    case 'cast':
      return 1 + sizeOf(e.e, limit - 1);
    case 'init':
      return limit;
    default:
      return 1;
  }
}

export function isSmall(e: Expr): boolean {
  return sizeOf(e, MAX_SIZE) < MAX_SIZE;
}

/** True for expressions that name memory or a value read from it. */
export function isPath(e: Expr): boolean {
  switch (e.k) {
    case 'var':
    case 'name':
    case 'result':
    case 'this':
      return true;
    case 'field':
    case 'deref':
    case 'addr':
    case 'index':
      return isPath(e.of);
    case 'cast':
      return isPath(e.e);
    default:
      return false;
  }
}

export function dereference(e: Expr): Expr {
  const plain = withoutCasts(e);
  if (plain.k === 'addr') return plain.of;
  if (e.k === 'bin' && e.op === '+' && isPath(e.l)) return { k: 'index', of: e.l, i: e.r };
  return { k: 'deref', of: e };
}

/** An expression as its value is, whatever type it is seen with. */
export function withoutCasts(e: Expr): Expr {
  return e.k === 'cast' ? withoutCasts(e.e) : e;
}

/** A null pointer as it is written. */
export function isNull(e: Expr): boolean {
  const plain = withoutCasts(e);
  if (plain.k === 'name') return plain.n === 'NULL' || plain.n === 'nullptr';
  return plain.k === 'num' && plain.v === 0;
}

export function addressOf(e: Expr): Expr {
  return e.k === 'deref' ? e.of : { k: 'addr', of: e };
}

/** An index that hangs on the callee's own variables is any index to the caller. */
function substituteIndex(index: Expr, params: number, args: readonly Expr[]): Expr {
  let known = true;
  const result = mapLeaves(index, (leaf) => {
    if (leaf.k === 'num' || leaf.k === 'name') return leaf;
    const arg = leaf.k === 'var' && leaf.v < params ? args[leaf.v] : undefined;
    if (!arg) known = false;
    return arg ?? leaf;
  });
  return known ? result : { k: 'unknown' };
}

/** A path with its innermost part replaced, and the same object where nothing changes; what is no path stays. */
export function mapRoot(
  e: Expr,
  replace: (root: Expr) => Expr,
  mapIndex: (index: Expr) => Expr = (i) => i,
): Expr {
  switch (e.k) {
    case 'field': {
      const of = mapRoot(e.of, replace, mapIndex);
      return of === e.of ? e : { k: 'field', of, f: e.f };
    }
    case 'deref': {
      const made = dereference(mapRoot(e.of, replace, mapIndex));
      return made.k === 'deref' && made.of === e.of ? e : made;
    }
    case 'addr': {
      const made = addressOf(mapRoot(e.of, replace, mapIndex));
      return made.k === 'addr' && made.of === e.of ? e : made;
    }
    case 'index': {
      const of = mapRoot(e.of, replace, mapIndex);
      const i = mapIndex(e.i);
      return of === e.of && i === e.i ? e : { k: 'index', of, i };
    }
    case 'cast': {
      const inner = mapRoot(e.e, replace, mapIndex);
      return inner === e.e ? e : { k: 'cast', t: e.t, e: inner };
    }
    default:
      return replace(e);
  }
}

/** An element of which it is not known which: a second one need not be the same. */
export function isAnyElement(e: Expr): boolean {
  if (e.k === 'index') return e.i.k === 'unknown' || isAnyElement(e.of);
  if (e.k === 'cast') return isAnyElement(e.e);
  return (e.k === 'field' || e.k === 'deref' || e.k === 'addr') && isAnyElement(e.of);
}

/** The innermost part: variable, name, result, `this`. */
export function rootOf(e: Expr): Expr {
  switch (e.k) {
    case 'field':
    case 'deref':
    case 'addr':
    case 'index':
      return rootOf(e.of);
    case 'cast':
      return rootOf(e.e);
    default:
      return e;
  }
}

/** True when the path stays inside the object its root names: no pointer is followed. */
export function isDirect(e: Expr): boolean {
  switch (e.k) {
    case 'field':
      return isDirect(e.of);
    case 'index':
      return isDirect(e.of);
    case 'cast':
      return isDirect(e.e);
    case 'deref':
    case 'addr':
      return false;
    default:
      return true;
  }
}

/**
 * A callee's path in the caller's terms: parameters become arguments, `this` the receiver. Undefined where it
 * hangs on something the caller cannot name.
 */
export function substitute(
  e: Expr,
  params: number,
  args: readonly Expr[],
  receiver?: Expr,
): Expr | undefined {
  const root = rootOf(e);
  if (root.k === 'name')
    return mapRoot(
      e,
      (leaf) => leaf,
      (index) => substituteIndex(index, params, args),
    );
  const replacement =
    root.k === 'var' && root.v < params
      ? args[root.v]
      : root.k === 'this'
        ? receiver && addressOf(receiver)
        : undefined;
  if (!replacement || replacement.k === 'unknown') return undefined;
  const result = mapRoot(
    e,
    () => replacement,
    (index) => substituteIndex(index, params, args),
  );
  return isSmall(result) ? result : undefined;
}

/**
 * What an expression's value hangs on: `v3` a variable's value, `n:x` a global's, `.f` a field's, `r5` a
 * call's result, `M` any memory other threads and callees can write. Members of hidden objects hang on the object.
 */
export function dependencies(
  e: Expr,
  into: Set<string> = new Set(),
  asValue = true,
  isHidden: (v: number) => boolean = isNone,
): Set<string> {
  switch (e.k) {
    case 'var':
      if (asValue) into.add(`v${e.v}`);
      break;
    case 'name':
      if (asValue) into.add(`n:${e.n}`).add('M');
      break;
    case 'result':
      into.add(`r${e.n}`);
      break;
    case 'field':
      if (isDirect(e) && isHiddenPart(e, isHidden)) {
        dependencies(rootOf(e), into, asValue);
        break;
      }
      // A property like `#detachstate` is not memory that a callee could overwrite.
      dependencies(e.of, into, asValue && isDirect(e) && !e.f.startsWith('#'), isHidden);
      if (asValue) into.add(`.${e.f}`);
      if (asValue && !isDirect(e)) into.add('M');
      break;
    case 'deref':
      dependencies(e.of, into, true, isHidden);
      if (asValue) into.add('M');
      break;
    case 'addr':
      dependencies(e.of, into, false, isHidden);
      break;
    case 'index':
      dependencies(e.of, into, e.of.k === 'var', isHidden);
      dependencies(e.i, into, true, isHidden);
      if (asValue) into.add('M');
      break;
    case 'un':
    case 'cast':
      dependencies(e.e, into, asValue, isHidden);
      break;
    case 'bin':
      dependencies(e.l, into, true, isHidden);
      dependencies(e.r, into, true, isHidden);
      break;
  }
  return into;
}

const isNone = (): boolean => false;

function isHiddenPart(e: Expr, isHidden: (v: number) => boolean): boolean {
  const root = rootOf(e);
  return root.k === 'var' && isHidden(root.v);
}

const NOTHING: ReadonlySet<string> = new Set();
const OF_VARIABLES: ReadonlySet<string>[] = [];
const OF_RESULTS: ReadonlySet<string>[] = [];
const MAX_SHARED = 4096;

/** The same for reading only: variables and results, which most values are of, share one set each. */
export function dependenciesOf(e: Expr): ReadonlySet<string> {
  if (e.k === 'num' || e.k === 'str') return NOTHING;
  if (e.k === 'cast') return dependenciesOf(e.e);
  if (e.k === 'var' && e.v < MAX_SHARED) return shared(OF_VARIABLES, e.v, e);
  if (e.k === 'result' && e.n < MAX_SHARED) return shared(OF_RESULTS, e.n, e);
  return dependencies(e);
}

function shared(known: ReadonlySet<string>[], at: number, e: Expr): ReadonlySet<string> {
  const made = known[at] ?? dependencies(e);
  known[at] = made;
  return made;
}

/** Rebuilds any expression with its variables, results and `this` replaced. */
export function mapLeaves(e: Expr, replace: (leaf: Expr) => Expr): Expr {
  if (e.k === 'un') return { k: 'un', op: e.op, e: mapLeaves(e.e, replace) };
  if (e.k === 'bin') return { k: 'bin', op: e.op, l: mapLeaves(e.l, replace), r: mapLeaves(e.r, replace) };
  if (e.k === 'cast') return { k: 'cast', t: e.t, e: mapLeaves(e.e, replace) };
  return mapRoot(e, replace, (index) => mapLeaves(index, replace));
}

/** Any expression of a callee in the caller's terms, see `substitute`; operations are kept as they are. */
export function substituteValue(
  e: Expr,
  params: number,
  args: readonly Expr[],
  receiver?: Expr,
): Expr | undefined {
  let known = true;
  const result = mapLeaves(e, (leaf) => {
    if (leaf.k !== 'var' && leaf.k !== 'result' && leaf.k !== 'this') return leaf;
    const own =
      leaf.k === 'this'
        ? receiver && addressOf(receiver)
        : leaf.k === 'var' && leaf.v < params
          ? args[leaf.v]
          : undefined;
    if (!own) known = false;
    return own ?? leaf;
  });
  return known && isSmall(result) ? result : undefined;
}
