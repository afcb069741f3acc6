// `npm test`, from a fresh clone to the last suite: every step runs and is readable, a step that failed hides only
// those that need it, and the last line is `N passed, N failed`. A step counts as one, a suite with its tests.
// `--only=docs,unit` runs the named steps and what they need.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './setup.mjs';
import { start, stop } from './vscode-process.mjs';

const REPORT = join(root, 'out/unit.json');
const SUM = /^(\d+) passed, (\d+) failed$/;
/** Some tools colour what goes into a file as soon as CI is set. */
const PLAIN = !process.stdout.isTTY;

/** In the order they run. `needs` names the steps without which one cannot run; `seconds` is its deadline. */
const STEPS = [
  { name: 'setup', args: ['scripts/setup.mjs'], needs: [], seconds: 300 },
  { name: 'build', args: ['scripts/build.mjs'], needs: ['setup'], seconds: 120 },
  {
    name: 'types',
    args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
    needs: ['setup'],
    seconds: 120,
  },
  {
    name: 'style',
    args: [
      'node_modules/@biomejs/biome/bin/biome',
      'ci',
      '--diagnostic-level=warn',
      ...(PLAIN ? ['--colors=off'] : []),
    ],
    needs: ['setup'],
    seconds: 120,
  },
  { name: 'docs', args: ['scripts/docs.mjs', '--check'], needs: ['setup'], seconds: 60 },
  {
    name: 'unit',
    args: [
      ...['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'],
      `--outputFile.json=${relative(root, REPORT)}`,
      ...(PLAIN ? ['--no-color'] : []),
    ],
    needs: ['build'],
    seconds: 900,
    count: countUnit,
  },
  {
    name: 'vscode',
    args: ['scripts/vscode-test.mjs', '--no-build'],
    needs: ['build'],
    seconds: 930,
    count: countPrinted,
  },
];

/** Runs one step and returns how many passed and failed of what it holds. */
async function runStep(step) {
  const { code, sum, late } = await runNode(step);
  if (late) console.log(`${step.name}: not done after ${step.seconds} s, stopped`);
  const ended = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
  if (!step.count) return ended;
  const counted = step.count(sum);
  // A runner that fails without a failed test, or that says nothing, is a failure of its own.
  if (!counted) return { passed: 0, failed: 1 };
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

/** The output passes through; of a step that prints its own sum, that line is kept back for the end. */
function runNode({ args, seconds, count }) {
  return new Promise((resolve) => {
    const output = count === countPrinted ? 'pipe' : 'inherit';
    const child = start(process.execPath, args, { cwd: root, stdio: ['ignore', output, 'inherit'] });
    let sum;
    let late = false;
    const deadline = setTimeout(() => {
      late = true;
      void stop(child);
    }, seconds * 1000);
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const match = SUM.exec(line);
        if (match) sum = { passed: Number(match[1]), failed: Number(match[2]) };
        else console.log(line);
      });
    }
    child.once('error', (error) => {
      console.log(error.message);
      resolve({ code: 1, sum, late });
    });
    child.once('close', (code) => {
      clearTimeout(deadline);
      resolve({ code, sum, late });
    });
  });
}

function countPrinted(sum) {
  return sum;
}

/** The unit tests' own report. A file that could not be loaded is a failure though it holds no test. */
function countUnit() {
  if (!existsSync(REPORT)) return undefined;
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const notRun = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  for (const test of notRun) console.log(`unit: not run here: ${test.fullName}`);
  if (notRun.length > 0) console.log('unit: the tests above need a C and a C++ compiler (gcc, g++)');
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length + unloaded.length,
  };
}

/** The named steps with everything they need, in running order. */
function chosen(names) {
  const unknown = names.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(`test: unknown step "${unknown}"; there are ${STEPS.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  const wanted = new Set(names);
  for (const step of STEPS.toReversed()) {
    if (wanted.has(step.name)) for (const need of step.needs) wanted.add(need);
  }
  return STEPS.filter(({ name }) => wanted.has(name));
}

const only = process.argv.slice(2).flatMap((arg) => /^--only=(.+)$/.exec(arg)?.[1]?.split(',') ?? []);
const steps = only.length > 0 ? chosen(only) : STEPS;
mkdirSync(join(root, 'out'), { recursive: true });
rmSync(REPORT, { force: true });

const broken = new Set();
const summary = [];
const total = { passed: 0, failed: 0 };
for (const step of steps) {
  console.log(`\n== ${step.name} ==`);
  const started = performance.now();
  const missing = step.needs.find((name) => broken.has(name));
  if (missing) console.log(`not run, because ${missing} failed`);
  const result = missing ? { passed: 0, failed: 1 } : await runStep(step);
  if (result.failed > 0) broken.add(step.name);
  total.passed += result.passed;
  total.failed += result.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = missing ? 'not run' : `${result.passed} passed, ${result.failed} failed`;
  summary.push(`  ${step.name.padEnd(8)}${`${seconds} s`.padStart(8)}  ${verdict}`);
}
console.log(`\n== all ==\n${summary.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
