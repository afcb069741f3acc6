/** The language status item: the small entry at the right of the status bar while a C or C++ file is open. */
import { type Disposable, LanguageStatusSeverity, languages } from 'vscode';
import { type ServerStatus, statusView } from './status-view';

export const LANGUAGES = [
  { scheme: 'file', language: 'c' },
  { scheme: 'file', language: 'cpp' },
];

export interface StatusItem extends Disposable {
  show(status: ServerStatus): void;
  /** What is shown now, in words; for tests and bug reports. */
  current(): ServerStatus;
}

/** Creates the item; it shows "starting" until told otherwise. */
export function createStatusItem(): StatusItem {
  const item = languages.createLanguageStatusItem('threadlint.status', LANGUAGES);
  item.name = 'Threadlint';
  item.command = { command: 'threadlint.showOutput', title: 'Show Output' };
  let now: ServerStatus = { state: 'starting' };

  function show(status: ServerStatus): void {
    now = status;
    const { text, detail, busy, severity } = statusView(status);
    item.text = text;
    item.detail = detail;
    item.busy = busy;
    item.severity = severity === 'error' ? LanguageStatusSeverity.Error : LanguageStatusSeverity.Information;
  }

  show(now);
  return { show, current: () => now, dispose: () => item.dispose() };
}
