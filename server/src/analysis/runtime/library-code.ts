/** What runs as a shared library is opened or closed: constructors and destructors of functions and of objects. */
import type { UnitFacts } from '../../facts/facts';
import { folderOf } from '../../program/includes';
import type { Fn, Program } from '../../program/program';

export interface LibraryCode {
  to: Fn;
  /** Where it stands, which for an object is not where its class does. */
  unit: UnitFacts;
  when: 'opens' | 'closes';
}

/** All of it, without what stands beside a `main`: that runs before and behind it, and is in no library. */
export function findLibraryCode(program: Program): LibraryCode[] {
  const programs = new Set(
    program.fns.filter(({ facts }) => facts.name === 'main').map(({ unit }) => folderOf(unit)),
  );
  const found: LibraryCode[] = [];
  for (const fn of program.fns) {
    if (fn.facts.startup) found.push({ to: fn, unit: fn.unit, when: 'opens' });
    if (fn.facts.shutdown) found.push({ to: fn, unit: fn.unit, when: 'closes' });
  }
  for (const unit of program.units) {
    if (unit.language !== 'cpp') continue;
    for (const { type, extern } of unit.globals) {
      const struct = extern || type.ptr > 0 || type.ref ? undefined : program.types.structOf(unit, '', type);
      if (!struct) continue;
      const { name } = struct.facts;
      const last = name.slice(name.lastIndexOf(':') + 1);
      const made = program.functionNamed(struct.unit, `${name}::${last}`);
      const ended = program.functionNamed(struct.unit, `${name}::~${last}`);
      if (made) found.push({ to: made, unit, when: 'opens' });
      if (ended) found.push({ to: ended, unit, when: 'closes' });
    }
  }
  return found.filter(({ unit }) => !programs.has(folderOf(unit)));
}

/** Files of one folder are mostly one library, whose own constructors have run before any of its code can. */
export function areApart(a: UnitFacts, b: UnitFacts): boolean {
  return folderOf(a) !== folderOf(b);
}
