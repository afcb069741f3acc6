/** The members of a class or struct, with what they begin with. */
import { childBy, namedChildren, type SyntaxNode } from '../syntax/tree';
import type { TypeFacts } from './facts';
import { number } from './literals';
import { declarations } from './lower-type';

type Field = TypeFacts['fields'][number];

/** The members that the body of a class declares, in its order; functions are none. */
export function fieldsOf(text: string, body: SyntaxNode): Field[] {
  const fields: Field[] = [];
  for (const child of body.children) {
    if (child.type === 'field_declaration') {
      const declared = declarations(child, text);
      const begin = declared.length === 1 ? beginning(text, childBy(child, 'default_value')) : {};
      for (const { name, type, func } of declared) if (name && !func) fields.push({ name, type, ...begin });
      const inner = childBy(child, 'type');
      const innerBody = inner && childBy(inner, 'body');
      // An anonymous struct or union gives its fields to the one around it.
      if (declared.length === 0 && inner && innerBody && !childBy(inner, 'name'))
        fields.push(...fieldsOf(text, innerBody));
    } else if (child.type === 'preproc_if' || child.type === 'preproc_ifdef' || child.type === 'ERROR') {
      fields.push(...fieldsOf(text, child));
    }
  }
  return fields;
}

function beginning(text: string, node: SyntaxNode | undefined): Pick<Field, 'init' | 'value'> {
  if (!node) return {};
  const named = node.type === 'initializer_list' ? onlyItem(node) : node;
  if (named?.type === 'identifier') return { init: text.slice(named.start, named.end) };
  const value = literal(text, node);
  return value === undefined ? {} : { value };
}

function onlyItem(list: SyntaxNode): SyntaxNode | undefined {
  const items = namedChildren(list);
  return items.length === 1 ? items[0] : undefined;
}

/** A number, truth value or null pointer, also in braces. */
function literal(text: string, node: SyntaxNode): number | undefined {
  switch (node.type) {
    case 'true':
      return 1;
    case 'false':
    case 'null':
      return 0;
    case 'number_literal': {
      const known = number(text.slice(node.start, node.end));
      return known.k === 'num' ? known.v : undefined;
    }
    case 'initializer_list': {
      const only = onlyItem(node);
      return only && literal(text, only);
    }
    default:
      return undefined;
  }
}
