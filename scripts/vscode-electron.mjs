// The test host for machines that can download VS Code: the desktop editor by @vscode/test-electron.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath } from '@vscode/test-electron';
import { cache } from './vscode-install.mjs';
import { lastLines, runToEnd } from './vscode-process.mjs';
import { writeUserSettings } from './vscode-session.mjs';

const RELEASES = 'https://update.code.visualstudio.com/api/releases/stable';

/** Whether VS Code can be had here, and shown: on Linux that takes a display or xvfb-run. */
export async function canDownload() {
  if (needsXvfb() && !hasXvfb()) return false;
  try {
    return (await fetch(RELEASES, { signal: AbortSignal.timeout(5000) })).ok;
  } catch {
    return false;
  }
}

/** Downloads VS Code once. `run` resolves to what went wrong in a run, or undefined. */
export async function electronHost(say) {
  if (needsXvfb() && !hasXvfb()) {
    throw new Error(
      'VS Code needs a display: set DISPLAY or install xvfb, or use THREADLINT_VSCODE=code-server',
    );
  }
  say('downloading VS Code');
  const executable = await downloadAndUnzipVSCode({
    cachePath: join(cache, 'vscode'),
    version: 'stable',
  }).catch((error) => {
    throw new Error(`VS Code cannot be downloaded: ${error.message}`);
  });
  return { name: 'VS Code', run: (run) => runSuites(executable, run) };
}

async function runSuites(executable, run) {
  writeUserSettings(run.userData);
  const profile = [`--user-data-dir=${run.userData}`, `--extensions-dir=${run.extensions}`];
  const env = { ...process.env, ...run.env };
  if (run.vsix) {
    const [cli, ...args] = resolveCliArgsFromVSCodeExecutablePath(executable, { reuseMachineInstall: true });
    const install = [...args, ...profile, '--install-extension', run.vsix];
    await runToEnd(cli, install, { env, seconds: 120, shell: process.platform === 'win32' });
  }
  const args = [
    run.workspace,
    ...profile,
    ...['--no-sandbox', '--disable-gpu-sandbox', '--disable-updates', '--disable-workspace-trust'],
    ...['--skip-welcome', '--skip-release-notes'],
    `--extensionDevelopmentPath=${run.developed}`,
    `--extensionTestsPath=${run.suites}`,
  ];
  const [command, ...shown] = needsXvfb() ? ['xvfb-run', '-a', executable] : [executable];
  try {
    await runToEnd(command, [...shown, ...args], { env, seconds: run.seconds });
    return undefined;
  } catch (error) {
    return lastLines(error.message, 30);
  }
}

function needsXvfb() {
  return process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
}

function hasXvfb() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, 'xvfb-run')));
}
