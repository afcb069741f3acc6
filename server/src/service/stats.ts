/** What was read and what was lost, counted from the facts. */
import type { UnitFacts } from '../facts/facts';
import type { Counts, FileStats, Loss, Stats } from './api';
import { positionAt } from './present';

const encoder = new TextEncoder();

/** `unread` gives the reason for each file of which there are no facts. */
export function statsOf(
  units: Iterable<UnitFacts>,
  unread: ReadonlyMap<string, string>,
  phases: Readonly<Record<string, number>>,
): Stats {
  const sorted = [...units].sort((a, b) => byName(a.file, b.file));
  const perFile = sorted.map(countsOf);
  const sum = (pick: (counts: Counts) => number) => perFile.reduce((total, file) => total + pick(file), 0);
  const nowhere = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  const given = [...unread].map(([file, reason]): Loss => ({ file, range: nowhere, kind: 'file', reason }));
  return {
    files: perFile.length,
    lines: sum((f) => f.lines),
    functions: sum((f) => f.functions),
    damagedFunctions: sum((f) => f.damagedFunctions),
    unreadCharacters: sum((f) => f.unreadCharacters),
    factsBytes: sum((f) => f.factsBytes),
    perFile,
    losses: [...sorted.flatMap(lossesOf), ...given].sort((a, b) => byName(a.file, b.file)),
    phases: { ...phases },
  };
}

function countsOf(unit: UnitFacts): FileStats {
  const functions = unit.functions.filter((fn) => fn.kind !== 'macro');
  const endsInBreak = unit.lineStarts[unit.lineStarts.length - 1] === unit.length;
  return {
    file: unit.file,
    language: unit.language,
    lines: unit.lineStarts.length - (endsInBreak ? 1 : 0),
    functions: functions.length,
    damagedFunctions: functions.filter((fn) => fn.damaged).length,
    unreadCharacters: unit.unread,
    factsBytes: encoder.encode(JSON.stringify(unit)).length,
  };
}

function lossesOf(unit: UnitFacts): Loss[] {
  return unit.losses.map(({ kind, span: [start, end], reason }) => {
    const around =
      kind === 'function' && unit.functions.find((fn) => fn.span[0] <= start && start < fn.span[1]);
    return {
      file: unit.file,
      range: { start: positionAt(unit.lineStarts, start), end: positionAt(unit.lineStarts, end) },
      kind,
      reason,
      ...(around ? { inside: around.name } : {}),
    };
  });
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
