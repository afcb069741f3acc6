/** Where conditions are signalled: the call itself, and calls of functions that signal what they are given. */

import type { Expr } from '../../facts/expr';
import { classOf, mayOverlap, type PlaceClass } from '../../program/identity';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import { rootOf, substitute } from '../paths/access-path';
import { operandOf } from '../paths/operand';

export interface Signal {
  fn: Fn;
  node: number;
  cls: PlaceClass;
}

/** Functions that hand a condition on are few. */
const MAX_HANDS = 4;

/** All signals and broadcasts whose condition has a name across functions. */
export function findSignals(program: Program, graph: CallGraph): Signal[] {
  const found: Signal[] = [];
  const note = (fn: Fn, node: number, place: Expr, hands: number): void => {
    const cls = classOf(program, fn, place);
    if (cls) found.push({ fn, node, cls });
    const root = rootOf(place);
    const isGiven = root.k === 'this' || (root.k === 'var' && root.v < fn.facts.params);
    if (cls || !isGiven || hands > MAX_HANDS) return;
    for (const id of graph.callers[fn.id] ?? []) {
      const caller = program.fns[id];
      if (!caller) continue;
      for (const [at, target] of program.targets[id] ?? []) {
        const call = caller.facts.nodes[at];
        if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') continue;
        const own = substitute(place, fn.facts.params, call.args, target.receiver);
        if (own) note(caller, at, own, hands + 1);
      }
    }
  };
  for (const { fn, node, call, target } of modelledCalls(program)) {
    const { condition } = target.model;
    if (condition?.op !== 'signal' && condition?.op !== 'broadcast') continue;
    const place = operandOf(condition.condition, call.args, target.receiver);
    if (place) note(fn, node, place, 0);
  }
  return found;
}

/** Signals that may wake those who wait for a condition. */
export function signalsOf(signals: readonly Signal[], condition: PlaceClass): Signal[] {
  return signals.filter(({ cls }) => mayOverlap(cls, condition));
}
