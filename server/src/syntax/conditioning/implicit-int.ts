/**
 * Definitions of old C that say no type: `main() {`, `static get(p) struct s *p; {`.
 *
 * The grammar knows them with a type only. A blank inside of the name makes a type of what stands before it, and
 * lowering puts the name together again.
 */
import { BRACE, BRACE_END, COMMA, type Code, isLoud, isName, jump, kindOf, SEMICOLON, textOf } from './code';
import { hasParameters } from './shapes';
import { IDENT } from './tokens';
import { WORDS } from './words';

/** Declarations of the parameters of more than so many words are none. */
const REACH = 300;

/** Gives the function `name(…)` a type; false where it is none, or has one. `close`: the end of its parameters. */
export function withoutType(code: Code, name: number, close: number): boolean {
  if (code.language !== 'c' || isLoud(code, name)) return false;
  const behind = kindOf(code, close + 1);
  const parameters = name + 2;
  const defines =
    behind === BRACE
      ? parameters === close || isTyped(code, parameters, close)
      : isNameList(code, parameters, close) && declaresParameters(code, close + 1);
  const at = defines ? splitOf(textOf(code, name)) : -1;
  if (at < 0) return false;
  const from = (code.tokens.start[name] ?? 0) + at;
  code.edits.blank(from, from + 1, 'definition without a type');
  return true;
}

/** A list of parameters, of which at least one is more than a name. */
function isTyped(code: Code, from: number, close: number): boolean {
  return hasParameters(code, from, close) && !isNameList(code, from, close) && kindOf(code, from) === IDENT;
}

function isNameList(code: Code, from: number, close: number): boolean {
  for (let at = from; at < close; at++) if (!isName(code, at) && kindOf(code, at) !== COMMA) return false;
  return true;
}

/** `char *a; int b; {` */
function declaresParameters(code: Code, from: number): boolean {
  for (let at = from; at < from + REACH && at < code.tokens.count; at = jump(code, at) + 1) {
    const kind = kindOf(code, at);
    if (kind === BRACE) return at > from && kindOf(code, at - 1) === SEMICOLON;
    if (kind === BRACE_END) return false;
  }
  return false;
}

/** Where a blank splits a word into two names; -1 for nowhere. */
function splitOf(word: string): number {
  for (let at = 1; at < word.length - 1; at++) {
    const [left, right] = [word.slice(0, at), word.slice(at + 1)];
    if (!WORDS.c.has(left) && !WORDS.c.has(right) && !/^\d/.test(right)) return at;
  }
  return -1;
}
