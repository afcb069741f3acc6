/** Heads of functions that say less, or something else, than a C++ parser makes of them. */
import type { SyntaxNode } from '../syntax/tree';
import { NO_TYPE, type TypeRef } from './expr';
import type { FunctionFacts, PrototypeFacts } from './facts';
import { type Declared, declarations, parameters } from './lower-type';
import type { UnitContext } from './unit-context';

/** `virtual`, and what only virtual functions have behind their parameters. */
export const VIRTUAL = /\bvirtual\b|\)[^(){};]*\b(?:override|final)\b/;
/** A function without a type, called like a macro: its head is a macro that makes a method. */
const MACRO_HEAD = /^[A-Z][A-Z0-9_]+$/;
const INT: TypeRef = { base: 'int', ptr: 0, arr: 0 };

/** Conditioning splits the name of a definition without a type in two; see `conditioning/implicit-int.ts`. */
export function withWholeName(ctx: UnitContext, declared: Declared, type: SyntaxNode | undefined): Declared {
  const { nameNode } = declared;
  if (ctx.cpp || !type || type.end + 1 !== nameNode.start || !/\w/.test(ctx.raw[type.end] ?? ''))
    return declared;
  const name = ctx.raw.slice(type.start, nameNode.end);
  return { ...declared, name, nameNode: { ...nameNode, start: type.start }, type: INT };
}

/** `TEST_F(fixture, name) { … }` is a method of a class derived from the fixture, called as its head is written. */
export function fixtureName(
  ctx: UnitContext,
  declared: Declared,
  type: SyntaxNode | undefined,
  params: readonly Declared[],
  body: number,
): string | undefined {
  if (!ctx.cpp || type || params.length === 0 || !MACRO_HEAD.test(declared.name)) return undefined;
  // Conditioning takes out what does not read as a parameter.
  const given = /^\s*\(\s*([\w:]+)\s*(?:,\s*[\w:]+\s*)*\)/.exec(ctx.raw.slice(declared.nameNode.end, body));
  if (!given) return undefined;
  return `${given[1]}::${declared.name}${given[0].replace(/\s+/g, ' ').trim()}`;
}

/** `TEST_IMPL(name) { … }`: a macro makes the whole head; the function is called as its head is written. */
export function headMadeByMacro(
  ctx: UnitContext,
  declarator: SyntaxNode,
  type: SyntaxNode | undefined,
): Declared | undefined {
  if (!type || declarator.type !== 'parenthesized_declarator') return undefined;
  const name = ctx.text.slice(type.start, declarator.end).replace(/\s+/g, ' ');
  return { name, nameNode: { ...type, end: declarator.end }, type: NO_TYPE };
}

/** K&R: the declarations between the parameter list and the body give the types. */
export function oldStyleParameters(ctx: UnitContext, node: SyntaxNode, list: Declared[]): void {
  for (const child of node.children) {
    if (child.type !== 'declaration') continue;
    for (const declared of declarations(child, ctx.text)) {
      const param = list.find((p) => p.name === declared.name);
      if (param) param.type = declared.type;
    }
  }
}

/** What a definition is by its name and the class around it. */
export function kindOf(ctx: UnitContext, declared: Declared): FunctionFacts['kind'] {
  const parts = [...ctx.path, ...declared.name.split('::')];
  const last = parts[parts.length - 1] ?? '';
  if (last.startsWith('~')) return 'destructor';
  return ctx.cpp && parts.length > 1 && last === parts[parts.length - 2] ? 'constructor' : 'function';
}

/** What a prototype says of its parameters. */
export function prototypeParameters(
  { nameNode }: Declared,
  func: SyntaxNode,
  text: string,
  said: Pick<PrototypeFacts, 'annotations'>,
): Pick<PrototypeFacts, 'params' | 'defaults' | 'annotations' | 'names' | 'span'> {
  const { list, defaults } = parameters(func, text);
  const named = { names: list.map(({ name }) => name), span: [nameNode.start, nameNode.end] as const };
  return {
    params: list.map(({ type }) => type),
    ...(defaults ? { defaults } : {}),
    ...(said.annotations ? { ...said, ...named } : {}),
  };
}
