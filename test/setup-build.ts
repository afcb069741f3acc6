/**
 * Builds dist/ before the tests when it is missing or older than what it is made from: the tests run the
 * bundles that users get. THREADLINT_DIST names the folder of another build to test instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BUNDLES = [
  'extension.cjs',
  'threadlint-server.cjs',
  'threadlint-reader.cjs',
  'threadlint.cjs',
  'web-tree-sitter.wasm',
];
const SOURCES = [
  'client/src',
  'server/src',
  'grammars',
  'scripts/build.mjs',
  'package.json',
  'package-lock.json',
];

export default function setup(): void {
  if (process.env.THREADLINT_DIST !== undefined || isFresh()) return;
  const { status, error } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`scripts/build.mjs ended with exit code ${status}`);
}

function isFresh(): boolean {
  const bundles = BUNDLES.map((name) => join(ROOT, 'dist', name));
  // Its time is that of the package it is copied from on some systems, so only its presence counts.
  if (!bundles.every((file) => existsSync(file))) return false;
  const built = Math.min(
    ...bundles.filter((file) => file.endsWith('.cjs')).map((file) => statSync(file).mtimeMs),
  );
  return SOURCES.every((path) => newest(join(ROOT, path)) <= built);
}

function newest(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
