/**
 * What a macro that stands before a statement is: the head of a loop, that of a condition, or a statement itself.
 *
 * Its definition decides where this text has it; else its name, and what its arguments look like.
 */
import { CLOSE, COMMA, type Code, isName, jump, kindOf, OPEN, SEMICOLON, textOf } from './code';
import type { Macro } from './macros';
import { IDENT, tokenize } from './tokens';
import { HEAD } from './words';

export type Role = 'loop' | 'condition' | 'statement';

const LOOP = /for_?each|for_?all|loop/i;
const TURNS = /each|for_?all|loop|iter|^for_|_for$|while|until/i;
const CONDITION = /^(?:else_?)?(?:if|unless|when)_/i;

/** Says what a macro is by its definition; undefined where that is not in this text, or tells nothing. */
export type Roles = (name: string) => Role | undefined;

/** Reads the definitions when a name is first asked for. */
export function rolesOf(text: string, language: 'c' | 'cpp', macros: readonly Macro[]): Roles {
  let bodies: Map<string, Macro> | undefined;
  const known = new Map<string, Role | undefined>();
  let depth = 0;
  const role = (name: string): Role | undefined => {
    if (known.has(name) || depth > MAX_DEPTH) return known.get(name);
    // A macro that ends in itself tells nothing.
    known.set(name, undefined);
    bodies ??= new Map(macros.map((macro) => [macro.name, macro]));
    const macro = bodies.get(name);
    depth++;
    const found = macro && roleOf(text, language, macro, role);
    depth--;
    known.set(name, found);
    return found;
  };
  return role;
}

/** Macros in macros in macros. */
const MAX_DEPTH = 6;
/** A longer body is no head. */
const MAX_BODY = 2000;

/** A body that ends in an open head is that of a loop or condition. */
function roleOf(text: string, language: 'c' | 'cpp', macro: Macro, role: Roles): Role | undefined {
  const { bodyStart, bodyEnd } = macro;
  if (bodyEnd - bodyStart > MAX_BODY) return 'statement';
  const { kind, start, end, count, word } = tokenize(text, language, bodyStart, bodyEnd, true);
  if (count === 0) return undefined;
  const last = count - 1;
  const written = (index: number): string => text.slice(start[index], end[index]);
  let depth = 0;
  let open = -1;
  let loops = false;
  for (let index = last; index >= 0; index--) {
    const what = kind[index] ?? 0;
    if (what === CLOSE || what === 125) depth++;
    if (what === OPEN || what === 123) depth--;
    if (depth < 0) return undefined;
    if (what === OPEN && depth === 0 && open < 0) open = index;
    if (what === IDENT && depth === 0) loops ||= turns(written(index), kind[index + 1] === OPEN, role);
  }
  if (depth !== 0) return undefined;
  if (kind[last] === IDENT && written(last) === 'else') return 'condition';
  // A name or a star may as well end a type.
  if (kind[last] !== CLOSE) return [SEMICOLON, 58, 125].includes(kind[last] ?? 0) ? 'statement' : undefined;
  const name = open - 1;
  if (kind[name] !== IDENT) return 'statement';
  if (word[name] !== HEAD)
    return isCall(kind, name) ? (role(written(name)) ?? byName(written(name), loops)) : 'statement';
  if (kind[name - 1] === 125) return 'statement';
  return loops ? 'loop' : 'condition';
}

function turns(name: string, called: boolean, role: Roles): boolean {
  if (name === 'for' || name === 'while') return true;
  return called && (role(name) === 'loop' || LOOP.test(name));
}

function isCall(kind: Uint16Array, name: number): boolean {
  return name === 0 || kind[name - 1] === CLOSE || kind[name - 1] === SEMICOLON;
}

/** A macro that ends in the use of another one, whose definition is not here. */
function byName(name: string, loops: boolean): Role | undefined {
  return loops || TURNS.test(name) ? 'loop' : undefined;
}

/** Names that stand before a block somewhere in the text, or say that they make a loop. */
export function loopNames(code: Code): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index < code.tokens.count; index++) {
    if (!isName(code, index) || kindOf(code, index + 1) !== OPEN) continue;
    const before = kindOf(code, index - 1);
    if (before !== SEMICOLON && before !== 123 && before !== 125 && before !== CLOSE) continue;
    const name = textOf(code, index);
    const block = kindOf(code, (code.match[index + 1] ?? -2) + 1) === 123;
    if (block || LOOP.test(name)) names.add(name);
  }
  return names;
}

/** What a macro before a block is. */
export function roleBeforeBlock(name: string, roles: Roles): Role {
  return roles(name) ?? (CONDITION.test(name) ? 'condition' : 'loop');
}

/**
 * What a macro is before a statement that stands on the same line: `EACH(e, list) use(e);`, `STOP_IF(x) use(y);`.
 */
export function roleOnLine(code: Code, index: number, close: number): Role {
  const name = textOf(code, index);
  if (CONDITION.test(name)) return 'condition';
  if (TURNS.test(name)) return 'loop';
  return mentionsVariable(code, index + 1, close) ? 'loop' : 'statement';
}

/** Three arguments, of which the first is a name that the statement behind uses: a loop's variable. */
function mentionsVariable(code: Code, open: number, close: number): boolean {
  if (!isName(code, open + 1) || kindOf(code, open + 2) !== COMMA) return false;
  let commas = 0;
  for (let at = open + 2; at < close; at = jump(code, at) + 1) if (kindOf(code, at) === COMMA) commas++;
  if (commas < 2) return false;
  const name = textOf(code, open + 1);
  for (let at = close + 1; at < code.tokens.count && at < close + 60; at++) {
    if (kindOf(code, at) === SEMICOLON) return false;
    if (isName(code, at) && textOf(code, at) === name) return true;
  }
  return false;
}
