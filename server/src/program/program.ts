/**
 * What a linked workspace is: functions, what their calls reach, what names and types mean.
 *
 * Everything here is a function of the set of unit facts; files come sorted, so the order in which they were
 * read has no influence.
 */
import type { Expr, TypeRef } from '../facts/expr';
import type {
  AliasFacts,
  CfgNode,
  FunctionFacts,
  GlobalFacts,
  PrototypeFacts,
  TypeFacts,
  UnitFacts,
} from '../facts/facts';
import type { Library } from '../models/library';
import type { FunctionModel } from '../models/schema';
import type { History } from './history';
import type { Cell } from './reads';
import type { UsedNames } from './usings';

/** A function of the workspace: the same object as long as its file has a function of this name and kind. */
export interface Fn {
  /** Its place among all functions, which is another one when functions come or go. */
  readonly id: number;
  readonly unit: UnitFacts;
  /** With its macros expanded. Who looks at them has read `cell`. */
  readonly facts: FunctionFacts;
  /** Changes with the facts (but not with their place in the file) and with what the function's calls reach. */
  readonly cell: Cell;
  /** What analyses remember of it for the next time, by their name; see `analysis/kept.ts`. */
  readonly kept: Map<string, unknown>;
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

/**
 * What a call reaches. `made`: the class of the object that the call makes, for `guard(m)`; unless it is the
 * initial value of a variable, the object has no name, and the receiver is the call's own result. `into`: the
 * variable whose initial value the returned object is. `also`: what derived classes have in the place of a virtual
 * method, which the call may reach instead; where nothing but these is defined and they are several, the call is
 * unknown.
 */
export type Target =
  | { kind: 'function'; fn: Fn; receiver?: Expr; made?: TypeRef; into?: Expr; also?: readonly Fn[] }
  | {
      kind: 'model';
      name: string;
      model: FunctionModel;
      receiver?: Expr;
      made?: TypeRef;
      /** Methods that the receiver, which is a thread, can run. */
      routines?: readonly Fn[];
    }
  | { kind: 'unknown'; name: string; receiver?: Expr; also?: readonly Fn[] };

export type CallNode = CfgNode & { op: 'call' };

export interface Program {
  /** What was remembered from earlier linkings. */
  history: History;
  units: readonly UnitFacts[];
  fns: readonly Fn[];
  types: Types;
  models: Library;
  /** Whether a struct wraps one lock, so that what holds it tells its locks apart. */
  wrapsLock(type: NamedType): boolean;
  /** Whether a prototype that a file can see declares a function never to return. */
  isNoReturn(unit: UnitFacts, name: string): boolean;
  /** Targets by call node index. */
  targets: readonly ReadonlyMap<number, Target>[];
  /** What a name may stand for by a `using`. */
  usedNames: UsedNames;
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
  /** With a name that means the same everywhere, and typedefs followed. */
  canonical(unit: UnitFacts, scope: string, ref: TypeRef): TypeRef;
  /** The struct or class a type name means, through typedefs; its pointers are added to `ref`'s. */
  structOf(unit: UnitFacts, scope: string, ref: TypeRef): NamedType | undefined;
  /** A class's own name, then its bases', as far as known; library classes by the name as written. */
  classChain(unit: UnitFacts, scope: string, base: string): readonly string[];
  /** The declaration without a body that a function's name means. */
  declarationOf(unit: UnitFacts, scope: string, name: string): PrototypeFacts | undefined;
  /** Whether a function of that full name is declared with as many parameters. */
  isDeclared(name: string, params: number): boolean;
  /** The class around a method. */
  classAround(fn: Fn): NamedType | undefined;
  /** Members of a class and its bases that are references to objects. */
  referencesOf(type: NamedType): ReadonlySet<string>;
  fieldOf(type: NamedType, field: string): { owner: NamedType; type: TypeRef } | undefined;
}

/** The last part of a qualified name. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** Names as a scope sees them: `a::b::f` looks for `a::b::n`, `a::n`, `n`. */
export function scopedNames(scope: string, name: string): string[] {
  if (!scope.includes('::') && !name.startsWith('::')) return [name];
  const names: string[] = [];
  for (let end = scope.lastIndexOf('::'); end > 0; end = scope.lastIndexOf('::', end - 1))
    names.push(`${scope.slice(0, end)}::${name}`);
  names.push(name.startsWith('::') ? name.slice(2) : name);
  return names;
}
