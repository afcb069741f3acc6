/**
 * The handle behind the pointer that a creating call is given.
 */

/**
 * The expression that names the handle where `argument` points to it: `&tid` → `tid`, `arr + i` → `arr[i]`,
 * `tid` → `*tid`. Undefined where evaluating it a second time would do something else or name nothing:
 * calls, increments, assignments, null pointers, and what is not understood.
 */
export function handleOf(argument: string): string | undefined {
  const text = withoutParens(withoutComments(argument).replace(/\s+/g, ' ').trim());
  if (text === '' || !isRepeatable(text) || /^(?:0|NULL|nullptr)$/.test(text)) return undefined;
  if (text.startsWith('&')) {
    const operand = withoutParens(text.slice(1).trim());
    return isOperand(operand) ? operand : undefined;
  }
  if (isOperand(text)) return `*${text}`;
  const sum = splitAtPlus(text);
  if (sum && isPath(sum.base)) return `${sum.base}[${withoutParens(sum.offset)}]`;
  return pointsByCast(text) ? `*${text}` : undefined;
}

/** `(pthread_t *)arg`: the cast says what is pointed to, so it has to stay. */
function pointsByCast(text: string): boolean {
  const cast = /^\([\w :]+\*\s*\)\s*/.exec(text)?.[0];
  return cast !== undefined && isOperand(text.slice(cast.length).replace(/^&\s*/, ''));
}

/** A path, or a path behind stars. */
function isOperand(text: string): boolean {
  return isPath(withoutParens(text.replace(/^(?:\*\s*)+/, '')));
}

/** `a`, `a->b.c`, `ns::a[i + 1]`, `(*p).x`, `this->t`. */
function isPath(text: string): boolean {
  const flat = flatten(text);
  return (
    flat !== undefined &&
    /^(?:(?:::)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*|\(\))(?:\[\]|(?:\.|->)[A-Za-z_]\w*)*$/.test(flat)
  );
}

/** The text without needless blanks, and without what stands in brackets; undefined where they do not match. */
function flatten(text: string): string | undefined {
  let depth = 0;
  let result = '';
  for (const char of text.replace(/(?<!\w) | (?!\w)/g, '')) {
    if (char === ')' || char === ']') depth--;
    if (depth < 0) return undefined;
    if (depth === 0) result += char;
    if (char === '(' || char === '[') depth++;
  }
  return depth === 0 ? result : undefined;
}

function splitAtPlus(text: string): { base: string; offset: string } | undefined {
  let depth = 0;
  for (const [at, char] of [...text].entries()) {
    if (char === '(' || char === '[') depth++;
    if (char === ')' || char === ']') depth--;
    if (depth === 0 && char === '+')
      return { base: text.slice(0, at).trim(), offset: text.slice(at + 1).trim() };
  }
  return undefined;
}

function withoutParens(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  const inner = text.slice(1, -1).trim();
  return flatten(inner) === undefined ? text : withoutParens(inner);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ');
}

/** No call, no change, no text, no comma: evaluating it twice is evaluating it once. */
function isRepeatable(text: string): boolean {
  if (/\+\+|--|["'{},;?]|(?<![=!<>])=(?!=)/.test(text)) return false;
  if (/\w\s*\(/.test(text)) return false;
  // What remains of calls is `(f)(x)`; a cast of a parenthesised operand looks like it but for its star.
  return !/[^*\s]\s*\)\s*\(|\]\s*\(/.test(text);
}
