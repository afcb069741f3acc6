/**
 * A check after edits says what a check of the same texts says that has seen nothing before: whatever is kept from
 * one check to the next, nothing may show of it.
 */
import { describe, expect, it } from 'vitest';
import { firstDifference, programsOf } from '../support/edit-histories';
import { loadMaterial } from '../support/material';

const PROGRAMS = programsOf(loadMaterial());

describe('findings after small edits', () => {
  it('are those of a fresh run, in small programs of several files', async () => {
    const several = PROGRAMS.filter((files) => files.length > 1 && files.length < 8);
    expect(several.length).toBeGreaterThan(5);
    for (const [i, files] of several.entries()) {
      const { difference, found } = await firstDifference(files, { seed: i + 1, edits: 6 });
      expect(difference).toBeUndefined();
      total += found;
    }
    expect(total).toBeGreaterThan(several.length);
  });

  it('are those of a fresh run, where all fixtures of a rule stand beside each other', async () => {
    const many = PROGRAMS.filter((files) => files.length >= 8);
    expect(many.length).toBeGreaterThan(2);
    for (const [i, files] of many.entries()) {
      const { difference } = await firstDifference(files, { seed: 100 + i, edits: 8 });
      expect(difference).toBeUndefined();
    }
  });
});

let total = 0;
