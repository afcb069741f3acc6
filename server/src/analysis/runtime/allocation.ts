/** Which calls take or free memory. */
import type { Fn, Program } from '../../program/program';

export interface Allocation {
  /** The library function. */
  callee: string;
  how: 'allocates' | 'frees';
}

/** What a call itself does, without looking below functions of the workspace. */
export function allocationAt(program: Program, fn: Fn, node: number): Allocation | undefined {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind !== 'model' || !target.model.allocates) return undefined;
  return { callee: target.name, how: target.model.allocates };
}
