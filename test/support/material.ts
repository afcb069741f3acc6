/** All sources that the fixtures and incidents hold, as material for tests that change them at random. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './binaries';
import { type FixtureFile, loadFixtures } from './fixtures';

/** Sorted by file. */
export function loadMaterial(): FixtureFile[] {
  const base = join(root, 'test/incidents');
  const incidents = readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:c|cpp|h)$/.test(path))
    .map((path) => ({
      file: `/incidents/${path.replaceAll('\\', '/')}`,
      text: readFileSync(join(base, path), 'utf8'),
    }));
  return [...loadFixtures().flatMap(({ files }) => files), ...incidents].sort((a, b) =>
    a.file < b.file ? -1 : 1,
  );
}

/** A number generator with a seed: the same numbers on every machine. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // A linear congruential generator whose high bits are good enough to pick places in a text.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
