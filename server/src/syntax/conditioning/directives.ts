/**
 * Takes away the directives that the grammar does not read where they stand.
 *
 * `#define` and `#include` stay between declarations; inside of statements, enumerators and initialisers they
 * would break what surrounds them. Macros are read from the text, so none is lost.
 */
import { BRACE, BRACE_END, COLON, type Code, kindOf, SEMICOLON } from './code';
import { CLASS, FILE, type Outline } from './outline';
import type { Directive } from './tokens';

/** Nothing is lost with a longer one, and the grammar need not read it. */
const MAX_LENGTH = 4000;

/** Blanks those of the active directives that the grammar does not read where they stand. */
export function conditionDirectives(code: Code, outline: Outline, active: readonly Directive[]): void {
  for (const directive of active) {
    if (!isReadable(code, outline, directive)) code.edits.blank(directive.start, directive.end, 'directive');
  }
}

function isReadable(code: Code, outline: Outline, directive: Directive): boolean {
  const { name, before, start, end } = directive;
  if (name !== 'define' && name !== 'include') return false;
  if (end >= code.text.length || end - start > MAX_LENGTH) return false;
  const last = kindOf(code, before - 1);
  const outer = last === BRACE ? before - 1 : (code.up[before - 1] ?? -1);
  const scope = outer < 0 ? FILE : outline.role[outer];
  if (scope !== FILE && !(scope === CLASS && name === 'define')) return false;
  if (before > 0 && last !== SEMICOLON && last !== BRACE && last !== BRACE_END && last !== COLON)
    return false;
  const line = code.text.slice(start, end);
  if (name === 'include') return /^#[ \t]*include[ \t]*(?:<[^<>\n]*>|"[^"\n]*")[ \t]*$/.test(line);
  // The grammar ends a macro's body at a comment, and knows no name before the dots.
  return (
    !line.includes('/*') &&
    !line.includes('//') &&
    !/^#[ \t]*define[ \t]+\w+\([^)]*\w[ \t]*\.\.\./.test(line) &&
    /define[ \t]+[A-Za-z_]/.test(line)
  );
}
