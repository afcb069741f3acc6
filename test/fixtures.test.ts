/** Every annotated fixture gives exactly the findings it says, and its fixes remove them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { RULE_INFOS } from '../server/src/rules/registry';
import type { Finding, Settings } from '../server/src/service/api';
import { condition } from '../server/src/syntax/condition';
import { loadParsers, type Parsers } from '../server/src/syntax/parser';
import { readBinaries } from './support/binaries';
import { compile, hasCompiler } from './support/compiler';
import { type Fixture, type FixtureFile, loadFixtures } from './support/fixtures';
import { checked, fixed, placeOf } from './support/workspaces';

const FIXTURES = loadFixtures();
let parsers: Parsers;

beforeAll(async () => {
  parsers = await loadParsers(readBinaries());
});

describe.each(FIXTURES)('$name', (fixture) => {
  it('gives the findings it says, and no others', async () => {
    const { result } = await checked(fixture.files, settingsFor(fixture));
    expect(result.findings.map(placeOf).sort()).toEqual(expectedPlaces(fixture));
    for (const note of annotated(fixture, 'FOUND')) {
      const there = result.findings.filter((finding) => placeOf(finding) === place(note));
      expect(there.map((finding) => finding.message).join('\n')).toContain(note.text);
    }
    for (const note of annotated(fixture, 'SEE')) {
      const related = result.findings
        .filter((finding) => finding.rule === note.rule)
        .flatMap((finding) => finding.related)
        .filter(({ file, range }) => file === note.file && range.start.line === note.line);
      expect(related.length, `a related location at ${place(note)}`).toBeGreaterThan(0);
      expect(related.map(({ message }) => message).join('\n')).toContain(note.text);
    }
  });

  it('gives them in whatever order the files come', async () => {
    const { result } = await checked(fixture.files, settingsFor(fixture));
    const { result: reversed } = await checked([...fixture.files].reverse(), settingsFor(fixture));
    expect(reversed.findings).toEqual(result.findings);
  });

  it('is a program that compiles and parses', () => {
    for (const file of fixture.files) expect(parseErrors(file), file.file).toBe(false);
    if (hasCompiler) expect(compile(sources(fixture.files), ['-Wall'])).toBe('');
  });

  it('is repaired by each fix offered', async () => {
    const { workspace, result } = await checked(fixture.files, settingsFor(fixture));
    const textOf = (file: string) => fixture.files.find((one) => one.file === file)?.text;
    for (const finding of result.findings) {
      const fixes = workspace.fixes(finding, textOf);
      for (const note of [...annotated(fixture, 'FIX'), ...annotated(fixture, 'OFFER')]) {
        if (place(note) !== placeOf(finding)) continue;
        const wanted = fixes.filter((fix) => note.kind === 'OFFER' || fix.preferred);
        expect(wanted.map((fix) => fix.title).join('\n'), placeOf(finding)).toContain(note.text);
      }
      for (const fix of fixes) {
        const files = fixed(fixture.files, fix);
        const what = `${fix.title} for ${placeOf(finding)}:\n${files.map(({ text }) => text).join('\n')}`;
        const { result: after } = await checked(files, settingsFor(fixture));
        expectRepaired(result.findings, finding, after.findings, what);
        for (const file of files) expect(parseErrors(file), what).toBe(false);
        if (hasCompiler) expect(compile(sources(files)), what).toBe('');
      }
    }
    // Each repaired text is compiled, which takes long on a busy machine.
  }, 120_000);
});

describe('the collection of fixtures', () => {
  it.each(RULE_INFOS.map(({ id }) => id))(
    'shows %s found, silent, imprecise, and over several files',
    (id) => {
      const own = FIXTURES.filter(({ rule }) => rule === id);
      expect(new Set(own.map(({ outcome }) => outcome))).toEqual(new Set(['found', 'silent', 'imprecise']));
      const severalFiles = own.filter(
        ({ files }) => files.filter(({ file }) => !file.endsWith('.h')).length > 1,
      );
      expect(severalFiles.map(({ outcome }) => outcome)).toContain('found');
      expect(severalFiles.map(({ outcome }) => outcome)).toContain('silent');
    },
  );

  it('annotates each fixture as its name says', () => {
    for (const fixture of FIXTURES) {
      const kinds = fixture.annotations.map(({ kind }) => kind);
      if (fixture.outcome === 'silent') expect(kinds, fixture.name).toEqual([]);
      if (fixture.outcome === 'found') expect(kinds, fixture.name).toContain('FOUND');
      if (fixture.outcome === 'imprecise') {
        expect(
          kinds.some((kind) => kind === 'MISSED' || kind === 'FALSE'),
          fixture.name,
        ).toBe(true);
      }
    }
  });

  it('expects fixes only of findings', () => {
    for (const fixture of FIXTURES) {
      const found = new Set(annotated(fixture, 'FOUND').map(place));
      const fixes = [...annotated(fixture, 'FIX'), ...annotated(fixture, 'OFFER')];
      const astray = fixes.filter((note) => !found.has(place(note)));
      expect(astray, fixture.name).toEqual([]);
    }
  });

  it('names only rules that exist', () => {
    const known = new Set(RULE_INFOS.map(({ id }) => id));
    const unknown = FIXTURES.flatMap(({ rule, annotations }) => [
      rule,
      ...annotations.map((note) => note.rule),
    ]);
    expect(unknown.filter((rule) => !known.has(rule))).toEqual([]);
  });
});

/** A rule that is off by default is on for its own fixtures. */
function settingsFor({ rule }: Fixture): Settings {
  const isOff = RULE_INFOS.some(({ id, severity }) => id === rule && severity === 'off');
  return { severities: isOff ? { [rule]: 'information' } : {} };
}

function annotated(fixture: Fixture, kind: Fixture['annotations'][number]['kind']) {
  return fixture.annotations.filter((note) => note.kind === kind);
}

function expectedPlaces(fixture: Fixture): string[] {
  return [...annotated(fixture, 'FOUND'), ...annotated(fixture, 'FALSE')].map(place).sort();
}

function place(note: { file: string; line: number; rule: string }): string {
  return `${note.file}:${note.line + 1} ${note.rule}`;
}

/** The finding is gone and there is none that was not there before. */
function expectRepaired(before: Finding[], finding: Finding, after: Finding[], what: string) {
  const count = (findings: Finding[], fingerprint: string) =>
    findings.filter((one) => one.fingerprint === fingerprint).length;
  expect(count(after, finding.fingerprint), what).toBe(count(before, finding.fingerprint) - 1);
  const fresh = after.filter((one) => count(after, one.fingerprint) > count(before, one.fingerprint));
  expect(
    fresh.map((one) => `${placeOf(one)}: ${one.message}`),
    what,
  ).toEqual([]);
}

function parseErrors({ file, text }: FixtureFile): boolean | undefined {
  const language = /\.(cpp|hpp|cc|cxx)$/.test(file) ? 'cpp' : 'c';
  return parsers.withTree(language, condition(text, { language }).text, (root) => root.hasError);
}

function sources(files: readonly FixtureFile[]) {
  return files.map(({ file, text }) => ({ name: file.split('/').at(-1) ?? file, text }));
}
