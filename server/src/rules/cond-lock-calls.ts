/** How the function itself takes the lock that a wait lacks, and whether it gives it back behind the wait. */

import type { Analysis } from '../analysis/analysis';
import type { Wait } from '../analysis/locks/lock-facts';
import { keyOf } from '../analysis/paths/access-path';
import { operandOf } from '../analysis/paths/operand';
import type { RuleFinding } from './finding';

type Operation = 'acquire' | 'release';

/** Spans of a lock call to copy, and of an unlock call where one is missing behind the wait. */
export function lockCallsFor(analysis: Analysis, wait: Wait): Pick<RuleFinding, 'data'> {
  const { fn } = wait;
  if (wait.inner && wait.inner.fn.facts.kind !== 'macro') return {};
  const calls = operations(analysis, wait);
  const take = [...calls].find(([, op]) => op === 'acquire');
  const give = [...calls].find(([, op]) => op === 'release');
  const ends = firstOperations(wait, calls);
  const taking = take && fn.facts.nodes[take[0]]?.at;
  const giving = give && fn.facts.nodes[give[0]]?.at;
  if (!taking || ends.size !== 1) return {};
  const data = { lockStart: taking[0], lockEnd: taking[1] };
  if (ends.has('release')) return { data };
  return giving ? { data: { ...data, unlockStart: giving[0], unlockEnd: giving[1] } } : {};
}

/** Calls of the function that take or give back the wait's lock, by that name. */
function operations({ program }: Analysis, { fn, place }: Wait): Map<number, Operation> {
  const found = new Map<number, Operation>();
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    const lock = target.kind === 'model' ? target.model.lock : undefined;
    if (!lock || call?.op !== 'call' || (lock.op !== 'acquire' && lock.op !== 'release')) continue;
    const receiver = target.kind === 'model' ? target.receiver : undefined;
    const operand = operandOf(lock.lock, call.args, receiver);
    if (operand && keyOf(operand) === keyOf(place)) found.set(node, lock.op);
  }
  return found;
}

/** What happens to the lock first behind the wait, on all paths: taken, given back, or nothing up to an end. */
function firstOperations(
  { fn, node }: Wait,
  calls: ReadonlyMap<number, Operation>,
): Set<'release' | 'other'> {
  const found = new Set<'release' | 'other'>();
  const seen = new Set<number>();
  const queue = [...(fn.facts.nodes[node]?.next ?? [])];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const op = calls.get(at);
    const next = fn.facts.nodes[at]?.next ?? [];
    if (op) found.add(op === 'release' ? 'release' : 'other');
    else if (next.length === 0) found.add('other');
    else queue.push(...next);
  }
  return found;
}
