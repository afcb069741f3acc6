/**
 * Results that are kept from one analysis to the next, each as long as nothing has changed that it was made from.
 *
 * A kept result is plain data that refers to functions as objects and to places in them as `{ fn, node }`, never by
 * function id or offset: both change when something else is edited. Whatever the computation looks at beside its
 * arguments must be noted: facts and names are noted by the program, summaries by `bottomUp`, and what was gathered
 * over the whole program must come out of a `table`. What is cached for several functions must itself be kept, or be
 * read again (`readAgain`) at each use.
 */
import type { Fn, Program } from '../../program/program';
import {
  type Cell,
  change,
  isCurrent,
  newCell,
  type Reads,
  read,
  readAgain,
  reading,
} from '../../program/reads';

/** What `make` gives for a function, made anew only where that could be something else. */
export function kept<T>(fn: Fn, name: string, make: () => T): T {
  const known = fn.kept.get(name) as { result: T; reads: Reads } | undefined;
  if (known && isCurrent(known.reads)) {
    readAgain(known.reads);
    return known.result;
  }
  const made = reading(() => {
    read(fn.cell);
    return make();
  });
  fn.kept.set(name, made);
  return made.result;
}

/**
 * A table over the whole program as results may use it: who asks for a key depends on that key's value alone.
 * `isSame` compares a value with that of the time before.
 */
export function table<T>(
  { history }: Program,
  name: string,
  entries: ReadonlyMap<string, T>,
  isSame: (a: T, b: T) => boolean = (a, b) => a === b,
): (key: string) => T | undefined {
  const rows = history.tables.get(name) ?? new Map<string, { cell: Cell; value: unknown }>();
  history.tables.set(name, rows);
  for (const [key, row] of rows) {
    const now = entries.get(key);
    const before = row.value as T | undefined;
    const same = now === undefined || before === undefined ? now === before : isSame(before, now);
    row.value = now;
    if (!same) change(row.cell);
  }
  return (key) => {
    let row = rows.get(key);
    if (!row) {
      row = { cell: newCell(), value: entries.get(key) };
      rows.set(key, row);
    }
    read(row.cell);
    return entries.get(key);
  };
}

interface Callers {
  cell: Cell;
  list: readonly Fn[];
}

/** Remembers who calls each function. */
export function noteCallers(program: Program, callers: readonly (readonly number[])[]): void {
  for (const fn of program.fns) {
    const list = (callers[fn.id] ?? []).flatMap((id) => program.fns[id] ?? []);
    const known = fn.kept.get('callers') as Callers | undefined;
    if (!known) fn.kept.set('callers', { cell: newCell(), list });
    else if (known.list.length !== list.length || known.list.some((caller, i) => caller !== list[i])) {
      known.list = list;
      change(known.cell);
    }
  }
}

/** Whoever asks which functions call this one. */
export function readCallers(fn: Fn): void {
  const known = fn.kept.get('callers') as Callers | undefined;
  if (known) read(known.cell);
}

/** Something true of a function that hangs on others: whoever calls it has looked at it, and must look again. */
export function noteTrait(fn: Fn, name: string, now: boolean): void {
  const before = fn.kept.get(name);
  fn.kept.set(name, now);
  if (before !== undefined && before !== now) change(fn.cell);
}
