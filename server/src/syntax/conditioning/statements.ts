/**
 * Conditioning of statements: loop macros before a block or a statement, and macros that need no semicolon.
 *
 * A call-like macro that is a statement with its semicolon stays the call it looks like.
 */
import {
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  COMMA,
  type Code,
  columnOf,
  drop,
  EQUALS,
  isLoud,
  isName,
  jump,
  kindOf,
  OPEN,
  previous,
  SEMICOLON,
  SQUARE,
  STAR,
  startsLine,
  textOf,
  wordOf,
} from './code';
import { BLOCK, type Outline, scopeOf } from './outline';
import { IDENT } from './tokens';
import { HEAD, NAME, OTHER, PRIMITIVE, QUALIFIER, SIZED, STATEMENT, STORAGE, TAG } from './words';

/** `type (*name)(…) MACRO;` */
function behindPointer(code: Code, index: number): void {
  const open = code.match[index - 1] ?? 0;
  if (kindOf(code, open - 1) !== CLOSE || kindOf(code, index + 1) !== SEMICOLON || !isLoud(code, index))
    return;
  const inner = code.match[open - 1] ?? 0;
  if (kindOf(code, inner + 1) === STAR) drop(code, index, index + 1, 'attribute macro');
}

const REASON = 'macro without semicolon';
const PLUS = 43;
const MINUS = 45;

/** Turns loop macros into loops and takes away macros that would need a semicolon. */
export function conditionStatements(code: Code, outline: Outline): void {
  /** Closing parentheses of heads made here: what follows is again the start of a statement. */
  const heads = new Set<number>();
  const loops = loopNames(code);
  for (let index = 0; index < code.tokens.count; index++) {
    if (!isName(code, index)) continue;
    if (kindOf(code, index - 1) === CLOSE) behindPointer(code, index);
    if (!isStart(code, index, heads) || scopeOf(code, outline, index) !== BLOCK) continue;
    if (kindOf(code, index + 1) === OPEN) {
      const close = code.match[index + 1] ?? -1;
      if (close >= 0) invocation(code, index, close, heads, loops);
    } else if (kindOf(code, index + 1) === COLON) loneLabel(code, index);
    else bare(code, index, heads);
  }
}

function isStart(code: Code, index: number, heads: ReadonlySet<number>): boolean {
  const last = previous(code, index);
  const before = kindOf(code, last);
  if (before === SEMICOLON || before === BRACE || before === BRACE_END || before === COLON) return true;
  if (before === CLOSE) {
    if (heads.has(last)) return true;
    const open = code.match[last] ?? 0;
    return kindOf(code, open - 1) === IDENT && wordOf(code, open - 1) === HEAD;
  }
  if (before !== IDENT || wordOf(code, last) !== STATEMENT) return false;
  const word = textOf(code, last);
  return word === 'else' || word === 'do';
}

/** `NAME (…)` at the start of a statement. */
function invocation(
  code: Code,
  index: number,
  close: number,
  heads: Set<number>,
  loops: ReadonlySet<string>,
): void {
  const after = close + 1;
  const kind = kindOf(code, after);
  if (kind !== BRACE && unwrap(code, index, close)) return;
  if (kind === BRACE) {
    const end = code.match[after] ?? -1;
    if (code.holdsSemicolon[after] !== 1 && end > after + 1 && kindOf(code, end + 1) === SEMICOLON) {
      drop(code, index + 1, after, 'arguments of a type macro');
    } else loop(code, index, close, heads);
    return;
  }
  if (kind === BRACE_END) {
    if (code.language === 'c' || (isLoud(code, index) && startsLine(code, index) && startsLine(code, after)))
      dropStatement(code, index, after, heads);
    return;
  }
  const doubled = (kind === PLUS || kind === MINUS) && kindOf(code, after + 1) === kind;
  if (kind === STAR || doubled) {
    if (startsLine(code, after)) withoutSemicolon(code, index, close, heads, loops);
    return;
  }
  if (kind === OPEN) {
    // `(void)f();` behind it is a statement of its own.
    const cast =
      kindOf(code, after + 2) === CLOSE &&
      textOf(code, after + 1) === 'void' &&
      kindOf(code, after + 3) !== SEMICOLON;
    if (cast || (startsLine(code, after) && loops.has(textOf(code, index)))) {
      withoutSemicolon(code, index, close, heads, loops);
    }
    return;
  }
  if (kind !== IDENT) return;
  if (isName(code, after) && !startsLine(code, after)) {
    const behind = kindOf(code, after + 1);
    if (behind === SEMICOLON || behind === EQUALS || behind === COMMA || behind === SQUARE) {
      drop(code, index + 1, after, 'arguments of a type macro');
      return;
    }
  }
  const word = wordOf(code, after);
  if (word === STATEMENT && /^(?:else|case|default)$/.test(textOf(code, after))) {
    if (textOf(code, after) !== 'else') dropStatement(code, index, after, heads);
    else elseBehind(code, index, after, heads);
    return;
  }
  if (word === QUALIFIER || word === STORAGE || word === TAG || word === PRIMITIVE || word === SIZED) {
    drop(code, index, after, REASON);
    return;
  }
  if (word !== NAME && word !== HEAD && word !== STATEMENT && word !== OTHER) return;
  if (word === NAME && !loops.has(textOf(code, index)) && isDeclaration(code, after)) {
    drop(code, index, after, 'attribute macro');
    return;
  }
  withoutSemicolon(code, index, close, heads, loops);
}

/** Takes away a macro that is a whole statement, with the heads and the `else` whose body it is. */
function dropStatement(code: Code, index: number, after: number, heads: ReadonlySet<number>): void {
  let from = index;
  for (let last = previous(code, from); last >= 0; last = previous(code, from)) {
    const head = headOf(code, last, heads);
    if (head < 0) {
      if (textOf(code, last) === 'else') from = last;
      break;
    }
    from = head;
  }
  drop(code, from, after, REASON);
}

/** `if (x) MACRO(y) else f();`: there is no place for a semicolon, so the other branch alone stays. */
function elseBehind(code: Code, index: number, after: number, heads: ReadonlySet<number>): void {
  const head = headOf(code, previous(code, index), heads);
  if (head >= 0 && textOf(code, head) === 'if') drop(code, head, after + 1, REASON);
}

/** Index of the word whose head ends at `close`; -1 where no head ends there. */
function headOf(code: Code, close: number, heads: ReadonlySet<number>): number {
  if (kindOf(code, close) !== CLOSE) return -1;
  const word = (code.match[close] ?? 0) - 1;
  const made = heads.has(close);
  return made || (kindOf(code, word) === IDENT && wordOf(code, word) === HEAD) ? word : -1;
}

/** `MACRO(x, if (…) { … })`, `MACRO(f(); g();)`: the statements stay, the macro around them goes. */
function unwrap(code: Code, index: number, close: number): boolean {
  const open = index + 1;
  const level = code.holdsSemicolon[open] === 1;
  let from = open + 1;
  for (let at = open + 1; at < close; at++) {
    const kind = kindOf(code, at);
    if (kind === COMMA) {
      from = at + 1;
      continue;
    }
    const first = at === from && kind === IDENT;
    const word = first ? wordOf(code, at) : NAME;
    if ((word === HEAD && kindOf(code, at + 1) === OPEN) || (level && kind === SEMICOLON)) {
      if (
        level &&
        semicolons(code, open, close) === 2 &&
        kindOf(code, close + 1) !== SEMICOLON &&
        from === open + 1
      )
        return false;
      drop(code, index, from, 'macro around statements');
      drop(code, close, close + 1, 'macro around statements');
      return true;
    }
    if (kind === OPEN || kind === BRACE || kind === SQUARE) at = Math.max(at, code.match[at] ?? at);
  }
  return false;
}

/** `type name =`, `type *name;`: no body of a loop. */
function isDeclaration(code: Code, index: number): boolean {
  let at = index + 1;
  const stars = at;
  while (kindOf(code, at) === STAR || (kindOf(code, at) === IDENT && wordOf(code, at) === QUALIFIER)) at++;
  if (!isName(code, at)) return false;
  const behind = kindOf(code, at + 1);
  return (
    behind === EQUALS ||
    ((behind === SEMICOLON || behind === SQUARE) && (at === stars || behind === SEMICOLON))
  );
}

/** Names that stand before a block somewhere in the text, or say that they make a loop. */
function loopNames(code: Code): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index < code.tokens.count; index++) {
    if (!isName(code, index) || kindOf(code, index + 1) !== OPEN) continue;
    const before = kindOf(code, index - 1);
    if (before !== SEMICOLON && before !== BRACE && before !== BRACE_END && before !== CLOSE) continue;
    const name = textOf(code, index);
    const block = kindOf(code, (code.match[index + 1] ?? -2) + 1) === BRACE;
    if (block || /for_?each|for_?all|loop/i.test(name)) names.add(name);
  }
  return names;
}

/** A loop macro, or one whose next statement is indented deeper, has that statement as its body. */
function withoutSemicolon(
  code: Code,
  index: number,
  close: number,
  heads: Set<number>,
  loops: ReadonlySet<string>,
): void {
  const after = close + 1;
  const deeper = startsLine(code, after)
    ? columnOf(code, after) > columnOf(code, index)
    : kindOf(code, after) !== OPEN;
  const body = deeper || loops.has(textOf(code, index));
  if (body) loop(code, index, close, heads);
  else drop(code, index, after, REASON);
}

function loop(code: Code, index: number, close: number, heads: Set<number>): void {
  const { start, end } = code.tokens;
  const from = start[index] ?? 0;
  const to = end[index] ?? 0;
  const keyword =
    code.holdsSemicolon[index + 1] === 1 && semicolons(code, index + 1, close) === 2 ? 'for' : 'while';
  if (to - from >= keyword.length) code.edits.keyword(from, to, keyword, 'loop macro');
  else if (to - from >= 2) code.edits.keyword(from, to, 'if', 'loop macro');
  else return;
  heads.add(close);
  if (keyword === 'for') {
    code.settled[index + 1] = 1;
    return;
  }
  if (close === index + 2) return;
  dropSemicolons(code, index + 1, close);
}

function semicolons(code: Code, open: number, close: number): number {
  let count = 0;
  for (let index = open + 1; index < close; index = jump(code, index) + 1) {
    if (kindOf(code, index) === SEMICOLON) count++;
  }
  return count;
}

function dropSemicolons(code: Code, open: number, close: number): void {
  if (code.holdsSemicolon[open] !== 1) return;
  for (let index = open + 1; index < close; index = jump(code, index) + 1) {
    if (kindOf(code, index) === SEMICOLON) drop(code, index, index + 1, 'loop macro');
  }
}

/** `{ label: }`: behind other statements the parser supplies what is missing, alone it loses the block. */
function loneLabel(code: Code, index: number): void {
  if (kindOf(code, index - 1) !== BRACE || kindOf(code, index + 2) !== BRACE_END) return;
  drop(code, index, index + 2, 'label of nothing');
}

/** A name alone at the start of a statement that cannot go on with it. */
function bare(code: Code, index: number, heads: ReadonlySet<number>): void {
  const after = index + 1;
  const kind = kindOf(code, after);
  if (kind === BRACE_END) {
    dropStatement(code, index, after, heads);
    return;
  }
  if (kind === BRACE) {
    if (code.language === 'c' || (isLoud(code, index) && code.holdsSemicolon[after] === 1))
      drop(code, index, after, REASON);
    return;
  }
  if (kind !== IDENT) return;
  const word = wordOf(code, after);
  if (word === STATEMENT && textOf(code, after) === 'else') {
    elseBehind(code, index, after, heads);
    return;
  }
  if (word === HEAD || word === STATEMENT) {
    drop(code, index, after, REASON);
    return;
  }
  if (word !== NAME || !startsLine(code, after) || !isLoud(code, index)) return;
  if (kindOf(code, after + 1) !== SEMICOLON) drop(code, index, after, REASON);
}
