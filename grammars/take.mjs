// Takes the wasm grammars from their npm packages and records, or verifies, what was taken.
//   node grammars/take.mjs            verify: the files here are those of the manifest and of the packages
//   node grammars/take.mjs --update   copy from the installed packages and rewrite grammars.json
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const sources = [
  { language: 'c', package: 'tree-sitter-c', file: 'tree-sitter-c.wasm' },
  { language: 'cpp', package: 'tree-sitter-cpp', file: 'tree-sitter-cpp.wasm' },
];
const manifestPath = join(here, 'grammars.json');
const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The grammar's ABI version as the runtime reports it after loading. */
async function abiOf(path) {
  const { Language, Parser } = await import('web-tree-sitter');
  await Parser.init();
  return (await Language.load(new Uint8Array(readFileSync(path)))).abiVersion;
}

async function update() {
  const grammars = [];
  for (const source of sources) {
    const from = join(root, 'node_modules', source.package);
    copyFileSync(join(from, source.file), join(here, source.file));
    const { version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    const path = join(here, source.file);
    grammars.push({ ...source, version, license, abi: await abiOf(path), sha256: sha256(path) });
  }
  writeFileSync(manifestPath, `${JSON.stringify({ grammars }, null, 2)}\n`);
}

function verify() {
  const problems = [];
  for (const grammar of JSON.parse(readFileSync(manifestPath, 'utf8')).grammars) {
    const ours = join(here, grammar.file);
    const theirs = join(root, 'node_modules', grammar.package, grammar.file);
    if (!existsSync(ours)) problems.push(`grammars/${grammar.file} is missing`);
    else if (sha256(ours) !== grammar.sha256)
      problems.push(`grammars/${grammar.file} does not match its SHA-256`);
    if (existsSync(theirs) && sha256(theirs) !== grammar.sha256)
      problems.push(`${grammar.package} in node_modules holds another grammar than grammars.json records`);
  }
  if (problems.length === 0) return;
  for (const problem of problems) console.error(`grammars: ${problem}`);
  console.error('grammars: run `node grammars/take.mjs --update` after a deliberate version change');
  process.exit(1);
}

if (process.argv.includes('--update')) await update();
else verify();
