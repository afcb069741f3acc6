/** Functions of the workspace that run when something allocates: interposed allocators and allocation hooks. */
import type { UnitFacts } from '../../facts/facts';
import { folderOf } from '../../program/includes';
import type { Fn, Program } from '../../program/program';
import { functionOf } from '../calls/names';
import type { Kept } from './kept-routines';

export interface AllocatorHook {
  fn: Fn;
  /** The library function it stands for, or that calls it. */
  name: string;
  /** The allocator runs it beside its own work; else it stands in the allocator's place. */
  isRun: boolean;
  /** Where it is given away; absent where a definition alone makes it one. */
  at?: { fn: Fn; node: number };
}

export interface AllocatorHooks {
  all: readonly AllocatorHook[];
  /** Those that run when this function allocates or frees. */
  runningIn(fn: Fn): readonly AllocatorHook[];
}

export function findAllocatorHooks(program: Program, kept: readonly Kept[]): AllocatorHooks {
  const { interposable, hookVariables, hookTypes } = program.models.safety;
  const all: AllocatorHook[] = [];
  for (const fn of program.fns) {
    const { kind, internal, name } = fn.facts;
    if (kind === 'function' && !internal && interposable.has(name)) all.push({ fn, name, isRun: false });
    fn.facts.nodes.forEach((node, index) => {
      if (node.op !== 'assign') return;
      const at = { fn, node: index };
      if (node.from.k === 'init') {
        const type = program.types.typeOf(program, fn, node.to).base;
        if (!hookTypes.has(type)) return;
        for (const { e } of node.from.items) {
          const hook = functionOf(program, fn, e);
          if (hook) all.push({ fn: hook, name: type, isRun: true, at });
        }
      }
      if (node.to.k !== 'name' || !hookVariables.has(node.to.n)) return;
      const hook = functionOf(program, fn, node.from);
      if (hook) all.push({ fn: hook, name: node.to.n, isRun: true, at });
    });
  }
  for (const unit of program.units) {
    for (const { owner, function: name } of unit.stores) {
      const hook = hookTypes.has(owner) ? program.functionNamed(unit, name) : undefined;
      if (hook) all.push({ fn: hook, name: owner, isRun: true });
    }
  }
  for (const { kind, routine, callee, fn, node } of kept)
    if (kind === 'allocation') all.push({ fn: routine, name: callee, isRun: true, at: { fn, node } });
  const byUnit = new Map<UnitFacts, readonly AllocatorHook[]>();
  return {
    all,
    runningIn({ unit }) {
      if (all.length === 0) return all;
      const known = byUnit.get(unit) ?? all.filter((hook) => runsIn(program, hook, unit));
      byUnit.set(unit, known);
      return known;
    },
  };
}

/** A definition replaces the allocator of the programs that can be linked with it. */
function runsIn(program: Program, { fn, name, isRun, at }: AllocatorHook, unit: UnitFacts): boolean {
  if (isRun) return isNear((at?.fn ?? fn).unit, unit);
  return fn.unit === unit || program.functionNamed(unit, name) === fn;
}

function isNear(a: UnitFacts, b: UnitFacts): boolean {
  return b.file.startsWith(folderOf(a));
}
