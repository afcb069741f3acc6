/**
 * What a lock may be called that was taken by a pointer to one of several objects: behind
 * `first = a < b ? a : b; lock(&first->l);`, `a->l` may be it.
 */
import type { Expr } from '../../facts/expr';
import type { Fn } from '../../program/program';
import { assignedIn } from '../calls/names';
import { keyOf, mapRoot, rootOf, withoutCasts } from '../paths/access-path';

/** A choice goes through a variable without a name, and few others. */
const MAX_HANDS = 3;

/** Whether a path, with the variable that it begins with replaced by one that was assigned to it, is the one of this key. */
export function mayBeNamed(fn: Fn, place: Expr, key: string): boolean {
  const root = rootOf(place);
  if (root.k !== 'var' || root.v < fn.facts.params) return false;
  const sources = sourcesOf(assignedIn(fn), root.v, MAX_HANDS);
  return (
    sources.length > 1 &&
    sources.some(
      (source) =>
        keyOf(
          mapRoot(
            place,
            () => source,
            (index) => index,
          ),
        ) === key,
    )
  );
}

/** The values that a variable gets, through other variables. */
function sourcesOf(assigned: ReadonlyMap<number, readonly Expr[]>, v: number, hands: number): Expr[] {
  return (assigned.get(v) ?? []).flatMap((from): Expr[] => {
    const plain = withoutCasts(from);
    const inner = plain.k === 'var' && hands > 0 ? sourcesOf(assigned, plain.v, hands - 1) : [];
    return [plain, ...inner];
  });
}
