/**
 * Changes on disk.
 */
import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  type FileEvent,
  type Registration,
  WatchKind,
} from 'vscode-languageserver';
import { COMPILE_FILES } from '../host/compile-commands';
import { CONFIG_NAMES } from '../host/config';
import { SOURCE_EXTENSIONS } from '../host/walk';
import type { ClientSupport } from './capabilities';
import type { DiskChange } from './project';
import { SECTION } from './settings';

/** Files that decide which sources there are, and how they are read. */
const LISTING_FILES: readonly string[] = ['.gitignore', ...CONFIG_NAMES, ...COMPILE_FILES];

/** What the server asks the client to tell it, as far as the client can be asked. */
export function registrations(client: ClientSupport): Registration[] {
  const wanted: Registration[] = [];
  if (client.registerWatchers) {
    const sources = SOURCE_EXTENSIONS.map((extension) => `**/*.${extension}`);
    wanted.push({
      id: 'threadlint.files',
      method: DidChangeWatchedFilesNotification.method,
      registerOptions: {
        watchers: [
          ...[...sources, ...LISTING_FILES.map((name) => `**/${name}`)].map((globPattern) => ({
            globPattern,
          })),
          // A folder that goes is named alone, without its files.
          { globPattern: '**/*', kind: WatchKind.Delete },
        ],
      },
    });
  }
  if (client.registerConfiguration) {
    wanted.push({
      id: 'threadlint.configuration',
      method: DidChangeConfigurationNotification.method,
      registerOptions: { section: SECTION },
    });
  }
  return wanted;
}

/** Whether the sources must be listed again, and read again as far as it matters, when this file changes. */
export function decidesListing(file: string): boolean {
  return LISTING_FILES.includes(file.slice(file.lastIndexOf('/') + 1));
}

export function kindOf({ type }: FileEvent): DiskChange['how'] {
  if (type === FileChangeType.Created) return 'created';
  return type === FileChangeType.Deleted ? 'deleted' : 'changed';
}
