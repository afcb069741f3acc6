/** Structured bindings: `auto [lock, entry] = find(k);` names the members of the object, whatever its class calls them. */
import type { FunctionFacts } from '../facts/facts';
import type { Fn, Program } from './program';
import type { CallNames } from './targets';

/** What facts call the parts of an object of which only two are named; see `lower-bindings.ts`. */
const PAIR = ['first', 'second'];

/** The function with the parts' own names; undefined where facts have them already. */
export function withBindings(_: CallNames, program: Program, fn: Fn): FunctionFacts | undefined {
  let changed = false;
  const nodes = fn.facts.nodes.map((node) => {
    if (node.op !== 'assign' || !node.decl || node.from.k !== 'addr' || node.from.of.k !== 'field')
      return node;
    const { of, f } = node.from.of;
    if (of.k !== 'var' || !fn.facts.variables[of.v]?.name.startsWith('[')) return node;
    const index = PAIR.includes(f) ? PAIR.indexOf(f) : Number(f);
    const name = partNames(program, fn, of.v)?.[index];
    if (name === undefined || name === f) return node;
    changed = true;
    return { ...node, from: { ...node.from, of: { ...node.from.of, f: name } } };
  });
  return changed ? { ...fn.facts, nodes } : undefined;
}

function partNames(program: Program, fn: Fn, v: number): readonly string[] | undefined {
  const { types, models } = program;
  const own = types.typeOf(program, fn, { k: 'var', v });
  const type = types.canonical(fn.unit, fn.facts.name, own);
  if (type.ptr > 0 || type.base === '') return undefined;
  const struct = types.structOf(fn.unit, fn.facts.name, type);
  return struct ? struct.facts.fields.map(({ name }) => name) : models.parts.get(type.base);
}
