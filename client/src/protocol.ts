/**
 * What client and server say to each other beyond LSP. The server works without any of it: another editor simply
 * never asks.
 */

/** Notification from the server: what it is doing. Sent on every change and during indexing. */
export const STATUS = 'threadlint/status';

export interface StatusParams {
  state: 'indexing' | 'ready' | 'error';
  /** Files read and files in all; while indexing. */
  done?: number;
  total?: number;
  /** What went wrong, one sentence; with state `error`. */
  message?: string;
  /** Findings shown in the whole workspace; with state `ready`. */
  findings?: number;
}

/** Request to the server, with an empty object: read every file again and answer with what there is. */
export const CHECK_WORKSPACE = 'threadlint/checkWorkspace';

export interface CheckWorkspaceResult {
  /** Shown ones, in the whole workspace. */
  findings: number;
  /** Files checked. */
  files: number;
}
