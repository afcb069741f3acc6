/**
 * The configuration files of the workspace folders, the same that the command line reads.
 */
import { dirname } from 'node:path';
import { findConfig, readConfig } from '../host/config';
import { type MacroSettings, NO_MACROS, overlaid } from '../host/flags';
import { withForwardSlashes } from '../host/paths';
import type { Severity } from '../service/api';

/** Globs with the folder they are relative to. */
export interface Exclusion {
  folder: string;
  globs: readonly string[];
}

export interface FolderConfigs {
  /** Where folders disagree on a rule the first folder wins: rules run over the whole workspace. */
  severities: Record<string, Severity>;
  excludes: Exclusion[];
  /** As the first folder has them, like severities: a header belongs to all folders. */
  macros: MacroSettings;
  /** One sentence for each file that cannot be used. */
  problems: string[];
}

/** Reads the configuration file nearest to each folder, each file once. Never rejects. */
export async function readFolderConfigs(folders: readonly string[]): Promise<FolderConfigs> {
  const found: FolderConfigs = { severities: {}, excludes: [], macros: NO_MACROS, problems: [] };
  const files = new Set<string>();
  for (const folder of folders) {
    const file = await findConfig(folder);
    if (file === undefined || files.has(file)) continue;
    files.add(file);
    const result = await readConfig(file);
    if ('problem' in result) {
      found.problems.push(result.problem);
      continue;
    }
    found.severities = { ...result.config.severities, ...found.severities };
    found.macros = overlaid(result.config, found.macros);
    found.excludes.push({ folder: withForwardSlashes(dirname(file)), globs: result.config.exclude });
  }
  return found;
}
