/** What is read of each construct, and that it then parses. */
import { describe, expect, it } from 'vitest';
import { condition } from '../../server/src/syntax/condition';
import { parsersOnce } from '../support/engine';
import { CASES } from './condition.cases';

describe.each(CASES)('conditioning of %s', (_, cases) => {
  it.each(cases)('$title', async ({ language = 'c', source, reads }) => {
    const { text } = condition(source, { language });
    expect(text.replace(/\s+/g, ' ').trim()).toBe(reads);
    const damaged = (await parsersOnce()).withTree(language, text, (root) => root.hasError);
    expect(damaged, 'the parser still finds an error').toBe(false);
  });
});
