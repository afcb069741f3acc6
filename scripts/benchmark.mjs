// Measures the engine on a folder of sources: phases, memory, edits, and growth on copies renamed apart.
//
//     node scripts/benchmark.mjs FOLDER [--copies 1,4,16] [--edit FILE]
//
// All figures come from one run, side by side, so what else the machine does weighs on all of them alike. Times are
// those of the main thread where the system tells them (Linux), else those of the clock.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './setup.mjs';

const SOURCE = /\.(?:c|cc|cpp|cxx|h|hh|hpp)$/;
const ENGINE = join(root, '.cache/benchmark/engine.cjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    copies: { type: 'string', default: '1,4,16' },
    edit: { type: 'string' },
    measure: { type: 'string' },
  },
});
const folder = resolve(positionals[0] ?? 'examples/incidents');

if (values.measure) console.log(JSON.stringify(await measure(Number(values.measure), values.edit)));
else await compare();

/** One process for each number of copies: memory is that of this measure alone. */
async function compare() {
  await bundleEngine();
  const rows = values.copies.split(',').map((copies) => {
    const args = ['--max-old-space-size=16384', fileURLToPath(import.meta.url), folder, '--measure', copies];
    if (values.edit && copies === '1') args.push('--edit', values.edit);
    return JSON.parse(execFileSync('node', args, { encoding: 'utf8', maxBuffer: 1 << 26 }));
  });
  const [first] = rows;
  for (const row of rows) {
    const { edits, ...shown } = row;
    const times = (name) => ` (${(row[name] / first[name] / (row.copies / first.copies)).toFixed(2)})`;
    console.log(
      Object.entries(shown)
        .map(([name, value]) => `${name} ${value}${row !== first && first[name] ? times(name) : ''}`)
        .join('  '),
    );
    for (const edit of edits ?? []) console.log(`  edit  ${JSON.stringify(edit)}`);
  }
  if (rows.length > 1) console.log('In brackets: growth divided by the number of copies; 1 is linear.');
}

async function bundleEngine() {
  const { build } = await import('esbuild');
  mkdirSync(join(root, '.cache/benchmark'), { recursive: true });
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `export { createWorkspace } from './server/src/service/workspace';
export { makeUnitFacts } from './server/src/facts/unit';
export { languageOf } from './server/src/syntax/language';
export { loadParsers } from './server/src/syntax/parser';`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: ENGINE,
    alias: { 'web-tree-sitter': join(root, 'node_modules/web-tree-sitter/web-tree-sitter.cjs') },
    logLevel: 'warning',
  });
}

/** Milliseconds of the main thread. */
function now() {
  const own = `/proc/self/task/${process.pid}/schedstat`;
  return existsSync(own) ? Number(readFileSync(own, 'utf8').split(' ')[0]) / 1e6 : performance.now();
}

async function measure(copies, edit) {
  const engine = createRequire(import.meta.url)(ENGINE);
  const binaries = {
    runtime: readFileSync(join(root, 'node_modules/web-tree-sitter/web-tree-sitter.wasm')),
    c: readFileSync(join(root, 'grammars/tree-sitter-c.wasm')),
    cpp: readFileSync(join(root, 'grammars/tree-sitter-cpp.wasm')),
  };
  const files = sourcesIn(folder);
  const names = copies > 1 ? await namesIn(engine, binaries, files) : new Set();
  const workspace = await engine.createWorkspace({ binaries, now });
  let lines = 0;
  for (let copy = 0; copy < copies; copy++)
    for (const { file, text } of files) {
      const own = copies > 1 ? renamed(file, text, names, `_copy${copy}`, files) : { file, text };
      workspace.setFile(own.file, own.text);
      lines += own.text.split('\n').length;
    }
  const { findings } = await workspace.check();
  const { phases } = workspace.stats();
  const at = (phase) => Math.round(phases[phase] ?? 0);
  const result = {
    copies,
    lines,
    findings: findings.length,
    condition: at('condition'),
    parse: at('parse'),
    lower: at('lower'),
    link: at('link'),
    summarise: at('summarise'),
    rules: at('rules'),
    MB: Math.round(process.memoryUsage().rss / 1e6),
  };
  return edit ? { ...result, edits: await editTimes(workspace, files, edit) } : result;
}

/** The same file with one more statement in a function each time, and once with a line above everything. */
async function editTimes(workspace, files, name) {
  const found = files.find(({ file }) => basename(file) === name);
  if (!found) throw new Error(`no file ${name}`);
  let { text } = found;
  const rows = [];
  for (let i = 0; i < 8; i++) {
    const at = i === 7 ? 0 : text.indexOf('{\n', Math.floor((text.length * (i + 1)) / 9)) + 2;
    const added = i === 7 ? '\nstatic int benchmark_top;\n' : `int benchmark_${i} = ${i};\n`;
    text = text.slice(0, at) + added + text.slice(at);
    const since = now();
    workspace.setFile(found.file, text);
    const read = now() - since;
    await workspace.check();
    const total = now() - since;
    const { phases } = workspace.stats();
    const round = (value) => Math.round(value ?? 0);
    rows.push({
      total: round(total),
      read: round(read),
      link: round(phases.link),
      summarise: round(phases.summarise),
      rules: round(phases.rules),
    });
  }
  return rows;
}

function sourcesIn(path) {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .filter(({ text }) => !text.slice(0, 8192).includes('\0'));
}

/** Every name that the sources themselves define at file level. */
async function namesIn(engine, binaries, files) {
  const parsers = await engine.loadParsers(binaries);
  const names = new Set();
  const add = (name) => {
    for (const word of name.match(/[A-Za-z_]\w{2,}/g) ?? []) names.add(word);
  };
  for (const { file, text } of files) {
    const unit = engine.makeUnitFacts(parsers, file, text, { language: engine.languageOf(file, text) });
    for (const fn of unit.functions) add(fn.name);
    for (const each of [...unit.globals, ...unit.types, ...unit.aliases]) add(each.name);
  }
  for (const name of ['struct', 'union', 'class', 'enum', 'operator', 'main', 'lambda']) names.delete(name);
  return names;
}

function renamed(file, text, names, suffix, files) {
  const own = new Set(files.map((each) => basename(each.file)));
  const withSuffix = (name) => name.replace(new RegExp(`\\${extname(name)}$`), `${suffix}${extname(name)}`);
  const includes = text.replace(/(#[ \t]*include[ \t]*["<])([^">]+)([">])/g, (all, before, path, after) =>
    own.has(basename(path)) ? `${before}${withSuffix(path)}${after}` : all,
  );
  const body = includes
    .split('\n')
    .map((line) =>
      /^[ \t]*#[ \t]*include/.test(line)
        ? line
        : line.replace(/[A-Za-z_]\w{2,}/g, (word) => (names.has(word) ? `${word}${suffix}` : word)),
    );
  return { file: join(`/copies/${suffix}`, withSuffix(file)), text: body.join('\n') };
}
