/** Names that stand for numbers: enumerators and simple macros. */
import type { Macro } from '../syntax/conditioning/macros';
import { childBy, type SyntaxNode } from '../syntax/tree';
import type { ConstantFacts } from './facts';

/** The enumerators of an `enum { … }` whose value can be counted. */
export function enumerators(text: string, body: SyntaxNode): ConstantFacts[] {
  const constants: ConstantFacts[] = [];
  let next: number | undefined = 0;
  for (const child of body.children) {
    if (child.type !== 'enumerator') continue;
    const name = childBy(child, 'name');
    const value = childBy(child, 'value');
    const known: number | undefined = value ? numberOf(text.slice(value.start, value.end)) : next;
    next = known === undefined ? undefined : known + 1;
    if (name && known !== undefined) constants.push({ name: text.slice(name.start, name.end), value: known });
  }
  return constants;
}

/** `#define OK 0`, `#define ERR (-1)`, `#define YES true`. */
export function macroConstants(text: string, macros: readonly Macro[]): ConstantFacts[] {
  return macros.flatMap(({ name, params, bodyStart, bodyEnd }) => {
    const value = params || bodyEnd - bodyStart > 24 ? undefined : numberOf(text.slice(bodyStart, bodyEnd));
    return value === undefined ? [] : [{ name, value }];
  });
}

/** An integer literal, possibly negative or in parentheses. */
export function numberOf(text: string): number | undefined {
  const truth = /^\(*\s*(true|false|TRUE|FALSE)\s*\)*$/.exec(text.trim())?.[1];
  if (truth) return truth.toLowerCase() === 'true' ? 1 : 0;
  const match = /^\(*\s*(-?)\s*(0[xX][\da-fA-F]+|\d+)[uUlL]*\s*\)*$/.exec(text.trim());
  if (!match?.[2]) return undefined;
  const digits = match[2];
  const size = Number(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] ? -size : size;
}
