/**
 * Which language a file is in: by its ending, and for a `.h` by what it holds.
 */
import { AMPERSAND, BRACE, CLOSE, COLON, LESS, OPEN, SEMICOLON } from './conditioning/code';
import { type Directive, IDENT, SCOPE, type Tokens, tokenize } from './conditioning/tokens';
import { QUALIFIER } from './conditioning/words';

const CPP_ENDINGS = /\.(?:cc|cpp|cxx|c\+\+|hpp|hh|hxx|h\+\+|ipp|inl|tcc|ixx|cppm|tpp|cu|mm)$/i;

/** Words that no C header holds outside the part for C++, and what must follow each; 0 for anything. */
const CPP_WORDS: ReadonlyMap<string, number> = new Map([
  ['class', IDENT],
  ['namespace', IDENT],
  ['typename', IDENT],
  ['virtual', IDENT],
  ['friend', IDENT],
  ['explicit', IDENT],
  ['mutable', IDENT],
  ['template', LESS],
  ['public', COLON],
  ['private', COLON],
  ['protected', COLON],
  ['nullptr', 0],
  ['static_cast', LESS],
  ['reinterpret_cast', LESS],
  ['const_cast', LESS],
  ['dynamic_cast', LESS],
  ['decltype', OPEN],
  ['override', 0],
  ['noexcept', 0],
]);

const ENOUGH = 200_000;

/** Language of `file`, from its name and, for a header, its text. */
export function languageOf(file: string, text: string): 'c' | 'cpp' {
  return languageShown(file, text) ?? 'c';
}

/** The same; undefined for a header that could be either, since its text shows nothing that C has not. */
export function languageShown(file: string, text: string): 'c' | 'cpp' | undefined {
  if (file.endsWith('.C') || file.endsWith('.H') || CPP_ENDINGS.test(file)) return 'cpp';
  if (!/\.h$/.test(file)) return 'c';
  return holdsCpp(text) ? 'cpp' : undefined;
}

/** What stands under `#ifdef __cplusplus` is there for both languages and proves nothing. */
function holdsCpp(text: string): boolean {
  const tokens = tokenize(text, 'c', 0, Math.min(text.length, ENOUGH));
  const skipped = cppOnlyTokens(text, tokens.directives);
  let range = 0;
  for (let index = 0; index < tokens.count; index++) {
    while (range < skipped.length && (skipped[range]?.[1] ?? 0) <= index) range++;
    if (index < (skipped[range]?.[0] ?? tokens.count) && isCppAt(text, tokens, index)) return true;
  }
  return tokens.directives.some(
    ({ name, body, end, before }) =>
      name === 'include' &&
      /^\s*<[a-z_]+>/.test(text.slice(body, end)) &&
      !skipped.some(([from, to]) => before >= from && before <= to),
  );
}

function isCppAt(text: string, tokens: Tokens, index: number): boolean {
  const { kind, start, end, word } = tokens;
  if (kind[index] === SCOPE) return true;
  if (kind[index] !== IDENT) return false;
  const next = kind[index + 1];
  if (word[index] === QUALIFIER) {
    // `f() const {` and `const type &name` are no C.
    if (kind[index - 1] === CLOSE && (next === BRACE || next === SEMICOLON)) return true;
    return next === IDENT && kind[index + 2] === AMPERSAND && kind[index + 3] === IDENT;
  }
  const wanted = CPP_WORDS.get(text.slice(start[index], end[index]));
  return wanted !== undefined && (wanted === 0 || wanted === next);
}

function cppOnlyTokens(text: string, directives: readonly Directive[]): [number, number][] {
  const ranges: [number, number][] = [];
  const open: number[] = [];
  for (const { name, body, end, before } of directives) {
    if (name === 'if' || name === 'ifdef' || name === 'ifndef') {
      const cpp = /^ifn?/.test(name) && name !== 'ifndef' && /\b__cplusplus\b/.test(text.slice(body, end));
      open.push(cpp ? before : -1);
    } else if (name === 'else' || name === 'elif' || name === 'endif') {
      const from = open.pop();
      if (from !== undefined && from >= 0) ranges.push([from, before]);
      if (name !== 'endif') open.push(-1);
    }
  }
  return ranges.sort((a, b) => a[0] - b[0]);
}
