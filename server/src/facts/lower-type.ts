/** Types and declarators: from syntax to `TypeRef`s and declared names. */
import type { SyntaxNode } from '../syntax/tree';
import { childBy, childOf, childrenBy } from '../syntax/tree';
import { NO_TYPE, type TypeRef } from './expr';

/** What one declarator declares. */
export interface Declared {
  name: string;
  nameNode: SyntaxNode;
  type: TypeRef;
  /** The function declarator's node where this declares a function (not a pointer to one). */
  func?: SyntaxNode;
  /** The initialiser: expression, `(…)` argument list or `{…}` list. */
  value?: SyntaxNode;
  /** The names of a structured binding, for the parts of what is declared. */
  parts?: SyntaxNode[];
}

const NAME_NODES = new Set([
  'identifier',
  'field_identifier',
  'type_identifier',
  'qualified_identifier',
  'destructor_name',
  'operator_name',
  'template_function',
  'namespace_identifier',
]);

const DECLARATORS = new Set([
  'pointer_declarator',
  'reference_declarator',
  'array_declarator',
  'function_declarator',
  'parenthesized_declarator',
  'init_declarator',
  'attributed_declarator',
  'abstract_pointer_declarator',
  'abstract_reference_declarator',
  'abstract_array_declarator',
  'abstract_function_declarator',
  'abstract_parenthesized_declarator',
  'structured_binding_declarator',
  'bitfield_clause',
]);

export function isDeclarator(node: SyntaxNode): boolean {
  return DECLARATORS.has(node.type) || NAME_NODES.has(node.type);
}

/** The text of a node with white space folded and template arguments removed. */
export function plainName(node: SyntaxNode, text: string): string {
  switch (node.type) {
    case 'qualified_identifier': {
      const scope = childBy(node, 'scope');
      const name = childBy(node, 'name');
      const left = scope ? plainName(scope, text) : '';
      const right = name ? plainName(name, text) : '';
      return left ? `${left}::${right}` : right;
    }
    case 'template_type':
    case 'template_function':
    case 'template_method': {
      const name = childBy(node, 'name');
      return name ? plainName(name, text) : '';
    }
    case 'dependent_name':
    case 'dependent_type':
      return node.children
        .filter((child) => child.named)
        .map((child) => plainName(child, text))
        .join('');
    default:
      return text.slice(node.start, node.end).replace(/\s+/g, ' ').trim();
  }
}

/** The base type of a type specifier: `struct conn`, `std::vector` with its arguments apart. */
export function baseType(node: SyntaxNode | undefined, text: string): TypeRef {
  if (!node) return NO_TYPE;
  switch (node.type) {
    case 'struct_specifier':
    case 'union_specifier':
    case 'enum_specifier':
    case 'class_specifier': {
      const name = childBy(node, 'name');
      if (!name) return { base: `{${node.type.split('_')[0]}@${node.start}}`, ptr: 0, arr: 0 };
      return { base: plainName(name, text), ptr: 0, arr: 0 };
    }
    case 'template_type':
    case 'template_function':
    case 'qualified_identifier': {
      const args = templateArguments(node, text);
      return { base: plainName(node, text), ptr: 0, arr: 0, ...(args ? { args } : {}) };
    }
    case 'type_descriptor': {
      const base = baseType(childBy(node, 'type'), text);
      const declarator = childBy(node, 'declarator');
      return declarator ? declare(declarator, base, text).type : base;
    }
    case 'placeholder_type_specifier':
      return { base: 'auto', ptr: 0, arr: 0 };
    default:
      return { base: plainName(node, text), ptr: 0, arr: 0 };
  }
}

/** `auto lock = std::mutex{};` says its type on the right. */
export function typeMade({ type, value }: Declared, text: string): TypeRef {
  if (type.base !== 'auto' || value?.type !== 'compound_literal_expression') return type;
  return { ...type, ...baseType(childBy(value, 'type'), text) };
}

function templateArguments(node: SyntaxNode, text: string): string | undefined {
  const list = childOf(node, 'template_argument_list');
  if (list) return text.slice(list.start + 1, list.end - 1).trim();
  const name = childBy(node, 'name');
  return name && name.type !== 'type_identifier' ? templateArguments(name, text) : undefined;
}

/** Longer template arguments name no type that we follow. */
const MAX_ARGS = 120;

/** `std::make_unique<conn>`: what the call makes stands in the template arguments only. */
export function withTemplateArguments(target: SyntaxNode, text: string): TypeRef | undefined {
  if (target.type !== 'template_function' && target.type !== 'qualified_identifier') return undefined;
  const type = baseType(target, text);
  return type.args && type.args.length <= MAX_ARGS ? type : undefined;
}

/** The names of a template's parameters, in order. */
export function templateParameters(node: SyntaxNode, text: string): string[] {
  return (childBy(node, 'parameters')?.children ?? [])
    .filter((param) => param.named && param.type !== 'comment')
    .map((param) => {
      const named = param.children.filter((child) => child.named);
      const name = childBy(param, 'name') ?? childBy(param, 'declarator') ?? named[named.length - 1];
      return name ? plainName(name, text) : '';
    });
}

/** Reads one declarator, from the outside in. */
export function declare(declarator: SyntaxNode, base: TypeRef, text: string): Declared {
  let node = declarator;
  let type = base;
  let func: SyntaxNode | undefined;
  let value: SyntaxNode | undefined;
  let conversion: SyntaxNode | undefined;
  let pointerInside = false;
  for (let depth = 0; depth < 40; depth++) {
    switch (node.type) {
      case 'operator_cast':
        conversion = node;
        break;
      case 'init_declarator':
        value = childBy(node, 'value');
        break;
      case 'pointer_declarator':
      case 'abstract_pointer_declarator':
        if (func) pointerInside = true;
        else type = { ...type, ptr: type.ptr + 1 };
        break;
      case 'reference_declarator':
      case 'abstract_reference_declarator':
        type = { ...type, ref: true };
        break;
      case 'structured_binding_declarator': {
        const parts = node.children.filter((child) => child.type === 'identifier');
        return { name: text.slice(node.start, node.end), nameNode: node, type, value, parts };
      }
      case 'array_declarator':
      case 'abstract_array_declarator':
        type = { ...type, arr: type.arr + 1 };
        break;
      case 'function_declarator':
      case 'abstract_function_declarator':
        // `int (*get(char *name))(int)` is a function that returns a pointer to a function.
        if (pointerInside) type = { base: '{function}', ptr: 1, arr: 0 };
        pointerInside = false;
        func = node;
        break;
    }
    const inner = childBy(node, 'declarator') ?? node.children.find(isDeclarator);
    if (NAME_NODES.has(node.type) || !inner) break;
    node = inner;
  }
  if (pointerInside)
    return {
      name: named(node, text),
      nameNode: node,
      type: { base: '{function}', ptr: 1, arr: type.arr },
      value,
    };
  if (conversion) {
    const to = childBy(conversion, 'type');
    const name = `operator ${to ? plainName(to, text) : ''}`;
    return { name, nameNode: to ?? conversion, type, func, value };
  }
  return { name: named(node, text), nameNode: node, type, func, value };
}

function named(node: SyntaxNode, text: string): string {
  return NAME_NODES.has(node.type) ? plainName(node, text) : '';
}

/** All declarators of a declaration, field declaration or type definition, with their types. */
export function declarations(node: SyntaxNode, text: string): Declared[] {
  const base = baseType(childBy(node, 'type'), text);
  // In `if (T *p = f())` the initialiser hangs on the declaration itself.
  const value = childBy(node, 'value');
  return childrenBy(node, 'declarator').map((declarator) => {
    const declared = declare(declarator, base, text);
    return value && !declared.value ? { ...declared, value } : declared;
  });
}

/** The parameters of a function declarator; names are empty where not given. */
export function parameters(
  func: SyntaxNode,
  text: string,
): { list: Declared[]; variadic: boolean; defaults?: number } {
  const holder = childBy(func, 'parameters');
  const list: Declared[] = [];
  let variadic = false;
  for (const child of holder?.children ?? []) {
    if (child.type === 'variadic_parameter') variadic = true;
    if (child.type === 'identifier')
      list.push({ name: plainName(child, text), nameNode: child, type: NO_TYPE });
    if (child.type !== 'parameter_declaration' && child.type !== 'optional_parameter_declaration') continue;
    const base = baseType(childBy(child, 'type'), text);
    const declarator = childBy(child, 'declarator');
    if (declarator) list.push(declare(declarator, base, text));
    else list.push({ name: '', nameNode: child, type: base });
  }
  const only = list.length === 1 ? list[0] : undefined;
  if (only && only.name === '' && only.type.base === 'void' && only.type.ptr === 0)
    return { list: [], variadic };
  const defaults = (holder?.children ?? []).filter(({ type }) => type === 'optional_parameter_declaration');
  return { list, variadic, ...(defaults.length > 0 ? { defaults: defaults.length } : {}) };
}

export function hasStorage(node: SyntaxNode, text: string, word: string): boolean {
  return node.children.some(
    (child) => child.type === 'storage_class_specifier' && text.slice(child.start, child.end) === word,
  );
}
