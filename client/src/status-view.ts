/**
 * What the language status item shows for each state of the server. Plain data, so that it can be tested and so
 * that the editor's types stay in one place.
 */
import type { StatusParams } from './protocol';

export type ServerStatus = StatusParams | { state: 'starting' } | { state: 'stopped' };

export interface StatusView {
  text: string;
  detail: string;
  busy: boolean;
  severity: 'information' | 'error';
}

/** Words for a status. Counts that the server did not send are left out rather than shown as zero. */
export function statusView(status: ServerStatus): StatusView {
  switch (status.state) {
    case 'starting':
      return view('Threadlint', 'starting', true);
    case 'stopped':
      return view('Threadlint', 'stopped', false);
    case 'indexing':
      return view('Threadlint', indexing(status), true);
    case 'ready':
      return view('Threadlint', ready(status), false);
    case 'error':
      return {
        ...view('Threadlint', status.message ?? 'the language server failed', false),
        severity: 'error',
      };
  }
}

/** "no findings", "1 finding", "7 findings". */
export function countFindings(count: number): string {
  if (count === 0) return 'no findings';
  return count === 1 ? '1 finding' : `${count} findings`;
}

function indexing({ done, total }: StatusParams): string {
  if (done === undefined || total === undefined) return 'indexing';
  return `indexing ${done} of ${total} files`;
}

function ready({ findings }: StatusParams): string {
  return findings === undefined ? 'ready' : `ready, ${countFindings(findings)}`;
}

function view(text: string, detail: string, busy: boolean): StatusView {
  return { text, detail, busy, severity: 'information' };
}
