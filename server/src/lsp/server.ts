/**
 * The language server: connects the protocol's messages with the project, the check loop and the delivery.
 *
 * Invariant: handlers of notifications only note what has changed and ask the loop for a check; the work is
 * done there.
 */
import {
  type CancellationToken,
  type Connection,
  DidChangeWorkspaceFoldersNotification,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  MessageType,
  ResponseError,
  ShowMessageNotification,
  type WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver';
import { version } from '../../../package.json';
import { InstallationError } from '../host/binaries';
import { absolutePath } from '../host/paths';
import { type ClientSupport, clientSupport, serverCapabilities } from './capabilities';
import { createCheckLoop } from './check-loop';
import { codeActions } from './code-actions';
import { createDelivery, type Delivery } from './delivery';
import { reportsByFile } from './diagnostics';
import { openDocuments } from './documents';
import { answered, guarded, type Log, logBug, sentenceOf } from './guard';
import { createNoteLog } from './notes';
import { createProject } from './project';
import { readSettings, SECTION, type ServerSettings } from './settings';
import { createStatus, STATUS, type StatusParams } from './status';
import { createUris, fileOf } from './uris';
import { decidesListing, kindOf, registrations } from './watching';

/** Request: reads everything from disk again and checks it. */
export const CHECK_WORKSPACE = 'threadlint/checkWorkspace';

export interface CheckWorkspaceResult {
  findings: number;
  files: number;
}

/** Milliseconds to wait for the client's settings before the first check goes ahead without them. */
const SETTINGS_WAIT = 1000;

/** Serves on a connection that is not yet listening; listens. */
export function serve(connection: Connection): void {
  const log: Log = {
    info: (message) => connection.console.info(message),
    warn: (message) => connection.console.warn(message),
    error: (message) => connection.console.error(message),
  };
  const uris = createUris();
  const notes = createNoteLog();
  const status = createStatus(
    (params: StatusParams) => void connection.sendNotification(STATUS, params),
    () => connection.window.createWorkDoneProgress(),
  );
  let client: ClientSupport | undefined;
  let delivery: Delivery | undefined;
  let total = 0;
  let failure: string | undefined;
  let lastProblems = '';
  let start = () => {};
  /** Resolves when the client is initialized and its settings are known, so that nothing is read in vain. */
  const mayStart = new Promise<void>((resolve) => {
    start = resolve;
  });

  const documents = openDocuments(connection, uris, {
    opened: (file) => {
      project.documentChanged(file);
      delivery?.openChanged(file);
      loop.changed('at once');
    },
    edited: (file) => {
      project.documentChanged(file);
      loop.changed('soon');
    },
    closed: (file) => {
      project.documentChanged(file);
      delivery?.openChanged(file);
      loop.changed('at once');
    },
  });

  const project = createProject({
    openText: documents.text,
    openFiles: documents.files,
    progress: status.indexing,
    note: notes.add,
    problem: (sentence) => warnUser([sentence]),
  });

  const loop = createCheckLoop({
    async apply() {
      await mayStart;
      await project.apply();
    },
    async check(signal) {
      const result = await project.check(signal);
      failure = undefined;
      total = result.findings.length;
      result.notes.forEach(notes.add);
      notes.write(log.info);
      delivery?.checked(reportsByFile(result.findings, uris.uriOf));
      status.ready(total);
    },
    // The findings are those of the check before.
    rehearse: (signal) => project.rehearse(signal),
    failed(error) {
      const sentence = sentenceOf(error);
      if (error instanceof InstallationError) log.error(sentence);
      else logBug(log, 'The check', error);
      if (failure !== sentence) show(MessageType.Error, sentence);
      failure = sentence;
      status.error(sentence);
    },
  });

  function describe(file: string): { uri: string; version: number | null } {
    return { uri: uris.uriOf(file), version: documents.version(file) ?? null };
  }

  /** The library's own methods would ask for an answer, which some clients leave unanswered. */
  function show(type: MessageType, sentence: string): void {
    void connection.sendNotification(ShowMessageNotification.type, {
      type,
      message: `Threadlint: ${sentence}`,
    });
  }

  function warnUser(problems: readonly string[]): void {
    for (const problem of problems) {
      log.warn(problem);
      show(MessageType.Warning, problem);
    }
  }

  function useSettings(value: unknown): void {
    const { settings, problems } = readSettings(value);
    if (problems.join('\n') !== lastProblems) warnUser(problems);
    lastProblems = problems.join('\n');
    if (isSame(settings, project.settings())) return;
    project.configure(settings);
    loop.changed('at once');
  }

  async function fetchSettings(): Promise<void> {
    try {
      useSettings(await connection.workspace.getConfiguration(SECTION));
    } catch (error) {
      log.warn(`The client did not give its settings: ${sentenceOf(error)}`);
    }
  }

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    const support = clientSupport(params);
    client = support;
    delivery = createDelivery(support, {
      publish: (diagnostics) => void connection.sendDiagnostics(diagnostics),
      refresh: () => void connection.languages.diagnostics.refresh().catch(() => undefined),
      describe,
      isOpen: (file) => documents.version(file) !== undefined,
      settled: loop.settled,
    });
    project.setFolders(foldersOf(params));
    // Editors without workspace/configuration pass their settings here.
    if (params.initializationOptions) useSettings(params.initializationOptions);
    return { capabilities: serverCapabilities(support), serverInfo: { name: 'threadlint', version } };
  });

  connection.onInitialized(() => {
    if (client === undefined) return;
    const wanted = registrations(client);
    if (wanted.length > 0) {
      connection
        .sendRequest('client/registerCapability', { registrations: wanted })
        .catch((error: unknown) => log.warn(`The client does not watch files: ${sentenceOf(error)}`));
    }
    const settings = client.configuration ? fetchSettings() : Promise.resolve();
    const patience = new Promise((resolve) => setTimeout(resolve, SETTINGS_WAIT));
    void Promise.race([settings, patience]).then(start);
    loop.changed('at once');
  });

  connection.onDidChangeConfiguration(
    guarded(log, 'Changing the settings', ({ settings }) => {
      if (client?.configuration) void fetchSettings();
      else useSettings(settings?.[SECTION]);
    }),
  );

  connection.onDidChangeWatchedFiles(
    guarded(log, 'Following changes on disk', ({ changes }) => {
      const known = changes.flatMap((change) => {
        const file = uris.fileOf(change.uri);
        return file === undefined ? [] : [{ file, how: kindOf(change) }];
      });
      const relist = known.some(({ file }) => decidesListing(file));
      if (relist) project.rescan(false);
      if (project.diskChanged(known) || relist) loop.changed('soon');
    }),
  );

  connection.onNotification(
    DidChangeWorkspaceFoldersNotification.type,
    guarded(log, 'Changing the folders', ({ event }) => {
      const removed = new Set(event.removed.map(({ uri }) => uris.fileOf(uri)));
      const added = event.added.flatMap(({ uri }) => uris.fileOf(uri) ?? []);
      const kept = project.folders().filter((folder) => !removed.has(folder));
      project.setFolders([...new Set([...kept, ...added])]);
      loop.changed('at once');
    }),
  );

  connection.languages.diagnostics.on(
    answered(log, 'Reporting a file', async ({ textDocument, previousResultId }, token) => {
      const file = uris.fileOf(textDocument.uri);
      if (file === undefined || delivery === undefined) return { kind: 'full', items: [] };
      return delivery.document(file, previousResultId, token);
    }),
  );

  connection.languages.diagnostics.onWorkspace((params, token, _progress, parts) => {
    const held = new Map<string, string>();
    for (const { uri, value } of params.previousResultIds) {
      const file = uris.fileOf(uri);
      if (file !== undefined) held.set(file, value);
    }
    const send = parts && ((items: WorkspaceDocumentDiagnosticReport[]) => parts.report({ items }));
    return answered(log, 'Reporting the workspace', async () =>
      delivery === undefined ? { items: [] } : delivery.workspace(held, send, token),
    )(params, token);
  });

  connection.onCodeAction(
    answered(log, 'Offering fixes', async (params, token) => {
      const file = uris.fileOf(params.textDocument.uri);
      if (file === undefined || delivery === undefined || !client?.codeActionLiterals) return [];
      // The findings must be those of the present text, or the edits would hit the wrong lines.
      await loop.settled();
      if (token.isCancellationRequested) return [];
      const { documentChanges } = client;
      return codeActions(delivery.report(file), params, { fixes: project.fixes, describe, documentChanges });
    }),
  );

  const checkWorkspace = answered(log, 'Checking the workspace', async (): Promise<CheckWorkspaceResult> => {
    project.rescan(true);
    loop.changed('at once');
    await loop.settled();
    if (failure !== undefined) throw new ResponseError(ErrorCodes.InternalError, `Threadlint: ${failure}`);
    return { findings: total, files: project.fileCount() };
  });
  // The token comes last; a request without parameters brings nothing else.
  connection.onRequest(CHECK_WORKSPACE, (...args: unknown[]) =>
    checkWorkspace(undefined, args.at(-1) as CancellationToken),
  );

  connection.onShutdown(() => {
    loop.stop();
    delivery?.stop();
  });

  connection.listen();
}

/** The folders' files, in whichever of its three ways the client names them. */
function foldersOf({ workspaceFolders, rootUri, rootPath }: InitializeParams): string[] {
  if (workspaceFolders && workspaceFolders.length > 0)
    return workspaceFolders.flatMap(({ uri }) => fileOf(uri) ?? []);
  if (rootUri) return [fileOf(rootUri) ?? []].flat();
  return rootPath ? [absolutePath(rootPath)] : [];
}

function isSame(a: ServerSettings, b: ServerSettings): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
