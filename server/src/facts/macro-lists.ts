/**
 * Macros whose text is nothing but uses of others: `#define LIST(X) X(a) X(b, int)`. No parser reads such a text as
 * statements, and a use of the list at file level defines what the uses in it define.
 */
import type { Macro } from '../syntax/conditioning/macros';
import { IDENT, tokenize } from '../syntax/conditioning/tokens';
import { type Expr, NO_TYPE, type Span } from './expr';
import type { CfgNode, FunctionFacts } from './facts';

export interface ListedUse {
  name: string;
  args: string[];
  span: Span;
}

/** Longer lists are tables. */
const MOST_USES = 2000;
const MAX_BODY = 200_000;
/** `while (cond) wait(c);` is none. */
const STATEMENTS = /^(?:if|else|for|while|do|switch|return|sizeof)$/;

const OPEN = 40;
const CLOSE = 41;

/** The uses that make up a macro's text, in order; undefined where it is anything else. */
export function listedUses(text: string, { bodyStart, bodyEnd }: Macro): ListedUse[] | undefined {
  if (bodyEnd - bodyStart > MAX_BODY || !/^[A-Za-z_]\w*\s*\(/.test(text.slice(bodyStart, bodyStart + 200)))
    return undefined;
  const { kind, start, end, count } = tokenize(text, 'c', bodyStart, bodyEnd, true);
  const uses: ListedUse[] = [];
  for (let index = 0; index < count; index++) {
    if (kind[index] === 59) continue;
    if (kind[index] !== IDENT || kind[index + 1] !== OPEN || uses.length >= MOST_USES) return undefined;
    const first = index;
    const args: string[] = [];
    let depth = 0;
    let from = end[index + 1] ?? 0;
    for (index++; index < count; index++) {
      const what = kind[index];
      if (what === OPEN) depth++;
      else if (what === CLOSE) depth--;
      if (depth === 0 || (depth === 1 && what === 44)) {
        args.push(plain(text.slice(from, start[index])));
        from = end[index] ?? 0;
      }
      if (depth === 0) break;
    }
    if (depth !== 0) return undefined;
    const name = text.slice(start[first], end[first]);
    if (STATEMENTS.test(name)) return undefined;
    uses.push({ name, args: args.join('') === '' ? [] : args, span: [start[first] ?? 0, end[index] ?? 0] });
  }
  return uses.length > 0 ? uses : undefined;
}

/** Without the backslashes of continued lines. */
function plain(arg: string): string {
  return arg
    .replace(/\\\r?\n/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** One use is a call like any other, unless what it names is not known before the macro is used. */
export function isList(uses: readonly ListedUse[], params: readonly string[]): boolean {
  const [only] = uses;
  return uses.length > 1 || (only !== undefined && (params.includes(only.name) || !/[a-z]/.test(only.name)));
}

/** Several uses whose arguments are words, which no parser needs to read. */
export function isPlain(uses: readonly ListedUse[]): boolean {
  return uses.length > 1 && uses.every(({ args }) => args.every((arg) => /^(?:[\w ]*|"[^"]*")$/.test(arg)));
}

/** A list as a function: one call behind another. */
export function listFunction(macro: Macro, uses: readonly ListedUse[]): FunctionFacts {
  const params = (macro.params ?? []).map((param) => param.replace(/\.\.\.$/, '') || '__VA_ARGS__');
  const nameSpan: Span = [macro.at, macro.at + macro.name.length];
  const nodes: CfgNode[] = [{ op: 'nop', at: nameSpan, next: [1] }];
  const give = (word: string): Expr => {
    const v = params.indexOf(word);
    if (v >= 0) return { k: 'var', v };
    if (/^[A-Za-z_][\w ]*$/.test(word)) return { k: 'name', n: word };
    if (/^\d+$/.test(word)) return { k: 'num', v: Number(word) };
    return word.startsWith('"') ? { k: 'str', s: word.slice(0, 60) } : { k: 'unknown' };
  };
  const push = (node: CfgNode): void => {
    nodes.push({ ...node, next: [nodes.length + 1] });
  };
  for (const { name, args, span } of uses) {
    const parts: number[] = [];
    const evaluated = (word: string): Expr => {
      parts.push(nodes.length);
      const e = give(word);
      if (e.k === 'var') push({ op: 'nop', value: e, at: span, next: [] });
      return e;
    };
    const callee = evaluated(name);
    const given = args.map(evaluated);
    push({ op: 'call', callee, args: given, parts: parts.slice(1), at: span, next: [] });
  }
  nodes.push({ op: 'return', at: [macro.bodyEnd, macro.bodyEnd], next: [] });
  return {
    name: macro.name,
    kind: 'macro',
    internal: false,
    span: [macro.at, macro.bodyEnd],
    nameSpan,
    returns: NO_TYPE,
    variables: params.map((name) => ({ name, type: NO_TYPE, span: nameSpan })),
    params: params.length,
    nodes,
    loops: [],
    ...(macro.params?.at(-1)?.endsWith('...') ? { variadic: true } : {}),
    macro: { ...(macro.params ? {} : { object: true }), marked: true },
  };
}
