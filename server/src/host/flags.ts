/**
 * What a compiler's arguments say about how a file is read: macros and language. Nothing else is looked at, and
 * nothing is run.
 */
import type { FileOptions, Language } from '../service/api';

/** Macros as a user sets them. */
export interface MacroSettings {
  defines: Readonly<Record<string, string>>;
  undefines: readonly string[];
}

/** What a compiler call says. */
export interface BuildOptions extends FileOptions {
  /** A standard of C++ was given: for a source whose name says C, compilers overrule it. */
  standard?: 'cpp';
}

export const NO_MACROS: MacroSettings = { defines: {}, undefines: [] };

/** More are the mark of a broken file; they would cost time with every file read. */
const MOST_MACROS = 5000;

const LAUNCHERS = /^(?:ccache|sccache|distcc|icecc|env)(?:\.exe)?$/;
const CPP_COMPILER = /(?:^|-)(?:g\+\+|clang\+\+|c\+\+)(?:-[\d.]+)?(?:\.exe)?$/;

/** Whether a text can be the name of a macro. */
export function isMacroName(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** `NAME`, `NAME=VALUE` or `NAME(x)=VALUE` as `-D` takes it; undefined where there is no name. */
export function parseDefine(text: string): { name: string; value: string } | undefined {
  const match = /^([A-Za-z_$][\w$]*)(?:\([^)]*\))?(?:=([\s\S]*))?$/.exec(text);
  if (!match?.[1]) return undefined;
  return { name: match[1], value: match[2] ?? '1' };
}

/** `over` stands above `under`: what it defines is no longer undefined, and the other way round. */
export function overlaid(under: MacroSettings, over: MacroSettings): MacroSettings {
  const defines = new Map(Object.entries(under.defines));
  const undefines = new Set(under.undefines);
  for (const name of over.undefines) {
    defines.delete(name);
    undefines.add(name);
  }
  for (const [name, value] of Object.entries(over.defines)) {
    undefines.delete(name);
    defines.set(name, value);
  }
  return { defines: Object.fromEntries(defines), undefines: [...undefines] };
}

/** Reads a compiler call. `args[0]` is the compiler where `hasCompiler`; later arguments win. */
export function optionsOfFlags(args: readonly string[], hasCompiler: boolean): BuildOptions {
  const defines = new Map<string, string>();
  const undefines = new Set<string>();
  let given: string | undefined;
  let standard: 'cpp' | undefined;
  for (let at = 0; at < args.length && defines.size + undefines.size < MOST_MACROS; at++) {
    const flag = args[at] ?? '';
    const kind = flag.slice(0, 2);
    if (kind === '-D' || kind === '-U' || kind === '-x') {
      const value = (flag.length > 2 ? flag.slice(2) : (args[++at] ?? '')).trim();
      if (kind === '-x') given = value;
      else if (kind === '-U') {
        defines.delete(value);
        if (isMacroName(value)) undefines.add(value);
      } else {
        const define = parseDefine(value);
        if (!define) continue;
        undefines.delete(define.name);
        defines.set(define.name, define.value);
      }
    } else if (/^--?std=/.test(flag)) {
      standard = /=(?:c|gnu)\+\+/.test(flag) ? 'cpp' : undefined;
    }
  }
  const language = languageNamed(given) ?? (hasCompiler ? languageOfCompiler(args) : undefined);
  return {
    defines: Object.fromEntries(defines),
    undefines: [...undefines],
    ...(language ? { language } : {}),
    ...(standard ? { standard } : {}),
  };
}

function languageNamed(name: string | undefined): Language | undefined {
  if (name === 'c++' || name === 'c++-header') return 'cpp';
  return name === 'c' || name === 'c-header' ? 'c' : undefined;
}

/** `g++` compiles everything as C++; of `gcc` the file's name decides. */
function languageOfCompiler(args: readonly string[]): Language | undefined {
  const names = args
    .slice(0, 3)
    .map((arg) => arg.slice(Math.max(arg.lastIndexOf('/'), arg.lastIndexOf('\\')) + 1));
  const compiler = names.find((name) => !LAUNCHERS.test(name));
  return compiler !== undefined && CPP_COMPILER.test(compiler) ? 'cpp' : undefined;
}

/** Splits a command line as a shell would: blanks, both quotes, backslashes. It expands nothing. */
export function splitCommand(command: string): string[] {
  const args: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const c = command[at] ?? '';
    if (c === '\\' && quote !== "'" && at + 1 < command.length) {
      const next = command[++at] ?? '';
      // Inside of double quotes only these lose their backslash.
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(next) ? c + next : next);
    } else if (quote !== '') {
      if (c === quote) quote = '';
      else word = (word ?? '') + c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (/\s/.test(c)) {
      if (word !== undefined) args.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (word !== undefined) args.push(word);
  return args;
}
