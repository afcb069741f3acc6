/** Types as they are written in template arguments and in library models. */
import { NO_TYPE, type TypeRef } from '../facts/expr';

/** `conn *`, `const std::pair<K, V> &`; no type where the text is not of this form. */
export function typeWritten(text: string): TypeRef {
  const plain = text.replace(/\b(?:const|volatile|typename|struct|class)\b/g, ' ').trim();
  const suffix = /[\s*&]*$/.exec(plain)?.[0] ?? '';
  const name = plain.slice(0, plain.length - suffix.length);
  const ptr = suffix.split('*').length - 1;
  const ref = suffix.includes('&') ? { ref: true } : {};
  const open = name.indexOf('<');
  const base = (open < 0 ? name : name.slice(0, open)).trim();
  if (!/^(?:::)?[A-Za-z_][\w: ]*$/.test(base)) return NO_TYPE;
  if (open < 0) return { base, ptr, arr: 0, ...ref };
  return name.endsWith('>') ? { base, ptr, arr: 0, args: name.slice(open + 1, -1).trim(), ...ref } : NO_TYPE;
}

/** The template arguments of a list, apart. */
export function argumentsWritten(args: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= args.length; at++) {
    const c = args[at];
    if (c === '<' || c === '(' || c === '[') depth++;
    else if (c === '>' || c === ')' || c === ']') depth--;
    else if (c === undefined || (c === ',' && depth === 0)) {
      found.push(args.slice(start, at).trim());
      start = at + 1;
    }
  }
  return found;
}

/** A type whose text names template arguments by `$0`, `$1`; no type where one is missing. */
export function instantiated(pattern: string, args: string | undefined): TypeRef {
  const given = args ? argumentsWritten(args) : [];
  let known = true;
  const text = pattern.replace(/\$(\d)/g, (_, digit: string) => {
    const argument = given[Number(digit)];
    if (!argument) known = false;
    return argument ?? '';
  });
  return known ? typeWritten(text) : NO_TYPE;
}

/** A type with template parameters replaced by what is given for them. */
export function withArguments(type: TypeRef, params: readonly string[], args: string | undefined): TypeRef {
  if (params.length === 0 || !args) return type;
  const given = argumentsWritten(args);
  const at = params.indexOf(type.base);
  if (at >= 0) {
    const known = typeWritten(given[at] ?? '');
    return known.base
      ? { ...known, ptr: known.ptr + type.ptr, arr: type.arr, ...(type.ref ? { ref: true } : {}) }
      : type;
  }
  if (!type.args) return type;
  const text = type.args.replace(/[A-Za-z_]\w*/g, (name) => {
    const index = params.indexOf(name);
    return index >= 0 ? (given[index] ?? name) : name;
  });
  return text === type.args ? type : { ...type, args: text };
}
