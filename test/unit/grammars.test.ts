/** The grammars in the repository are those of the packages, as the manifest records them, and they load. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LANGUAGE_VERSION, Language, MIN_COMPATIBLE_VERSION, Parser } from 'web-tree-sitter';
import { z } from 'zod';
import { loadParsers } from '../../server/src/syntax/parser';
import { readBinaries, root } from '../support/binaries';

const Manifest = z.strictObject({
  grammars: z.array(
    z.strictObject({
      language: z.enum(['c', 'cpp']),
      package: z.string(),
      file: z.string(),
      version: z.string(),
      license: z.string(),
      abi: z.number(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
const { grammars } = Manifest.parse(JSON.parse(readFileSync(join(root, 'grammars/grammars.json'), 'utf8')));

it('the manifest names every grammar that is there', () => {
  const files = readdirSync(join(root, 'grammars')).filter((file) => file.endsWith('.wasm'));
  expect(grammars.map(({ file }) => file).sort()).toEqual(files.sort());
  expect(grammars.map(({ language }) => language).sort()).toEqual(['c', 'cpp']);
});

describe.each(grammars)('$file', (grammar) => {
  const bytes = readFileSync(join(root, 'grammars', grammar.file));

  it('is what the manifest records', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(grammar.sha256);
  });

  it('is what its package holds', () => {
    const folder = join(root, 'node_modules', grammar.package);
    expect(readFileSync(join(folder, grammar.file)).equals(bytes)).toBe(true);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect({ version, license }).toEqual({ version: grammar.version, license: grammar.license });
  });

  it('has an ABI that the runtime reads', async () => {
    await Parser.init({ wasmBinary: readBinaries().runtime });
    const { abiVersion } = await Language.load(new Uint8Array(bytes));
    expect(abiVersion).toBe(grammar.abi);
    expect(abiVersion).toBeGreaterThanOrEqual(MIN_COMPATIBLE_VERSION);
    expect(abiVersion).toBeLessThanOrEqual(LANGUAGE_VERSION);
  });
});

it('parsers read their language and are refused for what is no grammar', async () => {
  const binaries = readBinaries();
  const parsers = await loadParsers(binaries);
  const broken = (language: 'c' | 'cpp', text: string) =>
    parsers.withTree(language, text, (tree) => tree.hasError);
  expect(broken('c', 'int f(int class) { return class; }')).toBe(false);
  expect(broken('cpp', 'class A { public: int f() const; };')).toBe(false);
  expect(broken('c', 'class A { public: int f() const; };')).toBe(true);
  await expect(loadParsers({ ...binaries, c: new Uint8Array([1, 2, 3]) })).rejects.toThrow();
});
