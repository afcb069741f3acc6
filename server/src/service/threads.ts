/** Where threads are created and how they end, in lines. */
import type { Analysis } from '../analysis/analysis';
import { threadStories } from '../analysis/threads/thread-ends';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import { lineAt } from '../syntax/lines';
import type { Location, ThreadReport } from './api';

export function threadReports({ program, threads }: Analysis): ThreadReport[] {
  return threadStories(program, threads).map(({ fn, node, callee, handle, routines, end, how, places }) => ({
    ...locate(fn, fn.facts.nodes[node]?.at ?? fn.facts.nameSpan),
    inside: functionName(fn.facts),
    call: callee,
    handle,
    routines: routines.map((routine) => ({
      name: functionName(routine.facts),
      ...locate(routine, routine.facts.nameSpan),
    })),
    end,
    how,
    places: places.map((place) => ({
      ...locate(place.fn, place.fn.facts.nodes[place.node]?.at ?? place.fn.facts.nameSpan),
      inside: functionName(place.fn.facts),
      message: place.message,
    })),
  }));
}

function locate({ unit }: Fn, [start, end]: readonly [number, number]): Location {
  const position = (offset: number): Location['range']['start'] => {
    const line = lineAt(unit.lineStarts, offset);
    return { line, character: offset - (unit.lineStarts[line] ?? 0) };
  };
  return { file: unit.file, range: { start: position(start), end: position(end) } };
}
