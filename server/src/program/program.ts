/**
 * What a linked workspace is: functions, what their calls reach, what names and types mean.
 *
 * Everything here is a function of the set of unit facts; files come sorted, so the order in which they were
 * read has no influence.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type { AliasFacts, CfgNode, FunctionFacts, GlobalFacts, TypeFacts, UnitFacts } from '../facts/facts';
import type { Library } from '../models/library';
import type { FunctionModel } from '../models/schema';

/** A function of the workspace. */
export interface Fn {
  id: number;
  unit: UnitFacts;
  facts: FunctionFacts;
}

export interface GlobalVariable {
  unit: UnitFacts;
  facts: GlobalFacts;
}

export interface NamedType {
  unit: UnitFacts;
  facts: TypeFacts;
}

export interface NamedAlias {
  unit: UnitFacts;
  facts: AliasFacts;
}

/** What a call reaches. */
export type Target =
  | { kind: 'function'; fn: Fn; receiver?: Expr }
  | { kind: 'model'; name: string; model: FunctionModel; receiver?: Expr }
  | { kind: 'unknown'; name: string };

export type CallNode = CfgNode & { op: 'call' };

export interface Program {
  units: readonly UnitFacts[];
  fns: readonly Fn[];
  types: Types;
  models: Library;
  /** Names of functions that a prototype declares never to return. */
  noReturn: ReadonlySet<string>;
  /** Targets by call node index. */
  targets: readonly ReadonlyMap<number, Target>[];
  /** The function a name means in this unit. */
  functionNamed(unit: UnitFacts, name: string, scope?: string): Fn | undefined;
  /** The number a name stands for in this unit. */
  constantNamed(unit: UnitFacts, name: string): number | undefined;
  /** The variable a name means in this function. */
  globalNamed(fn: Fn, name: string): GlobalVariable | undefined;
}

/** What is known of types. */
export interface Types {
  typeOf(program: Program, fn: Fn, e: Expr): TypeRef;
  /** The struct or class a type name means, through typedefs; its pointers are added to `ref`'s. */
  structOf(unit: UnitFacts, scope: string, ref: TypeRef): NamedType | undefined;
  /** A class's own name, then its bases', as far as known; library classes by the name as written. */
  classChain(unit: UnitFacts, scope: string, base: string): string[];
  /** The class around a method. */
  classAround(fn: Fn): NamedType | undefined;
  fieldOf(type: NamedType, field: string): { owner: NamedType; type: TypeRef } | undefined;
}

/** Names as a scope sees them: `a::b::f` looks for `a::b::n`, `a::n`, `n`. */
export function scopedNames(scope: string, name: string): string[] {
  if (!scope.includes('::') && !name.startsWith('::')) return [name];
  const names: string[] = [];
  const parts = scope.split('::');
  for (let i = parts.length - 1; i > 0; i--) names.push(`${parts.slice(0, i).join('::')}::${name}`);
  names.push(name.startsWith('::') ? name.slice(2) : name);
  return names;
}
