/** What a call may write, so that what was known of it before the call is forgotten. */
import type { Expr } from '../../facts/expr';
import { ownMember } from '../../program/own-member';
import type { Program } from '../../program/program';
import { change } from '../../program/reads';
import { written } from '../paths/assignments';
import { operandOf } from '../paths/operand';
import type { CallGraph } from './call-graph';
import { kept } from './kept';

/** By function id: dependency keys (`n:x`, `.f`) of globals and fields it or its callees assign. */
export type CallWrites = readonly ReadonlySet<string>[];

const NOTHING: ReadonlySet<string> = new Set();

/** What a component's set was made from: nothing is made again while that is the same. */
interface Kept {
  parts: readonly ReadonlySet<string>[];
  all: ReadonlySet<string>;
}

/** Callees come before callers, so each set is made once; a function that adds nothing shares its callee's. */
export function findCallWrites(program: Program, graph: CallGraph): CallWrites {
  const writes: ReadonlySet<string>[] = program.fns.map(() => NOTHING);
  for (const component of graph.components) {
    const parts = component.flatMap((id) => {
      const fn = program.fns[id];
      const direct = fn ? kept(fn, 'direct writes', () => directWrites(program, id)) : NOTHING;
      return [direct, ...(graph.callees[id] ?? []).map((callee) => writes[callee] ?? NOTHING)];
    });
    const all = togetherOf(program, component, parts);
    for (const id of component) writes[id] = all;
  }
  return writes;
}

function togetherOf(
  program: Program,
  component: readonly number[],
  parts: readonly ReadonlySet<string>[],
): ReadonlySet<string> {
  const first = program.fns[component[0] ?? -1];
  const known = first?.kept.get('call writes') as Kept | undefined;
  if (known && known.parts.length === parts.length && known.parts.every((part, i) => part === parts[i]))
    return known.all;
  const made = parts.reduce(union, NOTHING);
  const isSame =
    known !== undefined && made.size === known.all.size && [...made].every((key) => known.all.has(key));
  const all = isSame ? known.all : made;
  for (const id of component) {
    const fn = program.fns[id];
    const before = fn?.kept.get('call writes') as Kept | undefined;
    fn?.kept.set('call writes', { parts, all });
    // Whoever calls the function has looked at it, and must look again.
    if (fn && before && before.all !== all) change(fn.cell);
  }
  return all;
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a === b || b.size === 0) return a;
  if (a.size === 0) return b;
  const [large, small] = a.size >= b.size ? [a, b] : [b, a];
  let made: Set<string> | undefined;
  for (const key of small) {
    if (large.has(key)) continue;
    made ??= new Set(large);
    made.add(key);
  }
  return made ?? large;
}

function directWrites(program: Program, id: number): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (keys: readonly string[]): void => {
    for (const key of keys) if (!key.startsWith('v')) found.add(key);
  };
  const fn = program.fns[id];
  const facts = fn?.facts;
  // A member by its bare name is one of the object.
  const placeOf = (to: Expr): Expr => (fn && ownMember(program, fn, to)) ?? to;
  // The members of a new object were nothing before.
  const isConstructor = facts?.kind === 'constructor';
  facts?.nodes.forEach((node, index) => {
    if (node.op === 'assign' && !(isConstructor && isOwnMember(placeOf(node.to))))
      add(written(placeOf(node.to)));
    const target = node.op === 'call' ? program.targets[id]?.get(index) : undefined;
    if (node.op !== 'call' || target?.kind !== 'model') return;
    for (const { to } of target.model.stores ?? []) {
      const place = operandOf(to, node.args, target.receiver);
      if (place) add(written(place).filter((key) => !key.startsWith('.#')));
    }
  });
  return found;
}

function isOwnMember(e: Expr): boolean {
  return e.k === 'field' && e.of.k === 'deref' && e.of.of.k === 'this';
}
