// Child processes for the scripts that drive a real VS Code: every one is in a group of its own, has a deadline,
// and dies with this process whatever way it ends.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const running = new Set();

/** Starts a command in its own process group. `killAll` and the end of this process end the whole group. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends a process and all it started; asks first, and insists after two seconds. */
export async function stop(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  signalGroup(child, 'SIGTERM');
  const insist = setTimeout(() => signalGroup(child, 'SIGKILL'), 2000);
  await ended;
  clearTimeout(insist);
  // What the process started may outlive it by ignoring the request.
  signalGroup(child, 'SIGKILL');
}

/**
 * Runs a command to its end and returns its output. Throws an Error that names the command and ends with the last
 * lines it printed when it fails, cannot be started, or is not done after `seconds`.
 */
export async function runToEnd(command, args, { seconds = 300, ...options } = {}) {
  const child = start(command, args, options);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    signalGroup(child, 'SIGKILL');
  }, seconds * 1000);
  const line = [command, ...args].join(' ');
  try {
    const code = await ended;
    if (late) throw new Error(`\`${line}\` was not done after ${seconds} s`);
    if (code !== 0) throw new Error(`\`${line}\` failed (${code})\n${lastLines(output, 20)}`);
    return output;
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error(`cannot run \`${command}\`: it is not installed`);
    throw error;
  } finally {
    clearTimeout(deadline);
  }
}

/** A TCP port of this machine that nothing listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Ends this process with code 2 when the work is not done after `seconds`, so that no machine waits for ever.
 * Returns the function that calls the deadline off.
 */
export function overallDeadline(seconds) {
  const timer = setTimeout(() => {
    console.error(`vscode: not done after ${seconds} s, giving up`);
    process.exit(2);
  }, seconds * 1000);
  timer.unref();
  return () => clearTimeout(timer);
}

export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function signalGroup(child, signal) {
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

function killAll() {
  for (const child of running) signalGroup(child, 'SIGKILL');
}

process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(130));
}
