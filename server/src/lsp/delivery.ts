/**
 * How findings reach the client: pushed, pulled by document, pulled for the workspace.
 *
 * Invariant: no file is both pushed and pulled. A client that pulls gets pushed only files that are not open,
 * and only until it pulls the workspace for the first time (several editors never do).
 */
import type {
  CancellationToken,
  DocumentDiagnosticReport,
  PublishDiagnosticsParams,
  WorkspaceDiagnosticReport,
  WorkspaceDocumentDiagnosticReport,
} from 'vscode-languageserver';
import type { ClientSupport } from './capabilities';
import { type FileReport, NOTHING_FOUND } from './diagnostics';
import { chunksOf, createWorkspaceView, documentReport, type FileName, type WorkspaceView } from './pull';
import { createPush } from './push';

export interface DeliveryHost {
  publish(params: PublishDiagnosticsParams): void;
  /** Asks the client to pull again. */
  refresh(): void;
  describe(file: string): FileName;
  isOpen(file: string): boolean;
  /** Resolves when all changes until now are checked. */
  settled(): Promise<void>;
}

type SendPart = (items: WorkspaceDocumentDiagnosticReport[]) => void;

export interface Delivery {
  report(file: string): FileReport;
  /** A check has ended. */
  checked(reports: ReadonlyMap<string, FileReport>): void;
  /** A document was opened or closed. */
  openChanged(file: string): void;
  document(
    file: string,
    previous: string | undefined,
    token: CancellationToken,
  ): Promise<DocumentDiagnosticReport>;
  /** With `send` the request stays open and every change goes through it; otherwise it is answered once. */
  workspace(
    held: ReadonlyMap<string, string>,
    send: SendPart | undefined,
    token: CancellationToken,
  ): Promise<WorkspaceDiagnosticReport>;
  stop(): void;
}

export function createDelivery(client: ClientSupport, host: DeliveryHost): Delivery {
  let reports: ReadonlyMap<string, FileReport> = new Map();
  let hasChecked = false;
  let pullsWorkspace = false;
  let stream: { view: WorkspaceView; send: SendPart; end: () => void } | undefined;
  let polled: WorkspaceView | undefined;
  /** Result ids of open documents as the client has pulled them. */
  const pulled = new Map<string, string>();
  const asking = new Set<{ file: string; token: CancellationToken }>();
  const push = createPush(host.publish, (file) => {
    const { uri, version } = host.describe(file);
    return { uri, version: version ?? undefined };
  });

  function bringPush(): void {
    push.bring(reports, (file) => !client.pull || (!pullsWorkspace && !host.isOpen(file)));
  }

  function feedStream(): void {
    if (stream === undefined || !hasChecked) return;
    for (const part of chunksOf(stream.view.news(reports))) stream.send(part);
  }

  function report(file: string): FileReport {
    return reports.get(file) ?? NOTHING_FOUND;
  }

  function isAsking(file: string): boolean {
    return [...asking].some((each) => each.file === file && !each.token.isCancellationRequested);
  }

  /** Asks for a new pull where an answer has grown old; who is being answered anyway is left alone. */
  function refreshOld(): void {
    const old = [...pulled].filter(([file, id]) => id !== report(file).resultId && !isAsking(file));
    const oldWorkspace = polled?.isOld(reports) === true;
    if (old.length === 0 && !oldWorkspace) return;
    for (const [file] of old) pulled.delete(file);
    if (oldWorkspace) polled = undefined;
    if (client.refresh) host.refresh();
  }

  return {
    report,
    checked(next) {
      reports = next;
      hasChecked = true;
      bringPush();
      feedStream();
      refreshOld();
    },
    openChanged(file) {
      if (!host.isOpen(file)) pulled.delete(file);
      bringPush();
    },
    async document(file, previous, token) {
      const request = { file, token };
      asking.add(request);
      await host.settled();
      asking.delete(request);
      const current = report(file);
      if (host.isOpen(file) && !token.isCancellationRequested) pulled.set(file, current.resultId);
      return documentReport(current, previous);
    },
    async workspace(held, send, token) {
      pullsWorkspace = true;
      bringPush();
      const view = createWorkspaceView(held, host.describe);
      if (send === undefined) {
        await host.settled();
        if (!token.isCancellationRequested) polled = view;
        return { items: view.news(reports) };
      }
      stream?.end();
      const ended = new Promise<void>((resolve) => {
        stream = { view, send, end: resolve };
      });
      const own = stream;
      token.onCancellationRequested(() => own?.end());
      feedStream();
      await ended;
      if (stream === own) stream = undefined;
      return { items: [] };
    },
    stop() {
      stream?.end();
    },
  };
}
