/** Locks that are elements of one array: `t[i].lock` and `t[j].lock` are the same lock where `i` equals `j`. */
import type { Expr } from '../../facts/expr';
import { isDirect, isPath, keyOf, rootOf, substituteValue, withoutCasts } from '../paths/access-path';
import { type Environment, knownValue, type NameInfo, resolve } from '../paths/environment';
import type { Acquisition, ElementChoice } from './lock-facts';
import { areOfOneObject } from './stored-indices';

/** How the element is chosen where the lock is taken; undefined for locks that are none, or a fixed one. */
export function elementChoice(place: Expr, env: Environment, names: NameInfo): ElementChoice | undefined {
  const index = indexIn(place);
  if (!index || !isPath(index) || (index.k === 'name' && names.constant(index.n) !== undefined))
    return undefined;
  const value = withoutCasts(resolve(index, env, names));
  const root = rootOf(value);
  // A number that is read from memory is nobody's argument: no caller has seen to it.
  const isOwn = root.k === 'var' && isDirect(value);
  const isRead = !isOwn && (root.k === 'name' || root.k === 'this' || root.k === 'var');
  return { isRead, apart: unequal(index, value, env, names) };
}

/** The choice as a caller sees it. */
export function liftedChoice(
  choice: ElementChoice,
  params: number,
  args: readonly Expr[],
  receiver: Expr | undefined,
): ElementChoice {
  const apart = choice.apart.flatMap((e) => substituteValue(e, params, args, receiver) ?? []);
  return { ...choice, apart };
}

/** Whether nothing keeps the two from being one element, and the second was chosen by what memory holds. */
export function mayBeSameElement(held: Acquisition, again: Acquisition): boolean {
  const choice = again.element;
  const index = indexIn(held.place);
  if (!choice?.isRead || !index || !indexIn(again.place)) return false;
  if (held.cls?.key !== again.cls?.key || keyOf(held.place, true) !== keyOf(again.place, true)) return false;
  // The next one round a ring is another one; two that one object holds were chosen together.
  const other = indexIn(again.place);
  if (isMadeFrom(index, other) || (other && areOfOneObject(index, other))) return false;
  return !choice.apart.some((other) => keyOf(other) === keyOf(index));
}

function isMadeFrom(e: Expr, index: Expr | undefined): boolean {
  if (!index || e.k !== 'bin') return false;
  return [e.l, e.r].some((side) => keyOf(side) === keyOf(index) || isMadeFrom(side, index));
}

/** The only computed index in a path. */
function indexIn(place: Expr): Expr | undefined {
  switch (place.k) {
    case 'index':
      return place.i.k === 'num' ? indexIn(place.of) : place.i;
    case 'field':
    case 'deref':
    case 'addr':
      return indexIn(place.of);
    case 'cast':
      return indexIn(place.e);
    default:
      return undefined;
  }
}

/** What the index is known to differ from. */
function unequal(index: Expr, value: Expr, env: Environment, names: NameInfo): Expr[] {
  const own = new Set([keyOf(index), keyOf(value)]);
  const found: Expr[] = [];
  for (const { of } of env) {
    if (of.k !== 'bin' || (of.op !== '!=' && of.op !== '==')) continue;
    const isDifferent = knownValue(of, env, names);
    const differs =
      of.op === '!=' ? isDifferent?.ne?.includes(0) || isDifferent?.eq === 1 : isDifferent?.eq === 0;
    if (!differs) continue;
    if (own.has(keyOf(of.l))) found.push(of.r);
    else if (own.has(keyOf(of.r))) found.push(of.l);
  }
  return found;
}
