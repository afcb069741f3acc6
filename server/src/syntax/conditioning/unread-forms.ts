/**
 * Conditioning of what C++ has always allowed and its grammar does not read: conversions to `unsigned`, declared
 * instances of templates; and of macros before a namespace and before a block.
 */
import {
  BRACE,
  BRACE_END,
  type Code,
  drop,
  isLoud,
  isName,
  jump,
  kindOf,
  OPEN,
  SEMICOLON,
  textOf,
  wordOf,
} from './code';
import { IDENT } from './tokens';
import { HEAD, PRIMITIVE, SIZED, STATEMENT } from './words';

/** A declaration of an instance is short. */
const REACH = 200;

/** Takes away or rewrites what the grammar would stumble over. */
export function conditionUnreadForms(code: Code): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (kindOf(code, index) !== IDENT) continue;
    if (isName(code, index)) beforeBlock(code, index);
    else if (wordOf(code, index) === SIZED) conversion(code, index);
    else if (textOf(code, index) === 'namespace') beforeNamespace(code, index);
    else if (textOf(code, index) === 'extern') declaredInstance(code, index);
  }
}

/** `unsigned(x)` is a conversion to an integer. */
function conversion(code: Code, index: number): void {
  const before = wordOf(code, index - 1);
  const isPart = kindOf(code, index - 1) === IDENT && (before === SIZED || before === PRIMITIVE);
  if (kindOf(code, index + 1) !== OPEN || isPart || textOf(code, index - 1) === 'operator') return;
  const { start, end } = code.tokens;
  code.edits.keyword(start[index] ?? 0, end[index] ?? 0, 'int', 'other spelling');
}

/** `BEGIN_NAMESPACE namespace name {`: the macro opens a namespace around, or is nothing. */
function beforeNamespace(code: Code, index: number): void {
  const macro = textOf(code, index - 1) === 'inline' ? index - 2 : index - 1;
  if (!isName(code, macro) || !opensStatement(code, macro)) return;
  drop(code, macro, macro + 1, 'macro before a namespace');
}

/** `extern template class list<int>;`: the template itself is what counts. */
function declaredInstance(code: Code, index: number): void {
  if (textOf(code, index + 1) !== 'template') return;
  for (let at = index + 2; at < Math.min(index + REACH, code.tokens.count); at = jump(code, at) + 1) {
    if (kindOf(code, at) === BRACE) return;
    if (kindOf(code, at) !== SEMICOLON) continue;
    drop(code, index, at + 1, 'declared instance of a template');
    return;
  }
}

/** `TRY { … }`: the block is run. */
function beforeBlock(code: Code, index: number): void {
  if (kindOf(code, index + 1) !== BRACE || !isLoud(code, index) || !opensStatement(code, index)) return;
  const close = code.match[index + 1] ?? -1;
  if (close < 0 || kindOf(code, close + 1) === SEMICOLON) return;
  const first = wordOf(code, index + 2);
  const isCode = kindOf(code, index + 2) === IDENT && (first === HEAD || first === STATEMENT);
  if (isCode || code.holdsSemicolon[index + 1] === 1) drop(code, index, index + 1, 'macro before a block');
}

function opensStatement(code: Code, index: number): boolean {
  const before = kindOf(code, index - 1);
  return before === 0 || before === SEMICOLON || before === BRACE || before === BRACE_END;
}
