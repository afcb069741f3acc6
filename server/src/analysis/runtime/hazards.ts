/**
 * What a call of a library function does that is forbidden where the program may be stopped anywhere: in a
 * signal handler, or in the child of a fork. A function that no model knows has no effect here.
 */
import type { Expr } from '../../facts/expr';
import type { FunctionModel, RuntimeLock, UnsafeReason } from '../../models/schema';
import type { Fn, Program, Target } from '../../program/program';
import { spell } from '../../program/spelling';

export interface Hazard {
  fn: Fn;
  node: number;
  /** The library function. */
  callee: string;
  why: readonly UnsafeReason[];
  /** The lock of the program that it takes, as the call writes it; empty where that has no name. */
  takesLock?: string;
  /** Only with arguments that are seldom seen. */
  seldom: boolean;
}

/** The hazard of a call itself, without looking below functions of the workspace. */
export function hazardAt(program: Program, fn: Fn, node: number): Hazard | undefined {
  const target = program.targets[fn.id]?.get(node);
  const callee = target && libraryName(fn, node, target);
  if (!target || !callee) return undefined;
  // C++ has the functions of C in `std` as well.
  const plain = callee.replace(/^std::/, '');
  if (program.models.safety.safe.has(plain)) return undefined;
  const known = program.models.safety.unsafe.get(plain);
  if (known) return { fn, node, callee, why: known.why, seldom: known.seldom };
  if (target.kind !== 'model') return undefined;
  const { model } = target;
  const takesLock = lockTakenAt(fn, node, model);
  if (takesLock !== undefined) return { fn, node, callee, why: ['lock'], takesLock, seldom: false };
  if (model.condition?.op === 'wait') return { fn, node, callee, why: ['lock'], seldom: false };
  if (model.thread?.op === 'create' || model.allocates)
    return { fn, node, callee, why: ['heap'], seldom: false };
  return undefined;
}

/** The lock that a call takes and may wait for, as the call writes it: `m`; empty where that has no name. */
export function lockTakenAt(fn: Fn, node: number, { lock, guard }: FunctionModel): string | undefined {
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call') return undefined;
  const begins = guard?.op === 'begin' && call.args.length > 0 && !hasTag(call.args, guard.of.tags);
  if (lock?.op !== 'acquire' && !begins && guard?.op !== 'lock') return undefined;
  const [argument] = call.args;
  const name = argument ? spell(fn.facts, argument).replace(/^&/, '') : '';
  return name.includes('…') ? '' : name;
}

/** A guard that adopts, defers or tries does not wait. */
function hasTag(args: readonly Expr[], tags: Readonly<Record<string, string>> | undefined): boolean {
  return args.some((arg) => arg.k === 'name' && tags?.[arg.n] !== undefined);
}

/** The plain name of a library function that a call names; a method that nobody models has none. */
export function libraryName(fn: Fn, node: number, target: Target): string | undefined {
  if (target.kind === 'model') return target.name;
  if (target.kind !== 'unknown') return undefined;
  const call = fn.facts.nodes[node];
  return call?.op === 'call' && call.callee.k === 'name' ? target.name : undefined;
}

/** The runtime's own locks that a call takes; an allocation takes the allocator's. */
export function runtimeLocksAt(program: Program, fn: Fn, node: number): readonly RuntimeLock[] {
  const target = program.targets[fn.id]?.get(node);
  const name = target && libraryName(fn, node, target);
  return (name && program.models.safety.takes.get(name.replace(/^std::/, ''))) || [];
}
