/**
 * How each file is read: what its build says, and above that what the user has set.
 */
import type { FileOptions } from '../service/api';
import { type Builds, buildOptionsOf } from './compile-commands';
import { type BuildOptions, type MacroSettings, overlaid } from './flags';

/** Gives the options of files; those of files that are built alike are one object. */
export function fileOptions(builds: Builds, settings: MacroSettings): (file: string) => FileOptions {
  const own = { headers: new Map<BuildOptions, FileOptions>(), others: new Map<BuildOptions, FileOptions>() };
  const none: BuildOptions = {};
  return (file) => {
    const build = buildOptionsOf(builds, file) ?? none;
    const isHeader = file.endsWith('.h');
    const known = isHeader ? own.headers : own.others;
    const made = known.get(build) ?? optionsOf(build, settings, isHeader);
    known.set(build, made);
    return made;
  };
}

function optionsOf(build: BuildOptions, settings: MacroSettings, isHeader: boolean): FileOptions {
  const under = { defines: build.defines ?? {}, undefines: build.undefines ?? [] };
  const language = build.language ?? (isHeader ? build.standard : undefined);
  return { ...overlaid(under, settings), ...(language ? { language } : {}) };
}
