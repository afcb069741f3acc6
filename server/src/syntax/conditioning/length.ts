/**
 * Conditioning of what is longer than any person writes: tables of literals, and statements without end.
 *
 * No fact is made of a table's literals, and reading them is most of the time that many a generated file takes.
 */
import { BRACE, BRACE_END, CLOSE, COMMA, type Code, drop, isName, jump, kindOf, SEMICOLON } from './code';
import { CHAR, NUMBER, STRING } from './tokens';

/** So many words of a table are read whatever they are. */
const MIN_TABLE = 600;
/** Statements, declarations and lists of more words; what stands in brackets counts as two. */
const MAX_WORDS = 20_000;

export const TOO_LONG = 'longer than any statement';

/** A statement or list that is being read. */
interface Run {
  first: number;
  words: number;
  comma: number;
}

/** Takes literals out of long tables, and what makes a statement too long. */
export function conditionLength(code: Code): void {
  const { count } = code.tokens;
  /** By the bracket they stand in; made where one is long enough to matter. */
  const first = new Int32Array(count + 1).fill(-1);
  const words = new Int32Array(count + 1);
  const comma = new Int32Array(count + 1).fill(-1);
  for (let index = 0; index < count; index++) {
    const outer = code.up[index] ?? -1;
    const slot = outer < 0 ? count : outer;
    const kind = kindOf(code, index);
    if (kind === SEMICOLON || (kind === BRACE_END && kindOf(code, index + 1) !== COMMA)) {
      words[slot] = 0;
      continue;
    }
    const length = (words[slot] ?? 0) + 1;
    words[slot] = length;
    if (length === 1) {
      first[slot] = index;
      comma[slot] = -1;
    }
    if (kind === COMMA) comma[slot] = index;
    if (length > MAX_WORDS) {
      const run = { first: first[slot] ?? index, words: length, comma: comma[slot] ?? -1 };
      index = cut(code, run, index, outer) - 1;
      words[slot] = 0;
    } else if (kind === COMMA && length > MIN_TABLE && kindOf(code, outer) === BRACE) {
      index = withoutLiterals(code, index, outer);
    }
  }
}

/** Leaves the items of a list, or the uses of macros, that are not too many; of anything else nothing. */
function cut(code: Code, run: Run, index: number, outer: number): number {
  const uses = kindOf(code, index - 1) === CLOSE && isName(code, index);
  const from = uses ? index : run.comma >= 0 ? run.comma : run.first;
  const end = statementEnd(code, index, outer);
  drop(code, from, end, TOO_LONG);
  return end;
}

/** Index of the semicolon or bracket that ends a statement. */
function statementEnd(code: Code, index: number, outer: number): number {
  const close = outer < 0 ? code.tokens.count : jump(code, outer);
  const stop = close > outer ? close : code.tokens.count;
  let at = index;
  while (at < stop && kindOf(code, at) !== SEMICOLON) at = jump(code, at) + 1;
  return Math.min(at, stop);
}

/** Takes away the items behind a comma that hold nothing but literals. Index of the last token dealt with. */
function withoutLiterals(code: Code, index: number, outer: number): number {
  const { count } = code.tokens;
  let end = index;
  for (let at = index + 1; at < count; at++) {
    const kind = kindOf(code, at);
    const direct = code.up[at] === outer;
    if (direct && kind === COMMA) end = at;
    else if (kind === BRACE_END && code.match[at] === outer) {
      end = at;
      break;
    } else if (!isLiteral(kind)) break;
  }
  drop(code, index, end, 'table of literals');
  return Math.max(index, end - 1);
}

/** Literals, and the signs, commas and brackets between them. */
function isLiteral(kind: number): boolean {
  return (
    kind === NUMBER ||
    kind === CHAR ||
    kind === STRING ||
    (kind >= 40 && kind <= 45) ||
    kind === BRACE ||
    kind === BRACE_END ||
    kind === 124
  );
}
