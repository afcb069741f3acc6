/**
 * The macros a text defines in its active part, with the place of their bodies.
 */
import { type Directive, IDENT, tokenize } from './tokens';

/** One active `#define`. Offsets are UTF-16 offsets into the text; the body may span continued lines. */
export interface Macro {
  name: string;
  /** Names of the parameters of a function-like macro, `...` for a variadic rest; absent for object-like ones. */
  params?: string[];
  bodyStart: number;
  bodyEnd: number;
  /** Where the name stands. */
  at: number;
  /** Where an `#undef` or another `#define` ends it. */
  until?: number;
}

const OPEN = 40;
const CLOSE = 41;

/** Reads one `#define`; undefined where it has no name. Comments before and after the body are no part of it. */
export function readMacro(text: string, directive: Directive, language: 'c' | 'cpp'): Macro | undefined {
  const tokens = tokenize(text, language, directive.body, directive.end, true);
  const { kind, start, end, count } = tokens;
  if (count === 0 || kind[0] !== IDENT) return undefined;
  const at = start[0] ?? directive.body;
  const name = text.slice(at, end[0]);
  const functionLike = count > 1 && kind[1] === OPEN && start[1] === end[0];
  let first = 1;
  let params: string[] | undefined;
  if (functionLike) {
    params = [];
    for (first = 2; first < count && kind[first] !== CLOSE; first++) {
      if (kind[first] === 44) continue;
      const word = text.slice(start[first], end[first]);
      const named = word === '...' && first > 2 && kind[first - 1] === IDENT;
      if (named) params[params.length - 1] += '...';
      else params.push(word);
    }
    first++;
  }
  if (first >= count) return { name, params, bodyStart: directive.end, bodyEnd: directive.end, at };
  return {
    name,
    params,
    bodyStart: start[first] ?? directive.end,
    bodyEnd: end[count - 1] ?? directive.end,
    at,
  };
}
