/** Histories of edits: after each, what is found is compared with what a run finds that remembers nothing. */
import { analyse } from '../../server/src/analysis/analysis';
import type { UnitFacts } from '../../server/src/facts/facts';
import { BUNDLED } from '../../server/src/models/library';
import { type History, newHistory } from '../../server/src/program/history';
import { link } from '../../server/src/program/link';
import { RULES } from '../../server/src/rules/registry';
import { unitOf } from './engine';
import type { FixtureFile } from './fixtures';
import { seeded } from './material';
import { edited } from './small-edits';

/** Sources by folder: the files of a fixture, or all the fixtures of a rule that are one file. */
export function programsOf(material: readonly FixtureFile[]): FixtureFile[][] {
  const folders = new Map<string, FixtureFile[]>();
  for (const each of material) {
    const folder = each.file.slice(0, each.file.lastIndexOf('/'));
    folders.set(folder, [...(folders.get(folder) ?? []), each]);
  }
  return [...folders.values()];
}

/** What every rule says, as texts. */
async function findingsOf(units: readonly UnitFacts[], history?: History): Promise<string[]> {
  const analysis = await analyse(link(units, BUNDLED, history));
  const abandoned = [...analysis.threads.abandoned, ...analysis.locks.abandoned];
  return [
    ...RULES.flatMap((rule) => rule.run(analysis)).map((finding) => JSON.stringify(finding)),
    ...abandoned.map(({ unit, facts }) => `${unit.file} ${facts.name} is given up`),
  ];
}

/** A check that is overtaken by an edit after some pauses. */
async function overtaken(units: readonly UnitFacts[], history: History, pauses: number): Promise<void> {
  const signal = new Error('overtaken');
  let left = pauses;
  const pause = async (): Promise<void> => {
    if (left-- <= 0) throw signal;
  };
  try {
    await analyse(link(units, BUNDLED, history), pause);
  } catch (error) {
    if (error !== signal) throw error;
  }
}

export interface EditHistory {
  difference?: { after: string; kept: string[]; fresh: string[] };
  /** Findings seen on the way. */
  found: number;
}

/** The first edit after which what is remembered shows; the findings that only one of the two runs has. */
export async function firstDifference(
  program: readonly FixtureFile[],
  { seed, edits }: { seed: number; edits: number },
): Promise<EditHistory> {
  const random = seeded(seed);
  const history = newHistory();
  const texts = new Map(program.map((each) => [each.file, each]));
  const units = new Map<string, UnitFacts>();
  for (const { file, text } of program) units.set(file, await unitOf(file, text));
  const done: string[] = [`seed ${seed}`];
  let found = 0;
  for (let count = 0; count <= edits; count++) {
    if (count > 0) {
      const { file, text, name } = edited([...texts.values()], random);
      done.push(name);
      texts.set(file, { file, text });
      units.set(file, await unitOf(file, text));
    }
    const all = [...units.values()];
    if (random(3) === 0) await overtaken(all, history, random(5));
    const kept = await findingsOf(all, history);
    const fresh = await findingsOf(all);
    found += fresh.length;
    if (JSON.stringify(kept) === JSON.stringify(fresh)) continue;
    const only = (a: string[], b: string[]): string[] => a.filter((one) => !b.includes(one));
    return {
      difference: { after: done.join(', '), kept: only(kept, fresh), fresh: only(fresh, kept) },
      found,
    };
  }
  return { found };
}
