/**
 * A check after edits says what a check of the same texts says that has seen nothing before: whatever is kept from
 * one check to the next, nothing may show of it.
 */
import { describe, expect, it } from 'vitest';
import { firstDifference, programsOf } from '../support/edit-histories';
import { loadMaterial } from '../support/material';

/** By folder: small programs of several files, and all fixtures of a rule that are one file beside each other. */
const PROGRAMS = programsOf(loadMaterial())
  .filter((files) => files.length > 1)
  .map((files, i) => ({ name: files[0]?.file.replace(/\/[^/]*$/, '') ?? '', files, seed: i + 1 }));

describe('after small edits the findings are those of a fresh run', () => {
  it.each(PROGRAMS)('in $name', async ({ files, seed }) => {
    const { difference } = await firstDifference(files, { seed, edits: files.length < 8 ? 7 : 5 });
    expect(difference).toBeUndefined();
  });

  it('of which there are some', async () => {
    expect(PROGRAMS.length).toBeGreaterThan(10);
    const [first] = PROGRAMS.filter(({ files }) => files.length >= 8);
    const { found } = await firstDifference(first?.files ?? [], { seed: 0, edits: 2 });
    expect(found).toBeGreaterThan(10);
  });
});
