/** Which of several functions of one name, with as many parameters, a call means: by what is a pointer and what is none. */
import type { Expr } from '../facts/expr';
import type { CallNode, Fn, Program } from './program';

/** The best of the candidates; `known` where no argument speaks against it, or for another. */
export function bestOverload(
  program: Program,
  caller: Fn,
  { args }: CallNode,
  known: Fn,
  candidates: readonly Fn[],
): Fn {
  const misfits = (fn: Fn): number =>
    args.filter((arg, i) => {
      const isPointer = pointerness(program, caller, arg);
      const type = fn.facts.variables[i]?.type;
      if (isPointer === undefined || !type || i >= fn.facts.params || type.base === '') return false;
      return isPointer !== type.ptr + type.arr > 0;
    }).length;
  let best = known;
  let fewest = misfits(known);
  for (const fn of candidates) {
    const count = fewest === 0 ? 0 : misfits(fn);
    if (count >= fewest) continue;
    best = fn;
    fewest = count;
  }
  return best;
}

/** Undefined where it does not show: a zero may be a null pointer, and an object may become one. */
function pointerness(program: Program, fn: Fn, e: Expr): boolean | undefined {
  if (e.k === 'addr' || e.k === 'str' || e.k === 'this') return true;
  if (e.k === 'num') return e.v === 0 ? undefined : false;
  if (e.k === 'unknown' || e.k === 'init' || e.k === 'lambda') return undefined;
  const { base, ptr, arr } = program.types.typeOf(program, fn, e);
  if (base === '' || base === 'auto') return undefined;
  return ptr + arr > 0;
}
