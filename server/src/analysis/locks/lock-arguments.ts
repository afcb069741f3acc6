/** Kinds of locks that functions are given by address, by their callers or by whoever starts a thread in them. */
import type { Expr } from '../../facts/expr';
import type { LockKind } from '../../models/schema';
import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { assignedIn, functionsOf } from '../calls/names';
import { dereference, isPath, keyOf } from '../paths/access-path';
import { operandOf } from '../paths/operand';

type Kind = LockKind | 'unknown';

/** A lock behind a parameter, and the kinds of those that are given for it. */
interface Given {
  fn: Fn;
  place: Expr;
  kinds: Set<Kind>;
}

/** A lock is handed down through few functions. */
const MAX_HANDS = 4;

/**
 * Tells `note` of each lock behind a parameter for which some lock of another kind than the normal one is given.
 * `kindAt` says what is known of a place so far.
 */
export function kindsOfArguments(
  program: Program,
  graph: CallGraph,
  kindAt: (fn: Fn, place: Expr) => Kind | undefined,
  note: (fn: Fn, place: Expr, kind: Kind) => void,
): void {
  let from: readonly Fn[] = program.fns;
  for (let hand = 0; hand < MAX_HANDS && from.length > 0; hand++) {
    const all = new Map<string, Given>();
    for (const fn of from) {
      const assigned = assignedIn(fn);
      for (const [callee, v, arg] of argumentsIn(program, graph, fn)) {
        const kind = kindAt(fn, behind(fn, arg, assigned));
        if (!kind) continue;
        const place: Expr = { k: 'deref', of: { k: 'var', v } };
        const id = `${callee.id} ${v}`;
        const given = all.get(id) ?? { fn: callee, place, kinds: new Set() };
        all.set(id, given);
        given.kinds.add(kind);
      }
    }
    const next = new Set<Fn>();
    for (const { fn, place, kinds } of all.values()) {
      const [only = 'unknown'] = kinds;
      if ((only === 'normal' && kinds.size === 1) || kindAt(fn, place) === 'unknown') continue;
      const before = kindAt(fn, place);
      note(fn, place, kinds.size === 1 ? only : 'unknown');
      if (kindAt(fn, place) !== before) next.add(fn);
    }
    from = [...next];
  }
}

/** What calls in this function give for parameters of functions of the workspace. */
function argumentsIn(program: Program, graph: CallGraph, fn: Fn): [callee: Fn, v: number, arg: Expr][] {
  const found: [Fn, number, Expr][] = [];
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    if (call?.op !== 'call') continue;
    if (target.kind === 'function') {
      const { params } = target.fn.facts;
      call.args.forEach((arg, v) => {
        if (v < params && isAddress(arg)) found.push([target.fn, v, arg]);
      });
    }
    const thread = target.kind === 'model' ? target.model.thread : undefined;
    if (thread?.op !== 'create' || !thread.argument) continue;
    const arg = operandOf(thread.argument, call.args);
    if (!arg || !isAddress(arg)) continue;
    for (const routine of functionsOf(program, graph.callers, fn, operandOf(thread.routine, call.args)))
      if (routine.facts.params > 0) found.push([routine, 0, arg]);
  }
  return found;
}

function isAddress(arg: Expr): boolean {
  if (arg.k === 'cast') return isAddress(arg.e);
  return arg.k === 'addr' || arg.k === 'var';
}

/** The place that a pointer means: a local one that is assigned once is what it was given. */
function behind(fn: Fn, arg: Expr, assigned: ReadonlyMap<number, readonly Expr[]>): Expr {
  if (arg.k === 'cast') return behind(fn, arg.e, assigned);
  if (arg.k !== 'var' || arg.v < fn.facts.params) return dereference(arg);
  const [only, ...more] = assigned.get(arg.v) ?? [];
  const isOther = only && more.length === 0 && isPath(only) && keyOf(only) !== keyOf(arg);
  if (!isOther) return dereference(arg);
  return dereference(only.k === 'cast' ? only.e : only);
}
