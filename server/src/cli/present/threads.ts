/**
 * The list of `threadlint threads`. Pure, like the other presenters.
 */
import { displayPath } from '../../host/paths';
import type { Location, ThreadReport } from '../../service/api';
import { harmless } from './frame';

export interface Listed {
  threads: readonly ThreadReport[];
  /** The folder that paths are shown relative to. */
  folder: string;
}

/** Renders the list as indented JSON; the shape is described in docs/json.md. */
export function threadsAsJson({ threads, folder }: Listed): string {
  const place = ({ file, range }: Location) => ({
    file: displayPath(file, folder),
    line: range.start.line + 1,
    column: range.start.character + 1,
  });
  const document = {
    version: 1,
    threads: threads.map((one) => ({
      ...place(one),
      function: one.inside,
      call: one.call,
      handle: one.handle,
      routines: one.routines.map((routine) => ({ name: routine.name, ...place(routine) })),
      end: one.end,
      how: one.how,
      places: one.places.map((each) => ({ ...place(each), function: each.inside, message: each.message })),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Renders a block of lines for each thread, and a last line that counts them by their end. */
export function threadsAsText({ threads, folder }: Listed): string {
  const at = ({ file, range }: Location): string =>
    `${displayPath(file, folder)}:${range.start.line + 1}:${range.start.character + 1}`;
  const blocks = threads.map((one) => {
    const runs = one.routines.map(({ name }) => `\`${name}\``).join(' or ');
    const lines = [
      `${at(one)}: \`${one.inside}\` creates a thread ${runs ? `of ${runs}` : 'of a routine that is not seen'}`,
      `    ${one.end}: ${one.how}`,
      ...one.places.map((place) => `    ${at(place)}: ${place.message}`),
    ];
    return `${lines.map(harmless).join('\n')}\n`;
  });
  return `${blocks.join('')}${blocks.length > 0 ? '\n' : ''}${counted(threads)}\n`;
}

function counted(threads: readonly ThreadReport[]): string {
  if (threads.length === 0) return 'No call that creates a thread.';
  const counts = new Map<string, number>();
  for (const { end } of threads) counts.set(end, (counts.get(end) ?? 0) + 1);
  const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([end, count]) => `${count} ${end}`);
  const calls = threads.length === 1 ? '1 call creates threads' : `${threads.length} calls create threads`;
  return `${calls}: ${parts.join(', ')}.`;
}
