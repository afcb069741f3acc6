/** First values of captures in braces and parentheses, `[self{shared_from_this()}]`, which the grammar does not read. */
import {
  AMPERSAND,
  BRACE,
  CLOSE,
  COMMA,
  type Code,
  drop,
  EQUALS,
  isName,
  jump,
  kindOf,
  LESS,
  OPEN,
  SQUARE,
  SQUARE_END,
  textOf,
} from './code';
import { ARROW, CHAR, DOTS, IDENT, STRING } from './tokens';

const REASON = 'first value of a capture';
/** What ends with these has elements. */
const SUBSCRIPTED: ReadonlySet<number> = new Set([CLOSE, SQUARE, SQUARE_END, STRING, CHAR]);
/** Words behind which a value stands, and so a lambda and no subscript. */
const BEFORE_VALUE: ReadonlySet<string> = new Set(
  'return case else do throw new delete and or not co_return co_await co_yield'.split(' '),
);

/** Writes each as `self=shared_from_this()`; of several arguments the first one stays. */
export function conditionCaptures(code: Code): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (kindOf(code, index) !== SQUARE || !opensLambda(code, index)) continue;
    const close = jump(code, index);
    for (let at = index + 1; at < close; at = nextItem(code, at, close)) firstValue(code, at);
  }
}

/** A bracket that is no subscript, before what may follow the captures of a lambda. */
function opensLambda(code: Code, index: number): boolean {
  const close = code.match[index] ?? -1;
  if (close <= index + 2) return false;
  const before = kindOf(code, index - 1);
  if (SUBSCRIPTED.has(before)) return false;
  if (before === IDENT && !BEFORE_VALUE.has(textOf(code, index - 1))) return false;
  const behind = kindOf(code, close + 1);
  return behind === OPEN || behind === BRACE || behind === LESS || behind === ARROW || behind === IDENT;
}

function nextItem(code: Code, from: number, end: number): number {
  let at = from;
  while (at < end && kindOf(code, at) !== COMMA) at = jump(code, at) + 1;
  return at + 1;
}

function firstValue(code: Code, item: number): void {
  let at = item;
  while (kindOf(code, at) === AMPERSAND || kindOf(code, at) === DOTS) at++;
  const open = at + 1;
  const close = code.match[open] ?? -1;
  const isBracket = kindOf(code, open) === BRACE || kindOf(code, open) === OPEN;
  if (!isName(code, at) || !isBracket || close < 0) return;
  const next = kindOf(code, close + 1);
  if (next !== COMMA && next !== SQUARE_END) return;
  const { start, end } = code.tokens;
  const isEmpty = close === open + 1;
  const [from, to] = [start[open] ?? 0, end[isEmpty ? close : open] ?? 0];
  code.edits.keyword(from, to, isEmpty ? '=0' : '=', REASON);
  // Two names side by side would be taken for a type, or a macro, and a name.
  code.tokens.kind[open] = EQUALS;
  drop(code, isEmpty ? close : Math.min(nextItem(code, open + 1, close) - 1, close), close + 1, REASON);
}
