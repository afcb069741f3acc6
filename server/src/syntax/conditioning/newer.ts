/**
 * Conditioning of what newer standards allow and the grammars do not read: modules and `if consteval` of C++20 and
 * C++23, underlying types of enumerations, deduced types and `_BitInt` of C23.
 */
import {
  BRACE,
  BRACE_END,
  CLOSE,
  COLON,
  type Code,
  columnOf,
  drop,
  EQUALS,
  isName,
  jump,
  kindOf,
  LESS,
  OPEN,
  SEMICOLON,
  startsLine,
  textOf,
  wordOf,
} from './code';
import { IDENT, SCOPE, STRING } from './tokens';
import { STORAGE, TAG } from './words';

const NOT = 33;
/** A module's name has few parts. */
const REACH = 40;

/** Takes away or rewrites what the grammars do not read yet. */
export function conditionNewer(code: Code): void {
  const isCpp = code.language === 'cpp';
  for (let index = 0; index < code.tokens.count; index++) {
    const kind = kindOf(code, index);
    if (kind === COLON) underlyingType(code, index);
    if (kind !== IDENT) continue;
    if (isCpp) wordOfCpp(code, index);
    else if (isName(code, index) && textOf(code, index) === '_BitInt') bitInt(code, index);
    else if (wordOf(code, index) === STORAGE && textOf(code, index) === 'auto') deducedType(code, index);
  }
}

function wordOfCpp(code: Code, index: number): void {
  switch (textOf(code, index)) {
    case 'export':
      if (opensDeclaration(code, index)) exported(code, index);
      break;
    case 'module':
      // Anywhere else it may be a type.
      if (index === 0) moduleLine(code, index, index + 1);
      break;
    case 'import':
      if (code.up[index] === -1 && opensDeclaration(code, index)) moduleLine(code, index, index + 1);
      break;
    case 'explicit':
      if (kindOf(code, index + 1) === OPEN)
        drop(code, index + 1, jump(code, index + 1) + 1, 'condition of explicit');
      break;
    case 'consteval':
      runTimeBranch(code, index);
      break;
  }
}

function opensDeclaration(code: Code, index: number): boolean {
  const before = kindOf(code, index - 1);
  return (
    before === 0 ||
    before === SEMICOLON ||
    before === BRACE ||
    before === BRACE_END ||
    startsLine(code, index)
  );
}

/** `export` before a declaration, a block of declarations, or a line of modules. */
function exported(code: Code, index: number): void {
  const next = textOf(code, index + 1);
  if (next === 'module' || next === 'import') {
    moduleLine(code, index, index + 2);
    return;
  }
  drop(code, index, index + 1, 'export');
  const close = kindOf(code, index + 1) === BRACE ? (code.match[index + 1] ?? -1) : -1;
  if (close < 0) return;
  drop(code, index + 1, index + 2, 'export');
  drop(code, close, close + 1, 'export');
}

/** `module;`, `export module a.b:c;`, `import <vector>;` */
function moduleLine(code: Code, from: number, at: number): void {
  const kind = kindOf(code, at);
  const isLine =
    kind === IDENT ||
    kind === COLON ||
    kind === STRING ||
    kind === LESS ||
    (kind === SEMICOLON && at === from + 1);
  if (!isLine || (kind === SEMICOLON && textOf(code, from) !== 'module')) return;
  for (let end = at; end < at + REACH && end < code.tokens.count; end++) {
    if (end > from && startsLine(code, end)) return;
    const part = kindOf(code, end);
    if (part === EQUALS || part === OPEN || part === BRACE || part === SCOPE) return;
    if (part !== SEMICOLON) continue;
    drop(code, from, end + 1, 'module');
    return;
  }
}

/** `enum name : unsigned char {` */
function underlyingType(code: Code, index: number): void {
  const tag = isName(code, index - 1) ? index - 2 : index - 1;
  const isTag = wordOf(code, tag) === TAG && kindOf(code, tag) === IDENT;
  if (!isTag || (textOf(code, tag) !== 'enum' && textOf(code, tag - 1) !== 'enum')) return;
  let end = index + 1;
  while (kindOf(code, end) === IDENT || kindOf(code, end) === SCOPE) end++;
  if (end > index + 1 && (kindOf(code, end) === BRACE || kindOf(code, end) === SEMICOLON))
    drop(code, index, end, 'underlying type');
}

/** `_BitInt(24)` is an integer like any other. */
function bitInt(code: Code, index: number): void {
  const close = kindOf(code, index + 1) === OPEN ? (code.match[index + 1] ?? -1) : -1;
  if (close < 0 || kindOf(code, close) !== CLOSE) return;
  const { start, end } = code.tokens;
  code.edits.keyword(start[index] ?? 0, end[close] ?? 0, 'int', 'other spelling');
  code.dropped.fill(1, index + 1, close + 1);
  code.kept.fill(index, index + 1, close + 1);
  code.changed = true;
}

/** `auto name =` without a type: C23 deduces it. */
function deducedType(code: Code, index: number): void {
  if (!isName(code, index + 1) || kindOf(code, index + 2) !== EQUALS || columnOf(code, index) < 0) return;
  const { start, end } = code.tokens;
  code.edits.keyword(start[index] ?? 0, end[index] ?? 0, 'int', 'other spelling');
}

/** `if consteval { … } else { … }`: of the two, what runs when the program runs. */
function runTimeBranch(code: Code, index: number): void {
  const isNegated = kindOf(code, index - 1) === NOT;
  const from = isNegated ? index - 2 : index - 1;
  if (textOf(code, from) !== 'if' || kindOf(code, index + 1) !== BRACE) return;
  const close = code.match[index + 1] ?? -1;
  if (close < 0) return;
  const hasElse = textOf(code, close + 1) === 'else';
  if (!isNegated) {
    drop(code, from, close + (hasElse ? 2 : 1), 'inactive branch');
    return;
  }
  drop(code, from, index + 1, 'condition at compile time');
  const otherEnd = hasElse && kindOf(code, close + 2) === BRACE ? (code.match[close + 2] ?? -1) : -1;
  if (otherEnd >= 0) drop(code, close + 1, otherEnd + 1, 'inactive branch');
}
