/** Tries to take a lock whose failure makes no difference. */
import { classOf } from '../../program/identity';
import type { Analysis } from '../analysis';
import { operandOf } from '../paths/operand';
import { resultsRead } from '../paths/results-read';
import type { LockEvent } from './lock-facts';

export interface UncheckedTry {
  tried: LockEvent;
  /** Where the lock is given back on the path on which the try has failed; none where nothing reads the result. */
  release?: LockEvent;
}

/** Each try once, in the order of functions and nodes. */
export function findUncheckedTries({ program, locks }: Analysis): UncheckedTry[] {
  return program.fns.flatMap((fn) => {
    const events = locks.events[fn.id];
    if (!events || fn.facts.kind === 'macro') return [];
    const found = new Map<number, UncheckedTry>();
    for (const { kind, before, release } of events.strays)
      if (kind === 'tried' && before) found.set(before.node, { tried: before, release });
    let isRead: ReadonlySet<number> | undefined;
    for (const [node, target] of program.targets[fn.id] ?? []) {
      const call = fn.facts.nodes[node];
      if (target.kind !== 'model' || target.model.lock?.op !== 'try' || call?.op !== 'call') continue;
      if (target.model.lock.flag) continue;
      if (found.has(node) || !events.heldAt.has(node)) continue;
      isRead ??= resultsRead(fn.facts.nodes);
      if (isRead.has(node)) continue;
      const place = operandOf(target.model.lock.lock, call.args, target.receiver);
      if (!place) continue;
      const cls = classOf(program, fn, place);
      found.set(node, { tried: { fn, node, place, ...(cls ? { cls } : {}) } });
    }
    return [...found].sort(([a], [b]) => a - b).map(([, one]) => one);
  });
}
