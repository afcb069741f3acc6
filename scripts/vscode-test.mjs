// Runs the suites of test/vscode inside a real VS Code, twice: on the extension in this folder, and on the packaged
// .vsix installed like any other. VS Code is downloaded where that is possible; elsewhere code-server takes its
// place. THREADLINT_VSCODE=electron|code-server forces one. `--no-build` takes dist/ as it is,
// `--only=development` or `--only=packaged` runs one half.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';
import { overallDeadline } from './vscode-process.mjs';

const DEADLINE = 900;
/** Seconds for one run of the suites, which takes about twenty. */
const RUN_DEADLINE = 240;

const SUITES = join(root, 'out/vscode/index.js');
const VSIX = join(root, 'threadlint.vsix');

const MODES = ['development', 'packaged'];
const only = /^--only=(.*)$/m.exec(process.argv.slice(2).join('\n'))?.[1];

const say = (step) => console.error(`vscode: ${step}`);

/** Runs everything and returns the number of failures; throws an Error where the tests could not be run. */
async function main() {
  setup();
  if (!process.argv.includes('--no-build')) {
    const { build } = await import('./build.mjs');
    say('building');
    await build();
  }
  await bundleSuites();
  const modes = MODES.filter((mode) => !only || mode === only);
  if (modes.length === 0) throw new Error(`--only must be ${MODES.join(' or ')}, not "${only}"`);
  if (modes.includes('packaged')) {
    const { packageExtension } = await import('./package.mjs');
    const { bytes } = await packageExtension(VSIX);
    say(`packaged threadlint.vsix, ${(bytes / 1e6).toFixed(2)} MB`);
  }

  const host = await chooseHost();
  const totals = { passed: 0, failed: 0 };
  for (const mode of modes) {
    const result = await runMode(host, mode);
    totals.passed += result.passed;
    totals.failed += result.failed;
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed;
}

async function bundleSuites() {
  const { build: bundle } = await import('esbuild');
  rmSync(join(root, 'out/vscode'), { recursive: true, force: true });
  await bundle({
    absWorkingDir: root,
    entryPoints: { index: 'test/vscode/suites/index.ts' },
    outdir: 'out/vscode',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}

/** The editor to test in. */
async function chooseHost() {
  const { electronHost, canDownload } = await import('./vscode-electron.mjs');
  const { codeServerHost } = await import('./vscode-code-server.mjs');
  const wanted = process.env.THREADLINT_VSCODE ?? 'auto';
  if (wanted === 'code-server') return codeServerHost(say);
  if (wanted === 'electron') return electronHost(say);
  if (wanted !== 'auto') {
    throw new Error(`THREADLINT_VSCODE must be electron or code-server, not "${wanted}"`);
  }
  if (await canDownload()) return electronHost(say);
  say('VS Code cannot be downloaded here; using code-server');
  return codeServerHost(say);
}

/**
 * One run of the suites in a fresh profile on a fresh copy of the test workspace. The names are short because the
 * editor makes a socket in its profile, whose path some systems limit to 100 characters.
 */
async function runMode(host, mode) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tl-')));
  const run = {
    workspace: join(folder, 'workspace'),
    userData: join(folder, 'u'),
    extensions: join(folder, 'extensions'),
    suites: SUITES,
    developed: mode === 'packaged' ? join(root, 'test/vscode/host') : root,
    vsix: mode === 'packaged' ? VSIX : undefined,
    report: join(folder, 'report.jsonl'),
    seconds: RUN_DEADLINE,
  };
  run.env = {
    THREADLINT_TEST_MODE: mode,
    THREADLINT_TEST_REPORT: run.report,
    THREADLINT_TEST_EXTENSIONS: run.extensions.replaceAll('\\', '/'),
  };
  try {
    cpSync(join(root, 'test/vscode/workspace'), run.workspace, { recursive: true });
    mkdirSync(run.extensions);
    say(`${mode}: starting ${host.name}`);
    const started = Date.now();
    const problem = await host.run(run);
    const result = readReport(run.report);
    console.log(`\n${mode} (${host.name}, ${((Date.now() - started) / 1000).toFixed(1)} s)`);
    for (const line of result.lines) console.log(line);
    if (!result.done)
      throw new Error(`${mode}: the suites did not run to their end${problem ? `: ${problem}` : ''}`);
    if (result.failed === 0 && problem) throw new Error(`${mode}: ${problem}`);
    if (result.passed + result.failed === 0) throw new Error(`${mode}: no test ran`);
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function readReport(file) {
  const entries = existsSync(file)
    ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse)
    : [];
  const passed = entries.filter((entry) => entry.passed);
  const failed = entries.filter((entry) => entry.failed);
  const lines = entries.flatMap((entry) => {
    if (entry.passed) return [`  ✓ ${entry.passed} (${entry.ms} ms)`];
    if (entry.failed) return [`  ✗ ${entry.failed}`, entry.error.replace(/^/gm, '      ')];
    return [];
  });
  return {
    passed: passed.length,
    failed: failed.length,
    done: entries.some((entry) => entry.done),
    lines,
  };
}

overallDeadline(DEADLINE);
try {
  process.exit((await main()) === 0 ? 0 : 1);
} catch (error) {
  say(error.message);
  process.exit(2);
}
