/**
 * What a computation reads, noted while it runs, so that its result can be kept for as long as that stays the same.
 *
 * Whatever an edit can change stands behind a `Cell`. Who hands it out calls `read`; who has changed it calls
 * `change`. A result with its `Reads` is then right exactly while none of the cells has changed, whatever was
 * edited, checked or cancelled in between. Computations are synchronous, so one list of what is read is enough.
 */

export interface Cell {
  version: number;
  /** The reading that has noted it last: nothing is noted twice. */
  seenBy: number;
}

/** Cells with the versions they had. */
export interface Reads {
  readonly cells: readonly Cell[];
  readonly versions: readonly number[];
}

let clock = 0;
let readings = 0;
/** The reading that is under way, or 0. */
let current = 0;
let noted: Cell[] = [];

export function newCell(): Cell {
  return { version: ++clock, seenBy: 0 };
}

/** What stands behind the cell is another thing now. */
export function change(cell: Cell): void {
  cell.version = ++clock;
}

/** Whoever is computing just now has seen what stands behind the cell. */
export function read(cell: Cell): void {
  if (current === 0 || cell.seenBy === current) return;
  cell.seenBy = current;
  noted.push(cell);
}

/** Reads again what a result that is reused was made from. */
export function readAgain({ cells }: Reads): void {
  if (current !== 0) for (const cell of cells) read(cell);
}

/** Does some work, and gives what it read. What it reads is read by the work around it as well. */
export function reading<T>(work: () => T): { result: T; reads: Reads } {
  const around = { current, noted };
  current = ++readings;
  noted = [];
  try {
    const result = work();
    return { result, reads: { cells: noted, versions: noted.map(({ version }) => version) } };
  } finally {
    const inner = noted;
    ({ current, noted } = around);
    if (current !== 0) for (const cell of inner) read(cell);
  }
}

/** Whether nothing that was read has changed since. */
export function isCurrent({ cells, versions }: Reads): boolean {
  for (let i = 0; i < cells.length; i++) if (cells[i]?.version !== versions[i]) return false;
  return true;
}

/** Everything that several readings have seen. */
export function allReads(all: readonly Reads[]): Reads {
  const [first] = all;
  if (first && all.length === 1) return first;
  const seen = new Map<Cell, number>();
  for (const { cells, versions } of all)
    cells.forEach((cell, i) => {
      if (!seen.has(cell)) seen.set(cell, versions[i] ?? 0);
    });
  return { cells: [...seen.keys()], versions: [...seen.values()] };
}

/** Makes something for an object once, and notes what that read at each use. */
export function onceFor<K extends object, T>(make: (of: K) => T): (of: K) => T {
  const known = new Map<K, { result: T; reads: Reads }>();
  return (of) => {
    const found = known.get(of);
    if (found) {
      readAgain(found.reads);
      return found.result;
    }
    const made = reading(() => make(of));
    known.set(of, made);
    return made.result;
  };
}
