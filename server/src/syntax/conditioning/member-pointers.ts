/** Pointers to members, which the grammar does not read. */
import { type Code, drop, kindOf, OPEN } from './code';
import { ARROW, IDENT, SCOPE } from './tokens';

const DOT = 46;

/** `type::*name` loses the class; `(object->*member)(…)` becomes a difference, `(object.*member)(…)` a sum. */
export function memberPointer(code: Code, index: number): void {
  const before = kindOf(code, index - 1);
  if (before === SCOPE) {
    let from = index - 1;
    while (kindOf(code, from - 1) === IDENT || kindOf(code, from - 1) === SCOPE) {
      // `int type::*name`: two names side by side are the type and the class.
      if (kindOf(code, from - 1) === IDENT && kindOf(code, from) === IDENT) break;
      from--;
    }
    drop(code, from, index, 'class of a member pointer');
    return;
  }
  const touching = code.tokens.end[index - 1] === code.tokens.start[index];
  if (!touching || (before !== ARROW && before !== DOT)) return;
  const open = code.up[index] ?? -1;
  const isCalled = kindOf(code, open) === OPEN && kindOf(code, (code.match[open] ?? -1) + 1) === OPEN;
  const { start, end } = code.tokens;
  // Lowering knows such a sum by where it stands: nobody calls one.
  if (isCalled)
    code.edits.keyword(
      start[index - 1] ?? 0,
      end[index] ?? 0,
      before === ARROW ? '-' : '+',
      'member pointer',
    );
  if (isCalled || kindOf(code, open) !== OPEN) drop(code, index, index + 1, 'member pointer');
  else drop(code, open + 1, index + 1, 'object of a member pointer');
}
