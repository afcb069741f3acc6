/** The programs of the incidents give the findings expected of the rules there are; their repaired twins none. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RULE_INFOS } from '../server/src/rules/registry';
import type { Finding } from '../server/src/service/api';
import { root } from './support/binaries';
import { compile, hasCompiler } from './support/compiler';
import { checked } from './support/workspaces';

const Row = z.strictObject({
  rule: z.string(),
  /** One-based lines. */
  at: z.array(z.number()).min(1),
  shows: z.array(z.number()),
  alsoTrue: z.boolean().optional(),
});

const base = join(root, 'test/incidents');
const EXPECTED = z
  .record(z.string(), z.array(Row))
  .parse(JSON.parse(readFileSync(join(base, 'expected.json'), 'utf8')));
const KNOWN = new Set(RULE_INFOS.map(({ id }) => id));

it('expects something of each incident', () => {
  const folders = readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(Object.keys(EXPECTED).sort()).toEqual(folders.map(({ name }) => name).sort());
});

describe.each(Object.entries(EXPECTED))('%s', (name, all) => {
  const rows = all.filter(({ rule }) => KNOWN.has(rule));

  it('is reported', async () => {
    const { findings } = await check(name, 'bad');
    const unmatched = [...findings];
    for (const row of rows) {
      const index = unmatched.findIndex(
        (finding) => finding.rule === row.rule && row.at.includes(lineOf(finding)),
      );
      if (index < 0) {
        expect(row.alsoTrue, `${row.rule} at ${row.at.join(' or ')}, not among: ${said(findings)}`).toBe(
          true,
        );
        continue;
      }
      const [finding] = unmatched.splice(index, 1);
      if (finding) expect(linesShown(finding), said([finding])).toEqual(expect.arrayContaining(row.shows));
    }
    expect(said(unmatched)).toBe('');
  });

  it('is not reported once repaired', async () => {
    const { findings } = await check(name, 'good');
    expect(said(findings)).toBe('');
  });

  it.runIf(hasCompiler)('compiles', () => {
    const sources = [source(name, 'bad'), source(name, 'good')].map(({ file, text }) => ({
      name: `.${file}`,
      text,
    }));
    expect(compile(sources, ['-Wall'])).toBe('');
  });
});

async function check(name: string, twin: 'bad' | 'good') {
  const { result } = await checked([source(name, twin)]);
  return result;
}

function source(name: string, twin: 'bad' | 'good') {
  const entry = readdirSync(join(base, name)).find((file) => file.startsWith(`${twin}.`));
  if (!entry) throw new Error(`${name} has no ${twin} twin`);
  return { file: `/incidents/${name}/${entry}`, text: readFileSync(join(base, name, entry), 'utf8') };
}

function lineOf(finding: Finding): number {
  return finding.location.range.start.line + 1;
}

function linesShown(finding: Finding): number[] {
  return [lineOf(finding), ...finding.related.map(({ range }) => range.start.line + 1)];
}

function said(findings: readonly Finding[]): string {
  return findings
    .map((finding) => `${finding.rule} at ${linesShown(finding).join(', ')}: ${finding.message}`)
    .join('\n');
}
