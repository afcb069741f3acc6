/** What repairs a lost thread that is an object of C++: a join where the object ends, a class that joins, a detach. */

import type { Analysis } from '../analysis/analysis';
import { keyOf } from '../analysis/paths/access-path';
import type { Creation, Leak } from '../analysis/threads/thread-facts';
import type { Fn } from '../program/program';
import { insertBeforeExit } from './edits/before-exit';
import { statementAt } from './edits/find';
import { layoutAround, normalise } from './edits/layout';
import { insertAfter } from './edits/statements';
import type { Fix, RuleFinding, TextEdit } from './finding';
import { type FixSource, placeOf } from './rule';

type Data = Record<string, string | number | boolean>;

/** The class that joins by itself, by the one that terminates. */
const JOINING: Readonly<Record<string, string>> = { 'std::thread': 'std::jthread' };

export function objectRepairData(analysis: Analysis, leak: Leak, others: readonly Leak[]): Data {
  const { creation } = leak;
  const { fn, object } = creation;
  const handle = leak.holder ?? creation.handle;
  // Several objects hold it by turns: no one statement is right at all ends.
  if (others.some(({ holder }) => holder && keyOf(holder) !== keyOf(handle))) return {};
  if (handle.k !== 'var' && handle.k !== 'index') return {};
  const home = handle.k === 'index' ? handle.of : handle;
  if (home.k !== 'var') return {};
  const variable = fn.facts.variables[home.v];
  if (!variable?.name) return {};
  const type = analysis.program.types.typeOf(analysis.program, fn, home);
  const container = object?.container === true || handle.k === 'index';
  const isPointer = type.ptr > 0 || !isSameType(type.base, object?.type);
  const ends = [leak, ...others].filter(({ kind }) => kind !== 'stored');
  const places = ends.map(({ at }) => placeOf(at.fn, at.node)).map(({ start, end }) => `${start}-${end}`);
  const isSure = ends.every(({ kind, always }) => kind === 'exit' && always);
  return {
    object: object?.type ?? '',
    handle: `${variable.name}${container ? '' : isPointer ? '->' : '.'}`,
    container,
    ends: [...new Set(places)].join(' '),
    isSure,
    ...(!container && !isPointer && makers(analysis, fn, home.v) === 1 ? { declared: variable.span[0] } : {}),
    mayDetach: leak.never && !container && !lends(creation) && keyOf(handle) === keyOf(creation.handle),
  };
}

/** Threads that this variable is given. */
function makers({ threads }: Analysis, fn: Fn, v: number): number {
  return threads.creations.filter(({ fn: own, handle }) => own === fn && handle.k === 'var' && handle.v === v)
    .length;
}

/** The thread is given something by address: detached, it may outlive it. */
function lends({ lends: given }: Creation): boolean {
  return (given ?? []).some(({ k }) => k === 'addr' || k === 'this' || k === 'unknown');
}

export function objectRepairs(finding: RuleFinding, source: FixSource): Fix[] {
  if (typeof finding.data?.handle !== 'string') return [];
  return [...joinAtEnds(finding, source), ...joiningClass(finding, source), ...detach(finding, source)];
}

function joinAtEnds({ data }: RuleFinding, { file, text, root }: FixSource): Fix[] {
  const handle = String(data?.handle);
  const ends = String(data?.ends ?? '').split(' ');
  const known = handle.endsWith('->') ? `${handle.slice(0, -2)} && ` : '';
  const one =
    data?.isSure === true ? `${handle}join();` : `if (${known}${handle}joinable()) ${handle}join();`;
  const all = `for (auto &thread : ${handle}) if (thread.joinable()) thread.join();`;
  const statement = data?.container === true ? all : one;
  const edits: TextEdit[] = [];
  for (const end of ends) {
    const [exitStart = 0, exitEnd = 0] = end.split('-').map(Number);
    const made = insertBeforeExit({ file, text, root, exitStart, exitEnd, statement });
    if (!made) return [];
    edits.push(...made);
  }
  const where = ends.length === 1 ? 'the end of its thread object' : `each of ${ends.length} ends`;
  return [{ title: `Insert \`${statement}\` before ${where}`, preferred: true, edits: normalise(edits) }];
}

function joiningClass({ data, place }: RuleFinding, { file, text, root }: FixSource): Fix[] {
  const type = String(data?.object);
  const joining = JOINING[type];
  if (!joining || typeof data?.declared !== 'number') return [];
  const declaration = statementAt(root, data.declared, data.declared);
  const creation = statementAt(root, place.start, place.end);
  if (declaration?.type !== 'declaration' || !creation) return [];
  const edits = new Map<number, TextEdit>();
  for (const { startIndex, endIndex } of [declaration, creation]) {
    for (let at = text.indexOf(type, startIndex); at >= 0 && at < endIndex; at = text.indexOf(type, at + 1)) {
      const end = at + type.length;
      if (/[\w:]/.test(text.charAt(end)) || /[\w:]/.test(text.charAt(at - 1))) continue;
      edits.set(at, { file, start: at, end, newText: joining });
    }
  }
  if (edits.size === 0) return [];
  const title = `Make it a \`${joining}\`, which joins by itself (C++20)`;
  return [{ title, preferred: false, edits: normalise([...edits.values()]) }];
}

function detach({ data, place }: RuleFinding, { file, text, root }: FixSource): Fix[] {
  if (data?.mayDetach !== true) return [];
  const statement = statementAt(root, place.start, place.end);
  if (!statement || statement.hasError) return [];
  const code = `${String(data.handle)}detach();`;
  const edits = insertAfter(layoutAround(file, text, statement), statement, [{ depth: 0, code }]);
  return edits ? [{ title: `Insert \`${code}\` after the creation`, preferred: false, edits }] : [];
}

/** A type as written may leave out a namespace that the file uses. */
function isSameType(written: string, full: string | undefined): boolean {
  return written === full || (full?.endsWith(`::${written}`) ?? false);
}
