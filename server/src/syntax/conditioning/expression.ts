/**
 * Evaluates the condition of `#if`: integers of 64 bits, three-valued where a macro is not known.
 *
 * Invariant: never throws, and takes a bounded number of steps whatever the macros expand to.
 */
import { guess, isVersionName, PREDEFINED, PROBES, RECENT_VERSION } from './platform';
import { CHAR, END, IDENT, NUMBER, SCOPE, STRING, type Tokens, tokenize } from './tokens';

/** `sure` is false where the value rests on a guess about a macro that the text does not define. */
export interface Value {
  value: bigint;
  sure: boolean;
}

/** What the conditions of a text can see at one place. */
export interface MacroTable {
  /** Body of an object-like macro or body and parameters of a function-like one; null where it is undefined. */
  find(name: string): { body: string; params?: readonly string[] } | null | undefined;
  /** True where the text holds much more for the case that this unknown macro is defined. */
  leans(name: string): boolean;
}

interface State {
  tokens: Tokens;
  text: string;
  at: number;
  language: 'c' | 'cpp';
  macros: MacroTable;
  bound: ReadonlyMap<string, Value>;
  shared: Budget;
  nesting: number;
}

interface Budget {
  steps: number;
}

const STEPS = 4000;
const NESTING = 60;
const UNKNOWN: Value = { value: 0n, sure: false };
const ZERO: Value = { value: 0n, sure: true };
const ONE: Value = { value: 1n, sure: true };

/** Value of the condition in `text`. What cannot be read has the value 0 and is not sure. */
export function evaluate(text: string, language: 'c' | 'cpp', macros: MacroTable): Value {
  return evaluateWith(text, language, macros, new Map(), { steps: STEPS }, 0);
}

function evaluateWith(
  text: string,
  language: 'c' | 'cpp',
  macros: MacroTable,
  bound: ReadonlyMap<string, Value>,
  shared: Budget,
  nesting: number,
): Value {
  if (nesting > NESTING || shared.steps <= 0 || text.length > 20_000) return UNKNOWN;
  const tokens = tokenize(text, language, 0, text.length, true);
  const state: State = { tokens, text, at: 0, language, macros, bound, shared, nesting };
  const value = ternary(state);
  return state.at < tokens.count ? { value: value.value, sure: false } : value;
}

/** True, false, or a guess, for `#ifdef NAME`. */
export function isDefined(name: string, language: 'c' | 'cpp', macros: MacroTable): Value {
  const known = macros.find(name);
  if (known) return ONE;
  if (known === null) return ZERO;
  if (PREDEFINED[language].has(name)) return ONE;
  if (PROBES.has(name)) return PROBES.get(name) ? ONE : ZERO;
  if (name.startsWith('__') || name === '_WIN32' || name === '_MSC_VER') return ZERO;
  return { value: truth(isGuessed(name, macros)), sure: false };
}

function isGuessed(name: string, macros: MacroTable): boolean {
  const said = guess(name);
  return said === 'unknown' ? macros.leans(name) : said === 'present';
}

function kindAt(state: State, ahead = 0): number {
  const at = state.at + ahead;
  return at < state.tokens.count ? (state.tokens.kind[at] ?? END) : END;
}

function wordAt(state: State, ahead = 0): string {
  const at = state.at + ahead;
  return state.text.slice(state.tokens.start[at], state.tokens.end[at]);
}

function ternary(state: State): Value {
  if (--state.shared.steps < 0 || ++state.nesting > NESTING) return giveUp(state);
  const condition = binary(state, 0);
  state.nesting--;
  if (kindAt(state) !== 63) return condition;
  state.at++;
  const yes = ternary(state);
  if (kindAt(state) === 58) state.at++;
  const no = ternary(state);
  const chosen = condition.value !== 0n ? yes : no;
  return { value: chosen.value, sure: chosen.sure && condition.sure };
}

/** Reading stops here: nothing that follows is looked at. */
function giveUp(state: State): Value {
  state.shared.steps = 0;
  state.at = state.tokens.count;
  return UNKNOWN;
}

const LEVELS: Readonly<Record<string, number>> = {
  '||': 1,
  or: 1,
  '&&': 2,
  and: 2,
  '|': 3,
  bitor: 3,
  '^': 4,
  xor: 4,
  '&': 5,
  bitand: 5,
  '==': 6,
  '!=': 6,
  not_eq: 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};

/** The operator at the present place; one of two characters where both belong together. */
function operatorAt(state: State): { text: string; tokens: number } {
  const kind = kindAt(state);
  if (kind === IDENT) return { text: wordAt(state), tokens: 1 };
  if (kind >= IDENT || kind === END) return { text: '', tokens: 0 };
  const { start, end } = state.tokens;
  const first = String.fromCharCode(kind);
  const next = kindAt(state, 1);
  const touching = end[state.at] === start[state.at + 1];
  if (touching && next > 0 && next < IDENT) {
    const both = first + String.fromCharCode(next);
    if (both in LEVELS) return { text: both, tokens: 2 };
  }
  return { text: first, tokens: 1 };
}

function binary(state: State, lowest: number): Value {
  let left = unary(state);
  for (;;) {
    if (--state.shared.steps < 0) return giveUp(state);
    const { text, tokens } = operatorAt(state);
    const level = LEVELS[text] ?? 0;
    if (level === 0 || level <= lowest) return left;
    state.at += tokens;
    const right = binary(state, level);
    left = combine(text, left, right);
  }
}

function combine(operator: string, left: Value, right: Value): Value {
  const sure = left.sure && right.sure;
  const a = left.value;
  const b = right.value;
  switch (operator) {
    case '||':
    case 'or':
      return {
        value: truth(a !== 0n || b !== 0n),
        sure: sure || (left.sure && a !== 0n) || (right.sure && b !== 0n),
      };
    case '&&':
    case 'and':
      return {
        value: truth(a !== 0n && b !== 0n),
        sure: sure || (left.sure && a === 0n) || (right.sure && b === 0n),
      };
    case '!=':
    case 'not_eq':
      // A number that nobody gives is most likely the one it is compared with.
      return { value: truth(a !== b && (sure || (left.sure ? a : b) === 0n)), sure };
    default:
      return {
        value: BigInt.asIntN(64, arithmetic(operator, a, b)),
        sure: sure && !(b === 0n && /[/%]/.test(operator)),
      };
  }
}

function arithmetic(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '|':
    case 'bitor':
      return a | b;
    case '^':
    case 'xor':
      return a ^ b;
    case '&':
    case 'bitand':
      return a & b;
    case '==':
      return truth(a === b);
    case '!=':
    case 'not_eq':
      return truth(a !== b);
    case '<':
      return truth(a < b);
    case '>':
      return truth(a > b);
    case '<=':
      return truth(a <= b);
    case '>=':
      return truth(a >= b);
    case '<<':
      return a << (b & 63n);
    case '>>':
      return a >> (b & 63n);
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? 0n : a / b;
    default:
      return b === 0n ? 0n : a % b;
  }
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}

function unary(state: State): Value {
  let negations = '';
  for (;;) {
    if (--state.shared.steps < 0) return giveUp(state);
    const kind = kindAt(state);
    const word = kind === IDENT ? wordAt(state) : '';
    if (kind === 33 || word === 'not') negations += '!';
    else if (kind === 45) negations += '-';
    else if (kind === 126 || word === 'compl') negations += '~';
    else if (kind !== 43) break;
    state.at++;
  }
  let { value, sure } = primary(state);
  for (let index = negations.length - 1; index >= 0; index--) {
    const operator = negations[index];
    value = operator === '!' ? truth(value === 0n) : operator === '-' ? -value : ~value;
  }
  return { value: BigInt.asIntN(64, value), sure };
}

function primary(state: State): Value {
  const kind = kindAt(state);
  if (kind === NUMBER) return { value: numberOf(wordAt(state, 0), state.at++), sure: true };
  if (kind === CHAR) {
    const value = charOf(wordAt(state));
    state.at++;
    return { value, sure: true };
  }
  if (kind === 40) {
    state.at++;
    const inner = ternary(state);
    if (kindAt(state) === 41) state.at++;
    return inner;
  }
  if (kind === IDENT) return name(state);
  if (kind === STRING || kind === SCOPE || kind !== END) state.at++;
  return UNKNOWN;
}

function numberOf(word: string, _at: number): bigint {
  const digits = /^(0[xX][0-9a-fA-F']+|0[bB][01']+|[0-9']+)/.exec(word)?.[0].replaceAll("'", '') ?? '0';
  if (digits.length > 40) return 0n;
  if (/^0[0-7]+$/.test(digits)) return BigInt(`0o${digits.slice(1)}`);
  return /^0[xXbB]./.test(digits) || /^[0-9]+$/.test(digits) ? BigInt(digits) : 0n;
}

function charOf(word: string): bigint {
  const inner = word.slice(word.indexOf("'") + 1, -1);
  if (!inner.startsWith('\\')) return BigInt(inner.codePointAt(0) ?? 0);
  const coded = /^\\(?:x([0-9A-Fa-f]{1,4})|([0-7]{1,3}))$/.exec(inner);
  if (coded) return BigInt(coded[1] ? Number.parseInt(coded[1], 16) : Number.parseInt(coded[2] ?? '', 8));
  return BigInt(ESCAPES[inner[1] ?? ''] ?? 0);
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
};

function name(state: State): Value {
  const word = wordAt(state);
  state.at++;
  if (word === 'defined') return defined(state);
  const bound = state.bound.get(word);
  if (bound) return bound;
  const probe = PROBES.get(word);
  if (probe !== undefined && kindAt(state) === 40) {
    const asked = skipParentheses(state);
    return { value: truth(probe && includeExists(word, asked)), sure: true };
  }
  if (word === 'true') return ONE;
  if (word === 'false') return ZERO;
  const macro = state.macros.find(word);
  if (macro) return expand(state, macro);
  if (macro === null) return ZERO;
  const predefined = PREDEFINED[state.language].get(word);
  if (predefined !== undefined) return { value: numberOf(predefined, 0), sure: true };
  if (kindAt(state) === 40) {
    skipParentheses(state);
    // An unknown macro with arguments is most often a check for a version or a feature.
    return {
      value: truth(isVersionName(word) || /PREREQ|AT_?LEAST/.test(word) || guess(word) === 'present'),
      sure: false,
    };
  }
  if (isVersionName(word) && isDefined(word, state.language, state.macros).sure === false) {
    return { value: RECENT_VERSION, sure: false };
  }
  if (word.startsWith('__')) return ZERO;
  return { value: truth(isGuessed(word, state.macros)), sure: false };
}

function defined(state: State): Value {
  const parenthesised = kindAt(state) === 40;
  if (parenthesised) state.at++;
  const word = kindAt(state) === IDENT ? wordAt(state) : '';
  if (word) state.at++;
  if (parenthesised && kindAt(state) === 41) state.at++;
  return word ? isDefined(word, state.language, state.macros) : UNKNOWN;
}

/** `__has_include` of a header that only another platform has is false. */
function includeExists(probe: string, asked: string): boolean {
  if (!probe.startsWith('__has_include')) return !/clang|sanitizer|memtag|overloadable/.test(asked);
  return !/windows|winsock|Availability|TargetConditionals|mach\b|mach\/|sys\/event|kqueue|port\.h/i.test(
    asked,
  );
}

function skipParentheses(state: State): string {
  const from = state.tokens.end[state.at] ?? 0;
  let depth = 0;
  for (; state.at < state.tokens.count; state.at++) {
    const kind = kindAt(state);
    if (kind === 40) depth++;
    else if (kind === 41 && --depth === 0) break;
  }
  const to = state.at < state.tokens.count ? state.tokens.start[state.at] : state.text.length;
  state.at++;
  return state.text.slice(from, to);
}

function expand(state: State, macro: { body: string; params?: readonly string[] }): Value {
  const { language, macros, shared, nesting } = state;
  if (!macro.params) return evaluateWith(macro.body, language, macros, state.bound, shared, nesting + 4);
  if (kindAt(state) !== 40) return ZERO;
  const args: Value[] = [];
  state.at++;
  while (kindAt(state) !== 41 && kindAt(state) !== END) {
    if (--state.shared.steps < 0) return giveUp(state);
    if (kindAt(state) === 44) state.at++;
    else args.push(ternary(state));
  }
  state.at++;
  const bound = new Map(macro.params.map((param, index) => [param, args[index] ?? UNKNOWN]));
  return evaluateWith(macro.body, language, macros, bound, shared, nesting + 4);
}
