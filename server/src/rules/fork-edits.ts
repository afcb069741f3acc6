/** What fixes of the rules on forks are made of. */
import type { Span } from '../facts/expr';
import type { Fn } from '../program/program';
import type { Fix, RuleFinding, TextEdit } from './finding';
import type { FixSource } from './rule';

/** The span of the name of a call, which begins its text; undefined where something else does. */
export function calleeSpan(fn: Fn, node: number): Span | undefined {
  const call = fn.facts.nodes[node];
  if (call?.op !== 'call' || call.callee.k !== 'name') return undefined;
  const [start] = call.at;
  return [start, start + call.callee.n.length];
}

/** A lock to be taken behind a call of one handler, and given back before a call of the two others. */
export interface HandlerEdit extends Readonly<Record<string, string | number | boolean>> {
  name: string;
  /** The statements, without semicolon. */
  lock: string;
  unlock: string;
  /** Where these calls begin. */
  prepare: number;
  parent: number;
  child: number;
}

export function addToHandlers({ data, place }: RuleFinding, { text }: FixSource): Fix[] {
  if (!isHandlerEdit(data)) return [];
  const end = text.indexOf(';', data.prepare);
  if (end < 0) return [];
  const edits: TextEdit[] = [
    { file: place.file, start: end + 1, end: end + 1, newText: `${gapAt(text, data.prepare)}${data.lock};` },
  ];
  for (const start of new Set([data.parent, data.child]))
    edits.push({ file: place.file, start, end: start, newText: `${data.unlock};${gapAt(text, start)}` });
  return [{ title: `Take \`${data.name}\` in all handlers`, preferred: true, edits }];
}

/** A new line as indented as this one where the statement begins it, else a blank. */
function gapAt(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(line, offset);
  return /^[ \t]*$/.test(before) ? `\n${before}` : ' ';
}

function isHandlerEdit(data: RuleFinding['data']): data is HandlerEdit {
  return (
    typeof data?.lock === 'string' &&
    typeof data.unlock === 'string' &&
    typeof data.name === 'string' &&
    [data.prepare, data.parent, data.child].every((offset) => typeof offset === 'number')
  );
}
