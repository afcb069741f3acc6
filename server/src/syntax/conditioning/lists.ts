/**
 * Conditioning of enumerators and initialisers: macros that stand for their items.
 */
import { CLOSE, COMMA, type Code, drop, isName, kindOf, OPEN } from './code';
import { ENUM, INIT, type Outline, scopeOf } from './outline';
import { IDENT, NUMBER } from './tokens';

const REASON = 'macro in a list';

/** Leaves one name for each enumerator, and no macro without a comma in an initialiser. */
export function conditionLists(code: Code, outline: Outline): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (!isName(code, index)) continue;
    const scope = scopeOf(code, outline, index);
    if (scope !== ENUM && scope !== INIT) continue;
    const call = kindOf(code, index + 1) === OPEN;
    const close = call ? (code.match[index + 1] ?? -1) : index;
    if (close < 0) continue;
    const before = kindOf(code, index - 1);
    const item = isItem(before) || code.dropped[index - 1] === 1;
    const next = isName(code, close + 1);
    if (item ? next && (call || scope === INIT) : scope === ENUM && endsValue(before)) {
      drop(code, index, close + 1, REASON);
    } else if (item && call && scope === ENUM) {
      drop(code, index + 1, close + 1, REASON);
    }
    index = close;
  }
}

/** True behind what can end an item: a name, a number, a closing parenthesis. */
function endsValue(before: number): boolean {
  return before === IDENT || before === NUMBER || before === CLOSE;
}

/** True behind an opening brace or a comma. */
function isItem(before: number): boolean {
  return before === 123 || before === COMMA;
}
