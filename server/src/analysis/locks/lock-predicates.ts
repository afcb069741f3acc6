/** Calls that tell whether a lock is held: `if (!mutex_is_locked(&m)) { mutex_lock(&m); taken = 1; }`. */
import type { Expr } from '../../facts/expr';
import type { CallNode, Target } from '../../program/program';
import { keyOf } from '../paths/access-path';
import { HELD, heldProperty } from '../paths/call-value';
import { type Environment, locate, type NameInfo } from '../paths/environment';
import type { Outcome } from '../paths/explore';
import { operandOf } from '../paths/operand';
import { SELF, type Value } from '../paths/value';
import { isHeldAt, type LockState } from './lock-state';

/** What is known behind a call that tells whether a lock is held; undefined for other calls. */
export function tellsHeld(
  state: LockState,
  env: Environment,
  names: NameInfo,
  { model, receiver }: Target & { kind: 'model' },
  { args }: CallNode,
): Pick<Outcome<LockState>, 'forgets' | 'writes'> | undefined {
  const { tellsHeld: tells } = model;
  const lock = tells && operandOf(tells.lock, args, receiver);
  if (!lock) return undefined;
  const to = heldProperty(locate(lock, env, names));
  const value = heldValue(state, to, env, names)?.eq;
  if (value === undefined) return {};
  // What this thread has given back, another may hold by now.
  if (value === 0 && tells.by === 'anyone') return { forgets: [keyOf(to)] };
  return { writes: [{ to, value: { k: 'num', v: Number(value) } }] };
}

/** What the path itself has done says whether the lock is held, whatever was known before. */
export function heldValue(state: LockState, of: Expr, env: Environment, names: NameInfo): Value | undefined {
  if (of.k !== 'field' || of.f !== HELD) return undefined;
  const lock = locate(of.of, env, names);
  if (isHeldAt(state, lock)) return { eq: 1 };
  const key = keyOf(lock);
  return state.over.has(key) || state.released.some((one) => one.key === key) ? { eq: 0 } : undefined;
}

/**
 * Who holds a lock has written its id beside it, and nobody else writes there meanwhile: what a call may write is
 * still this thread's id where the lock is held throughout.
 */
export function ownersKept(
  before: LockState,
  env: Environment,
  { state, writes = [] }: Outcome<LockState>,
): readonly { to: Expr; value: Expr }[] {
  if (before.held.length === 0 || state.held.length === 0) return [];
  return env.flatMap(({ of, key, eq }) => {
    if (eq !== SELF || of.k !== 'field') return [];
    const beside = `${keyOf(of.of)}.`;
    const isKept = before.held.some(
      ({ id, names }) =>
        names.some((name) => name.key.startsWith(beside)) && state.held.some((held) => held.id === id),
    );
    return isKept && !writes.some(({ to }) => keyOf(to) === key) ? [{ to: of, value: OWN_ID }] : [];
  });
}

const OWN_ID: Expr = { k: 'name', n: SELF };
