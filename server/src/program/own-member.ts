/** Members that are written by their bare names. */
import type { Expr } from '../facts/expr';
import type { Fn, Program } from './program';

/** A member of the class around that is written by its bare name, as a member of the object. */
export function ownMember(program: Program, fn: Fn, e: Expr): (Expr & { k: 'field' }) | undefined {
  if (e.k !== 'name' || fn.unit.language !== 'cpp' || e.n.includes('::')) return undefined;
  if (!isMember(program, fn, e.n) || program.globalNamed(fn, e.n)) return undefined;
  return { k: 'field', of: { k: 'deref', of: { k: 'this' } }, f: e.n };
}

/** Whether the class around a function has a member of this name. */
export function isMember(program: Program, fn: Fn, name: string): boolean {
  const around = program.types.classAround(fn);
  return around !== undefined && program.types.fieldOf(around, name) !== undefined;
}
