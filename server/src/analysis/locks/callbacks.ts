/** Calls whose callee is decided elsewhere: through pointers that are handed in or stored, and of virtual methods. */
import type { Expr } from '../../facts/expr';
import type { Fn, Program } from '../../program/program';
import type { Analysis } from '../analysis';
import { returnsFrom } from '../calls/call-graph';
import { functionsOf } from '../calls/names';
import { type ChainStep, findReach } from '../calls/reach';
import type { Acquisition } from './lock-facts';

export interface Callback {
  kind: 'pointer' | 'virtual';
  /** What is called, in the function's terms. */
  callee: Expr;
}

/** Such a call is made, here or below, while locks are held. */
export interface CallbackHolder {
  fn: Fn;
  node: number;
  held: readonly Acquisition[];
  chain: ChainStep<Callback>;
}

export function findCallbackHolders(analysis: Analysis): CallbackHolder[] {
  const { program, graph, locks } = analysis;
  const overriders = findOverriders(program);
  const reach = findReach(
    program,
    analysis.runtime.calls(),
    (fn, node) => callbackAt(analysis, overriders, fn, node),
    (callee) => !graph.neverReturns[callee.id],
  );
  return program.fns.flatMap((fn) => {
    if (fn.facts.kind === 'macro') return [];
    return [...(locks.events[fn.id]?.heldAt ?? [])].flatMap(([node, held]) => {
      const isPassed = held.length > 0 && returnsFrom(program, fn, node, graph.neverReturns);
      const chain = isPassed ? reach.from(fn, node) : undefined;
      return chain ? [{ fn, node, held, chain }] : [];
    });
  });
}

function callbackAt(
  analysis: Analysis,
  overriders: ReadonlySet<string>,
  fn: Fn,
  node: number,
): Callback | undefined {
  const { program, graph } = analysis;
  const target = program.targets[fn.id]?.get(node);
  const call = fn.facts.nodes[node];
  if (target?.kind !== 'unknown' || call?.op !== 'call') return undefined;
  const callee = call.callee.k === 'deref' ? call.callee.of : call.callee;
  switch (callee.k) {
    case 'var': {
      const isHandedIn = callee.v < fn.facts.params;
      const isKnown = !isHandedIn && functionsOf(program, graph.callers, fn, callee).length > 0;
      return isKnown ? undefined : { kind: 'pointer', callee };
    }
    case 'index':
      return { kind: 'pointer', callee };
    case 'name':
      return isVariable(program, fn, callee.n) ? { kind: 'pointer', callee } : undefined;
    case 'field':
      return throughField(program, overriders, fn, callee);
    default:
      return undefined;
  }
}

function isVariable(program: Program, fn: Fn, name: string): boolean {
  if (program.globalNamed(fn, name)) return true;
  const around = program.types.classAround(fn);
  return around !== undefined && program.types.fieldOf(around, name) !== undefined;
}

function throughField(
  program: Program,
  overriders: ReadonlySet<string>,
  fn: Fn,
  callee: Expr & { k: 'field' },
): Callback | undefined {
  if (callee.f.startsWith('{')) return undefined;
  if (fn.unit.language === 'c') return { kind: 'pointer', callee };
  const struct = program.types.structOf(fn.unit, fn.facts.name, program.types.typeOf(program, fn, callee.of));
  if (!struct) return undefined;
  if (program.types.fieldOf(struct, callee.f)) return { kind: 'pointer', callee };
  return overriders.has(`${struct.facts.name}::${callee.f}`) ? { kind: 'virtual', callee } : undefined;
}

/** Methods by class that some class derived from it defines. */
function findOverriders(program: Program): Set<string> {
  const found = new Set<string>();
  for (const { unit, facts } of program.fns) {
    const at = facts.name.lastIndexOf('::');
    if (unit.language !== 'cpp' || at < 0 || facts.kind !== 'function') continue;
    const [, ...bases] = program.types.classChain(unit, '', facts.name.slice(0, at));
    for (const base of bases) found.add(`${base}::${facts.name.slice(at + 2)}`);
  }
  return found;
}
