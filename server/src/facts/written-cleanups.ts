/** What a declaration says of the end of its variable's scope, in text that the parser does not see. */
import type { SyntaxNode } from '../syntax/tree';
import type { TypeRef } from './expr';
import type { FunctionContext } from './lower-context';

/** Attributes stand close to what they belong to. */
const REACH = 120;
const ATTRIBUTE = /\b\w*cleanup\w*\s*\(\s*\(?\s*([A-Za-z_]\w*)/i;
const BLOCK = /^([A-Z][A-Z0-9_]*)\s*\{/;
/** A closure that is called without arguments. */
export const CALLED = '{call}';
const TYPE = /^([A-Za-z_]\w*)\s*\(\s*([A-Za-z_]\w*)\s*\)/;

/**
 * `{call}` for `SCOPE_EXIT { … };`, `f` of `__attribute__((cleanup(f)))` and of macros for it, or a type that a macro makes as it is written,
 * `g_autoptr(T)`.
 */
export function cleanupWritten(
  ctx: Pick<FunctionContext, 'text' | 'raw'>,
  { start, end }: SyntaxNode,
  type: TypeRef,
): string | undefined {
  const { text, raw } = ctx;
  const before = text.slice(Math.max(0, start - REACH), start);
  const from = start - (before.length - before.trimEnd().length);
  const to = Math.min(end, start + REACH);
  const written = raw.slice(from, to);
  if (written === text.slice(from, to)) return undefined;
  const [, maker] = (type.base === 'auto' && BLOCK.exec(raw.slice(start, to))) || [];
  // What only runs where an exception leaves the scope is no part of its end.
  if (maker) return maker.includes('FAIL') ? undefined : CALLED;
  const [, name, argument] = TYPE.exec(raw.slice(start, to)) ?? [];
  if (name !== undefined && name === type.base) return `${name}(${argument})`;
  return ATTRIBUTE.exec(written)?.[1];
}
