// Brings a complete VS Code (workbench and extension host) onto a machine that cannot download one: the npm package
// code-server, shown by a Chromium. Cached in .cache/ between runs; an interrupted installation is started anew.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';
import { runToEnd } from './vscode-process.mjs';

/** The newest release whose native modules build for Node 20; it carries VS Code 1.100.3. */
const VERSION = '4.100.3';
/** Raised when the recipe changes, so that older caches are made anew. */
const RECIPE = '1';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Where everything that is fetched for the tests is kept between runs. */
export const cache = process.env.THREADLINT_CACHE ?? join(root, '.cache');

/**
 * Makes sure that code-server and a browser are there. Returns the paths of code-server's start script and of the
 * browser. Throws an Error that says plainly what is missing.
 */
export async function installCodeServer(say) {
  if (process.platform === 'win32') {
    throw new Error('code-server does not run on Windows; use THREADLINT_VSCODE=electron');
  }
  await installSystemPackages(say);
  const home = join(cache, `code-server-${VERSION}-node${process.versions.modules}`);
  const entry = join(home, 'node_modules/code-server/out/node/entry.js');
  const stamp = join(home, 'complete');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== RECIPE) {
    removeLeftovers();
    // Built under another name and renamed: what has the final name is complete.
    const building = `${home}.${process.pid}`;
    await buildCodeServer(building, say);
    writeFileSync(join(building, 'complete'), RECIPE);
    rmSync(home, { recursive: true, force: true });
    renameSync(building, home);
  }
  return { entry, browser: browserPath() };
}

/** The browser to show code-server with, or undefined. `THREADLINT_CHROMIUM` names another one. */
export function browserPath() {
  const named = process.env.THREADLINT_CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  return BROWSERS.map(onPath).find((path) => path !== undefined);
}

async function buildCodeServer(home, say) {
  const env = npmEnvironment();
  const npm = (step, cwd, ...args) => {
    say(`installing code-server ${VERSION}: ${step}`);
    return runToEnd('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd,
      env,
      seconds: 600,
    });
  };
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  await npm('package', home, 'install', '--ignore-scripts', `code-server@${VERSION}`);

  const server = join(home, 'node_modules/code-server');
  const vscode = join(server, 'lib/vscode');
  await npm('modules of VS Code', vscode, 'install', '--omit=dev', '--ignore-scripts');
  symlinkSync('node_modules', join(vscode, 'node_modules.asar'));
  // Its own post-install step would download ripgrep; file search works with any build of it.
  const ripgrep = join(vscode, 'node_modules/@vscode/ripgrep/bin');
  mkdirSync(ripgrep, { recursive: true });
  symlinkSync(onPath('rg'), join(ripgrep, 'rg'));
  const built = ['@vscode/spdlog', 'native-watchdog', 'kerberos'];
  await npm('native modules', vscode, 'rebuild', '--ignore-scripts=false', ...built);
  await npm('built-in extensions', join(vscode, 'extensions'), 'install', '--omit=dev', '--ignore-scripts');
  await npm('server', home, 'rebuild', '--ignore-scripts=false', 'argon2');
  // A rebuild that did nothing is not an error to npm.
  const version = [join(server, 'out/node/entry.js'), '--version', '--config', join(home, 'config.yaml')];
  await runToEnd(process.execPath, version, { env: { ...env, XDG_DATA_HOME: home }, seconds: 60 });
}

/** Debian packages for what the recipe runs; installed only where something is missing. */
async function installSystemPackages(say) {
  const wanted = [
    ['chromium', browserPath() !== undefined],
    ['ripgrep', onPath('rg') !== undefined],
    ['libkrb5-dev', existsSync('/usr/include/gssapi/gssapi.h') || process.platform === 'darwin'],
    ['make', onPath('make') !== undefined],
    ['g++', onPath('g++') !== undefined || onPath('c++') !== undefined],
    ['python3', onPath('python3') !== undefined],
  ];
  const missing = wanted.filter(([, there]) => !there).map(([name]) => name);
  if (missing.length === 0) return;
  const names = missing.join(', ');
  if (onPath('apt-get') === undefined || process.getuid?.() !== 0) {
    throw new Error(
      `missing on this machine: ${names}. Install them (on Debian, as root: apt-get install ${missing.join(' ')})`,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  say(`installing Debian packages: ${names}`);
  await runToEnd('apt-get', ['update', '-qq'], { env, seconds: 180 });
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...missing];
  await runToEnd('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...install], { env, seconds: 600 });
}

/**
 * The environment for npm in the cache: without what an enclosing `npm run` hands down, which would switch off the
 * install scripts of the rebuilds, and with the headers of this Node where they are installed beside it.
 */
function npmEnvironment() {
  const handedDown = /^npm_(config_(ignore_scripts|omit|local_prefix|prefix|global)|package_|lifecycle_)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !handedDown.test(name)));
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include/node/node.h'))) env.npm_config_nodedir = prefix;
  return env;
}

/** Half-built installations of processes that are gone. */
function removeLeftovers() {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache)) {
    const owner = /^code-server-.*\.(\d+)$/.exec(name)?.[1];
    if (owner && !isRunning(Number(owner))) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function onPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await installCodeServer((step) => console.error(`vscode: ${step}`));
  } catch (error) {
    console.error(`vscode: ${error.message}`);
    process.exit(2);
  }
}
