/**
 * Diagnostics for clients that ask for them.
 *
 * A workspace request that can take partial results is held open and carries every later change of any file,
 * which the protocol allows ("the last one reported will win"). The reason was measured in the code of
 * vscode-languageclient 10.1.2: it asks again only two seconds after an answer, and a refresh makes it ask for
 * open documents alone. A held request brings a finding in a file that is not open as soon as it is known.
 * A client without partial results gets its answer at once, and is told to refresh when that has grown old.
 */
import type { DocumentDiagnosticReport, WorkspaceDocumentDiagnosticReport } from 'vscode-languageserver';
import { type FileReport, NOTHING_FOUND } from './diagnostics';

type Reports = ReadonlyMap<string, FileReport>;

/** How many files go into one partial result. */
const CHUNK = 64;

/** Answer to `textDocument/diagnostic`; `previous` is the result id the client holds. */
export function documentReport(
  report: FileReport = NOTHING_FOUND,
  previous?: string,
): DocumentDiagnosticReport {
  if (report.resultId === previous) return { kind: 'unchanged', resultId: previous };
  return { kind: 'full', resultId: report.resultId, items: report.diagnostics };
}

export interface FileName {
  uri: string;
  version: number | null;
}

/** A client's knowledge of the whole workspace: the result id it holds of each file. */
export interface WorkspaceView {
  /** What has changed since the last call; the first one also confirms what the client already held. */
  news(reports: Reports): WorkspaceDocumentDiagnosticReport[];
  /** Whether `news` would bring anything but confirmations. */
  isOld(reports: Reports): boolean;
}

/** `held` maps files to the result ids that the client says it has. */
export function createWorkspaceView(
  held: ReadonlyMap<string, string>,
  describe: (file: string) => FileName,
): WorkspaceView {
  const known = new Map(held);
  let confirmed = false;

  function heldOf(file: string): string {
    return known.get(file) ?? NOTHING_FOUND.resultId;
  }

  return {
    isOld: (reports) =>
      allFiles(known, reports).some((file) => heldOf(file) !== (reports.get(file) ?? NOTHING_FOUND).resultId),
    news(reports) {
      const items: WorkspaceDocumentDiagnosticReport[] = [];
      for (const file of allFiles(known, reports)) {
        const report = reports.get(file) ?? NOTHING_FOUND;
        if (heldOf(file) !== report.resultId) {
          items.push({
            ...describe(file),
            kind: 'full',
            resultId: report.resultId,
            items: report.diagnostics,
          });
        } else if (!confirmed) {
          items.push({ ...describe(file), kind: 'unchanged', resultId: report.resultId });
        }
        known.set(file, report.resultId);
      }
      confirmed = true;
      return items;
    },
  };
}

function allFiles(known: ReadonlyMap<string, string>, reports: Reports): string[] {
  return [...new Set([...known.keys(), ...reports.keys()])].sort();
}

/** Cuts a long list into the pieces of partial results. */
export function chunksOf<T>(items: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += CHUNK) chunks.push(items.slice(at, at + CHUNK));
  return chunks;
}
