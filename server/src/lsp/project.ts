/**
 * The checked files: those below the workspace folders and the open documents.
 *
 * Invariants: an open document's text wins over the disk; changes are only noted here and reach the engine in
 * `apply`, so that it never changes under a running check; a changed file alone is read again.
 */
import { loadBinaries } from '../host/binaries';
import { readBuilds } from '../host/compile-commands';
import { fileOptions } from '../host/file-options';
import { overlaid } from '../host/flags';
import { readSource } from '../host/read';
import { type Readers, readInto, startReaders } from '../host/readers';
import { decodeText } from '../host/text';
import { eventLoopTurn } from '../host/turns';
import { isSourceName, listSources } from '../host/walk';
import {
  Cancelled,
  type CancelSignal,
  type CheckResult,
  type FileOptions,
  type Finding,
  type Fix,
  type Note,
  type Severity,
  type Workspace,
} from '../service/api';
import { createWorkspace } from '../service/workspace';
import { sentenceOf } from './guard';
import { readFolderConfigs } from './project-config';
import { excluder } from './scope';
import { DEFAULTS, type ServerSettings } from './settings';

/** Milliseconds of reading and parsing after which requests get their turn. */
const SLICE = 12;
/** Open files that are read once more to make the first edit ready. */
const REHEARSED = 2;
/** Files that are read from disk at the same time. */
const READ_AHEAD = 8;

export interface ProjectHost {
  openText(file: string): string | undefined;
  openFiles(): string[];
  /** Reading so many files that a user would wonder: called with what is done, and at the end with the total. */
  progress(done: number, total: number): void;
  note(note: Note): void;
  /** A configuration file is wrong; one sentence. */
  problem(sentence: string): void;
}

export interface DiskChange {
  file: string;
  how: 'created' | 'changed' | 'deleted';
}

export interface Project {
  setFolders(folders: readonly string[]): void;
  folders(): readonly string[];
  configure(settings: ServerSettings): void;
  settings(): ServerSettings;
  /** A document was opened, edited or closed. */
  documentChanged(file: string): void;
  /** Files or whole folders on disk came, changed or went. Returns false where that is of no concern. */
  diskChanged(changes: readonly DiskChange[]): boolean;
  /** Lists the folders again, and reads all files again when `reread`. */
  rescan(reread: boolean): void;
  apply(): Promise<void>;
  check(signal: CancelSignal): Promise<CheckResult>;
  /** Does what the first edit will take, and forgets what comes of it. */
  rehearse(signal: CancelSignal): Promise<void>;
  fixes(finding: Finding): Promise<Fix[]>;
  fileCount(): number;
}

export function createProject(host: ProjectHost): Project {
  let engine: Workspace | undefined;
  let folders: readonly string[] = [];
  let settings = DEFAULTS;
  let isExcluded = excluder([]);
  let optionsOf = (_file: string): FileOptions => ({});
  let fileSeverities: Record<string, Severity> = {};
  let configProblems: readonly string[] = [];
  let listed = new Set<string>();
  let stale = new Set<string>();
  let mustList = true;
  let mustConfigure = true;

  async function list(): Promise<void> {
    mustList = false;
    const configs = await readFolderConfigs(folders);
    for (const problem of configs.problems) if (!configProblems.includes(problem)) host.problem(problem);
    configProblems = configs.problems;
    fileSeverities = configs.severities;
    mustConfigure = true;
    const { exclude } = settings;
    isExcluded = excluder([...configs.excludes, ...folders.map((folder) => ({ folder, globs: exclude }))]);
    const { files, notes } = await listSources(folders, { exclude, excludeBelow: configs.excludes });
    notes.forEach(host.note);
    const optionsBefore = optionsOf;
    const builds = await readBuilds([...folders, ...configs.excludes.map(({ folder }) => folder)]);
    builds.notes.forEach(host.note);
    optionsOf = fileOptions(builds, overlaid(configs.macros, settings));
    const before = listed;
    listed = new Set(files);
    for (const file of files)
      if (!before.has(file) || !isSameReading(optionsBefore(file), optionsOf(file))) stale.add(file);
    for (const file of before) if (!listed.has(file)) stale.add(file);
    for (const file of host.openFiles()) stale.add(file);
  }

  async function readAll(workspace: Workspace, files: readonly string[]): Promise<void> {
    const known = new Set(workspace.files());
    const announced = files.length > READ_AHEAD || known.size === 0;
    if (announced) host.progress(0, files.length);
    // What is read again is mostly what it was, which this thread sees at once.
    const fresh = files.filter((file) => !known.has(file) && host.openText(file) === undefined);
    const readers = startReaders(fresh.length);
    const pending = new Set<Promise<void>>();
    try {
      let sliceEnd = performance.now() + SLICE;
      for (let at = 0; at < files.length; at += READ_AHEAD) {
        const batch = files.slice(at, at + READ_AHEAD);
        const contents = await Promise.all(batch.map(contentOnDisk));
        for (const [index, file] of batch.entries()) {
          const text = host.openText(file);
          const content = contents[index];
          if (readers && text === undefined && content && !known.has(file) && !isExcluded(file)) {
            const work = takeFrom(readers, workspace, file, content).finally(() => pending.delete(work));
            pending.add(work);
          } else take(workspace, file, text ?? content);
          if (performance.now() < sliceEnd) continue;
          await eventLoopTurn();
          sliceEnd = performance.now() + SLICE;
        }
        while (pending.size > READ_AHEAD) await Promise.race(pending);
        if (announced) host.progress(Math.min(at + READ_AHEAD, files.length), files.length);
      }
      await Promise.all(pending);
    } finally {
      readers?.close();
    }
  }

  async function takeFrom(
    readers: Readers,
    workspace: Workspace,
    file: string,
    content: Uint8Array,
  ): Promise<void> {
    try {
      await readInto(workspace, readers, { file, content, options: optionsOf(file) });
    } catch (error) {
      leaveOut(workspace, file, error);
    }
  }

  function take(workspace: Workspace, file: string, content: Uint8Array | string | undefined): void {
    try {
      if (content === undefined || isExcluded(file)) workspace.removeFile(file);
      else workspace.setFile(file, content, optionsOf(file));
    } catch (error) {
      leaveOut(workspace, file, error);
    }
  }

  /** One file must not cost the others. */
  function leaveOut(workspace: Workspace, file: string, error: unknown): void {
    host.note({ file, message: `not checked: internal error: ${sentenceOf(error)}` });
    workspace.removeFile(file);
  }

  async function contentOnDisk(file: string): Promise<Uint8Array | undefined> {
    if (!listed.has(file) || host.openText(file) !== undefined) return undefined;
    const result = await readSource(file);
    if ('content' in result) return result.content;
    host.note(result.note);
    return undefined;
  }

  /** The present texts of files, for fixes that edit them. */
  async function textOnDisk(file: string): Promise<string | undefined> {
    const result = await readSource(file);
    return 'content' in result ? decodeText(result.content) : undefined;
  }

  return {
    setFolders(next) {
      folders = [...next];
      mustList = true;
    },
    folders: () => folders,
    configure(next) {
      if (decidesReading(next) !== decidesReading(settings)) mustList = true;
      settings = next;
      mustConfigure = true;
    },
    settings: () => settings,
    documentChanged: (file) => void stale.add(file),
    diskChanged(changes) {
      let concerned = false;
      const deleted = new Set<string>();
      for (const { file, how } of changes) {
        if (how === 'deleted') deleted.add(file);
        else if (listed.has(file)) {
          stale.add(file);
          concerned = true;
        } else if (isSourceName(file)) {
          mustList = true;
          concerned = true;
        }
      }
      for (const file of deleted.size > 0 ? listed : []) {
        if (!isDeleted(file, deleted)) continue;
        listed.delete(file);
        stale.add(file);
        concerned = true;
      }
      return concerned;
    },
    rescan(reread) {
      mustList = true;
      if (reread) for (const file of listed) stale.add(file);
    },
    async apply() {
      engine ??= await createWorkspace({
        binaries: loadBinaries(),
        now: () => performance.now(),
        turn: eventLoopTurn,
      });
      if (mustList) await list();
      if (mustConfigure) {
        mustConfigure = false;
        // What is set in the editor is nearer to the user than the project's file.
        engine.configure({ severities: { ...fileSeverities, ...settings.severities } });
      }
      const files = [...stale].sort();
      stale = new Set();
      if (files.length > 0) await readAll(engine, files);
    },
    async check(signal) {
      return engine === undefined ? { findings: [], notes: [] } : engine.check(signal);
    },
    async rehearse(signal) {
      // Other threads have read the files: code that this one has not run yet is slow the first time.
      for (const file of host.openFiles().slice(0, REHEARSED)) {
        const text = host.openText(file);
        if (text !== undefined && !isExcluded(file)) engine?.rehearse(file, text, optionsOf(file));
        await eventLoopTurn();
        if (signal.aborted) throw new Cancelled();
      }
      await engine?.check(signal);
    },
    async fixes(finding) {
      const workspace = engine;
      if (workspace === undefined) return [];
      // The engine asks for texts at once, a file that is not open must be read first: ask, read, ask again.
      const texts = new Map<string, string | undefined>();
      const missing = new Set<string>();
      const ask = () =>
        workspace.fixes(finding, (file) => {
          const text = host.openText(file) ?? texts.get(file);
          if (text === undefined && !texts.has(file)) missing.add(file);
          return text;
        });
      const fixes = ask();
      if (missing.size === 0) return fixes;
      for (const file of missing) texts.set(file, await textOnDisk(file));
      return ask();
    },
    fileCount: () => engine?.files().length ?? 0,
  };
}

/** What of the settings decides which files are read and how. */
function decidesReading({ exclude, defines, undefines }: ServerSettings): string {
  return JSON.stringify([exclude, defines, undefines]);
}

function isSameReading(a: FileOptions, b: FileOptions): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Where a folder goes, editors name the folder alone. */
function isDeleted(file: string, deleted: ReadonlySet<string>): boolean {
  for (let end = file.length; end > 0; end = file.lastIndexOf('/', end - 1)) {
    if (deleted.has(file.slice(0, end))) return true;
  }
  return false;
}
