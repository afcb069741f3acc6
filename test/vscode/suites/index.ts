/**
 * What the editor loads and runs inside its extension host. Results go as lines of JSON into the file that
 * THREADLINT_TEST_REPORT names, because the two editors the launcher knows print in different ways.
 */
import { appendFileSync } from 'node:fs';

const SUITE_TIMEOUT = 60_000;

/** Runs all suites; rejects when a test fails, as the editor's test runner expects. */
export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'tdd', timeout: SUITE_TIMEOUT, forbidOnly: true, forbidPending: true });
  mocha.suite.emit('pre-require', globalThis, 'suites', mocha);
  await import('./findings');
  await import('./edits');
  await import('./settings');
  await import('./commands');
  if (process.env.THREADLINT_TEST_MODE === 'packaged') await import('./packaged');

  const failures = await new Promise<number>((resolve) => {
    const runner = mocha.reporter(Mocha.reporters.Base).run(resolve);
    runner.on('pass', (test) => report({ passed: test.fullTitle(), ms: test.duration ?? 0 }));
    runner.on('fail', (test, error: Error) => {
      report({ failed: test.fullTitle(), error: error.stack ?? String(error) });
    });
  });
  report({ done: true });
  if (failures > 0) throw new Error(`${failures} failed`);
}

function report(line: Record<string, unknown>): void {
  const file = process.env.THREADLINT_TEST_REPORT;
  if (file) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
