/**
 * Unit facts: everything the analysis knows about one file.
 *
 * Invariants: plain, serialisable data with no reference to a syntax tree; made from the file's text, its
 * language and the settings alone; the same text gives the same bytes. All offsets are UTF-16 offsets into
 * the file's text as it was given (conditioning keeps offsets).
 */
import type { Expr, Span, TypeRef } from './expr';

export type Language = 'c' | 'cpp';

export interface UnitFacts {
  file: string;
  language: Language;
  /** Offsets of the first character of each line. */
  lineStarts: number[];
  /** Length of the text in UTF-16 units. */
  length: number;
  functions: FunctionFacts[];
  /** Variables at file or namespace scope, and static members. */
  globals: GlobalFacts[];
  types: TypeFacts[];
  aliases: AliasFacts[];
  prototypes: PrototypeFacts[];
  /** Enumerators and object-like macros whose value is a number. */
  constants: ConstantFacts[];
  /** Functions stored in fields by initialisers: `static struct ops o = { .run = worker };`. */
  stores: StoreFacts[];
  includes: IncludeFacts[];
  suppressions: SuppressionFacts[];
  /** What was not understood, with the reason; never empty for a file that was given up. */
  losses: LossFacts[];
}

export interface FunctionFacts {
  /** Qualified name: `record`, `tracer::record`, `replayer_t::pick`; lambdas are `outer::{lambda@offset}`. */
  name: string;
  kind: 'function' | 'macro' | 'lambda' | 'constructor' | 'destructor';
  /** True for internal linkage: `static`, anonymous namespace, lambda. */
  internal: boolean;
  span: Span;
  nameSpan: Span;
  returns: TypeRef;
  /** Parameters come first. */
  variables: VariableFacts[];
  params: number;
  variadic?: boolean;
  /** `noreturn` by attribute. */
  noreturn?: boolean;
  /** `__attribute__((constructor))`. */
  startup?: boolean;
  /** Entry is node 0. A node without successors ends the function. */
  nodes: CfgNode[];
  loops: LoopFacts[];
  /** The function's text held parse errors: facts may be missing. */
  damaged?: boolean;
}

export interface VariableFacts {
  name: string;
  type: TypeRef;
  storage?: 'static' | 'thread' | 'extern';
  span: Span;
}

/**
 * A loop as written: its nodes are the contiguous range `first..last`; its condition's are
 * `condFirst..condLast`.
 */
export interface LoopFacts {
  first: number;
  last: number;
  condFirst: number;
  condLast: number;
  span: Span;
}

interface NodeBase {
  at: Span;
  next: number[];
}

export type CfgNode =
  | (NodeBase & { op: 'call'; callee: Expr; args: Expr[]; type?: TypeRef })
  | (NodeBase & { op: 'assign'; to: Expr; from: Expr; decl?: boolean })
  /** A variable comes into being without a value (a value from an earlier loop turn is gone). */
  | (NodeBase & { op: 'declare'; v: number })
  /** next[0] where `cond` holds, next[1] where not. */
  | (NodeBase & { op: 'branch'; cond: Expr })
  /** `cases[i]` leads to next[i]; `null` is default. */
  | (NodeBase & { op: 'switch'; on: Expr; cases: (Expr | null)[] })
  | (NodeBase & { op: 'return'; value?: Expr })
  /** The scope of these variables ends on this path. */
  | (NodeBase & { op: 'scope-end'; vars: number[] })
  | (NodeBase & { op: 'nop' });

export interface GlobalFacts {
  name: string;
  type: TypeRef;
  internal: boolean;
  /** Declared here but defined elsewhere. */
  extern?: boolean;
  thread?: boolean;
  init?: Expr;
  span: Span;
}

export interface TypeFacts {
  /** `struct conn` in C, `conn` qualified in C++; anonymous ones take the name of their typedef. */
  name: string;
  kind: 'struct' | 'union' | 'class' | 'enum';
  fields: { name: string; type: TypeRef }[];
  /** Base classes as written. */
  bases?: string[];
  span: Span;
}

/** `typedef target name;` or `using name = target;`. */
export interface AliasFacts {
  name: string;
  target: TypeRef;
}

export interface PrototypeFacts {
  name: string;
  internal: boolean;
  returns: TypeRef;
  params: TypeRef[];
  noreturn?: boolean;
}

export interface ConstantFacts {
  name: string;
  value: number;
}

export interface StoreFacts {
  /** Type that owns the field, as written, or empty. */
  owner: string;
  /** Field name, or its index as digits where the initialiser is positional. */
  field: string;
  function: string;
  span: Span;
}

export interface IncludeFacts {
  path: string;
  system: boolean;
}

/** `// threadlint: ignore RULE` on the line before or on the same line. */
export interface SuppressionFacts {
  rules: string[];
  line: number;
}

export interface LossFacts {
  span: Span;
  reason: string;
}
