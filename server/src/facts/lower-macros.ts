/**
 * Macros as functions: `#define LOCK(x) pthread_mutex_lock(&(x)->mtx)` has parameters and a body, and
 * `#define LOCK_IT LOCK(&pool)` has a body.
 *
 * All bodies of a file are parsed in one go, each written as a definition of its own, and what is read is moved to
 * where it stands in the file. So places inside a macro are places in the file.
 */
import type { Macro } from '../syntax/conditioning/macros';
import { childBy, namedChildren, type SyntaxNode } from '../syntax/tree';
import { type Expr, NO_TYPE, type Span } from './expr';
import type { FunctionFacts } from './facts';
import type { MacroContext } from './lower-context';
import { lowerFunction } from './lower-function';
import { baseType, declare, hasStorage, parameters } from './lower-type';
import type { ListedUse } from './macro-lists';

const SIGNATURE = 'void f(){';
const END = ';}\n';

/** The macros of a file as definitions to parse. */
export interface MacroText {
  /** The definitions behind each other. */
  compact: string;
  /** For each definition its macro, and how far what is parsed of it must be moved. */
  parts: { macro: Macro; by: number }[];
  /** The bodies at their own offsets, and blanks. */
  text: string;
  /** The file's text, with what was taken out of the bodies. */
  raw: string;
}

/** Undefined where the file defines no macro that can be followed. */
export function macroText(
  text: string,
  macros: readonly Macro[],
  lists: ReadonlyMap<number, readonly ListedUse[]>,
): MacroText | undefined {
  const definitions: string[] = [];
  const bodies: string[] = [];
  const parts: MacroText['parts'] = [];
  let length = 0;
  let at = 0;
  for (const macro of macros) {
    const body = bodyOf(text, macro, lists.get(macro.at));
    if (body === undefined) continue;
    parts.push({ macro, by: macro.bodyStart - length - SIGNATURE.length });
    definitions.push(SIGNATURE, body, END);
    length += SIGNATURE.length + body.length + END.length;
    bodies.push(' '.repeat(macro.bodyStart - at), body);
    at = macro.bodyEnd;
  }
  if (parts.length === 0) return undefined;
  bodies.push(' '.repeat(text.length - at));
  return { compact: definitions.join(''), parts, text: bodies.join(''), raw: text };
}

/** Longer macros are no code that a person has written. */
export const MAX_BODY = 50_000;
/** Longer object-like macros are tables. */
const MAX_OBJECT = 2000;
const PLAIN =
  /^(?:\b(?:(?:un)?signed|char|short|int|long|float|double|void|const|volatile|static|extern|inline|struct|__\w+)\b|\s|\*)+$/;

/** `if LIKELY (x)` is a condition on `x`. */
const BARE_CONDITION = /\b((?:if|while|switch)\s+)(?!constexpr\b)([A-Za-z_]\w*)(?=\s*\()/g;

const ATTRIBUTES = /__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)/g;
/** `STMT_START { … } STMT_END`: names around a block make one statement of it. */
const BRACKETED =
  /^(\s*(?!(?:do|else|struct|union|enum)\b)[A-Za-z_]\w*\s*)(\{[\s\S]*\})(\s*[A-Za-z_]\w*\s*)$/;

/** A body as code of the same length, or undefined where it is none. */
function bodyOf(text: string, macro: Macro, uses: readonly ListedUse[] = []): string | undefined {
  if (macro.bodyEnd - macro.bodyStart > MAX_BODY) return undefined;
  let body = unfold(text.slice(macro.bodyStart, macro.bodyEnd));
  if (uses.length > 1) body = separated(body, uses, macro.bodyStart);
  if (!macro.params) {
    if (body.length > MAX_OBJECT || !/^[A-Za-z_(*&{]/.test(body) || !/[A-Za-z_]/.test(body)) return undefined;
    if (PLAIN.test(body) || body === macro.name) return undefined;
  }
  if (body.includes('__VA_OPT__'))
    body = body.replace(
      /__VA_OPT__(\s*)\(([^()]*)\)/g,
      (_, space: string, rest: string) => `${' '.repeat(11)}${space}${rest} `,
    );
  if (body.includes('#')) body = pasted(body);
  for (const param of macro.params ?? []) body = asStatement(body, param);
  if (body.includes('__attribute__'))
    body = body.replace(ATTRIBUTES, (attributes) => ' '.repeat(attributes.length));
  body = body.replace(BRACKETED, (_, before: string, code: string, after: string) => {
    return ' '.repeat(before.length) + code + ' '.repeat(after.length);
  });
  body = body.replace(
    BARE_CONDITION,
    (_, keyword: string, name: string) => keyword + ' '.repeat(name.length),
  );
  if (body.includes('#')) return undefined;
  if (!balanced(body)) body = withoutOpenBlock(body);
  return balanced(body) ? body : undefined;
}

/** `{ lock(m);` and `unlock(m); }`, which make one block of what stands between them: without the lone braces. */
function withoutOpenBlock(body: string): string {
  const blank = (all: string): string => ' '.repeat(all.length);
  return body
    .replace(/^\s*(?:do\s*)?\{/, blank)
    .replace(/\}(?:\s*while\s*\(\s*(?:0|false)\s*\))?\s*;?\s*$/, blank);
}

/** `LOCK(a) LOCK(b)`: a semicolon behind each, where there is a blank. */
function separated(body: string, uses: readonly ListedUse[], start: number): string {
  const chars = body.split('');
  for (const { span } of uses) if (/[ \t]/.test(chars[span[1] - start] ?? '')) chars[span[1] - start] = ';';
  return chars.join('');
}

/** `{ lock(m); code unlock(m); }`: a parameter that stands for statements brings its own semicolon. */
function asStatement(body: string, param: string): string {
  if (!/^\w+$/.test(param) || !(body.includes(`${param} `) || body.includes(`${param}\t`))) return body;
  // `type name(…) {` and `type name = …` declare.
  const declares = '(?!\\s*[\\w$]+\\s*(?:\\([^;{}]*\\)\\s*\\{|[=;,[]))';
  const place = new RegExp(`((?:^|[;{}])\\s*${param})[ \\t](?=\\s*[A-Za-z_}])${declares}`, 'g');
  return body.replace(place, '$1;');
}

/** `a##b` becomes one name with `$` between its parts, `#a` a string. */
function pasted(body: string): string {
  return body
    .replace(/(,\s*)##(?=\s*\w)/g, '$1  ')
    .replace(/(\w)([ \t]*##[ \t]*)(?=\w)/g, (_, before: string, by: string) => before + '$'.repeat(by.length))
    .replace(/##/g, '  ')
    .replace(/#[ \t]*[A-Za-z_]\w*/g, (quoted) => `""${' '.repeat(quoted.length - 2)}`);
}

/** Continued lines become plain lines of the same length. */
function unfold(text: string): string {
  return text.replace(/\\(?=\r?\n)/g, ' ');
}

function balanced(body: string): boolean {
  let depth = 0;
  for (const c of body) {
    if (c === '(' || c === '{' || c === '[') depth++;
    if (c === ')' || c === '}' || c === ']') depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** Facts of the macros found in the tree of the definitions. */
export function lowerMacros(
  root: SyntaxNode,
  { parts, text, raw }: MacroText,
  cpp: boolean,
): FunctionFacts[] {
  const facts: FunctionFacts[] = [];
  let next = 0;
  for (const node of root.children) {
    const body = node.type === 'function_definition' ? childBy(node, 'body') : undefined;
    if (!body) continue;
    const inside = body.start + 1;
    while (next < parts.length && startOf(parts[next]) < inside) next++;
    const part = parts[next];
    if (!part || startOf(part) !== inside) continue;
    move(node, part.by);
    node.start = part.macro.at;
    const own = lowerMacro({ text, raw }, cpp, node, body, part.macro);
    if (own && isFollowed(own, part.macro)) facts.push(within(own, text.length));
  }
  return facts;
}

/** Where a body stands among the definitions. */
function startOf(part: MacroText['parts'][number] | undefined): number {
  return part ? part.macro.bodyStart - part.by : Number.POSITIVE_INFINITY;
}

function move(node: SyntaxNode, by: number): void {
  node.start += by;
  node.end += by;
  for (const child of node.children) move(child, by);
}

function lowerMacro(
  { text, raw }: Pick<MacroText, 'text' | 'raw'>,
  cpp: boolean,
  node: SyntaxNode,
  body: SyntaxNode,
  macro: Macro,
): FunctionFacts | undefined {
  const names = (macro.params ?? []).map(parameterName);
  const nameNode: SyntaxNode = { ...body, start: macro.at, end: macro.at + macro.name.length, children: [] };
  const variadic = macro.params?.[names.length - 1]?.endsWith('...') ?? false;
  const lower = (mark: boolean): { own?: FunctionFacts; context: MacroContext } => {
    const context: MacroContext = { uses: names.map(() => 0), mark, end: macro.bodyEnd };
    const [own] = lowerFunction(text, cpp, node, body, {
      name: macro.name,
      kind: 'macro',
      internal: false,
      nameSpan: [nameNode.start, nameNode.end],
      returns: NO_TYPE,
      params: names.map((name) => ({ name, nameNode, type: NO_TYPE })),
      variadic,
      noreturn: false,
      startup: false,
      macro: context,
      raw,
    });
    return { own, context };
  };
  const plain = lower(false);
  const nodes = plain.own?.nodes ?? [];
  const straight = nodes.every(({ op }) => op !== 'branch' && op !== 'switch');
  const marked = !straight || plain.context.late || plain.context.uses.some((count) => count !== 1);
  const { own, context } = marked && names.length > 0 ? lower(true) : plain;
  const { keeps, hole, turn, declares = [] } = context;
  const defines = namedChildren(body).flatMap((child) =>
    child.type === 'function_definition' ? definedFunction(text, cpp, child) : [],
  );
  if (!own) return undefined;
  own.macro = {
    ...(macro.params ? {} : { object: true }),
    ...(marked ? { marked } : {}),
    ...(declares.length > 0 ? { declares: [...declares] } : {}),
    ...(declares.length > 0 && hole !== undefined ? { hole } : {}),
    ...(turn === undefined ? {} : { turn }),
    ...(balanced(raw.slice(macro.bodyStart, macro.bodyEnd)) ? {} : { half: true }),
    ...(keeps === undefined ? {} : { keeps }),
    ...(defines.length > 0 ? { defines } : {}),
  };
  return own;
}

/** `...` is mentioned as `__VA_ARGS__`, GNU's `args...` as `args`. */
function parameterName(param: string): string {
  return param === '...' ? '__VA_ARGS__' : param.replace(/\.\.\.$/, '');
}

/** A function that a use of the macro at file level defines. */
function definedFunction(text: string, cpp: boolean, node: SyntaxNode): FunctionFacts[] {
  const declarator = childBy(node, 'declarator');
  const body = childBy(node, 'body');
  const declared = declarator && declare(declarator, baseType(childBy(node, 'type'), text), text);
  if (!declared?.func || !body) return [];
  const { list, variadic } = parameters(declared.func, text);
  return lowerFunction(text, cpp, node, body, {
    name: declared.name,
    kind: 'function',
    internal: hasStorage(node, text, 'static'),
    nameSpan: [declared.nameNode.start, declared.nameNode.end],
    returns: declared.type,
    params: list,
    variadic,
    noreturn: false,
    startup: false,
  });
}

/** Macros that stand for numbers, types or nothing are not followed; one that drops its arguments is. */
function isFollowed({ nodes, macro }: FunctionFacts, { params }: Macro): boolean {
  if (params || macro?.defines) return true;
  return nodes.some(
    (node) =>
      node.op === 'call' ||
      node.op === 'assign' ||
      (node.op === 'nop' && node.value) ||
      (node.op === 'return' && (node.leaves || (node.value && isPlace(node.value)))),
  );
}

function isPlace(e: Expr): boolean {
  if (e.k === 'cast') return isPlace(e.e);
  return e.k === 'name' || e.k === 'field' || e.k === 'deref' || e.k === 'addr' || e.k === 'index';
}

/** The closing brace that was added may stand behind the end of the file. */
function within(macro: FunctionFacts, length: number): FunctionFacts {
  const clamp = ([start, end]: Span): Span => [Math.min(start, length), Math.min(end, length)];
  return {
    ...macro,
    span: clamp(macro.span),
    nodes: macro.nodes.map((node) => ({ ...node, at: clamp(node.at) })),
  };
}
