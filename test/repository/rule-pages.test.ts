/** A rule's name leads to its file, its page and its fixtures. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULE_INFOS } from '../../server/src/rules/registry';
import { root } from '../support/binaries';

const pages = join(root, 'docs/rules');

describe.each(RULE_INFOS)('$id', ({ id, title, url }) => {
  it('has a file and fixtures by its name', () => {
    expect(existsSync(join(root, `server/src/rules/${id}.ts`))).toBe(true);
    expect(existsSync(join(root, `test/fixtures/${id}`))).toBe(true);
  });

  it('has the page that its address names', () => {
    const page = readFileSync(join(pages, `${id}.md`), 'utf8');
    expect(page).toContain(id);
    expect(page).toContain(title);
    expect(url.endsWith(`/docs/rules/${id}.md`)).toBe(true);
  });

  it('can be set by its name in the editor', () => {
    const { contributes } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(Object.keys(contributes.configuration.properties['threadlint.severity'].properties)).toContain(id);
  });
});

it('has no page without a rule', () => {
  const known = new Set([...RULE_INFOS.map(({ id }) => `${id}.md`), 'README.md']);
  expect(readdirSync(pages).filter((page) => !known.has(page))).toEqual([]);
});
