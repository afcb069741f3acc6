/**
 * Functions that stay the same object from one linking to the next.
 *
 * What was computed refers to functions by object and node, never by id or place, so it stays true while a
 * function moves in its file or others come and go.
 */
import type { FunctionFacts, UnitFacts } from '../facts/facts';
import type { Body } from './bodies';
import type { Fn, Target } from './program';
import { type Cell, change, newCell, type Reads, read } from './reads';

/** What was made from facts, and what else that took. */
export interface Made<T> {
  from: FunctionFacts;
  reads: Reads;
  value: T;
}

/** A class, for one accessor shared by all: whoever looks into a function depends on it. */
export class LinkedFn implements Fn {
  id = -1;
  unit: UnitFacts;
  /** As it was read. */
  raw: FunctionFacts;
  expanded?: Made<FunctionFacts>;
  linked?: Made<Body>;
  /** While linking goes on, facts are what they were before the step: the order of functions has no influence. */
  cell: Cell;
  readonly kept = new Map<string, unknown>();
  private shown: FunctionFacts;
  private readonly cells = { raw: newCell(), expanded: newCell(), linked: newCell() };

  constructor(unit: UnitFacts, raw: FunctionFacts) {
    this.unit = unit;
    this.raw = raw;
    this.shown = raw;
    this.cell = this.cells.raw;
  }

  get facts(): FunctionFacts {
    read(this.cell);
    return this.shown;
  }

  /** Takes the facts of the same function from another reading of its file. */
  replace(unit: UnitFacts, raw: FunctionFacts): void {
    this.unit = unit;
    if (raw !== this.raw && !sameButPlace(raw, this.raw)) change(this.cells.raw);
    this.raw = raw;
  }

  expand(made: Made<FunctionFacts>): void {
    const known = this.expanded?.value;
    if (known && known !== made.value && !sameButPlace(known, made.value)) change(this.cells.expanded);
    this.expanded = made;
  }

  link(made: Made<Body>): void {
    const known = this.linked?.value;
    const isSame =
      !known ||
      (sameButPlace(known.facts, made.value.facts) && sameTargets(known.targets, made.value.targets));
    if (!isSame) change(this.cells.linked);
    this.linked = made;
  }

  show(stage: 'raw' | 'expanded' | 'linked'): void {
    this.cell = this.cells[stage];
    this.shown =
      (stage === 'linked' ? this.linked?.value.facts : undefined) ??
      (stage === 'raw' ? undefined : this.expanded?.value) ??
      this.raw;
  }

  /** What there is so far of the body that is being linked, for the function itself. */
  showBody({ facts }: Body): void {
    this.shown = facts;
  }
}

const PLACES: ReadonlySet<string> = new Set(['at', 'span', 'nameSpan']);

/** Whether two functions are equal but for where their files have them. */
export function sameButPlace(a: FunctionFacts, b: FunctionFacts): boolean {
  return same(a, b, b.nameSpan[0] - a.nameSpan[0]);
}

/** Equal plain data, where every place in `b` stands `by` characters behind that in `a`. */
function same(a: unknown, b: unknown, by: number): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!same(a[i], b[i], by)) return false;
    return true;
  }
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  if (left.length !== right.size) return false;
  return left.every(([key, value]) => {
    const other: unknown = right.get(key);
    return PLACES.has(key) ? moved(value, other, by) : same(value, other, by);
  });
}

function moved(a: unknown, b: unknown, by: number): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a[0] + by === b[0] && a[1] + by === b[1];
}

/** Whether calls reach the same. */
export function sameTargets(a: ReadonlyMap<number, Target>, b: ReadonlyMap<number, Target>): boolean {
  if (a.size !== b.size) return false;
  for (const [node, target] of a) {
    const other = b.get(node);
    if (!other || !sameTarget(target, other)) return false;
  }
  return true;
}

function sameTarget(a: Target, b: Target): boolean {
  if (a.kind === 'function' && b.kind === 'function') return a.fn === b.fn && sameRest(a, b);
  if (a.kind === 'model' && b.kind === 'model') return a.model === b.model && sameRest(a, b);
  return a.kind === b.kind && sameRest(a, b);
}

function sameRest(a: Target, b: Target): boolean {
  return same({ ...a, fn: 0, model: 0 }, { ...b, fn: 0, model: 0 }, 0);
}
