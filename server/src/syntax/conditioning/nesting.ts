/**
 * Conditioning of brackets in brackets: what is nested deeper than any person writes is taken away.
 *
 * The grammars' recovery from errors takes time by the square of the depth, and lowering recurses.
 */
import { type Code, drop } from './code';

/** Generated tables and macros reach some fifty. */
const MAX_DEPTH = 200;

export const DEEP = 'nested too deeply';

/** Takes away the content of brackets that stand in too many others. */
export function conditionNesting(code: Code): void {
  const { count } = code.tokens;
  const depths = new Int32Array(count);
  let from = -1;
  for (let index = 0; index < count; index++) {
    const outer = code.up[index] ?? -1;
    const depth = outer < 0 ? 0 : (depths[outer] ?? 0) + 1;
    depths[index] = depth;
    if (depth > MAX_DEPTH) {
      if (from < 0) from = index;
    } else if (from >= 0) {
      drop(code, from, index, DEEP);
      from = -1;
    }
  }
  if (from >= 0) drop(code, from, count, DEEP);
}
