// A window of VS Code without a screen: code-server on a free port, shown by a headless Chromium.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { freePort, lastLines, runToEnd, start, stop } from './vscode-process.mjs';

const BROWSER_ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Settings of every window: nothing that pops up, phones home or depends on the machine. */
const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.enabled': false,
  'files.autoSave': 'off',
  'git.enabled': false,
};

/** Writes the user's settings into a profile folder, as both editors read them. */
export function writeUserSettings(userData, more = {}) {
  mkdirSync(join(userData, 'User'), { recursive: true });
  writeFileSync(join(userData, 'User/settings.json'), JSON.stringify({ ...QUIET, ...more }, null, 2));
}

/** Installs a .vsix into an extensions folder of code-server. */
export async function installVsix(entry, vsix, { userData, extensions }) {
  const args = ['--install-extension', vsix, '--user-data-dir', userData, '--extensions-dir', extensions];
  const config = join(userData, 'config.yaml');
  const options = { env: ownEnvironment(userData), seconds: 120 };
  await runToEnd(process.execPath, [entry, ...args, '--config', config], options);
}

/**
 * Opens a folder in a window. `payload(base)` gives what the page is told besides, as pairs; `base` makes the
 * remote URI of an absolute path. Returns the page, the promise of the exit code of a test run inside the window,
 * and `close()`.
 */
export async function openWindow(code, folder, { userData, extensions, env = {}, payload, size, log }) {
  const port = await freePort();
  const server = start(
    process.execPath,
    [
      ...[
        code.entry,
        '--auth',
        'none',
        '--bind-addr',
        `127.0.0.1:${port}`,
        '--config',
        join(userData, 'config.yaml'),
      ],
      ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'],
      ...['--user-data-dir', userData, '--extensions-dir', extensions],
    ],
    { env: { ...ownEnvironment(userData), ...env } },
  );
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await waitForServer(server, port, () => output);

  const browser = await chromium.launch({
    executablePath: code.browser,
    args: BROWSER_ARGS,
    env: ownEnvironment(userData),
  });
  const page = await browser.newPage({ viewport: size ?? { width: 1400, height: 900 } });
  const ended = new Promise((resolve, reject) => {
    page.once('crash', () => reject(new Error('the browser page crashed')));
    browser.once('disconnected', () => reject(new Error('the browser ended before the tests did')));
    server.once('exit', (status) =>
      reject(new Error(`code-server ended (${status})\n${lastLines(output, 20)}`)),
    );
    page.exposeFunction('codeAutomationExit', (status) => resolve(status)).catch(reject);
  });
  // Whoever only looks at the window never asks for the end.
  ended.catch(() => {});
  await page.exposeFunction('codeAutomationLog', (type, args) => log?.(type, args));
  const base = (path) => `vscode-remote://127.0.0.1:${port}${pathToFileURL(path).pathname}`;
  const told = encodeURIComponent(JSON.stringify(payload?.(base) ?? []));
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}&payload=${told}`);

  async function close() {
    await browser.close().catch(() => {});
    await stop(server);
  }
  return { page, ended, close, output: () => output };
}

async function waitForServer(server, port, output) {
  const end = Date.now() + 30_000;
  while (server.exitCode === null && Date.now() < end) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`code-server did not start\n${lastLines(output(), 20)}`);
}

/**
 * Without the variables by which a VS Code terminal sends every `code` command to its own window, and with
 * nothing written to the user's own folders.
 */
function ownEnvironment(userData) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|CODE_SERVER_|ELECTRON_)/.test(name),
  );
  const home = join(userData, 'xdg');
  const own = { XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  return { ...Object.fromEntries(kept), ...own };
}
