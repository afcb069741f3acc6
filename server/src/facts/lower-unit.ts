/** A file's top level: functions, globals, types, prototypes and initialiser tables. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, namedChildren } from '../syntax/tree';
import { annotated, NO_RETURN, SHUTDOWN, STARTUP, wordsOf } from './attributes';
import { startCfg } from './cfg';
import { enumerators } from './constants';
import type { Expr } from './expr';
import type { TypeFacts } from './facts';
import { fieldsOf } from './fields';
import { compactInit, storedFunctions } from './initial-value';
import { span, startContext } from './lower-context';
import { value } from './lower-expression';
import { lowerFunction, NESTED } from './lower-function';
import {
  fixtureName,
  headMadeByMacro,
  kindOf,
  oldStyleParameters,
  prototypeParameters,
  VIRTUAL,
  withWholeName,
} from './lower-heads';
import {
  baseType,
  type Declared,
  declarations,
  declare,
  hasStorage,
  parameters,
  plainName,
  templateParameters,
  typeMade,
} from './lower-type';
import { qualified, type TopLevel, type UnitContext } from './unit-context';

const LOCAL_TYPE = /\b(?:struct|class|union|enum)\b[^;(){}]{0,300}\{/;
const SPECIFIERS: ReadonlySet<string> = new Set([
  'struct_specifier',
  'class_specifier',
  'union_specifier',
  'enum_specifier',
]);

/** Reads the top level of a copied tree. */
export function lowerUnit(
  root: SyntaxNode,
  source: Pick<UnitContext, 'text' | 'marks' | 'raw' | 'recovered' | 'cpp'>,
): TopLevel {
  const ctx: UnitContext = {
    ...source,
    path: [],
    anonymous: false,
    templates: [],
    classes: [],
    usings: [],
    functions: [],
    globals: [],
    types: [],
    aliases: [],
    prototypes: [],
    stores: [],
    constants: [],
  };
  members(ctx, root);
  const { functions, globals, types, aliases, prototypes, stores, constants, usings } = ctx;
  const known = { functions, globals, types, aliases, prototypes, stores, constants };
  return usings.length > 0 ? { ...known, usings } : known;
}

function members(ctx: UnitContext, node: SyntaxNode): void {
  for (const child of node.children) topLevel(ctx, child);
}

const TOP_LEVEL: Readonly<Record<string, (ctx: UnitContext, node: SyntaxNode) => void>> = {
  function_definition: functionDefinition,
  declaration,
  field_declaration: declaration,
  type_definition: typeDefinition,
  alias_declaration: aliasDeclaration,
  struct_specifier: typeSpecifier,
  union_specifier: typeSpecifier,
  class_specifier: typeSpecifier,
  enum_specifier: typeSpecifier,
  namespace_definition: namespace,
  template_declaration: template,
  friend_declaration: friend,
  linkage_specification: members,
  declaration_list: members,
  preproc_if: members,
  preproc_ifdef: members,
  preproc_else: members,
  preproc_elif: members,
  compound_statement: members,
  ERROR: members,
  using_declaration: using,
  namespace_alias_definition: namespaceAlias,
};

function topLevel(ctx: UnitContext, node: SyntaxNode): void {
  TOP_LEVEL[node.type]?.(ctx, node);
}

/** In a namespace, what it lets the name mean is written before a `=`. */
function using(ctx: UnitContext, node: SyntaxNode): void {
  const named = namedChildren(node).at(-1);
  if (!named) return;
  const name = plainName(named, ctx.text);
  if (ctx.path.length === 0) ctx.usings.push(name);
  else if (node.children.some(({ type }) => type === 'namespace'))
    ctx.usings.push(`${ctx.path.join('::')}=${name}`);
  else ctx.usings.push(`${qualified(ctx, name.slice(name.lastIndexOf(':') + 1))}=${name}`);
}

/** `namespace fs = std::filesystem;` */
function namespaceAlias(ctx: UnitContext, node: SyntaxNode): void {
  const [name, target] = namedChildren(node);
  if (name && target)
    ctx.usings.push(`${qualified(ctx, plainName(name, ctx.text))}=${plainName(target, ctx.text)}`);
}

function aliasDeclaration(ctx: UnitContext, node: SyntaxNode): void {
  const name = childBy(node, 'name');
  if (!name) return;
  const target = baseType(childBy(node, 'type'), ctx.text);
  ctx.aliases.push({ name: qualified(ctx, plainName(name, ctx.text)), target });
}

/** A class template has its parameters' names; a template inside of it adds its own. */
function template(ctx: UnitContext, node: SyntaxNode): void {
  const before = ctx.templates;
  ctx.templates = templateParameters(node, ctx.text);
  members(ctx, node);
  ctx.templates = before;
}

/** A function that a class defines as its friend belongs to the namespace around the class. */
function friend(ctx: UnitContext, node: SyntaxNode): void {
  const definition = childOf(node, 'function_definition');
  const { path, templates, classes } = ctx;
  const around = classes.at(-1);
  if (!definition || !around) return;
  ctx.path = path.slice(0, path.length - classes.length);
  ctx.templates = [...classes.flatMap(({ params = [] }) => params), ...templates];
  ctx.classes = [];
  functionDefinition(ctx, definition, around.name);
  Object.assign(ctx, { path, templates, classes });
}

function namespace(ctx: UnitContext, node: SyntaxNode): void {
  const name = childBy(node, 'name');
  const body = childBy(node, 'body');
  if (!body) return;
  const { anonymous } = ctx;
  // What stands in an inline namespace is called as if it stood around it.
  const isInline = name !== undefined && /\binline\b/.test(ctx.text.slice(node.start, name.start));
  if (!name) ctx.anonymous = true;
  else if (!isInline) ctx.path.push(plainName(name, ctx.text));
  members(ctx, body);
  if (name && !isInline) ctx.path.pop();
  ctx.anonymous = anonymous;
}

function functionDefinition(ctx: UnitContext, node: SyntaxNode, befriendedBy?: string): void {
  const type = childBy(node, 'type');
  if (type) typeSpecifier(ctx, type);
  const declarator = childBy(node, 'declarator');
  const body = childBy(node, 'body') ?? childOf(node, 'compound_statement', 'try_statement');
  if (!declarator || !body) return;
  const plain = declare(declarator, baseType(type, ctx.text), ctx.text);
  const declared = plain.func ? withWholeName(ctx, plain, type) : headMadeByMacro(ctx, declarator, type);
  if (!declared) return;
  localTypes(ctx, body, declared.name);
  const marks = ctx.marks(node.start, body.start);
  const words = wordsOf(ctx, node, body.start, marks);
  const heading = ctx.text.slice(node.start, body.start);
  const { list, variadic, defaults } = declared.func
    ? parameters(declared.func, ctx.text)
    : { list: [], variadic: false, defaults: 0 };
  if (list.some((p) => p.type.base === '')) oldStyleParameters(ctx, node, list);
  ctx.functions.push(
    ...lowerFunction(ctx.text, ctx.cpp, node, body, {
      name: qualified(ctx, fixtureName(ctx, declared, type, list, body.start) ?? declared.name),
      kind: kindOf(ctx, declared),
      internal: ctx.anonymous || hasStorage(node, ctx.text, 'static'),
      nameSpan: span(declared.nameNode),
      returns: declared.type,
      params: list,
      defaults,
      templates: ctx.templates,
      variadic,
      noreturn: NO_RETURN.test(words),
      startup: STARTUP.test(words),
      shutdown: SHUTDOWN.test(words),
      virtual: ctx.cpp && VIRTUAL.test(heading),
      ...annotated(marks),
      befriendedBy,
      initialisers: childOf(node, 'field_initializer_list'),
      raw: ctx.raw,
      recovered: ctx.recovered.filter(({ start, end }) => start >= body.start && end <= body.end),
    }),
  );
}

/** Types that a function declares for itself, with the methods of its local classes. */
function localTypes(ctx: UnitContext, body: SyntaxNode, name: string): void {
  if (!LOCAL_TYPE.test(ctx.text.slice(body.start, body.end))) return;
  ctx.path.push(name);
  const queue = [...body.children];
  for (let node = queue.pop(); node; node = queue.pop()) {
    if (node.type === 'lambda_expression') continue;
    if (SPECIFIERS.has(node.type) && childBy(node, 'body')) typeSpecifier(ctx, node);
    else queue.push(...node.children);
  }
  ctx.path.pop();
}

function declaration(ctx: UnitContext, node: SyntaxNode): void {
  const type = childBy(node, 'type');
  if (type) typeSpecifier(ctx, type);
  const internal = ctx.anonymous || hasStorage(node, ctx.text, 'static');
  const marks = ctx.marks(node.start, node.end);
  const words = wordsOf(ctx, node, node.end, marks);
  for (const declared of declarations(node, ctx.text)) {
    if (!declared.name) continue;
    if (declared.func) {
      ctx.prototypes.push({
        name: qualified(ctx, declared.name),
        internal,
        returns: declared.type,
        ...prototypeParameters(declared, declared.func, ctx.text, annotated(marks)),
        ...(NO_RETURN.test(words) ? { noreturn: true } : {}),
      });
      continue;
    }
    const isPointer = declared.type.base === '{function}' && declared.type.ptr === 1;
    global(ctx, node, declared, internal, false, isPointer && NO_RETURN.test(words));
  }
}

function global(
  ctx: UnitContext,
  node: SyntaxNode,
  declared: Declared,
  internal: boolean,
  declaredOnly = false,
  noreturn = false,
): void {
  const words = node.children.map((child) =>
    ctx.text.slice(child.start, Math.min(child.end, child.start + 16)),
  );
  const thread = words.some(
    (word) => word === 'thread_local' || word === '_Thread_local' || word === '__thread',
  );
  const init = declared.value ? initialValue(ctx, declared.value) : undefined;
  const isConstant = init?.k === 'num' && words.some((word) => word === 'const' || word === 'constexpr');
  ctx.globals.push({
    name: qualified(ctx, declared.name),
    type: typeMade(declared, ctx.text),
    internal,
    span: span(declared.nameNode),
    ...(declaredOnly || (hasStorage(node, ctx.text, 'extern') && !init) ? { extern: true } : {}),
    ...(thread ? { thread: true } : {}),
    ...(isConstant ? { constant: true } : {}),
    ...(noreturn ? { noreturn } : {}),
    ...(init ? { init } : {}),
  });
  if (init) ctx.stores.push(...storedFunctions(declared.type, init, span(declared.nameNode)));
}

/** A static initialiser runs no statement we follow: it is lowered aside and only its value is kept. */
function initialValue(ctx: UnitContext, node: SyntaxNode): Expr {
  const aside = startContext({
    text: ctx.text,
    cpp: ctx.cpp,
    name: '',
    cfg: startCfg(span(node)),
    nested: NESTED,
  });
  const init = value(aside, node);
  ctx.functions.push(...aside.lambdas);
  return compactInit(init);
}

function typeDefinition(ctx: UnitContext, node: SyntaxNode): void {
  const type = childBy(node, 'type');
  const declared = declarations(node, ctx.text);
  // A type without a name of its own has that of its typedef: an offset would be another one after each edit.
  const first = declared.find(
    ({ name, type: { base, ptr, arr } }) => name && ptr + arr === 0 && base.startsWith('{'),
  );
  if (type) typeSpecifier(ctx, type, first?.name);
  for (const { name, type: target } of declared) {
    const named = first && target.base === first.type.base ? { ...target, base: first.name } : target;
    if (name && name !== named.base) ctx.aliases.push({ name: qualified(ctx, name), target: named });
  }
}

/** `using base::base;` */
function inheritsConstructors(ctx: UnitContext, body: SyntaxNode): boolean {
  return body.children.some((child) => {
    const name = child.type === 'using_declaration' ? namedChildren(child).at(-1) : undefined;
    const [last, before] = name ? plainName(name, ctx.text).split('::').reverse() : [];
    return last !== undefined && last === before;
  });
}

/** What programs may add to `std` are specialisations (C++ [namespace.std]), which do not stand for the class itself. */
function ownName(ctx: UnitContext, node: SyntaxNode): string {
  const { base } = baseType(node, ctx.text);
  const name = childBy(node, 'name');
  const args = name && qualified(ctx, base).startsWith('std::') ? baseType(name, ctx.text).args : undefined;
  return args ? `${base}<${args.replace(/\s+/g, ' ')}>` : base;
}

/** A struct, class, union or enum with a body; its methods and nested types are read as well. */
function typeSpecifier(ctx: UnitContext, node: SyntaxNode, given?: string): void {
  const kinds = {
    struct_specifier: 'struct',
    union_specifier: 'union',
    class_specifier: 'class',
    enum_specifier: 'enum',
  } as const;
  if (!(node.type in kinds)) return;
  const kind = kinds[node.type as keyof typeof kinds];
  const body = childBy(node, 'body');
  if (!body) return;
  const own = given ?? ownName(ctx, node);
  const name = ctx.cpp ? qualified(ctx, own) : own;
  const fields = kind === 'enum' ? [] : fieldsOf(ctx.text, body);
  const bases = childOf(node, 'base_class_clause');
  const baseNames = bases
    ? namedChildren(bases)
        .filter((b) => b.type !== 'access_specifier')
        .map((b) => plainName(b, ctx.text))
    : [];
  const facts: TypeFacts = {
    name,
    kind,
    fields,
    span: span(node),
    ...(baseNames.length > 0 ? { bases: baseNames } : {}),
    ...(baseNames.length > 0 && inheritsConstructors(ctx, body) ? { inherits: true } : {}),
    ...(ctx.templates.length > 0 ? { params: [...ctx.templates] } : {}),
  };
  ctx.types.push(facts);
  ctx.templates = [];
  if (kind === 'enum') {
    ctx.constants.push(...enumerators(ctx.text, body));
    return;
  }
  ctx.path.push(own);
  ctx.classes.push(facts);
  for (const child of body.children) classMember(ctx, child);
  ctx.classes.pop();
  ctx.path.pop();
}

function classMember(ctx: UnitContext, node: SyntaxNode): void {
  if (node.type !== 'field_declaration') {
    if (node.type !== 'using_declaration') topLevel(ctx, node);
    return;
  }
  const type = childBy(node, 'type');
  if (type) typeSpecifier(ctx, type);
  const isStatic = hasStorage(node, ctx.text, 'static');
  for (const declared of declarations(node, ctx.text)) {
    if (declared.func) {
      ctx.prototypes.push({
        name: qualified(ctx, declared.name),
        internal: false,
        returns: declared.type,
        ...prototypeParameters(declared, declared.func, ctx.text, annotated(ctx.marks(node.start, node.end))),
        ...(VIRTUAL.test(ctx.text.slice(node.start, node.end)) ? { virtual: true } : {}),
      });
    } else if (isStatic && ctx.cpp) {
      // Without an initialiser this only declares: the definition stands outside of the class.
      const defines = declared.value ?? childBy(node, 'default_value');
      global(
        ctx,
        node,
        declared,
        false,
        !defines && !/\binline\b/.test(ctx.text.slice(node.start, declared.nameNode.start)),
      );
    }
  }
}
