import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { run } from '../../server/src/cli/run';
import type { Terminal } from '../../server/src/cli/terminal';
import { BUNDLE, joinedIn, project, threadlint } from './project';

test('Ctrl-C ends the check with one word and exit code 130', async () => {
  const names = Array.from({ length: 4000 }, (_, index) => `f${index}`);
  const folder = project(Object.fromEntries(names.map((name) => [`${name}.c`, joinedIn(name).repeat(3)])));
  const before = performance.now();
  threadlint(folder, ['--version']);
  // What this machine, as busy as it is now, needs to start the command.
  const startup = performance.now() - before;
  const child = spawn(process.execPath, [BUNDLE, 'check'], { cwd: folder });
  const output = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    output.out += data;
  });
  child.stderr.on('data', (data) => {
    output.err += data;
  });
  await sleep(3 * startup + 50);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(output).toEqual({ out: '', err: 'threadlint: cancelled\n' });
  expect(code).toBe(130);
});

test('a check that is cancelled reports nothing', async () => {
  const folder = project({ 'a.c': joinedIn('a') });
  const written: string[] = [];
  const terminal: Terminal = {
    folder,
    color: false,
    interactive: false,
    signal: { aborted: true },
    githubWorkspace: undefined,
    out: (text) => written.push(text),
    complain: (sentence) => written.push(`! ${sentence}`),
    progress: () => {},
  };
  expect(await run(['check'], terminal)).toBe(130);
  expect(written).toEqual(['! cancelled']);
});
