/** Calls that end without the lock that they take where they succeed. */
import type { FunctionModel } from '../../models/schema';
import { returnsFrom } from '../calls/call-graph';
import { keyOf } from '../paths/access-path';
import { assigned } from '../paths/assignments';
import { assume, EMPTY, set, truth } from '../paths/environment';
import { failureOf } from '../paths/operand';
import { areDisjoint } from '../paths/value';
import type { Context } from './lock-domain';
import type { Acquisition, LockOutcome, LockSummary } from './lock-facts';

/** What a call has not taken that ends in this way, as its result tells: other results go with the lock. */
export function notTaken(outcome: LockOutcome, outcomes: readonly LockOutcome[]): readonly Acquisition[] {
  const { result, refused, holds, releases, unsure } = outcome;
  if (!result || refused) return [];
  const touched = new Set([...holds, ...releases, ...unsure].map(({ place }) => keyOf(place)));
  const missing = new Map<string, Acquisition>();
  for (const other of outcomes) {
    if (!other.result || !areDisjoint(result, other.result)) continue;
    for (const held of other.holds) {
      const key = keyOf(held.place);
      if (!touched.has(key)) missing.set(key, held);
    }
  }
  return [...missing.values()];
}

/** A lock that checks gives an error to who has it already: it matters what comes of that. */
export function withError(ctx: Context, model: FunctionModel, acquisition: Acquisition): Acquisition {
  const { kind, node } = acquisition;
  if (kind !== 'checked' || !ctx.isRead().has(node)) return acquisition;
  return { ...acquisition, onError: endsOnError(ctx, model, node) ? 'ends' : 'handled' };
}

/** A longer way is no assertion. */
const MAX_STEPS = 16;

/** Whether nothing goes on where the call at a node fails. */
export function endsOnError(
  { program, fn, graph, names }: Context,
  model: FunctionModel,
  node: number,
): boolean {
  const { nodes } = fn.facts;
  let env = set({ k: 'result', n: node }, failureOf(model, names), EMPTY);
  let index = nodes[node]?.next[0];
  for (let step = 0; step < MAX_STEPS && index !== undefined; step++) {
    const at = nodes[index];
    if (at?.op === 'return' || at?.op === 'switch') return false;
    let way = 0;
    if (at?.op === 'assign') env = assigned(at.to, at.from, env, names);
    if (at?.op === 'branch') {
      const holds = truth(at.cond, env, names);
      if (holds === undefined) return false;
      way = holds ? 0 : 1;
    }
    if (at?.op === 'call') {
      const claim = names.claim(index);
      if (claim && !assume(claim, true, env, names)) return true;
      if (!returnsFrom(program, fn, index, graph.neverReturns)) return true;
    }
    index = at?.next[way];
  }
  return index === undefined;
}

/**
 * Taking a lock again that checks for that is expected where its error is handled, and where it is ignored by who only
 * takes the lock: a callee that gives back what it believes to have taken gives back its caller's.
 */
export function isExpected({ kind, onError, place }: Acquisition, summary?: LockSummary): boolean {
  if (kind !== 'checked' || onError === 'ends') return false;
  const key = keyOf(place);
  const isKept = (one: Acquisition): boolean => keyOf(one.place) === key;
  return onError === 'handled' || !summary || summary.outcomes.some(({ holds }) => holds.some(isKept));
}
