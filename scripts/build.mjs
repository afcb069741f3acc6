// Builds the bundles into dist/ (extension, language server, command line, reading thread) with the wasm runtime beside
// them; the grammars are read from grammars/. Everything the bundles need is in dist/ and grammars/.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, run, setup } from './setup.mjs';

export async function build() {
  setup();
  run('node', ['grammars/take.mjs']);
  const { build: bundle } = await import('esbuild');
  const dist = join(root, 'dist');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: false,
    minify: true,
    keepNames: false,
    legalComments: 'none',
    // The ESM build reads import.meta.url, which is empty in a CommonJS bundle.
    alias: { 'web-tree-sitter': join(root, 'node_modules/web-tree-sitter/web-tree-sitter.cjs') },
    logLevel: 'warning',
  };
  await Promise.all([
    bundle({
      ...common,
      entryPoints: ['client/src/extension.ts'],
      outfile: 'dist/extension.cjs',
      external: ['vscode'],
    }),
    bundle({
      ...common,
      entryPoints: ['server/src/lsp/main.ts'],
      outfile: 'dist/threadlint-server.cjs',
      banner: { js: '#!/usr/bin/env node' },
    }),
    bundle({
      ...common,
      entryPoints: ['server/src/host/reader-worker.ts'],
      outfile: 'dist/threadlint-reader.cjs',
    }),
    bundle({
      ...common,
      entryPoints: ['server/src/cli/main.ts'],
      outfile: 'dist/threadlint.cjs',
      banner: { js: '#!/usr/bin/env node' },
    }),
  ]);
  copyFileSync(
    join(root, 'node_modules/web-tree-sitter/web-tree-sitter.wasm'),
    join(dist, 'web-tree-sitter.wasm'),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
