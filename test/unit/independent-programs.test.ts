/** A workspace holds many programs: each gives the findings that it gives alone. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../server/src/service/api';
import { createWorkspace } from '../../server/src/service/workspace';
import { readBinaries } from '../support/binaries';
import { smallPrograms } from '../support/small-programs';
import { checked } from '../support/workspaces';

const COUNT = 80;

describe('independent programs with the same names', () => {
  it.each([1, 2])('give together what each gives alone (%i)', async (seed) => {
    const programs = smallPrograms(COUNT, seed);
    const { result } = await checked(programs);
    const together = new Map<string, Finding[]>();
    for (const finding of result.findings) {
      const { file } = finding.location;
      together.set(file, [...(together.get(file) ?? []), finding]);
    }
    const workspace = await createWorkspace({ binaries: readBinaries(), settings: { severities: {} } });
    for (const { file, text } of programs) {
      workspace.setFile(file, text);
      const { findings } = await workspace.check();
      workspace.removeFile(file);
      expect(together.get(file) ?? [], `${file}\n${text}`).toEqual(findings);
    }
  });

  it('have much to be said about, by many rules', async () => {
    const { result } = await checked(smallPrograms(COUNT, 1));
    const rules = new Set(result.findings.map(({ rule }) => rule));
    expect(result.findings.length).toBeGreaterThan(COUNT);
    expect(rules.size).toBeGreaterThan(14);
  });
});
