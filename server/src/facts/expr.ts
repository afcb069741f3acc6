/**
 * Expressions of unit facts: what is left of C and C++ expressions after lowering.
 *
 * Invariants: plain data; no calls inside (a call is a CFG node of its own and appears here as `result`);
 * no short circuits or ternaries inside (they are branches).
 */

/** A half-open range of UTF-16 offsets into the file's text. */
export type Span = readonly [start: number, end: number];

export type Expr =
  /** A variable of the function: index into `FunctionFacts.variables`. */
  | { k: 'var'; v: number }
  /** A name that is not local: global, function, enumerator, macro constant or member of the enclosing class. */
  | { k: 'name'; n: string }
  /** `of.f`; `of->f` is lowered to `(*of).f`. */
  | { k: 'field'; of: Expr; f: string }
  | { k: 'deref'; of: Expr }
  | { k: 'addr'; of: Expr }
  | { k: 'index'; of: Expr; i: Expr }
  /** The value of the call made at CFG node `n`. */
  | { k: 'result'; n: number }
  | { k: 'num'; v: number }
  | { k: 'str'; s: string }
  | { k: 'un'; op: '!' | '-' | '~'; e: Expr }
  | { k: 'bin'; op: string; l: Expr; r: Expr }
  | { k: 'cast'; t: TypeRef; e: Expr }
  /**
   * A lambda: name of the function facts made from its body. What it captures comes behind its `params` own
   * parameters, as if it were given at each call.
   */
  | { k: 'lambda'; f: string; params?: number; captures?: Expr[] }
  /** `{ a, .b = c }`: fields where designated, else by position. */
  | { k: 'init'; items: { f?: string; e: Expr }[] }
  | { k: 'this' }
  | { k: 'unknown' };

/** A type as it is written: the base name without qualifiers, the pointer depth, and the array depth. */
export interface TypeRef {
  /** `struct conn`, `pthread_t`, `std::vector`; empty when not understood. */
  base: string;
  /** Levels of `*` (a C++ reference counts as none). */
  ptr: number;
  /** Levels of `[]`. */
  arr: number;
  /** Template arguments as written, when there are any. */
  args?: string;
  /** True for a C++ reference. */
  ref?: boolean;
}

export const UNKNOWN: Expr = { k: 'unknown' };
export const NO_TYPE: TypeRef = { base: '', ptr: 0, arr: 0 };
