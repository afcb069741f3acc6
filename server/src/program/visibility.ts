/**
 * Which of several files of the same workspace a name in one file means.
 *
 * A workspace holds many programs: the same function, type and global names stand in several places. A name
 * means the definition its file can be linked with: the same file, then a file it includes, then the nearest
 * folder. Two equally near candidates are two programs, and the name means neither.
 */
import type { UnitFacts } from '../facts/facts';

export interface Visibility {
  /** The candidate that `from` means, or undefined where none is nearer than the others. */
  nearest<T extends { unit: UnitFacts }>(from: UnitFacts, candidates: readonly T[]): T | undefined;
}

/**
 * Remembers answers by unit and name: the same few names are asked for at every use.
 */
export function remembered<T>(
  find: (unit: UnitFacts, name: string) => T,
): (unit: UnitFacts, name: string) => T {
  const known = new Map<UnitFacts, Map<string, T>>();
  return (unit, name) => {
    const own = known.get(unit) ?? new Map<string, T>();
    known.set(unit, own);
    const found = own.get(name);
    if (found !== undefined || own.has(name)) return found as T;
    const made = find(unit, name);
    own.set(name, made);
    return made;
  };
}

export function makeVisibility(units: readonly UnitFacts[]): Visibility {
  const byBaseName = new Map<string, UnitFacts[]>();
  for (const unit of units) {
    const name = baseName(unit.file);
    const list = byBaseName.get(name);
    if (list) list.push(unit);
    else byBaseName.set(name, [unit]);
  }
  const closures = new Map<UnitFacts, Set<UnitFacts>>();
  const closureOf = (unit: UnitFacts): Set<UnitFacts> => {
    const known = closures.get(unit);
    if (known) return known;
    const closure = includeClosure(unit, byBaseName);
    closures.set(unit, closure);
    return closure;
  };
  return {
    nearest(from, candidates) {
      if (candidates.length === 0) return undefined;
      const own = candidates.find((candidate) => candidate.unit === from);
      if (own) return own;
      const first = candidates[0];
      if (candidates.length === 1) return first;
      const included = closureOf(from);
      const visible = candidates.filter((candidate) => included.has(candidate.unit));
      if (visible.length === 1) return visible[0];
      return closest(from, visible.length > 0 ? visible : candidates);
    },
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function includeClosure(start: UnitFacts, byBaseName: ReadonlyMap<string, UnitFacts[]>): Set<UnitFacts> {
  const seen = new Set([start]);
  const queue = [start];
  for (let unit = queue.pop(); unit; unit = queue.pop()) {
    for (const { path } of unit.includes) {
      const plain = path.replace(/^(?:\.\.?\/)+/, '');
      const named = (byBaseName.get(baseName(plain)) ?? []).filter((u) => u.file.endsWith(`/${plain}`));
      const target = closest(
        unit,
        named.map((u) => ({ unit: u })),
      )?.unit;
      if (!target || seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return seen;
}

/** The candidate in the folder that shares the longest way with `from`; undefined on a tie. */
function closest<T extends { unit: UnitFacts }>(from: UnitFacts, candidates: readonly T[]): T | undefined {
  let best: T | undefined;
  let bestRank: readonly [number, number] = [-1, 0];
  let tie = false;
  for (const candidate of candidates) {
    const rank = nearness(from.file, candidate.unit.file);
    const order = rank[0] - bestRank[0] || rank[1] - bestRank[1];
    if (order > 0) {
      best = candidate;
      bestRank = rank;
      tie = false;
    } else if (order === 0) tie = true;
  }
  return tie ? undefined : best;
}

/** Folders in common, then (negated) folders to descend: a neighbour is nearer than a cousin. */
function nearness(a: string, b: string): readonly [number, number] {
  const left = a.split('/');
  const right = b.split('/');
  let common = 0;
  while (common < left.length - 1 && common < right.length - 1 && left[common] === right[common]) common++;
  return [common, common - (right.length - 1)];
}
