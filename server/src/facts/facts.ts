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
  /**
   * `using namespace net;` and `using net::conn;`; `fs=std::filesystem` for another name of a
   * namespace, and so `net::conn=detail::conn` for what a `using` in a namespace lets that name mean.
   */
  usings?: string[];
  suppressions: SuppressionFacts[];
  /** Macros used at file level, which may define functions. */
  uses: MacroUseFacts[];
  /** Each `#undef` of a macro that another file defines. */
  undefs: { name: string; at: number }[];
  /** What was not understood, with the reason; never empty for a file that was given up. */
  losses: LossFacts[];
  /** Characters, blanks left out, that were not understood outside of functions; also where `losses` does not list them. */
  unread: number;
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
  /** How many of the last parameters have values for calls that leave them out. */
  defaults?: number;
  /** Names of the template parameters around it; those of its class where it stands outside of that. */
  templates?: readonly string[];
  variadic?: boolean;
  /** `noreturn` by attribute. */
  noreturn?: boolean;
  /** `__attribute__((constructor))`. */
  startup?: boolean;
  /** `__attribute__((destructor))`. */
  shutdown?: boolean;
  /** Calls of it may reach what a derived class has in its place. */
  virtual?: boolean;
  /** Macros with arguments among its attributes, as `REQUIRES(mutex_)`. */
  annotations?: AnnotationFacts[];
  /** Nobody has seen its body: it is made of what its declaration says of locks. */
  declaredOnly?: true;
  /** The class that defines it as its friend: only calls with an object of that class find it. */
  befriendedBy?: string;
  /** Entry is node 0. A node without successors ends the function. */
  nodes: CfgNode[];
  loops: LoopFacts[];
  /** The function's text held parse errors: facts may be missing. */
  damaged?: boolean;
  /** What only a macro has. */
  macro?: MacroFacts;
}

/** How a macro differs from a function; see `program/expansion.ts` for what is made of it. */
export interface MacroFacts {
  /** Written without parameters: every mention of its name is a use. */
  object?: boolean;
  /**
   * Each place where a parameter is evaluated is a `nop` with that parameter as `value`. Without this, each
   * parameter is evaluated exactly once.
   */
  marked?: boolean;
  /** Where an `#undef` or another `#define` in the file ends it. */
  until?: number;
  /** The uses of other macros that are all of its text, `X(a) X(b)`; arguments mention the parameters by name. */
  uses?: { name: string; args: string[] }[];
  /** Variables that it declares in its user's scope; in C++ of those whose end matters. */
  declares?: number[];
  /** Its text ends in the head of a loop or condition: the node at which the statement behind a use comes. */
  hole?: number;
  /** It ends in the head of a loop that does something behind each turn: the node at which the turn comes. */
  turn?: number;
  /** It opens a block that another one closes, or closes it: by itself it is no statement. */
  half?: boolean;
  /** The variable that calls keep (`keeps`) which declare for its user what they declare. */
  keeps?: number;
  /** Functions that a use at file level defines; their names and bodies mention the parameters by name. */
  defines?: FunctionFacts[];
}

export interface VariableFacts {
  name: string;
  type: TypeRef;
  storage?: 'static' | 'thread' | 'extern';
  /**
   * What runs at the end of its scope: the function of `__attribute__((cleanup(f)))`, what its type is written with,
   * `g_autoptr(T)`, or `{call}`: the variable itself, which is a closure.
   */
  cleanup?: string;
  /** What a static one begins with, where that names something. */
  init?: Expr;
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
  /** A macro makes its head, so how it goes on and is left does not show. */
  headless?: true;
}

interface NodeBase {
  at: Span;
  next: number[];
}

export type CfgNode =
  /**
   * `parts[i]` is the first of the nodes made for argument `i`, which reach up to those of the next argument or
   * to this node; absent where no argument has nodes. `type` is that of the object for a `{constructor}`; for a
   * function, its name with the template arguments that are written. `keeps`: a variable that nothing names, which
   * ends with the scope of what may be a macro: it stands for the objects that the macro declares.
   * `on`: the object of a call through a pointer to a member, `(on.*callee)(…)`.
   */
  | (NodeBase & {
      op: 'call';
      callee: Expr;
      args: Expr[];
      type?: TypeRef;
      parts?: number[];
      keeps?: number;
      on?: Expr;
    })
  | (NodeBase & { op: 'assign'; to: Expr; from: Expr; decl?: boolean })
  /** A variable comes into being without a value (a value from an earlier loop turn is gone). */
  | (NodeBase & { op: 'declare'; v: number })
  /** next[0] where `cond` holds, next[1] where not. */
  | (NodeBase & { op: 'branch'; cond: Expr })
  /** `cases[i]` leads to next[i]; `null` is default. */
  | (NodeBase & { op: 'switch'; on: Expr; cases: (Expr | null)[] })
  /**
   * `leaves` is found in macros: a statement that acts in the function that uses the macro. It is `return`,
   * `break`, `continue` or the label of a `goto`.
   */
  | (NodeBase & { op: 'return'; value?: Expr; leaves?: string })
  /** The scope of these variables ends on this path. */
  | (NodeBase & { op: 'scope-end'; vars: number[] })
  /**
   * `value`: a name alone that may be a macro, or in macros a parameter that is evaluated here. `label`: of a
   * statement. `behind` and `again`: where a `break` or `continue` comes to that a macro holds, by the first
   * node of the loop or switch. `head`: a macro stands here that is the head of the statement that follows.
   * `turns`: it is the head of a loop, with the first nodes of its condition, of its turn and behind it.
   */
  | (NodeBase & {
      op: 'nop';
      value?: Expr;
      label?: string;
      behind?: number;
      again?: number;
      head?: { name: string; args: Expr[]; keeps: number };
      turns?: { name: string; args: Expr[]; cond: number; body: number; exit: number };
      keeps?: number;
    });

export interface GlobalFacts {
  name: string;
  type: TypeRef;
  internal: boolean;
  /** Declared here but defined elsewhere. */
  extern?: boolean;
  thread?: boolean;
  /** `const` or `constexpr`, with a number as `init`. */
  constant?: boolean;
  /** A pointer to a function that is declared never to return. */
  noreturn?: boolean;
  init?: Expr;
  span: Span;
}

export interface TypeFacts {
  /** `struct conn` in C, `conn` qualified in C++; anonymous ones take the name of their typedef. */
  name: string;
  kind: 'struct' | 'union' | 'class' | 'enum';
  /**
   * Members, each with the name that it begins with, if that is one: `pthread_mutex_t m = INITIALISER;`, or with
   * the number: `bool locked = true;`.
   */
  fields: { name: string; type: TypeRef; init?: string; value?: number }[];
  /** Base classes as written. */
  bases?: string[];
  /** The constructors of a base are its own as well: `using base::base;`. */
  inherits?: boolean;
  /** Names of its template parameters. */
  params?: string[];
  span: Span;
}

/** `typedef target name;` or `using name = target;`. */
export interface AliasFacts {
  name: string;
  target: TypeRef;
}

/** An attribute that a macro stands for, with its arguments as written. */
export interface AnnotationFacts {
  name: string;
  args: string[];
}

export interface PrototypeFacts {
  name: string;
  internal: boolean;
  returns: TypeRef;
  params: TypeRef[];
  defaults?: number;
  noreturn?: boolean;
  virtual?: boolean;
  annotations?: AnnotationFacts[];
  /** Of an annotated one: its parameters' names, and where its own name stands. */
  names?: string[];
  span?: Span;
}

export interface ConstantFacts {
  name: string;
  value: number;
}

/** `DEFINE_GETTER(size)` at file level. */
export interface MacroUseFacts {
  name: string;
  /** The arguments as written. */
  args: string[];
  span: Span;
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
  at: number;
}

/** `// threadlint: ignore RULE` on the line before or on the same line. */
export interface SuppressionFacts {
  rules: string[];
  line: number;
}

/** Something of a file that no fact was made from. */
export interface LossFacts {
  /**
   * `function`: the first thing not understood inside a damaged function. `text`: outside of functions.
   * `macro`: a macro's body that is not followed. `file`: all of it. `more`: losses that are not listed.
   */
  kind: 'function' | 'text' | 'macro' | 'file' | 'more';
  span: Span;
  reason: string;
}
