/**
 * Giving a thread a number itself instead of its address: at the creating call and in the routine.
 */
import type { Node } from '../../syntax/parser';
import type { TextEdit } from '../finding';
import { bare, callAt } from './find';
import { normalise } from './layout';

export interface PassByValue {
  file: string;
  /** The raw text; `root` is the tree of the conditioned text of the same length. */
  text: string;
  root: Node;
  /** The span of the creating call. */
  callStart: number;
  callEnd: number;
  /** The argument that the routine is given. */
  slot: number;
  /** The variable whose address it is. */
  variable: string;
  /** The function of the same file that takes it. */
  routine: string;
}

/**
 * Edits that cast the value into a pointer and back. Undefined where the routine does anything with its argument
 * but read the number it points to.
 */
export function passByValue(request: PassByValue): TextEdit[] | undefined {
  const { file, text, root, slot, variable } = request;
  const call = callAt(root, request.callStart, request.callEnd);
  const given = call?.childForFieldName('arguments')?.namedChildren.filter((one) => one.type !== 'comment')[
    slot
  ];
  if (!given || !isAddressOf(given, variable)) return undefined;
  const reads = readsIn(root, request.routine);
  if (!reads || isGivenElsewhere(root, request.routine, given)) return undefined;
  const edits: TextEdit[] = [
    { file, start: given.startIndex, end: given.endIndex, newText: `(void *)(intptr_t)${variable}` },
    ...reads.map(({ node, type, param }) => ({
      file,
      start: node.startIndex,
      end: node.endIndex,
      newText: `(${type})(intptr_t)${param}`,
    })),
  ];
  if (!/#[ \t]*include[ \t]*<(?:stdint|inttypes)\.h>/.test(text)) {
    const at = afterIncludes(text);
    if (at === undefined) return undefined;
    edits.push({ file, start: at, end: at, newText: '#include <stdint.h>\n' });
  }
  return normalise(edits);
}

function isAddressOf(node: Node, variable: string): boolean {
  const inner = bare(node);
  if (inner.type === 'cast_expression') {
    const value = inner.childForFieldName('value');
    return value !== null && isAddressOf(value, variable);
  }
  if (inner.type !== 'pointer_expression' || inner.childForFieldName('operator')?.type !== '&') return false;
  return inner.childForFieldName('argument')?.text === variable;
}

/** Another call gives the same routine another pointer, which it must go on to read. */
function isGivenElsewhere(root: Node, routine: string, given: Node): boolean {
  const uses = root
    .descendantsOfType('identifier')
    .filter((one) => one.text === routine && one.parent?.type !== 'function_declarator');
  return uses.some(
    (use) =>
      use.startIndex < (given.parent?.startIndex ?? 0) || use.startIndex > (given.parent?.endIndex ?? 0),
  );
}

interface Read {
  node: Node;
  type: string;
  param: string;
}

/** The places where the routine reads `*(type *)param`; undefined where it uses the parameter in another way. */
function readsIn(root: Node, routine: string): Read[] | undefined {
  const definition = root
    .descendantsOfType('function_definition')
    .find((one) => declaratorOf(one)?.childForFieldName('declarator')?.text === routine);
  const declared = definition && declaratorOf(definition)?.childForFieldName('parameters')?.namedChildren[0];
  const param = declared?.descendantsOfType('identifier').at(-1)?.text;
  const body = definition?.childForFieldName('body');
  if (!param || !body) return undefined;
  const reads: Read[] = [];
  for (const use of body.descendantsOfType('identifier')) {
    if (use.text !== param) continue;
    const read = readAround(use, param);
    if (!read) return undefined;
    reads.push(read);
  }
  return reads.length > 0 ? reads : undefined;
}

function declaratorOf(definition: Node): Node | undefined {
  let node = definition.childForFieldName('declarator');
  while (node?.type === 'pointer_declarator') node = node.childForFieldName('declarator');
  return node?.type === 'function_declarator' ? node : undefined;
}

function readAround(use: Node, param: string): Read | undefined {
  let cast = use.parent;
  while (cast?.type === 'parenthesized_expression') cast = cast.parent;
  const type = cast?.childForFieldName('type')?.text;
  if (cast?.type !== 'cast_expression' || !type?.endsWith('*')) return undefined;
  let node = cast.parent;
  while (node?.type === 'parenthesized_expression') node = node.parent;
  if (node?.type !== 'pointer_expression' || node.childForFieldName('operator')?.type !== '*')
    return undefined;
  const changed =
    node.parent?.type === 'assignment_expression' && node.parent.childForFieldName('left')?.equals(node);
  if (changed || node.parent?.type === 'update_expression') return undefined;
  return {
    node,
    type: type
      .slice(0, -1)
      .replace(/\b(?:const|volatile)\b/g, '')
      .trim(),
    param,
  };
}

/** The line behind the first block of includes. */
function afterIncludes(text: string): number | undefined {
  const lines = [...text.matchAll(/^[ \t]*#[ \t]*include\b.*\r?\n/gm)];
  const [first] = lines;
  if (!first) return undefined;
  let end = first.index + first[0].length;
  for (const line of lines.slice(1)) {
    if (line.index !== end) break;
    end += line[0].length;
  }
  return end;
}
