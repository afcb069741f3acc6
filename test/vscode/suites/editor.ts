/** What the suites do in the editor, in the words of its user. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  type CodeAction,
  CodeActionKind,
  commands,
  type Diagnostic,
  extensions,
  languages,
  type Range,
  type TextDocument,
  type TextEditor,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { ThreadlintApi } from '../../../client/src/extension';

const PATIENCE = 20_000;

export interface Problem {
  file: string;
  /** Counted from 1, as the editor shows it. */
  line: number;
  rule: string;
}

/** What the test workspace is known to hold, in the order of the Problems panel. */
export const EXPECTED: readonly Problem[] = [
  { file: 'beacon.c', line: 15, rule: 'thread-not-joined' },
  { file: 'index.c', line: 11, rule: 'lock-order' },
  { file: 'probe.c', line: 16, rule: 'thread-not-joined' },
];

export function uriOf(file: string): Uri {
  const folder = workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the editor was started without a workspace folder');
  return Uri.joinPath(folder.uri, file);
}

/** The path on disk of a file of the workspace. */
export function pathOf(file: string): string {
  return join(uriOf('.').fsPath, file);
}

export async function open(file: string): Promise<TextEditor> {
  return window.showTextDocument(await workspace.openTextDocument(uriOf(file)));
}

/** Throws away unsaved changes and closes all editors. */
export async function closeAll(): Promise<void> {
  for (const document of workspace.textDocuments.filter((each) => each.isDirty)) {
    await window.showTextDocument(document);
    await commands.executeCommand('workbench.action.files.revert');
  }
  await commands.executeCommand('workbench.action.closeAllEditors');
}

export async function threadlint(): Promise<ThreadlintApi> {
  const extension = extensions.getExtension<ThreadlintApi>('threadlint.threadlint');
  assert.ok(extension, 'the extension is not installed');
  return extension.activate();
}

/** Threadlint's entries of the Problems panel; `file` is relative to the workspace folder. */
export function diagnosticsOf(file: string): Diagnostic[] {
  const uri = uriOf(file).toString();
  return languages
    .getDiagnostics()
    .filter(([each]) => each.toString() === uri)
    .flatMap(([, diagnostics]) => diagnostics)
    .filter((diagnostic) => diagnostic.source === 'threadlint');
}

/** All entries of Threadlint in the Problems panel, sorted. */
export function problems(): Problem[] {
  const folder = `${uriOf('.').path.replace(/\/\.?$/, '')}/`;
  return languages
    .getDiagnostics()
    .flatMap(([uri, diagnostics]) =>
      diagnostics
        .filter((diagnostic) => diagnostic.source === 'threadlint')
        .map((diagnostic) => ({
          file: uri.path.replace(folder, ''),
          line: diagnostic.range.start.line + 1,
          rule: ruleOf(diagnostic),
        })),
    )
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.rule.localeCompare(b.rule));
}

export function ruleOf(diagnostic: Diagnostic): string {
  return String(typeof diagnostic.code === 'object' ? diagnostic.code.value : diagnostic.code);
}

/** Waits until the Problems panel holds exactly these entries, and fails with the difference when it never does. */
export async function problemsBecome(expected: readonly Problem[]): Promise<void> {
  const wanted = JSON.stringify(expected);
  await until(() => JSON.stringify(problems()) === wanted).catch(() => {
    assert.deepEqual(problems(), expected);
  });
}

/** Waits until the condition holds; rejects when it does not within 20 s. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not so after ${PATIENCE / 1000} s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The quick fixes that the light bulb offers at a range, their edits resolved. */
export async function quickFixes(document: TextDocument, range: Range): Promise<CodeAction[]> {
  const kind = CodeActionKind.QuickFix.value;
  return commands.executeCommand<CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    kind,
    20,
  );
}

/** Does what choosing the action in the menu does. */
export async function choose(action: CodeAction): Promise<void> {
  if (action.edit)
    assert.ok(await workspace.applyEdit(action.edit), `\`${action.title}\` could not be applied`);
  if (action.command)
    await commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
}

/** Replaces the first occurrence of a text in an open editor, without saving. */
export async function replaceText(editor: TextEditor, old: string, replacement: string): Promise<void> {
  const { document } = editor;
  const start = document.getText().indexOf(old);
  assert.notEqual(start, -1, `${document.fileName} does not hold ${old}`);
  const range = { start: document.positionAt(start), end: document.positionAt(start + old.length) };
  const done = await editor.edit((edit) => {
    edit.replace(editor.selection.with(range.start, range.end), replacement);
  });
  assert.ok(done, 'the editor refused the edit');
}
