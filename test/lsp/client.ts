/**
 * A small editor: starts the real server process and remembers all that it says.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import {
  type ClientCapabilities,
  type CodeAction,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Registration,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
  WorkDoneProgress,
} from 'vscode-languageserver/node';
import { URI } from 'vscode-uri';
import type { StatusParams } from '../../server/src/lsp/status';

const DIST = process.env.THREADLINT_DIST ?? join(import.meta.dirname, '../../dist');
export const SERVER = join(DIST, 'threadlint-server.cjs');

/** Files by relative path, written to a fresh folder that goes when the test ends. */
export function folderWith(files: Record<string, string>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'threadlint-lsp-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) write(join(folder, name), text);
  return folder;
}

export function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

export function uriOf(file: string): string {
  return URI.file(file).toString();
}

export interface EditorOptions {
  folders?: string[];
  capabilities?: ClientCapabilities;
  initializationOptions?: unknown;
  /** Answer to `workspace/configuration`; the client says that it supports that only when this is given. */
  settings?: unknown;
  args?: string[];
}

export interface Editor {
  process: ChildProcess;
  connection: ProtocolConnection;
  initialized: InitializeResult;
  /** What was pushed last, by file. */
  pushed: Map<string, PublishDiagnosticsParams>;
  pushes: PublishDiagnosticsParams[];
  statuses: StatusParams[];
  logged: string[];
  shown: string[];
  progress: { kind: string; message?: string; percentage?: number; title?: string }[];
  registrations: Registration[];
  refreshes: number;
  settings: unknown;
  open(file: string, text: string, languageId?: string): void;
  /** Replaces the first occurrence of `what` by an incremental change. */
  edit(file: string, what: string, by: string): void;
  close(file: string): void;
  textOf(file: string): string;
  onDisk(file: string, type: 1 | 2 | 3): void;
  /** Rules of the findings pushed for a file. */
  rulesIn(file: string): unknown[];
  ready(): Promise<void>;
  exitCode: Promise<number | null>;
}

export const PULLING: ClientCapabilities = {
  textDocument: { diagnostic: { dynamicRegistration: true, relatedInformation: true } },
  workspace: { diagnostics: { refreshSupport: true } },
};

/** Starts the server on folders and waits for `initialize`; the server is ended with the test. */
export async function startEditor(options: EditorOptions = {}): Promise<Editor> {
  const child = spawn(process.execPath, [SERVER, ...(options.args ?? ['--stdio'])], { stdio: 'pipe' });
  const exitCode = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const writer = new StreamMessageWriter(child.stdin);
  const connection = createProtocolConnection(new StreamMessageReader(child.stdout), writer);
  let ended = false;
  const write = writer.write.bind(writer);
  // An answer may still be on its way out when the test is over and nobody reads it.
  writer.write = (message) =>
    write(message).catch((error: unknown) => {
      if (!ended) throw error;
    });
  onTestFinished(() => {
    ended = true;
    connection.dispose();
    child.kill('SIGKILL');
  });
  const texts = new Map<string, { text: string; version: number }>();

  const editor: Editor = {
    process: child,
    connection,
    initialized: { capabilities: {} },
    pushed: new Map(),
    pushes: [],
    statuses: [],
    logged: [],
    shown: [],
    progress: [],
    registrations: [],
    refreshes: 0,
    settings: options.settings,
    exitCode,
    open(file, text, languageId = 'c') {
      texts.set(file, { text, version: 1 });
      const textDocument = { uri: uriOf(file), languageId, version: 1, text };
      void connection.sendNotification('textDocument/didOpen', { textDocument });
    },
    edit(file, what, by) {
      const known = texts.get(file);
      const at = known?.text.indexOf(what) ?? -1;
      if (known === undefined || at < 0) throw new Error(`no "${what}" in ${file}`);
      const range = { start: positionAt(known.text, at), end: positionAt(known.text, at + what.length) };
      const contentChanges: TextDocumentContentChangeEvent[] = [{ range, text: by }];
      known.text = known.text.slice(0, at) + by + known.text.slice(at + what.length);
      known.version++;
      const textDocument = { uri: uriOf(file), version: known.version };
      void connection.sendNotification('textDocument/didChange', { textDocument, contentChanges });
    },
    close(file) {
      texts.delete(file);
      void connection.sendNotification('textDocument/didClose', { textDocument: { uri: uriOf(file) } });
    },
    textOf: (file) => texts.get(file)?.text ?? '',
    onDisk(file, type) {
      const changes = [{ uri: uriOf(file), type }];
      void connection.sendNotification('workspace/didChangeWatchedFiles', { changes });
    },
    rulesIn: (file) => editor.pushed.get(file)?.diagnostics.map(({ code }) => code) ?? [],
    ready: () => until(() => editor.statuses.at(-1)?.state === 'ready', 'the server to be ready'),
  };

  connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
    editor.pushes.push(params);
    editor.pushed.set(URI.parse(params.uri).fsPath, params);
  });
  connection.onNotification('threadlint/status', (params: StatusParams) => void editor.statuses.push(params));
  connection.onNotification('window/logMessage', ({ message }) => void editor.logged.push(message));
  connection.onNotification('window/showMessage', ({ message }) => void editor.shown.push(message));
  connection.onRequest('window/workDoneProgress/create', ({ token }) => {
    connection.onProgress(WorkDoneProgress.type, token, (value) => void editor.progress.push(value));
    return null;
  });
  connection.onRequest('client/registerCapability', ({ registrations }) => {
    editor.registrations.push(...registrations);
    return null;
  });
  connection.onRequest('workspace/configuration', ({ items }) => items.map(() => editor.settings ?? null));
  connection.onRequest('workspace/diagnostic/refresh', () => {
    editor.refreshes++;
    return null;
  });
  connection.listen();

  const capabilities = withConfiguration(options.capabilities ?? {}, 'settings' in options);
  editor.initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      ...capabilities,
      textDocument: {
        publishDiagnostics: { relatedInformation: true },
        codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } },
        ...capabilities.textDocument,
      },
    },
    workspaceFolders: options.folders?.map((folder) => ({ uri: uriOf(folder), name: folder })) ?? null,
    initializationOptions: options.initializationOptions,
  });
  await connection.sendNotification('initialized', {});
  return editor;
}

function withConfiguration(capabilities: ClientCapabilities, configuration: boolean): ClientCapabilities {
  return { ...capabilities, workspace: { ...capabilities.workspace, configuration } };
}

/** Waits until something holds; fails with what was waited for. */
export async function until(holds: () => boolean, what: string, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${milliseconds} ms in vain for ${what}`);
    await sleep(3);
  }
}

export function positionAt(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

/** Applies an action's edits for one file to its text. */
export function applied(action: CodeAction, file: string, text: string): string {
  const versioned = action.edit?.documentChanges?.flatMap((change) =>
    'edits' in change && change.textDocument.uri === uriOf(file) ? change.edits : [],
  );
  const edits = (versioned ?? action.edit?.changes?.[uriOf(file)] ?? []).flatMap((edit) =>
    'newText' in edit
      ? [{ start: offsetAt(text, edit.range.start), end: offsetAt(text, edit.range.end), by: edit.newText }]
      : [],
  );
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((result, { start, end, by }) => result.slice(0, start) + by + result.slice(end), text);
}

function offsetAt(text: string, { line, character }: { line: number; character: number }): number {
  const before = text.split('\n').slice(0, line);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + character;
}

/** The source text that a diagnostic underlines. */
export function underlined(text: string, { range }: Diagnostic): string {
  return text.slice(offsetAt(text, range.start), offsetAt(text, range.end));
}
