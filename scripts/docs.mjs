// Writes what is said about rules in more than one place, from the rules themselves: a page each in docs/rules, the
// table in README.md, and the severities in the settings schema of package.json. `--check` writes nothing and
// fails where a file is not what would be written, and where a page names a file of ours that is not there.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setup } from './setup.mjs';

const PAGES = 'docs/rules';
const BEGIN = '<!-- rules: written by `npm run docs` -->';
const END = '<!-- end of rules -->';
/** What people wrote. */
const WRITTEN = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/json.md'];
const NOT_OURS = new Set(['node_modules', 'dist', 'out', '.cache', '.git']);
/** Named on a page, but the user's. */
const THEIRS = new Set(['threadlint.json']);
const LEVELS = ['error', 'warning', 'information', 'off'];

/** The rules' metadata, as the command line and the server see it. */
async function readRules() {
  const { build } = await import('esbuild');
  const folder = mkdtempSync(join(tmpdir(), 'threadlint-docs-'));
  try {
    const outfile = join(folder, 'registry.mjs');
    await build({
      absWorkingDir: root,
      entryPoints: ['server/src/rules/registry.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'warning',
    });
    const { RULE_INFOS } = await import(pathToFileURL(outfile).href);
    return RULE_INFOS;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A rule's page: its own text between a table of references and how to silence it. */
function pageOf(rule) {
  const [heading, title, ...body] = rule.docs.trim().split('\n\n');
  const cwe = rule.cwe.map((id) => `[${id}](https://cwe.mitre.org/data/definitions/${id}.html)`);
  const cells = [`\`${rule.severity}\``, ...[cwe, rule.cert, rule.misra].map(listed)];
  return `<!-- Written by \`npm run docs\` from server/src/rules/${rule.id}.ts. -->

${heading}

${title}

${table(['Default', 'CWE', 'CERT', 'MISRA'], [cells])}

${body.join('\n\n')}

## How to silence it

One finding, by a comment on its line or on the line before:

    // threadlint: ignore ${rule.id}

Everywhere, in \`threadlint.json\` (or another level: ${LEVELS.map((level) => `\`${level}\``).join(', ')}):

    { "severity": { "${rule.id}": "off" } }

In VS Code, by the setting \`threadlint.severity\`, which takes the same object.
`;
}

function listed(ids) {
  return ids.length > 0 ? ids.join(', ') : '–';
}

function tableOf(rules) {
  const rows = rules.map(({ id, severity, title }) => [`[\`${id}\`](${PAGES}/${id}.md)`, severity, title]);
  return table(['Rule', 'Default', 'What it says'], rows);
}

/** A Markdown table with its columns aligned, as the formatter wants it. */
function table(head, rows) {
  const widths = head.map((title, i) =>
    Math.max(...[title, ...rows.map((row) => row[i])].map(({ length }) => length)),
  );
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function readmeWith(rules) {
  const text = read('README.md') ?? '';
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`README.md needs the lines ${BEGIN} and ${END}, in this order`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${tableOf(rules)}\n\n${text.slice(end)}`;
}

function manifestWith(rules) {
  const manifest = JSON.parse(read('package.json') ?? '{}');
  const setting = manifest.contributes?.configuration?.properties?.['threadlint.severity'];
  if (!setting) throw new Error('package.json has no setting threadlint.severity');
  setting.properties = Object.fromEntries(
    rules.map(({ id, severity, title, url }) => [
      id,
      {
        type: 'string',
        enum: LEVELS,
        markdownDescription: `${title}. Default: \`${severity}\`. [More](${url})`,
      },
    ]),
  );
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Every generated file's text by its path from the root; undefined for a page whose rule is gone. */
function generated(rules) {
  const files = new Map(rules.map((rule) => [`${PAGES}/${rule.id}.md`, pageOf(rule)]));
  const present = existsSync(join(root, PAGES)) ? readdirSync(join(root, PAGES)) : [];
  for (const name of present) {
    if (!files.has(`${PAGES}/${name}`)) files.set(`${PAGES}/${name}`, undefined);
  }
  return files.set('README.md', readmeWith(rules)).set('package.json', manifestWith(rules));
}

/** Links of all pages, and file names of the architecture's map, that lead nowhere. */
function deadNames() {
  const files = readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    if (!entry.isDirectory()) return [`/${entry.name}`];
    const below = readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' });
    return below.map((name) => `/${entry.name}/${name.replaceAll('\\', '/')}`);
  });
  return WRITTEN.flatMap((page) => {
    const text = read(page) ?? '';
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, link]) => link)
      .filter((link) => !existsSync(join(root, dirname(page), link)));
    const names = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|json))`/g)]
      .map(([, name]) => name)
      .filter((name) => page === 'ARCHITECTURE.md' && !THEIRS.has(name))
      .filter((name) => !files.some((file) => file.endsWith(`/${name}`)));
    return [...links, ...names].map((name) => `${page} names ${name}, which does not exist`);
  });
}

function read(file) {
  const path = join(root, file);
  // A checkout on Windows may have other line ends.
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : undefined;
}

function write(file, text) {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  if (text === undefined) rmSync(path);
  else writeFileSync(path, text);
}

try {
  setup();
  const files = generated(await readRules());
  const drifted = [...files].filter(([file, text]) => read(file) !== text);
  if (!process.argv.includes('--check')) {
    for (const [file, text] of drifted) write(file, text);
    console.log(`docs: ${drifted.length} of ${files.size} files written`);
  } else if (drifted.length > 0) {
    const names = drifted.map(([file]) => file).join(', ');
    console.error(`docs: not in step with the rules: ${names}; run \`npm run docs\``);
    process.exitCode = 1;
  } else if (deadNames().length > 0) {
    console.error(`docs: ${deadNames().join('; ')}`);
    process.exitCode = 1;
  } else {
    console.log(`docs: ${files.size} files are in step with the rules`);
  }
} catch (error) {
  console.error(`docs: ${error.message}`);
  process.exitCode = 2;
}
