import type { Workspace, WorkspaceOptions } from './api';

/** Makes an empty workspace. Rejects when the wasm binaries cannot be loaded. */
export async function createWorkspace(_options: WorkspaceOptions): Promise<Workspace> {
  throw new Error('not there yet');
}
