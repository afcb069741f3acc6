/** Which functions may take or free memory, each with the shortest chain of calls that shows it. */
import type { Fn, Program } from '../program/program';
import type { CallGraph } from './call-graph';

/** The call in a function that allocates, or that leads to one that does. */
export interface AllocationStep {
  fn: Fn;
  node: number;
  /** The library function, on the last step. */
  callee?: string;
  how?: 'allocates' | 'frees';
  next?: AllocationStep;
}

/** By function id: the first step of its shortest chain. */
export type Allocation = readonly (AllocationStep | undefined)[];

export function findAllocation(program: Program, graph: CallGraph): Allocation {
  const steps: (AllocationStep | undefined)[] = program.fns.map((fn) => directStep(program, fn));
  let level = steps.flatMap((step) => (step ? [step.fn.id] : []));
  while (level.length > 0) {
    const next: number[] = [];
    for (const id of level) {
      for (const caller of graph.callers[id] ?? []) {
        if (steps[caller]) continue;
        const fn = program.fns[caller];
        const step = fn && stepTo(program, fn, id, steps[id]);
        if (!step) continue;
        steps[caller] = step;
        next.push(caller);
      }
    }
    level = next;
  }
  return steps;
}

function directStep(program: Program, fn: Fn): AllocationStep | undefined {
  for (const [node] of program.targets[fn.id] ?? []) {
    const step = allocationAt(program, fn, node);
    if (step) return step;
  }
  return undefined;
}

/** What a call itself does, without looking below functions of the workspace. */
function allocationAt(program: Program, fn: Fn, node: number): AllocationStep | undefined {
  const target = program.targets[fn.id]?.get(node);
  if (target?.kind !== 'model' || !target.model.allocates) return undefined;
  return { fn, node, callee: target.name, how: target.model.allocates };
}

function stepTo(
  program: Program,
  fn: Fn,
  callee: number,
  next: AllocationStep | undefined,
): AllocationStep | undefined {
  for (const [node, target] of program.targets[fn.id] ?? []) {
    if (target.kind === 'function' && target.fn.id === callee) return { fn, node, ...(next ? { next } : {}) };
  }
  return undefined;
}

/** The chain that starts with one call, or undefined where it does not allocate. */
export function allocationFrom(
  program: Program,
  allocation: Allocation,
  fn: Fn,
  node: number,
): AllocationStep | undefined {
  const direct = allocationAt(program, fn, node);
  if (direct) return direct;
  const target = program.targets[fn.id]?.get(node);
  const next = target?.kind === 'function' ? allocation[target.fn.id] : undefined;
  return next && { fn, node, next };
}
