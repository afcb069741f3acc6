/**
 * Conditioning of statements: loop macros before a block or a statement, and macros that need no semicolon.
 *
 * A call-like macro that is a statement with its semicolon stays the call it looks like.
 */
import {
  AMPERSAND,
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  COMMA,
  type Code,
  columnOf,
  drop,
  EQUALS,
  GREATER,
  isLoud,
  isName,
  jump,
  kindOf,
  LESS,
  OPEN,
  previous,
  SEMICOLON,
  SQUARE,
  STAR,
  startsLine,
  textOf,
  wordOf,
} from './code';
import { startWithRoom } from './edits';
import { loopNames, type Role, type Roles, roleBeforeBlock, roleOnLine } from './heads';
import { BLOCK, type Outline, scopeOf } from './outline';
import { IDENT, SCOPE } from './tokens';
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
/** What a declaration in the head of a loop macro is made of. */
const DECLARES = new Set([IDENT, SCOPE, STAR, AMPERSAND, LESS, GREATER]);
const PLUS = 43;
const MINUS = 45;

/** What the functions below share. */
interface Statements {
  code: Code;
  /** Closing parentheses of heads made here: what follows is again the start of a statement. */
  heads: Set<number>;
  /** Last tokens of macros that have got their semicolon. */
  ended: Set<number>;
  /** Names that stand before a block somewhere, or say that they make a loop. */
  loops: ReadonlySet<string>;
  roles: Roles;
}

/** Turns loop macros into loops and ends macros that would need a semicolon. `roles`: of the macros of this text. */
export function conditionStatements(code: Code, outline: Outline, roles: Roles): void {
  const own: Statements = { code, heads: new Set(), ended: new Set(), loops: loopNames(code), roles };
  for (let index = 0; index < code.tokens.count; index++) {
    if (kindOf(code, index) === COLON) lastLabel(code, outline, index);
    if (!isName(code, index)) continue;
    if (kindOf(code, index - 1) === CLOSE) behindPointer(code, index);
    if (!isStart(own, index) || scopeOf(code, outline, index) !== BLOCK) continue;
    if (kindOf(code, index + 1) === OPEN) {
      const close = code.match[index + 1] ?? -1;
      if (close >= 0) invocation(own, index, close);
    } else if (kindOf(code, index + 1) === COLON) loneLabel(code, index);
    else bare(own, index);
  }
}

function isStart({ code, heads, ended }: Statements, index: number): boolean {
  const last = previous(code, index);
  const before = kindOf(code, last);
  if (before === SEMICOLON || before === BRACE || before === BRACE_END || before === COLON) return true;
  if (ended.has(last)) return true;
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
function invocation(own: Statements, index: number, close: number): void {
  const { code, loops } = own;
  const after = close + 1;
  const kind = kindOf(code, after);
  if (kind !== BRACE && unwrap(code, index, close)) return;
  if (kind === BRACE) {
    const end = code.match[after] ?? -1;
    if (code.holdsSemicolon[after] !== 1 && end > after + 1 && kindOf(code, end + 1) === SEMICOLON) {
      drop(code, index + 1, after, 'arguments of a type macro');
    } else beforeBlock(own, index, close);
    return;
  }
  if (kind === BRACE_END) {
    if (code.language === 'c' || (isLoud(code, index) && startsLine(code, index) && startsLine(code, after)))
      endStatement(own, index, close);
    return;
  }
  const doubled = (kind === PLUS || kind === MINUS) && kindOf(code, after + 1) === kind;
  if (kind === STAR || doubled) {
    if (startsLine(code, after)) withoutSemicolon(own, index, close);
    return;
  }
  if (kind === OPEN) {
    // `(void)f();` behind it is a statement of its own.
    const cast =
      kindOf(code, after + 2) === CLOSE &&
      textOf(code, after + 1) === 'void' &&
      kindOf(code, after + 3) !== SEMICOLON;
    if (cast || (startsLine(code, after) && loops.has(textOf(code, index)))) {
      withoutSemicolon(own, index, close);
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
    // `list(T) name UNUSED = …`
    const isMarked = isName(code, after + 1) && /^[A-Z_0-9]+$/.test(textOf(code, after + 1));
    if (isMarked && (kindOf(code, after + 2) === EQUALS || kindOf(code, after + 2) === SEMICOLON)) {
      drop(code, index + 1, after, 'arguments of a type macro');
      drop(code, after + 1, after + 2, 'attribute macro');
      return;
    }
  }
  const word = wordOf(code, after);
  if (word === STATEMENT && /^(?:else|case|default)$/.test(textOf(code, after))) {
    endStatement(own, index, close);
    return;
  }
  if (word === QUALIFIER || word === STORAGE || word === TAG || word === PRIMITIVE || word === SIZED) {
    endStatement(own, index, close);
    return;
  }
  if (word !== NAME && word !== HEAD && word !== STATEMENT && word !== OTHER) return;
  if (word === NAME && !loops.has(textOf(code, index)) && isDeclaration(code, after)) {
    drop(code, index, after, 'attribute macro');
    return;
  }
  withoutSemicolon(own, index, close);
}

/**
 * Ends the statement of a macro that reaches from `index` to `last` with a semicolon where one can stand; where there
 * is no room, takes the macro away, with the heads and the `else` whose body it is.
 */
function endStatement({ code, heads, ended }: Statements, index: number, last: number): void {
  if (terminate(code, last)) {
    ended.add(last);
    return;
  }
  let from = index;
  const after = last + 1;
  if (textOf(code, after) === 'else') {
    // `if (x) MACRO(y)else f();`: the other branch alone stays.
    const head = headOf(code, previous(code, index), heads);
    if (head >= 0 && textOf(code, head) === 'if') drop(code, head, after + 1, REASON);
    return;
  }
  const kind = kindOf(code, after);
  const ends = kind === BRACE_END || (kind === IDENT && /^(?:case|default)$/.test(textOf(code, after)));
  for (let at = ends ? previous(code, from) : -1; at >= 0; at = previous(code, from)) {
    const head = headOf(code, at, heads);
    if (head < 0) {
      if (textOf(code, at) === 'else') from = at;
      break;
    }
    from = head;
  }
  drop(code, from, after, REASON);
}

/** Writes a semicolon over the first blank behind a token; false where none stands between it and the next one. */
function terminate(code: Code, last: number): boolean {
  const at = blankBehind(code, last);
  if (at < 0) return false;
  code.edits.keyword(at, at + 1, ';', 'semicolon behind a macro');
  return true;
}

/** Offset of the first blank between a token and the next one, comments left out; -1 for none. */
function blankBehind({ text, tokens }: Code, last: number): number {
  const stop = tokens.start[last + 1] ?? text.length;
  for (let at = tokens.end[last] ?? stop; at < stop; at++) {
    const char = text[at];
    if (char === ' ' || char === '\t') return at;
    if (char === '/') {
      const open = text[at + 1] === '*';
      const end = open ? text.indexOf('*/', at + 2) + 1 : text.indexOf('\n', at);
      if (end <= at) return -1;
      at = end;
    } else if (char !== '\n' && char !== '\r') return -1;
  }
  return -1;
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

/** A macro before a block is the head of a loop unless its definition says something else. */
function beforeBlock(own: Statements, index: number, close: number): void {
  const role = roleBeforeBlock(textOf(own.code, index), own.roles);
  if (role === 'statement') endStatement(own, index, close);
  else head(own, index, close, role);
}

/** A loop macro, or one whose next statement is indented deeper, has that statement as its body. */
function withoutSemicolon(own: Statements, index: number, close: number): void {
  const { code, loops, roles } = own;
  const name = textOf(code, index);
  const role = roles(name) ?? (loops.has(name) ? roleBeforeBlock(name, roles) : byLayout(code, index, close));
  if (role === 'statement') endStatement(own, index, close);
  else head(own, index, close, role);
}

function byLayout(code: Code, index: number, close: number): Role {
  const after = close + 1;
  if (!startsLine(code, after))
    return kindOf(code, after) === OPEN ? 'statement' : roleOnLine(code, index, close);
  const deeper = columnOf(code, after) > columnOf(code, index);
  return deeper ? roleBeforeBlock(textOf(code, index), () => undefined) : 'statement';
}

function head({ code, heads }: Statements, index: number, close: number, role: Role): void {
  const { start, end } = code.tokens;
  const to = end[index] ?? 0;
  if (close === index + 2 && role === 'loop') {
    endless(code, index, close, heads);
    return;
  }
  const parts = code.holdsSemicolon[index + 1] === 1 && semicolons(code, index + 1, close) === 2;
  const keyword = role === 'condition' ? 'if' : parts ? 'for' : 'while';
  const from = startWithRoom(code.text, start[index] ?? 0, to, keyword);
  if (to - from >= keyword.length) code.edits.keyword(from, to, keyword, `${role} macro`);
  else if (to - from >= 2) code.edits.keyword(from, to, 'if', 'loop macro');
  else return;
  heads.add(close);
  if (keyword === 'for') {
    code.settled[index + 1] = 1;
    return;
  }
  dropDeclaredType(code, index + 2, close);
  dropSemicolons(code, index + 1, close);
}

/** `foreach (const Item &item, items)` declares what a condition can only name. */
function dropDeclaredType(code: Code, from: number, close: number): void {
  let at = from;
  while (at < close && DECLARES.has(kindOf(code, at))) at++;
  const isDeclared = at > from + 1 && kindOf(code, at) === COMMA && isName(code, at - 1);
  if (isDeclared && kindOf(code, from) === IDENT) drop(code, from, at - 1, 'type in a loop macro');
}

/** `FOREVER() {` */
function endless(code: Code, index: number, close: number, heads: Set<number>): void {
  const { start, end } = code.tokens;
  const from = start[index] ?? 0;
  const to = end[close] ?? 0;
  code.edits.keyword(from, to, 'for(;;)', 'loop macro');
  heads.add(close);
  code.settled[index + 1] = 1;
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

/** `{ label: }`: where there is no room for a semicolon, the parser loses the block. */
function loneLabel(code: Code, index: number): void {
  if (kindOf(code, index - 1) !== BRACE || kindOf(code, index + 2) !== BRACE_END) return;
  if (blankBehind(code, index + 1) < 0) drop(code, index, index + 2, 'label of nothing');
}

/** `label: }` and `case 1: }` have nothing to stand before. */
function lastLabel(code: Code, outline: Outline, index: number): void {
  if (kindOf(code, index + 1) !== BRACE_END || scopeOf(code, outline, index) !== BLOCK) return;
  terminate(code, index);
}

/** A name alone at the start of a statement that cannot go on with it. */
function bare(own: Statements, index: number): void {
  const { code } = own;
  const after = index + 1;
  const kind = kindOf(code, after);
  if (kind === BRACE_END) {
    endStatement(own, index, index);
    return;
  }
  if (kind === BRACE) {
    // `item{1};` makes an object.
    const isKnown = code.language === 'c' || own.roles(textOf(code, index)) !== undefined;
    if (isKnown || code.holdsSemicolon[after] === 1) beforeBody(own, index);
    return;
  }
  if (kind !== IDENT) return;
  const word = wordOf(code, after);
  if (word === HEAD || word === STATEMENT) {
    endStatement(own, index, index);
    return;
  }
  if (word === NAME && own.roles(textOf(code, index)) === 'statement') {
    endStatement(own, index, index);
    return;
  }
  if (word !== NAME || !startsLine(code, after) || !isLoud(code, index)) return;
  if (kindOf(code, after + 1) !== SEMICOLON) endStatement(own, index, index);
}

/** `FOREVER {`, `TRY {` */
function beforeBody(own: Statements, index: number): void {
  const { code } = own;
  const role = own.roles(textOf(code, index));
  const { start, end } = code.tokens;
  const [from, to] = [start[index] ?? 0, end[index] ?? 0];
  if (role === 'loop' && to - from >= 7) code.edits.keyword(from, to, 'for(;;)', 'loop macro');
  else if (role === 'loop' || role === 'condition') drop(code, index, index + 1, 'macro that is a head');
  else endStatement(own, index, index);
}
