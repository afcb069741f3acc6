/**
 * The C and C++ documents that are open in the client, by file.
 */
import { type Connection, TextDocuments } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { isSourceDocument } from './scope';
import type { Uris } from './uris';

export interface OpenDocuments {
  text(file: string): string | undefined;
  version(file: string): number | undefined;
  files(): string[];
}

export interface DocumentEvents {
  opened(file: string): void;
  edited(file: string): void;
  closed(file: string): void;
}

/** Keeps the documents in step with the client's notifications; other schemes and languages are left out. */
export function openDocuments(connection: Connection, uris: Uris, events: DocumentEvents): OpenDocuments {
  const documents = new TextDocuments(TextDocument);
  const open = new Map<string, TextDocument>();

  documents.onDidOpen(({ document }) => {
    const file = uris.fileOf(document.uri);
    if (file === undefined || !isSourceDocument(document.languageId, file)) return;
    open.set(file, document);
    events.opened(file);
  });
  documents.onDidChangeContent(({ document }) => {
    const file = uris.fileOf(document.uri);
    // Opening fires a change as well; its text is already taken.
    if (file === undefined || !open.has(file)) return;
    open.set(file, document);
    events.edited(file);
  });
  documents.onDidClose(({ document }) => {
    const file = uris.fileOf(document.uri);
    if (file === undefined || !open.delete(file)) return;
    events.closed(file);
  });
  documents.listen(connection);

  return {
    text: (file) => open.get(file)?.getText(),
    version: (file) => open.get(file)?.version,
    files: () => [...open.keys()],
  };
}
