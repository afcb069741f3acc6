/** Giving a lock back: whose it was, and what is wrong about it. */
import type { Expr } from '../../facts/expr';
import type { LockKind } from '../../models/schema';
import { keyOf } from '../paths/access-path';
import type { Environment } from '../paths/environment';
import type { Context } from './lock-domain';
import type { LockEvent, Release } from './lock-facts';
import { endsOnError } from './lock-failures';
import { give, type LockState } from './lock-state';
import { conditionsOf } from './lock-summary';

/** The state behind a release; `written` is the lock's path as the source has it. */
export function released(
  ctx: Context,
  state: LockState,
  env: Environment,
  known: Release,
  written?: Expr,
): LockState {
  const kindHere = (): LockKind | 'unknown' =>
    ctx.kinds.kindOf(ctx.fn, known.place, { op: 'release', lock: '*0' });
  const isRead = ctx.isRead().has(known.node);
  const isAsserted =
    isRead && !known.inner && kindHere() === 'checked' && endsOnError(ctx, { success: 0 }, known.node);
  const release: Release = isAsserted ? { ...known, endsOnError: true } : known;
  const given = give(ctx.fn, state, release, written);
  // Its caller's lock is given back.
  if (given.held?.acquisition.claimed) {
    ctx.log.noteGivenBack(release);
    ctx.log.noteMatched(release);
    return { ...given.state, released: [...state.released, { ...release, key: keyOf(release.place) }] };
  }
  // Whoever enters last or leaves first does so by a counter, which says that the lock is held.
  if (ctx.lastReference.guards(ctx.fn, release.node)) ctx.log.noteMatched(release);
  // Who looks at the result of a release knows that it may fail, and tests for it.
  const isExpected = given.before !== undefined && isRead && !release.endsOnError;
  const kind = given.before && kindHere();
  // A lock that checks gives an error, and nobody loses it. A recursive one is given back as often as it was taken.
  const isCounted = kind === 'recursive' && given.before?.node === release.node;
  const isHarmless = kind === 'checked' && !release.endsOnError;
  if (!isExpected && !isHarmless && !isCounted && !isOwnTurn(ctx, release, given.before))
    ctx.log.noteRelease(state, release, given, () => conditionsOf(ctx.changes, env));
  return given.state;
}

/** A call that takes the lock in one turn of a loop and gives it back in another knows itself which. */
function isOwnTurn(ctx: Context, { node, inner, cls }: Release, before: LockEvent | undefined): boolean {
  if (!inner || before?.node !== node) return false;
  return ctx.summaryOf(inner.fn)?.acquires.some((one) => cls && one.cls?.key === cls.key) === true;
}
