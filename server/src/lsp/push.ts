/**
 * Diagnostics for clients that do not ask for them.
 *
 * Invariant: what the client was told is remembered by file, so only changes travel.
 */
import type { PublishDiagnosticsParams } from 'vscode-languageserver';
import { type FileReport, NOTHING_FOUND } from './diagnostics';

export interface Push {
  /** Brings the client up to date: files for which `wanted` is false are cleared. */
  bring(reports: ReadonlyMap<string, FileReport>, wanted: (file: string) => boolean): void;
}

/** `describe` gives the client's URI of a file and, while it is open, its version. */
export function createPush(
  send: (params: PublishDiagnosticsParams) => void,
  describe: (file: string) => { uri: string; version?: number },
): Push {
  const told = new Map<string, string>();
  return {
    bring(reports, wanted) {
      for (const file of new Set([...told.keys(), ...reports.keys()])) {
        const report = (wanted(file) ? reports.get(file) : undefined) ?? NOTHING_FOUND;
        if ((told.get(file) ?? NOTHING_FOUND.resultId) === report.resultId) continue;
        if (report === NOTHING_FOUND) told.delete(file);
        else told.set(file, report.resultId);
        send({ ...describe(file), diagnostics: report.diagnostics });
      }
    },
  };
}
