/** Routines that a library keeps and runs later: signal handlers, fork handlers, functions run at exit. */

import type { Expr } from '../../facts/expr';
import type { KeptRoutine } from '../../models/schema';
import type { Fn, Program } from '../../program/program';
import { spell } from '../../program/spelling';
import { modelledCalls } from '../calls/modelled';
import type { StoredFunctions } from '../calls/stored-functions';
import { keyOf, rootOf } from '../paths/access-path';
import { operandOf } from '../paths/operand';

export interface Kept {
  routine: Fn;
  kind: KeptRoutine['for'];
  /** The call that gives it away, or the assignment to the field that is given. */
  fn: Fn;
  node: number;
  /** The library function that keeps it. */
  callee: string;
  /** The first argument of the calls that may give it away: the signal, as written. */
  signals: readonly string[];
}

/** All of them, each routine and place once, in the order of the sources. */
export function findKeptRoutines(
  program: Program,
  callers: readonly (readonly number[])[],
  stored: StoredFunctions,
): Kept[] {
  const around = { program, callers, stored };
  const found = new Map<string, Kept>();
  const add = (kept: Kept): void => {
    const key = `${kept.kind} ${kept.routine.id} ${kept.fn.id} ${kept.node}`;
    if (!found.has(key)) found.set(key, kept);
  };
  for (const { fn, node, call, target } of modelledCalls(program)) {
    for (const { routine, fields, for: kind } of target.model.keeps ?? []) {
      const base = { kind, callee: target.name };
      const signals = kind === 'signal' && call.args[0] ? [spell(fn.facts, call.args[0])] : [];
      if (fields) {
        for (const kept of inFields(around, fields, target.name)) add({ ...base, ...kept });
        for (const given of inInitialiser(program, fn, operandOf(routine, call.args), fields))
          add({ ...base, routine: given, fn, node, signals });
        continue;
      }
      const written = operandOf(routine, call.args);
      for (const given of stored.of(fn, written)) {
        const known = kind === 'signal' ? signalsFrom(around, fn, call.args[0], written, given) : [];
        add({ ...base, routine: given, fn, node, signals: known });
      }
    }
  }
  return [...found.values()];
}

/** Only one library call reads these fields, so whatever is stored there is given to it. */
function inFields(
  around: Around,
  fields: readonly string[],
  callee: string,
): Pick<Kept, 'routine' | 'fn' | 'node' | 'signals'>[] {
  return fields.flatMap((field) =>
    around.stored.in(field).flatMap(({ target, fn, node }) => {
      if (!fn || node === undefined) return [];
      const written = fn.facts.nodes[node];
      const from = written?.op === 'assign' ? written.from : undefined;
      const signals = signalsOf(around.program, fn, node, callee).flatMap((signal) =>
        signalsFrom(around, fn, signal, from, target),
      );
      return [{ routine: target, fn, node, signals }];
    }),
  );
}

interface Around {
  program: Program;
  callers: readonly (readonly number[])[];
  stored: StoredFunctions;
}

/** Handlers are installed by few functions that call each other. */
const MAX_HANDS = 3;

/** The signal as written, or as the callers that hand down this routine write it where it is a parameter. */
function signalsFrom(
  around: Around,
  fn: Fn,
  signal: Expr | undefined,
  written: Expr | undefined,
  routine: Fn,
  hands = 0,
): string[] {
  if (!signal) return [];
  const own = [spell(fn.facts, signal)];
  if (signal.k !== 'var' || signal.v >= fn.facts.params || hands > MAX_HANDS) return own;
  const found = (around.callers[fn.id] ?? []).flatMap((id) => {
    const caller = around.program.fns[id];
    if (!caller) return [];
    return [...(around.program.targets[id] ?? [])].flatMap(([node, target]) => {
      const call = caller.facts.nodes[node];
      if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') return [];
      const given = written?.k === 'var' && written.v < fn.facts.params ? call.args[written.v] : undefined;
      if (given && !around.stored.of(caller, given).includes(routine)) return [];
      return signalsFrom(around, caller, call.args[signal.v], given, routine, hands + 1);
    });
  });
  return found.length > 0 ? [...new Set(found)] : own;
}

/** The structure that is given may be a global whose initialiser says what stands in these fields. */
function inInitialiser(program: Program, fn: Fn, given: Expr | undefined, fields: readonly string[]): Fn[] {
  const root = given && rootOf(given);
  const global = root?.k === 'name' ? program.globalNamed(fn, root.n) : undefined;
  const found: Fn[] = [];
  // The names of an initialiser are those of the file that it stands in.
  const functionIn = (e: Expr): Fn | undefined => {
    if (e.k === 'cast') return functionIn(e.e);
    if (e.k === 'addr') return functionIn(e.of);
    return e.k === 'name' && global ? program.functionNamed(global.unit, e.n) : undefined;
  };
  const look = (e: Expr): void => {
    if (e.k !== 'init') return;
    for (const item of e.items) {
      const target = item.f && fields.includes(item.f) ? functionIn(item.e) : undefined;
      if (target) found.push(target);
      look(item.e);
    }
  };
  if (global?.facts.init) look(global.facts.init);
  return found;
}

/** The signals of the calls that give away the structure which is written here, as far as that shows. */
function signalsOf(program: Program, fn: Fn, store: number, callee: string): Expr[] {
  const written = fn.facts.nodes[store];
  const object = written?.op === 'assign' ? keyOf(rootOf(written.to)) : '';
  const same = new Map<string, Expr>();
  const all = new Map<string, Expr>();
  for (const [node, target] of program.targets[fn.id] ?? []) {
    const call = fn.facts.nodes[node];
    if (target.kind !== 'model' || target.name !== callee || call?.op !== 'call' || !call.args[0]) continue;
    const [signal, given] = call.args;
    all.set(keyOf(signal), signal);
    if (given && keyOf(rootOf(given)) === object) same.set(keyOf(signal), signal);
  }
  return [...(same.size > 0 ? same : all).values()];
}
