/** No text makes the engine fail: it gives fewer facts, in bounded time, and findings that lie inside the file. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding, Workspace } from '../../server/src/service/api';
import { createWorkspace } from '../../server/src/service/workspace';
import { readBinaries } from '../support/binaries';
import { loadMaterial } from '../support/material';
import { EXTREMES, type Mutant, mutants } from '../support/mutations';
import { checked } from '../support/workspaces';

const MATERIAL = loadMaterial();
const FAULT = /could not be read by the engine/;
const BATCH = 20;
const BATCHES = 16;

let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace({ binaries: readBinaries() });
});

/** Checks one text alone, in both languages; the workspace is empty again afterwards. */
async function check({ name, text }: Mutant): Promise<void> {
  for (const file of ['/w/mutant.c', '/w/mutant.cpp']) {
    workspace.setFile(file, text);
    const { findings, notes } = await workspace.check();
    expect(notes.map(({ message }) => message).join(), `${name} as ${file}`).not.toMatch(FAULT);
    expectInside(findings, new Map([[file, text]]), name);
    workspace.removeFile(file);
  }
}

/** Every range of every finding lies in its file and does not end before it starts. */
function expectInside(findings: readonly Finding[], texts: ReadonlyMap<string, string>, name: string): void {
  for (const finding of findings) {
    for (const { file, range } of [finding.location, ...finding.related]) {
      const lines = (texts.get(file) ?? '').split(/\r\n|\n|\r/);
      const what = `${name}: ${finding.message}`;
      expect(range.end.line, what).toBeLessThan(lines.length);
      expect(range.start.line, what).toBeLessThanOrEqual(range.end.line);
      expect(range.start.character, what).toBeLessThanOrEqual(lines[range.start.line]?.length ?? -1);
      expect(range.end.character, what).toBeLessThanOrEqual(lines[range.end.line]?.length ?? -1);
      if (range.start.line === range.end.line)
        expect(range.start.character, what).toBeLessThan(range.end.character);
    }
  }
}

describe('no mutant of a source makes the engine fail', () => {
  const all = mutants(MATERIAL, BATCH * BATCHES, 20261);
  it.each(Array.from({ length: BATCHES }, (_, i) => i))('part %i', async (i) => {
    for (const mutant of all.slice(i * BATCH, (i + 1) * BATCH)) await check(mutant);
  });

  it('and they are no two the same', () => {
    expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThan(0.9 * all.length);
    expect(mutants(MATERIAL, 5, 20261)).toEqual(all.slice(0, 5));
  });
});

describe('no extreme text makes the engine fail', () => {
  it.each(EXTREMES)('$name', check);
});

it('bytes that are no text are read or refused, never thrown at', async () => {
  const texts = new Map<string, Uint8Array>([
    ['/w/binary.c', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 2])],
    ['/w/latin1.c', new Uint8Array([0x2f, 0x2f, 0xe9, 0xff, 0x0a])],
    ['/w/utf16.c', new Uint8Array([0xff, 0xfe, 0x69, 0, 0x6e, 0, 0x74])],
    ['/w/bom.c', new Uint8Array([0xef, 0xbb, 0xbf, 0x69, 0x6e, 0x74])],
    ['/w/cut.c', new Uint8Array([0x69, 0xe2, 0x82])],
  ]);
  for (const [file, bytes] of texts) workspace.setFile(file, bytes);
  const { notes } = await workspace.check();
  expect(notes.map(({ file }) => file)).toEqual(expect.arrayContaining(['/w/binary.c', '/w/latin1.c']));
  expect(notes.map(({ message }) => message).join()).not.toMatch(FAULT);
  for (const file of texts.keys()) workspace.removeFile(file);
});

it('findings of all sources lie inside their files', async () => {
  const { result } = await checked(MATERIAL);
  expect(result.findings.length).toBeGreaterThan(5);
  expectInside(result.findings, new Map(MATERIAL.map(({ file, text }) => [file, text])), 'all sources');
});

it('a file that is broken costs the findings of no other', async () => {
  const good = MATERIAL.filter(({ file }) => file.includes('found-globals'));
  const { result: alone } = await checked(good);
  const broken = [...MATERIAL.slice(0, 3)].map(({ text }, i) => ({
    file: `/other/${i}.c`,
    text: text.slice(0, text.length / 2),
  }));
  const { result } = await checked([...good, ...broken]);
  const own = result.findings.filter(({ location }) => location.file.includes('found-globals'));
  expect(own).toEqual(alone.findings);
  expect(own.length).toBeGreaterThan(0);
});
