// Makes docs/editor.png: the editor with squiggles and the Problems panel, the packaged extension active, on the
// example workspace. `--workspace=DIR`, `--file=NAME` and `--line=N[:COLUMN]` choose what is shown, `--out=FILE` where it goes.
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root, setup } from './setup.mjs';
import { overallDeadline } from './vscode-process.mjs';

const SIZE = { width: 1400, height: 900 };
const LOOK = {
  'workbench.colorTheme': 'Default Dark Modern',
  'window.commandCenter': false,
  'workbench.layoutControl.enabled': false,
  'workbench.activityBar.location': 'hidden',
  'editor.minimap.enabled': false,
  'editor.fontSize': 14,
  'editor.renderWhitespace': 'none',
  'editor.lightbulb.enabled': 'on',
  'editor.stickyScroll.enabled': false,
  'editor.occurrencesHighlight': 'off',
  'editor.matchBrackets': 'never',
  'problems.defaultViewMode': 'tree',
  'problems.sortOrder': 'severity',
  'breadcrumbs.enabled': false,
  'chat.commandCenter.enabled': false,
  'remote.autoForwardPorts': false,
  'window.menuBarVisibility': 'hidden',
};

async function main() {
  const { values } = parseArgs({
    options: {
      workspace: { type: 'string', default: 'examples/incidents' },
      file: { type: 'string', default: 'pool.c' },
      line: { type: 'string', default: '47:12' },
      out: { type: 'string', default: 'docs/editor.png' },
    },
  });
  setup();
  const { installCodeServer } = await import('./vscode-install.mjs');
  const { installVsix, openWindow, writeUserSettings } = await import('./vscode-session.mjs');
  const vsix = join(root, 'threadlint.vsix');
  if (!existsSync(vsix)) throw new Error('threadlint.vsix is missing: run `npm run package` first');
  const example = resolve(root, values.workspace);
  const code = await installCodeServer((step) => console.error(`screenshot: ${step}`));

  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'threadlint-screenshot-')));
  const profile = { userData: join(folder, 'user'), extensions: join(folder, 'extensions') };
  const workspace = join(folder, basename(example));
  try {
    cpSync(example, workspace, { recursive: true });
    mkdirSync(profile.extensions);
    writeUserSettings(profile.userData, LOOK);
    await installVsix(code.entry, vsix, profile);
    const file = join(workspace, values.file);
    const payload = (base) => [['openFile', base(file)]];
    const window = await openWindow(code, workspace, { ...profile, size: SIZE, payload });
    const out = resolve(root, values.out);
    mkdirSync(dirname(out), { recursive: true });
    await takePicture(window.page, values.line, out).finally(window.close);
    console.log(out);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Goes to the line, waits for squiggles, opens the Problems panel and clears what is in the way. */
async function takePicture(page, line, out) {
  await appears(page, 'an open file', '.monaco-editor .view-line span span');
  await goTo(page, line);
  await appears(page, 'a squiggle', '.monaco-editor .squiggly-warning, .monaco-editor .squiggly-error');
  await page.keyboard.press('Control+Shift+M');
  await appears(page, 'an entry in the Problems panel', '.markers-panel .monaco-list-row');
  // Toasts of the first start come late.
  await page.waitForTimeout(2500);
  await command(page, 'Notifications: Clear All Notifications');
  await command(page, 'View: Focus Active Editor Group');
  await goTo(page, line);
  await page.mouse.move(700, 890);
  await page.waitForTimeout(800);
  await page.screenshot({ path: out });
}

async function goTo(page, line) {
  await page.keyboard.press('Control+g');
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

async function appears(page, what, selector) {
  const seconds = 40;
  try {
    await page.waitForSelector(selector, { timeout: seconds * 1000 });
  } catch {
    throw new Error(`there was not ${what} within ${seconds} s`);
  }
}

async function command(page, title) {
  await page.keyboard.press('F1');
  await page.keyboard.type(title);
  await page.waitForTimeout(400);
  await page.keyboard.press('Enter');
  await page.waitForTimeout(300);
}

overallDeadline(300);
try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`screenshot: ${error.message}`);
  process.exit(2);
}
