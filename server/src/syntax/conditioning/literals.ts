/**
 * Conditioning of strings and characters that are never closed.
 *
 * The grammars read what stands in them as code, at any depth of brackets.
 */
import { type Code, drop, kindOf, textOf } from './code';
import { CHAR, STRING } from './tokens';

/** Takes away every literal without its closing quote. */
export function conditionLiterals(code: Code): void {
  for (let index = 0; index < code.tokens.count; index++) {
    const kind = kindOf(code, index);
    if ((kind === STRING || kind === CHAR) && !isClosed(textOf(code, index), code.language))
      drop(code, index, index + 1, 'literal that is never closed');
  }
}

function isClosed(literal: string, language: 'c' | 'cpp'): boolean {
  const raw = language === 'cpp' ? /^(?:L|u|U|u8)?R"([^(]{0,17})\(/.exec(literal) : null;
  if (raw) return literal.endsWith(`)${raw[1] ?? ''}"`) && literal.length > raw[0].length;
  const last = literal.length - 1;
  const quote = literal.charCodeAt(last);
  if ((quote !== 34 && quote !== 39) || literal.search(/["']/) === last) return false;
  let slashes = 0;
  while (literal.charCodeAt(last - 1 - slashes) === 92) slashes++;
  return slashes % 2 === 0;
}
