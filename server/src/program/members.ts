/**
 * Members that are references, and members that a constructor gives their first value.
 *
 * A reference member is a pointer that nobody writes: `mutex_` reads `*mutex_`, and `: mutex_(m)` stores the
 * address. So what a constructor was given is found again wherever the member is used.
 */
import type { Expr } from '../facts/expr';
import type { CfgNode, FunctionFacts } from '../facts/facts';
import { addressOf } from '../facts/pointers';
import { rebuild } from './expressions';
import { withExpressions } from './insertion';
import type { Fn, NamedType, Program } from './program';

const BUILTIN = /^(?:(?:un)?signed|bool|char|short|int|long|float|double|size_t|u?int\d*_t|u?intptr_t| )+$/;

/** The function with its reference members read through; the facts themselves where there are none. */
export function withMembers(program: Program, fn: Fn): FunctionFacts {
  const { facts } = fn;
  const around = facts.kind === 'macro' ? undefined : program.types.classAround(fn);
  if (!around) return facts;
  const references = program.types.referencesOf(around);
  if (references.size === 0 && facts.kind !== 'constructor') return facts;
  const isReference = (name: string): boolean => references.has(name) && !program.globalNamed(fn, name);
  const by = {
    leaf: (e: Expr): Expr => (e.k === 'name' && isReference(e.n) ? { k: 'deref', of: e } : e),
    field: (name: string): string => name,
    type: (base: string): string => base,
    whole: (e: Expr): Expr => (isOwnField(e) && isReference(e.f) ? { k: 'deref', of: e } : e),
  };
  let changed = false;
  const nodes = facts.nodes.map((node) => {
    const made = initialiser(program, around, node, facts.kind) ?? node;
    const to = made.op === 'assign' && made !== node ? made.to : undefined;
    const read = withExpressions(made, (e) => (e === to ? e : rebuild(e, by)));
    changed ||= read !== node;
    return read;
  });
  return changed ? { ...facts, nodes } : facts;
}

function isOwnField(e: Expr): e is Expr & { k: 'field' } {
  return e.k === 'field' && e.of.k === 'deref' && e.of.of.k === 'this';
}

/** `: mutex_(m), count_(0)` are assignments where the member is no object. */
function initialiser(
  { types }: Program,
  around: NamedType,
  node: CfgNode,
  kind: FunctionFacts['kind'],
): CfgNode | undefined {
  if (kind !== 'constructor' || node.op !== 'call' || node.callee.k !== 'field') return undefined;
  const { of, f } = node.callee;
  const [from] = node.args;
  if (f !== '{constructor}' || !isOwnField(of) || node.args.length > 1) return undefined;
  const field = types.fieldOf(around, of.f);
  if (!field || field.type.arr > 0) return undefined;
  const { at, next } = node;
  if (field.type.ref) return from && { op: 'assign', to: of, from: addressOf(from), at, next };
  if (field.type.ptr === 0 && !BUILTIN.test(field.type.base)) return undefined;
  return { op: 'assign', to: of, from: from ?? { k: 'num', v: 0 }, at, next };
}
