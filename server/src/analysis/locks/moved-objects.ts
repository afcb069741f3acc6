/** Objects that are made of another one of their class: what was known of that one is known of them. */
import type { Expr } from '../../facts/expr';
import { type CallNode, type Fn, lastPart, type Target } from '../../program/program';
import { isDirect, keyOf, rootOf } from '../paths/access-path';
import { type Environment, locate, type NameInfo } from '../paths/environment';
import { withPart } from './lock-renaming';

const NOTHING: readonly { to: Expr; value: Expr }[] = [];

/**
 * What a constructor that moves an object leaves in the new one beside what its body says. A body that empties its
 * source when it has read it shows afterwards no more what it has read.
 */
export function movedInto(
  target: Target | undefined,
  { args }: CallNode,
  env: Environment,
  names: NameInfo,
): readonly { to: Expr; value: Expr }[] {
  const [only] = args;
  if (!only || args.length > 1 || target?.kind !== 'function' || !target.receiver || !isMove(target.fn))
    return NOTHING;
  const source = locate(only, env, names);
  if (!isDirect(source)) return NOTHING;
  const root = rootOf(source);
  const key = keyOf(source);
  const to = locate(target.receiver, env, names);
  const found: { to: Expr; value: Expr }[] = [];
  for (const { of, eq, alias } of env) {
    if (of.k !== 'field' || (rootOf(of) !== root && keyOf(rootOf(of)) !== keyOf(root))) continue;
    const own = withPart(of, key, to);
    const value = alias ?? (typeof eq === 'number' ? ({ k: 'num', v: eq } as const) : undefined);
    if (own && own !== to && value) found.push({ to: own, value });
  }
  return found;
}

/** A constructor that is given an object of its own class. */
function isMove({ facts }: Fn): boolean {
  const type = facts.variables[0]?.type;
  if (facts.kind !== 'constructor' || facts.params !== 1 || !type?.ref) return false;
  return lastPart(type.base) === lastPart(facts.name);
}
