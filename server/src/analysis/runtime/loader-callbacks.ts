/** Functions that run while the dynamic loader's lock is held, because they are given to a call that holds it. */

import type { Fn, Program } from '../../program/program';
import type { CallGraph } from '../calls/call-graph';
import { modelledCalls } from '../calls/modelled';
import { functionsOf } from '../calls/names';
import { operandOf } from '../paths/operand';

export interface LoaderCallback {
  callback: Fn;
  /** The call that runs it. */
  fn: Fn;
  node: number;
  /** The library function. */
  callee: string;
}

/** Each callback with each call that runs it, in the order of the sources. */
export function findLoaderCallbacks(program: Program, graph: CallGraph): LoaderCallback[] {
  const found: LoaderCallback[] = [];
  for (const { fn, node, call, target } of modelledCalls(program)) {
    for (const { routine, holding } of target.model.calls ?? []) {
      if (!holding?.includes('loader')) continue;
      const callbacks = functionsOf(program, graph.callers, fn, operandOf(routine, call.args));
      for (const callback of callbacks) found.push({ callback, fn, node, callee: target.name });
    }
  }
  return found;
}
