/**
 * The calls of library functions that have a model. Many questions are about the few of them with a certain effect:
 * they are listed once, as looking through all calls of a large program takes longer than any of the answers.
 */
import type { CallNode, Fn, Program, Target } from '../../program/program';

/** A call of a function that a model describes. */
export interface ModelledCall {
  fn: Fn;
  node: number;
  call: CallNode;
  target: Target & { kind: 'model' };
}

const known = new WeakMap<Program, readonly ModelledCall[]>();

/** All of them, in the order of functions and nodes. Must not be asked for by what is kept for a single function. */
export function modelledCalls(program: Program): readonly ModelledCall[] {
  const made = known.get(program) ?? find(program);
  known.set(program, made);
  return made;
}

function find({ fns, targets }: Program): ModelledCall[] {
  const found: ModelledCall[] = [];
  for (const fn of fns) {
    const { nodes } = fn.facts;
    targets[fn.id]?.forEach((target, node) => {
      const call = nodes[node];
      if (target.kind === 'model' && call?.op === 'call') found.push({ fn, node, call, target });
    });
  }
  return found;
}
