/**
 * What each pair of braces is: a block, the members of a class, enumerators, an initialiser, or a namespace.
 */
import {
  AMPERSAND,
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  COMMA,
  type Code,
  EQUALS,
  GREATER,
  jump,
  kindOf,
  LESS,
  OPEN,
  SEMICOLON,
  SQUARE_END,
  textOf,
  wordOf,
} from './code';
import { ARROW, IDENT, STRING } from './tokens';
import { HEAD, OTHER, QUALIFIER, STATEMENT, TAG } from './words';

/** Namespaces and linkage blocks: what stands inside is at file level. */
export const FILE = 0;
export const CLASS = 1;
export const ENUM = 2;
export const BLOCK = 3;
export const INIT = 4;
/** Parentheses and square brackets. */
export const NESTED = 5;

export interface Outline {
  /** Role of each opening bracket. */
  role: Uint8Array;
}

/** How far a statement is read for what its brace may be. */
const REACH = 80;

/** Reads the role of every bracket, in one run over the tokens. */
export function outlineOf(code: Code): Outline {
  const { count } = code.tokens;
  const role = new Uint8Array(count).fill(NESTED);
  /** First token of the statement each bracket is in the middle of; the last entry is for the file level. */
  const first = new Int32Array(count + 1);
  for (let index = 0; index < count; index++) {
    const outer = code.up[index] ?? -1;
    const slot = outer < 0 ? count : outer;
    switch (kindOf(code, index)) {
      case BRACE:
        role[index] = roleOf(code, role, index, outer, first[slot] ?? 0);
        first[index] = index + 1;
        break;
      case OPEN:
        first[index] = index + 1;
        break;
      case BRACE_END: {
        const open = code.match[index] ?? -1;
        if (open >= 0 && role[open] !== INIT) first[slot] = index + 1;
        break;
      }
      case SEMICOLON:
        first[slot] = index + 1;
        break;
      case COLON:
        if (
          outer >= 0 &&
          (role[outer] === BLOCK || role[outer] === CLASS) &&
          endsLabel(code, index, first[slot] ?? 0)
        ) {
          first[slot] = index + 1;
        }
        break;
    }
  }
  return { role };
}

/** Role of the brackets a token stands in. */
export function scopeOf(code: Code, outline: Outline, index: number): number {
  const outer = code.up[index] ?? -1;
  return outer < 0 ? FILE : (outline.role[outer] ?? NESTED);
}

function endsLabel(code: Code, index: number, first: number): boolean {
  if (index - first === 1) return kindOf(code, first) === IDENT;
  return textOf(code, first) === 'case' && code.tokens.word[first] === STATEMENT;
}

function roleOf(code: Code, role: Uint8Array, index: number, outer: number, first: number): number {
  const before = kindOf(code, index - 1);
  const scope = outer < 0 ? FILE : (role[outer] ?? NESTED);
  const either = code.holdsSemicolon[index] === 1 ? BLOCK : INIT;
  if (scope === ENUM) return INIT;
  if (scope === INIT) return before === OPEN || before === CLOSE ? either : INIT;
  if (scope === NESTED) return nestedRole(code, index, before, either);
  if (before === EQUALS || before === COMMA) return INIT;
  if (index === first && scope !== CLASS) return BLOCK;
  const shape = shapeOf(code, first, index);
  if (shape.namespace) return FILE;
  if (shape.tag !== '' && !shape.parameters && !shape.assigned) return shape.tag === 'enum' ? ENUM : CLASS;
  if (scope === BLOCK) return blockRole(code, index, before, either, shape);
  if (!shape.parameters) return shape.assigned || before === IDENT || before === GREATER ? either : BLOCK;
  // A member initialised with braces in a constructor's list.
  const close = code.match[index] ?? -1;
  const after = close < 0 ? 0 : kindOf(code, close + 1);
  if (shape.colon && (before === IDENT || before === GREATER) && (after === COMMA || after === BRACE))
    return INIT;
  return shape.assigned && !shape.colon ? either : BLOCK;
}

function nestedRole(code: Code, index: number, before: number, either: number): number {
  if (before === OPEN) return code.language === 'c' ? BLOCK : either;
  if (before === CLOSE) {
    const open = code.match[index - 1] ?? -1;
    const head = kindOf(code, open - 1);
    if (head === SQUARE_END) return BLOCK;
    return wordOf(code, open - 1) === HEAD ? BLOCK : either;
  }
  if (before === SQUARE_END && code.language === 'cpp') return BLOCK;
  if (before === SEMICOLON || before === BRACE_END) return BLOCK;
  return either;
}

function blockRole(code: Code, index: number, before: number, either: number, shape: Shape): number {
  if (before === CLOSE) {
    const open = code.match[index - 1] ?? -1;
    const head = kindOf(code, open - 1);
    if (head === SQUARE_END || head === GREATER) return BLOCK;
    if (head !== IDENT) return either;
    return textOf(code, open - 1) === 'return' ? INIT : BLOCK;
  }
  if (before === IDENT) {
    const word = wordOf(code, index - 1);
    if (word === STATEMENT) return textOf(code, index - 1) === 'return' ? INIT : BLOCK;
    if (word === OTHER || word === QUALIFIER) return BLOCK;
    return code.language === 'c' && !shape.assigned ? BLOCK : either;
  }
  if (before === SEMICOLON || before === BRACE_END || before === BRACE || before === COLON) return BLOCK;
  if (before === SQUARE_END || before === GREATER || before === AMPERSAND) return either;
  return before === STRING ? FILE : either;
}

interface Shape {
  namespace: boolean;
  /** `struct`, `union`, `class` or `enum` outside template parameters; empty for none. */
  tag: string;
  /** Parentheses that may hold parameters. */
  parameters: boolean;
  assigned: boolean;
  /** A colon after the parameters. */
  colon: boolean;
}

function shapeOf(code: Code, first: number, index: number): Shape {
  const shape: Shape = { namespace: false, tag: '', parameters: false, assigned: false, colon: false };
  const stop = Math.min(index, first + REACH);
  for (let at = first; at < stop; at++) {
    const kind = kindOf(code, at);
    if (kind === OPEN) {
      shape.parameters = true;
      at = jump(code, at);
    } else if (kind === BRACE) at = jump(code, at);
    else if (kind === EQUALS && textOf(code, at - 1) !== 'operator')
      shape.assigned ||= kindOf(code, at - 1) !== EQUALS;
    else if (kind === COLON && shape.parameters) shape.colon = true;
    else if (kind === STRING && textOf(code, at - 1) === 'extern') shape.namespace ||= at === index - 1;
    else if (kind === ARROW) shape.parameters = true;
    else if (kind !== IDENT) continue;
    else if (wordOf(code, at) === TAG) shape.tag = shape.tag === 'enum' ? 'enum' : textOf(code, at);
    else if (wordOf(code, at) === OTHER) {
      const word = textOf(code, at);
      if (word === 'namespace') shape.namespace = true;
      else if (word === 'template' && kindOf(code, at + 1) === LESS) at = skipAngles(code, at + 1, stop);
      else if (word === 'operator') shape.parameters = true;
    }
  }
  return shape;
}

/** Index of the `>` that closes the `<` at `at`; `stop` where there is none. */
export function skipAngles(code: Code, at: number, stop: number): number {
  let depth = 0;
  for (let index = at; index < stop; index++) {
    const kind = kindOf(code, index);
    if (kind === LESS) depth++;
    else if (kind === GREATER && --depth === 0) return index;
    else if (kind === OPEN) index = jump(code, index);
  }
  return stop;
}
