/**
 * Chooses one branch of every preprocessor conditional, the same way everywhere, and says what is left.
 *
 * The choice is what a Linux build with gcc and threads would take. Macros that the text defines count; what
 * nobody defines is guessed from its name alone, so that the same name is decided alike in all files.
 */
import { evaluate, isDefined, type MacroTable, type Value } from './expression';
import { type Macro, readMacro } from './macros';
import type { Directive, Tokens } from './tokens';

export interface Choice {
  /** Ranges of the losing branches, sorted, without their directive lines. */
  inactive: (readonly [number, number])[];
  /** Index ranges of the tokens in them, sorted. */
  inactiveTokens: (readonly [number, number])[];
  /** Directives that stand in the active part and decide nothing: `#define`, `#include`, … */
  active: Directive[];
  /** All `#if` … `#endif` lines of the active part. */
  deciding: Directive[];
  /** Active macros in the order of their definition, redefinitions included. */
  macros: Macro[];
  /** Each `#undef` of what the text has not defined itself. */
  undefs: Undefinition[];
}

export interface Undefinition {
  name: string;
  at: number;
}

export interface Definitions {
  defines?: Readonly<Record<string, string>>;
  undefines?: readonly string[];
}

const OPENS = new Set(['if', 'ifdef', 'ifndef']);
const TURNS = new Set(['elif', 'elifdef', 'elifndef', 'else']);

/** For each directive of a conditional the index of the next one of the same conditional; -1 for the last. */
function linkGroups(directives: readonly Directive[]): Int32Array {
  const next = new Int32Array(directives.length).fill(-1);
  const open: number[] = [];
  directives.forEach((directive, index) => {
    if (OPENS.has(directive.name)) open.push(index);
    else if (TURNS.has(directive.name) || directive.name === 'endif') {
      const before = open.pop();
      if (before === undefined) return;
      next[before] = index;
      if (directive.name !== 'endif') open.push(index);
    }
  });
  return next;
}

/** Decides all conditionals of a text. `tokens` are those of the whole text, inactive parts included. */
export function choose(text: string, tokens: Tokens, language: 'c' | 'cpp', given: Definitions): Choice {
  const { directives } = tokens;
  const next = linkGroups(directives);
  const table = tableOf(given, () => leaningNames(text, directives, next));
  const choice: Choice = {
    inactive: [],
    inactiveTokens: [],
    active: [],
    deciding: [],
    macros: [],
    undefs: [],
  };
  const present = new Map<string, Macro>();
  /** Directives at which a losing branch begins, by the index of the directive that opens it. */
  const losing = new Uint8Array(directives.length);
  const decided = new Uint8Array(directives.length);

  for (let index = 0; index < directives.length; index++) {
    const directive = directives[index];
    if (!directive) break;
    const { name } = directive;
    if (OPENS.has(name)) {
      const branches = branchesFrom(index, next);
      const taken = pick(text, tokens, language, table, branches, next);
      for (const branch of branches) {
        decided[branch] = 1;
        losing[branch] = branch === taken ? 0 : 1;
      }
    } else if (TURNS.has(name) || name === 'endif') {
      // A stray one belongs to no conditional and is only taken away.
    } else {
      choice.active.push(directive);
      if (name === 'define') define(text, directive, language, table, choice.macros, present);
      else if (name === 'undef') {
        const gone = wordOf(text, directive);
        table.undefine(gone);
        if (!end(present, gone, directive.start)) choice.undefs.push({ name: gone, at: directive.start });
      }
      continue;
    }
    choice.deciding.push(directive);
    if (decided[index] !== 1 || losing[index] !== 1) continue;
    const last = next[index] ?? -1;
    const stop = last < 0 ? undefined : directives[last];
    choice.inactive.push([directive.end, stop?.start ?? text.length]);
    choice.inactiveTokens.push([directive.before, stop?.before ?? tokens.count]);
    index = last < 0 ? directives.length : last - 1;
  }
  return choice;
}

function branchesFrom(index: number, next: Int32Array): number[] {
  const branches = [index];
  for (let at = next[index] ?? -1; at >= 0 && (next[at] ?? -1) >= 0; at = next[at] ?? -1) branches.push(at);
  return branches;
}

/** Index of the branch to take, or -1. */
function pick(
  text: string,
  tokens: Tokens,
  language: 'c' | 'cpp',
  table: Table,
  branches: readonly number[],
  next: Int32Array,
): number {
  const values = branches.map((branch) => conditionOf(text, tokens.directives[branch], language, table));
  const first = values.findIndex((value) => value.value !== 0n);
  const possible = (at: number) => values[at]?.sure === false && !isRefused(tokens, branches[at] ?? -1, next);
  if (first >= 0) {
    const taken = branches[first] ?? -1;
    if (!isRefused(tokens, taken, next)) return taken;
    // The branch says that such a build cannot be: another one must be meant.
    const other = branches.findIndex((_, at) => at !== first && possible(at));
    return other < 0 ? taken : (branches[other] ?? -1);
  }
  if (branches.length < 2) return -1;
  // Nothing holds, but the branches open or close something that the text around them needs.
  const needed = branches.findIndex((branch, at) => possible(at) && !isBalanced(tokens, branch, next));
  return needed < 0 ? -1 : (branches[needed] ?? -1);
}

function conditionOf(
  text: string,
  directive: Directive | undefined,
  language: 'c' | 'cpp',
  table: MacroTable,
): Value {
  if (!directive) return { value: 0n, sure: true };
  switch (directive.name) {
    case 'else':
      return { value: 1n, sure: true };
    case 'ifdef':
    case 'elifdef':
      return isDefined(wordOf(text, directive), language, table);
    case 'ifndef':
    case 'elifndef': {
      const { value, sure } = isDefined(wordOf(text, directive), language, table);
      return { value: value === 0n ? 1n : 0n, sure };
    }
    default:
      return evaluate(text.slice(directive.body, directive.end), language, table);
  }
}

/** True for a branch with an `#error` of its own. */
function isRefused(tokens: Tokens, branch: number, next: Int32Array): boolean {
  const last = next[branch] ?? -1;
  for (let index = branch + 1; index < last; index++) {
    const name = tokens.directives[index]?.name ?? '';
    if (name === 'error') return true;
    if (!OPENS.has(name)) continue;
    for (let to = next[index] ?? -1; to >= 0; to = next[to] ?? -1) index = to;
  }
  return false;
}

function isBalanced(tokens: Tokens, branch: number, next: Int32Array): boolean {
  const end = next[branch] ?? -1;
  const from = tokens.directives[branch]?.before ?? 0;
  const to = end < 0 ? tokens.count : (tokens.directives[end]?.before ?? 0);
  let depth = 0;
  for (let index = from; index < to && index < from + 5000; index++) {
    const kind = tokens.kind[index];
    if (kind === 123) depth++;
    else if (kind === 125) depth--;
  }
  return depth === 0;
}

function wordOf(text: string, directive: Directive): string {
  return (
    /^[\s\\]*([\w$]+)/.exec(text.slice(directive.body, Math.min(directive.end, directive.body + 200)))?.[1] ??
    ''
  );
}

/**
 * Names under which the text holds more than twice as much for the case that they are defined as for the case
 * that they are not: features whose names do not say so. What is alike in size is taken as a plain build has it.
 */
function leaningNames(text: string, directives: readonly Directive[], next: Int32Array): ReadonlySet<string> {
  const sizes = new Map<string, { for: number; against: number }>();
  const count = (name: string, defined: boolean, size: number) => {
    const known = sizes.get(name) ?? { for: 0, against: 0 };
    if (defined) known.for += size;
    else known.against += size;
    sizes.set(name, known);
  };
  directives.forEach((directive, index) => {
    const size = branchSize(text, directives, next, index);
    if (size === 0 || directive.name === 'else') return;
    const after = next[index] ?? -1;
    const rest =
      after >= 0 && directives[after]?.name === 'else' ? branchSize(text, directives, next, after) : 0;
    for (const { name, defined } of namesIn(text, directive)) {
      count(name, defined, size);
      count(name, !defined, rest);
    }
  });
  return new Set([...sizes].filter(([, size]) => size.for > 2 * size.against).map(([name]) => name));
}

function branchSize(text: string, directives: readonly Directive[], next: Int32Array, index: number): number {
  const directive = directives[index];
  if (!directive || !(OPENS.has(directive.name) || TURNS.has(directive.name))) return 0;
  const end = next[index] ?? -1;
  return (end < 0 ? text.length : (directives[end]?.start ?? text.length)) - directive.end;
}

function namesIn(text: string, directive: Directive): { name: string; defined: boolean }[] {
  if (/def$/.test(directive.name)) {
    return [{ name: wordOf(text, directive), defined: !directive.name.includes('n') }];
  }
  const condition = text.slice(directive.body, Math.min(directive.end, directive.body + 2000));
  const found: { name: string; defined: boolean }[] = [];
  for (const match of condition.matchAll(/(!?)[ \t]*(?:defined[ \t]*\(?[ \t]*)?([A-Za-z]\w*)/g)) {
    if (match[2] && match[2] !== 'defined') found.push({ name: match[2], defined: match[1] === '' });
  }
  return found;
}

interface Table extends MacroTable {
  define(name: string, body: string, params?: readonly string[]): void;
  undefine(name: string): void;
}

function tableOf(given: Definitions, leaning: () => ReadonlySet<string>): Table {
  let names: ReadonlySet<string> | undefined;
  const known = new Map<string, { body: string; params?: readonly string[] } | null>();
  for (const name of given.undefines ?? []) known.set(name, null);
  for (const [name, body] of Object.entries(given.defines ?? {})) known.set(name, { body });
  return {
    find: (name) => known.get(name),
    leans: (name) => {
      names ??= leaning();
      return names.has(name);
    },
    define: (name, body, params) => known.set(name, { body, params }),
    undefine: (name) => known.set(name, null),
  };
}

/** Ends the definition of a name; false where the text has none. */
function end(present: Map<string, Macro>, name: string, at: number): boolean {
  const macro = present.get(name);
  if (macro) macro.until = at;
  return present.delete(name);
}

function define(
  text: string,
  directive: Directive,
  language: 'c' | 'cpp',
  table: Table,
  macros: Macro[],
  present: Map<string, Macro>,
): void {
  const macro = readMacro(text, directive, language);
  if (!macro) return;
  end(present, macro.name, macro.at);
  present.set(macro.name, macro);
  macros.push(macro);
  table.define(
    macro.name,
    text.slice(macro.bodyStart, Math.min(macro.bodyEnd, macro.bodyStart + 2000)),
    macro.params,
  );
}
