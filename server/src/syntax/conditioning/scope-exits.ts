/** `SCOPE_EXIT { … };`: a macro makes an object of the block, which runs it where its scope ends. */
import { BRACE, BRACE_END, type Code, isName, kindOf, SEMICOLON, textOf } from './code';
import { IDENT } from './tokens';

const NAME = /^[A-Z][A-Z0-9_]*$/;
const KIND = /EXIT|DEFER|FINALLY|CLEANUP|SUCCESS|FAIL/;

/** What stands for the macro: a variable that holds the block as a function, or that function alone. */
const OBJECT = 'auto _=[&]';
const CLOSURE = '[&]';

/** Makes a closure of the block, which is no statement of the function at its place. */
export function conditionScopeExits(code: Code): void {
  for (let index = 0; index < code.tokens.count; index++) {
    if (kindOf(code, index) !== IDENT || !isName(code, index) || kindOf(code, index + 1) !== BRACE) continue;
    const name = textOf(code, index);
    if (!NAME.test(name) || !KIND.test(name)) continue;
    const close = code.match[index + 1] ?? -1;
    if (close < 0 || kindOf(code, close) !== BRACE_END || kindOf(code, close + 1) !== SEMICOLON) continue;
    const { start, end } = code.tokens;
    const from = start[index] ?? 0;
    const to = end[index] ?? 0;
    const fits = to - from >= OBJECT.length;
    if (to - from < CLOSURE.length) continue;
    code.edits.keyword(from, to, fits ? OBJECT : CLOSURE, 'macro around a block for later');
    code.dropped.fill(1, index, index + 1);
    code.kept.fill(index - 1, index, index + 1);
    code.changed = true;
  }
}
