/**
 * Which language a file is in: by its ending, and for a `.h` by what it holds.
 */
import { IDENT, SCOPE, tokenize } from './tokens';

const CPP_ENDINGS = /\.(?:cc|cpp|cxx|c\+\+|hpp|hh|hxx|h\+\+|ipp|inl|tcc|ixx|cppm|tpp|cu|mm)$/i;

/** Words that no C header holds outside the part for C++. */
const CPP_WORDS = new Set(
  'class namespace template typename constexpr nullptr static_cast reinterpret_cast const_cast dynamic_cast decltype override noexcept'.split(
    ' ',
  ),
);

const ENOUGH = 200_000;

/** Language of `file`, from its name and, for a header, its text. */
export function languageOf(file: string, text: string): 'c' | 'cpp' {
  if (file.endsWith('.C') || file.endsWith('.H') || CPP_ENDINGS.test(file)) return 'cpp';
  if (!/\.h$/.test(file)) return 'c';
  return holdsCpp(text) ? 'cpp' : 'c';
}
/** What stands under `#ifdef __cplusplus` is there for both languages and proves nothing. */
function holdsCpp(text: string): boolean {
  const tokens = tokenize(text, 'c', 0, Math.min(text.length, ENOUGH));
  const skipped = cppOnlyTokens(text, tokens.directives);
  let range = 0;
  for (let index = 0; index < tokens.count; index++) {
    while (range < skipped.length && (skipped[range]?.[1] ?? 0) <= index) range++;
    if (index >= (skipped[range]?.[0] ?? tokens.count)) continue;
    const kind = tokens.kind[index];
    if (kind === SCOPE) return true;
    if (kind !== IDENT) continue;
    const word = text.slice(tokens.start[index], tokens.end[index]);
    const next = tokens.kind[index + 1];
    if (/^(?:public|private|protected)$/.test(word) && next === 58) return true;
    if (!CPP_WORDS.has(word)) continue;
    if (
      word === 'template' ? next === 60 : /^(?:class|namespace|typename)$/.test(word) ? next === IDENT : true
    )
      return true;
  }
  return false;
}

function cppOnlyTokens(
  text: string,
  directives: ReturnType<typeof tokenize>['directives'],
): [number, number][] {
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
