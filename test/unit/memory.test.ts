/** Trees are freed: the wasm memory does not grow with the number of files read. */
import { describe, expect, it } from 'vitest';
import { Language, Parser } from 'web-tree-sitter';
import { makeUnitFacts } from '../../server/src/facts/unit';
import { withCursor } from '../../server/src/syntax/parser';
import { readBinaries } from '../support/binaries';
import { parsersOnce } from '../support/engine';

const ONE = `
static int step_%(struct conn *c, int n)
{
    for (int i = 0; i < n; i++) {
        if (pthread_mutex_lock(&c->lock) != 0) { return -1; }
        c->count[i] += helper_%(c, i) && i > 3 ? 1 : 2;
        pthread_mutex_unlock(&c->lock);
    }
    return c->done;
}
`;

/** A text of some 300 KB. */
function largeText(): string {
  let text = '';
  for (let n = 0; text.length < 300_000; n++) text += ONE.replaceAll('%', String(n));
  return text;
}

const MIB = 1024 * 1024;

/** What is outside of the JavaScript heap and no array buffer: the wasm memory; one kept tree is some 20 MiB. */
function wasmBytes(): number {
  const { external, arrayBuffers } = process.memoryUsage();
  return external - arrayBuffers;
}

it('the measure sees a tree that is kept', async () => {
  await Parser.init({ wasmBinary: readBinaries().runtime });
  const parser = new Parser();
  parser.setLanguage(await Language.load(readBinaries().c));
  const text = largeText();
  const before = wasmBytes();
  const kept = Array.from({ length: 6 }, () => parser.parse(text));
  expect((wasmBytes() - before) / MIB).toBeGreaterThan(8);
  for (const tree of kept) tree?.delete();
  parser.delete();
});

describe('reading a 300 KB file again and again', () => {
  it('takes no more memory than reading it a few times', async () => {
    const parsers = await parsersOnce();
    const text = largeText();
    const read = () => makeUnitFacts(parsers, '/w/large.c', text, { language: 'c' });
    const parse = () =>
      parsers.withTree('c', text, (root) => withCursor(root, (cursor) => cursor.gotoFirstChild()));
    const functions = read().functions.length;
    for (let i = 0; i < 4; i++) parse();
    // Wasm memory never shrinks; what the trees of one reading need was taken by the first ones.
    const before = wasmBytes();
    for (let i = 0; i < 20; i++) expect(parse()).toBe(true);
    expect(read().functions).toHaveLength(functions);
    expect((wasmBytes() - before) / MIB).toBeLessThan(4);
  });

  it('frees a tree also where its reader throws', async () => {
    const parsers = await parsersOnce();
    const text = largeText();
    const fail = () =>
      parsers.withTree('c', text, () => {
        throw new Error('the reader fails');
      });
    for (let i = 0; i < 3; i++) expect(fail).toThrow('the reader fails');
    const before = wasmBytes();
    for (let i = 0; i < 10; i++) expect(fail).toThrow('the reader fails');
    expect((wasmBytes() - before) / MIB).toBeLessThan(4);
  });
});
