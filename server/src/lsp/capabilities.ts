/**
 * What the client can do, and what the server offers it.
 */
import {
  CodeActionKind,
  type InitializeParams,
  PositionEncodingKind,
  type ServerCapabilities,
  TextDocumentSyncKind,
} from 'vscode-languageserver';

export interface ClientSupport {
  /** The client asks for diagnostics itself; what it asks for is not pushed. */
  pull: boolean;
  /** It can be told to ask again. */
  refresh: boolean;
  codeActionLiterals: boolean;
  /** Edits may name document versions. */
  documentChanges: boolean;
  configuration: boolean;
  registerConfiguration: boolean;
  registerWatchers: boolean;
  progress: boolean;
}

export function clientSupport({ capabilities }: InitializeParams): ClientSupport {
  const { textDocument, workspace, window } = capabilities;
  return {
    pull: textDocument?.diagnostic !== undefined,
    refresh: workspace?.diagnostics?.refreshSupport === true,
    codeActionLiterals: textDocument?.codeAction?.codeActionLiteralSupport !== undefined,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    configuration: workspace?.configuration === true,
    registerConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    registerWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    progress: window?.workDoneProgress === true,
  };
}

export function serverCapabilities(client: ClientSupport): ServerCapabilities {
  return {
    positionEncoding: PositionEncodingKind.UTF16,
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    codeActionProvider: client.codeActionLiterals
      ? { codeActionKinds: [CodeActionKind.QuickFix] }
      : undefined,
    diagnosticProvider: client.pull
      ? { identifier: 'threadlint', interFileDependencies: true, workspaceDiagnostics: true }
      : undefined,
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  };
}
