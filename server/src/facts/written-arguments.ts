/** Arguments that the grammar takes for parameters: `Guard lock(mutex);` reads as a function's declaration. */
import type { SyntaxNode } from '../syntax/tree';
import { namedChildren } from '../syntax/tree';
import type { Declared } from './lower-type';

/** What reads as a parameter's type is an argument: `m`, `a::m`, `m()`, `m[i]`, `ref<T>(m)`. */
export function argumentWritten(param: SyntaxNode): SyntaxNode | undefined {
  if (param.type === 'identifier') return param;
  const [type, declarator, ...more] = namedChildren(param);
  if (param.type !== 'parameter_declaration' || !type || more.length > 0) return undefined;
  const name = asName(type);
  if (!NAMES.includes(name.type)) return undefined;
  if (!declarator) return name.type === 'template_function' ? undefined : name;
  const inside = namedChildren(declarator);
  if (declarator.type === 'abstract_array_declarator' && inside.length === 1) {
    const indices = inside.map((index) => ({ ...index, field: 'index' }));
    return { ...param, type: 'subscript_expression', children: [{ ...name, field: 'argument' }, ...indices] };
  }
  if (declarator.type !== 'abstract_function_declarator' || inside.length !== 1) return undefined;
  const args = inside.flatMap((list) => namedChildren(list)).map(argumentWritten);
  if (args.includes(undefined)) return undefined;
  const children = args.flatMap((argument) => (argument ? [argument] : []));
  const list = { ...declarator, type: 'argument_list', field: 'arguments', children };
  return { ...param, type: 'call_expression', children: [{ ...name, field: 'function' }, list] };
}

const NAMES: readonly string[] = ['identifier', 'qualified_identifier', 'template_function'];

/** The name of a type as that of a function or variable. */
function asName(type: SyntaxNode): SyntaxNode {
  switch (type.type) {
    case 'type_identifier':
      return { ...type, type: 'identifier', field: '' };
    case 'template_type':
      return { ...type, type: 'template_function', field: '', children: type.children.map(renamed) };
    case 'qualified_identifier':
      return {
        ...type,
        children: type.children.map((child) => (child.field === 'name' ? renamed(child) : child)),
      };
    default:
      return type;
  }
}

function renamed(node: SyntaxNode): SyntaxNode {
  const isName = node.type === 'type_identifier' || node.type === 'template_type';
  return isName ? { ...asName(node), field: 'name' } : node;
}

/** `Guard PASTE(guard_, __LINE__)(mutex);` is an object whose name a macro makes; the arguments come behind. */
export function namedByMacro(text: string, node: SyntaxNode, declared: Declared): Declared | undefined {
  const { func, value } = declared;
  if (!func?.children.some(({ type }) => type === 'identifier')) return undefined;
  const name = text.slice(func.start, func.end);
  if (value?.type === 'argument_list' || value?.type === 'initializer_list')
    return { ...declared, name, func: undefined };
  const around = node.children.find(({ children }) =>
    children.some((child) => child.type === 'function_declarator' && child.start === func.start),
  );
  const isCalled = around?.type === 'function_declarator' && around.end > func.end;
  return isCalled ? { ...declared, name, func: around } : undefined;
}
