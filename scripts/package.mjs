// Packs dist/ as threadlint.vsix. Only what is named here gets in: the files are gathered in a folder of their own,
// with a package.json that says nothing about development.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, setup } from './setup.mjs';

/** The promise to the user: what the editor downloads. */
const LIMIT = 3_000_000;

const FILES = [
  'dist/extension.cjs',
  'dist/threadlint-server.cjs',
  'dist/threadlint-reader.cjs',
  'dist/web-tree-sitter.wasm',
  'dist/THIRD-PARTY-NOTICES.txt',
  'grammars/tree-sitter-c.wasm',
  'grammars/tree-sitter-cpp.wasm',
  'grammars/grammars.json',
  'client/icon.png',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];

/** Fields of package.json that mean something to npm or to a developer only. */
const LEFT_OUT = ['private', 'bin', 'files', 'scripts', 'devDependencies'];

/** What is compiled into the bundles without being an import. */
const TAKEN_BESIDES = ['tree-sitter-c', 'tree-sitter-cpp', 'web-tree-sitter'];

const ENTRIES = ['client/src/extension.ts', 'server/src/lsp/main.ts', 'server/src/cli/main.ts'];

/** Writes the package and returns its size in bytes. Throws an Error where a file is missing or it is too large. */
export async function packageExtension(target) {
  await writeNotices(join(root, 'dist/THIRD-PARTY-NOTICES.txt'));
  const missing = FILES.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`cannot package: ${missing.join(', ')} is missing`);

  const staging = join(root, 'out/package');
  rmSync(staging, { recursive: true, force: true });
  for (const file of FILES) {
    mkdirSync(dirname(join(staging, file)), { recursive: true });
    cpSync(join(root, file), join(staging, file));
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const field of LEFT_OUT) delete manifest[field];
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  // Without it the packer would warn that everything is taken, which is what is meant here.
  writeFileSync(join(staging, '.vscodeignore'), '');

  const { createVSIX } = await import('@vscode/vsce');
  await quietly(() => createVSIX({ cwd: staging, packagePath: target, dependencies: false }));
  const bytes = statSync(target).size;
  if (bytes > LIMIT)
    throw new Error(`threadlint.vsix has ${bytes} bytes, more than the ${LIMIT} it may have`);
  return { bytes };
}

/** Licences of everything that is bundled, from the packages themselves. */
async function writeNotices(target) {
  const packages = [...new Set([...(await bundledPackages()), ...TAKEN_BESIDES])].sort();
  const sections = packages.map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
    if (!license && !file) throw new Error(`cannot package: ${name} says nothing about its licence`);
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    return `${name.replace(/.*node_modules\//, '')} ${version} (${license})\n\n${text}\n`;
  });
  const rule = `\n${'-'.repeat(80)}\n\n`;
  const head = 'Threadlint contains the following third-party software.\n';
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, [head, ...sections].join(rule));
}

/** Folders below node_modules whose files the bundles take in. */
async function bundledPackages() {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES.filter((entry) => existsSync(join(root, entry))),
    outdir: 'out/unwritten',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const inPackage = /^node_modules\/((?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//;
  return Object.keys(metafile.inputs).flatMap((input) => inPackage.exec(input)?.[1] ?? []);
}

/** The packer prints every file it takes; here only what went wrong is worth a line. */
async function quietly(action) {
  const { log, info } = console;
  console.log = console.info = () => {};
  try {
    await action();
  } finally {
    Object.assign(console, { log, info });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    setup();
    if (!process.argv.includes('--no-build')) await (await import('./build.mjs')).build();
    const { bytes } = await packageExtension(join(root, 'threadlint.vsix'));
    console.log(`threadlint.vsix, ${(bytes / 1e6).toFixed(2)} MB`);
  } catch (error) {
    console.error(`package: ${error.message}`);
    process.exit(2);
  }
}
