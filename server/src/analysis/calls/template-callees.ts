/** Methods of what a template is given: which classes that can be, its callers say. */
import type { Expr } from '../../facts/expr';
import type { CallNode, Fn, Program } from '../../program/program';
import { readCallers } from './kept';

const NONE: readonly Fn[] = [];

/** The parameter whose class is the template's to choose, where a call is one of a method of it. */
export function parameterCalled({ facts }: Fn, callee: Expr): number | undefined {
  if (callee.k !== 'field' || callee.f.startsWith('{')) return undefined;
  const object = callee.of.k === 'deref' ? callee.of.of : callee.of;
  const type = object.k === 'var' && object.v < facts.params ? facts.variables[object.v]?.type : undefined;
  if (object.k !== 'var' || !type) return undefined;
  return type.base === 'auto' || facts.templates?.includes(type.base) ? object.v : undefined;
}

/**
 * The method of the class that all callers give. Of several classes each caller means one, which says nothing of the
 * others. `isAny`: classes of libraries have the method as well, so that a caller that gives another one counts.
 */
export function methodGiven(
  program: Program,
  callers: readonly (readonly number[])[],
  fn: Fn,
  { callee }: CallNode,
  param: number,
  isAny: boolean,
): readonly Fn[] {
  if (callee.k !== 'field') return NONE;
  readCallers(fn);
  const found = new Set<Fn>();
  for (const id of callers[fn.id] ?? []) {
    const caller = program.fns[id];
    if (!caller || caller === fn) continue;
    for (const [node, target] of program.targets[id] ?? []) {
      const call = caller.facts.nodes[node];
      if (target.kind !== 'function' || target.fn !== fn || call?.op !== 'call') continue;
      const given = call.args[param];
      const { base } = given ? program.types.typeOf(program, caller, given) : { base: '' };
      const method = methodOf(program, caller, base, callee.f);
      if (method) found.add(method);
      else if (isAny) return NONE;
    }
  }
  return found.size === 1 ? [...found] : NONE;
}

function methodOf(program: Program, { unit, facts }: Fn, base: string, name: string): Fn | undefined {
  if (base === '') return undefined;
  for (const own of program.types.classChain(unit, facts.name, base)) {
    const method = program.functionNamed(unit, `${own}::${name}`);
    if (method) return method;
  }
  return undefined;
}
