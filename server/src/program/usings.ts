/** What `using` lets names mean: in a file, and in what includes it. */
import type { UnitFacts } from '../facts/facts';
import { type History, readLayout } from './history';
import { scopedNames } from './program';
import { isHeader, type Visibility } from './visibility';

/** The names that a name in a scope may stand for by a `using` that the file sees. */
export type UsedNames = (unit: UnitFacts, scope: string, name: string) => readonly string[];

const NONE: readonly string[] = [];

export function makeUsedNames(
  history: History,
  units: readonly UnitFacts[],
  visibility: Visibility,
): UsedNames {
  const headers = units.filter(({ file, usings }) => usings && isHeader(file));
  const seen = new Map<UnitFacts, readonly string[]>();
  const usingsOf = (unit: UnitFacts): readonly string[] => {
    const known = seen.get(unit);
    if (known) return known;
    const included = headers.filter((header) => header !== unit && visibility.sees(unit, header));
    const all = [...new Set([...(unit.usings ?? []), ...included.flatMap(({ usings = [] }) => usings)])];
    seen.set(unit, all);
    return all;
  };
  return (unit, scope, name) => {
    if (unit.language !== 'cpp' || name.startsWith('::')) return NONE;
    readLayout(history);
    const usings = usingsOf(unit);
    if (usings.length === 0) return NONE;
    const names = scopedNames(scope, name);
    return usings.flatMap((used) => meanings(used, name, names));
  };
}

/** `short=long` stands for the name or what is in it, in the namespace that `short` begins with. */
function meanings(used: string, name: string, scoped: readonly string[]): readonly string[] {
  const equal = used.indexOf('=');
  if (equal < 0) return [used.endsWith(`::${name}`) ? used : `${used}::${name}`];
  const short = used.slice(0, equal);
  const targets = scopedNames(`${short}::`, used.slice(equal + 1));
  return scoped.flatMap((full) => {
    if (full !== short && !full.startsWith(`${short}::`)) return NONE;
    return targets.map((target) => target + full.slice(short.length));
  });
}
