// The test host for machines that cannot download VS Code.
import { installCodeServer } from './vscode-install.mjs';
import { lastLines } from './vscode-process.mjs';
import { installVsix, openWindow, writeUserSettings } from './vscode-session.mjs';

/** Installs what is missing. `run` resolves to what went wrong in a run, or undefined. */
export async function codeServerHost(say) {
  const code = await installCodeServer(say);
  return { name: 'code-server', run: (run) => runSuites(code, run) };
}

async function runSuites(code, run) {
  writeUserSettings(run.userData);
  if (run.vsix) await installVsix(code.entry, run.vsix, run);
  let printed = '';
  const window = await openWindow(code, run.workspace, {
    ...run,
    log: (type, args) => {
      printed += `${type}: ${[args].flat().join(' ')}\n`;
    },
    payload: (base) => [
      ['extensionDevelopmentPath', base(run.developed)],
      ['extensionTestsPath', base(run.suites)],
    ],
  });
  try {
    const status = await Promise.race([window.ended, late(run.seconds)]);
    if (status === 0) return undefined;
    const reason = status === undefined ? `not done after ${run.seconds} s` : `exit code ${status}`;
    return `${reason}\n${lastLines(printed + window.output(), 30)}`;
  } catch (error) {
    return error.message;
  } finally {
    await window.close();
  }
}

function late(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
}
