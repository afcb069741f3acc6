/** A workspace: facts by file, a check over all of them, and fixes for what it found. */
import { analyse } from '../analysis/analysis';
import type { Pause } from '../analysis/pause';
import type { UnitFacts } from '../facts/facts';
import { makeUnitFacts } from '../facts/unit';
import { BUNDLED } from '../models/library';
import { link } from '../program/link';
import type { TextEdit as RuleEdit, RuleFinding, Severity } from '../rules/finding';
import { RULES } from '../rules/registry';
import { condition } from '../syntax/condition';
import { languageOf } from '../syntax/language';
import { lineStartsOf } from '../syntax/lines';
import { loadParsers, type Parsers } from '../syntax/parser';
import {
  Cancelled,
  type CancelSignal,
  type CheckResult,
  type Finding,
  type Fix,
  type Note,
  type Settings,
  type Stats,
  type Workspace,
  type WorkspaceOptions,
} from './api';
import { decode, isBinary, MAX_LENGTH } from './decode';
import { hash, type Presented, positionAt, present } from './present';

interface State {
  parsers: Parsers;
  settings: Settings;
  now: () => number;
  units: Map<string, UnitFacts>;
  /** Hash and length of the text each unit was made from. */
  versions: Map<string, string>;
  notes: Map<string, string>;
  phases: Record<string, number>;
  /** What the last check showed, and the versions of the files it was made from. */
  last: { shown: readonly Presented[]; versions: ReadonlyMap<string, string> };
}

const DEFAULTS: ReadonlyMap<string, Severity> = new Map(RULES.map(({ meta }) => [meta.id, meta.severity]));

/** Makes an empty workspace. Rejects when the wasm binaries cannot be loaded. */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const state: State = {
    parsers: await loadParsers(options.binaries),
    settings: options.settings ?? { severities: {} },
    now: options.now ?? (() => 0),
    units: new Map(),
    versions: new Map(),
    notes: new Map(),
    phases: { condition: 0, parse: 0, lower: 0, link: 0, summarise: 0, rules: 0 },
    last: { shown: [], versions: new Map() },
  };
  return {
    configure(settings) {
      state.settings = settings;
    },
    setFile: (file, content) => setFile(state, file, content),
    removeFile(file) {
      state.units.delete(file);
      state.versions.delete(file);
      state.notes.delete(file);
    },
    files: () => [...state.versions.keys()].sort(),
    check: (signal) => check(state, signal),
    fixes: (finding, textOf) => fixes(state, finding, textOf),
    stats: () => stats(state),
  };
}

function setFile(state: State, file: string, content: Uint8Array | string): boolean {
  const { text, note } = decode(content);
  const version = versionOf(text);
  if (state.versions.get(file) === version) return false;
  state.versions.set(file, version);
  state.units.delete(file);
  state.notes.delete(file);
  if (note) state.notes.set(file, note);
  if (isBinary(text)) state.notes.set(file, 'a binary file: not read');
  else if (text.length > MAX_LENGTH)
    state.notes.set(file, `larger than ${MAX_LENGTH / 1024 / 1024} MiB: not read`);
  else readUnit(state, file, text);
  return true;
}

function versionOf(text: string): string {
  return `${text.length} ${hash(text)}`;
}

function readUnit(state: State, file: string, text: string): void {
  let since = state.now();
  const onPhase = (phase: string): void => {
    const now = state.now();
    state.phases[phase] = (state.phases[phase] ?? 0) + now - since;
    since = now;
  };
  try {
    const unit = makeUnitFacts(state.parsers, file, text, { language: languageOf(file, text), onPhase });
    state.units.set(file, unit);
    const gaveUp = unit.losses.find(
      (loss) => loss.span[0] === 0 && loss.span[1] === text.length && text.length > 0,
    );
    if (gaveUp) state.notes.set(file, gaveUp.reason);
  } catch (error) {
    // Analysis must not fail on input: a fault in reading costs this file's facts and is said.
    state.notes.set(
      file,
      `could not be read by the engine: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Longer pieces of work would be felt as a stutter in the editor. */
const SLICE_MILLISECONDS = 10;

/** Yields to the event loop when a slice of time is used up, and throws where the check was cancelled. */
function pauseFor(state: State, signal: CancelSignal | undefined): Pause {
  let since = state.now();
  return async () => {
    if (state.now() - since < SLICE_MILLISECONDS) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    since = state.now();
    if (signal?.aborted) throw new Cancelled('the check was cancelled');
  };
}

async function check(state: State, signal: CancelSignal | undefined): Promise<CheckResult> {
  const pause = pauseFor(state, signal);
  const timed = async <T>(phase: string, work: () => T | Promise<T>): Promise<T> => {
    await pause();
    if (signal?.aborted) throw new Cancelled('the check was cancelled');
    const since = state.now();
    const result = await work();
    state.phases[phase] = state.now() - since;
    return result;
  };
  // Files may change while the check pauses; it goes on with those it began with.
  const units = new Map(state.units);
  const versions = new Map(state.versions);
  const program = await timed('link', () => link([...units.values()], BUNDLED));
  const analysis = await timed('summarise', () => analyse(program, pause));
  const { only } = state.settings;
  const rules = RULES.filter((rule) => !only || only.includes(rule.meta.id));
  const found: RuleFinding[] = await timed('rules', () => rules.flatMap((rule) => rule.run(analysis)));
  const shown = present(found, { units, settings: state.settings, defaults: DEFAULTS });
  state.last = { shown, versions };
  const notes: Note[] = [...state.notes].map(([file, message]) => ({ file, message }));
  for (const fn of new Set([...analysis.threads.abandoned, ...analysis.locks.abandoned])) {
    notes.push({ file: fn.unit.file, message: `\`${fn.facts.name}\` has too many paths: not fully checked` });
  }
  notes.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.message < b.message ? -1 : 1));
  return { findings: shown.map(({ finding }) => finding), notes };
}

function fixes(state: State, finding: Finding, textOf: (file: string) => string | undefined): Fix[] {
  const origin = state.last.shown.find(
    (shown) => shown.finding === finding || sameFinding(shown.finding, finding),
  )?.origin;
  const rule = RULES.find(({ meta }) => meta.id === finding.rule);
  const file = finding.location.file;
  const text = textOf(file);
  // Offsets hold only while the text is the one that was checked.
  if (!origin || !rule || text === undefined || !isCurrent(state, file, versionOf(text))) return [];
  const language = languageOf(file, text);
  const conditioned = condition(text, { language });
  const made =
    state.parsers.withTree(language, conditioned.text, (root) => rule.fixes(origin, { file, text, root })) ??
    [];
  return made.map(({ title, preferred, edits }) => ({
    title,
    preferred,
    edits: edits.flatMap((edit) => locateEdit(edit, textOf)),
  }));
}

/** The text is the one that was checked, and still the one of the workspace. */
function isCurrent(state: State, file: string, version: string): boolean {
  return state.last.versions.get(file) === version && state.versions.get(file) === version;
}

function sameFinding(a: Finding, b: Finding): boolean {
  return a.fingerprint === b.fingerprint && a.rule === b.rule && a.location.file === b.location.file;
}

function locateEdit(edit: RuleEdit, textOf: (file: string) => string | undefined): Fix['edits'] {
  const text = textOf(edit.file);
  if (text === undefined) return [];
  const starts = lineStartsOf(text);
  return [
    {
      file: edit.file,
      range: { start: positionAt(starts, edit.start), end: positionAt(starts, edit.end) },
      newText: edit.newText,
    },
  ];
}

function stats(state: State): Stats {
  const perFile = [...state.units.values()]
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map((unit) => {
      const functions = unit.functions.filter((fn) => fn.kind !== 'macro');
      return {
        file: unit.file,
        lines: unit.lineStarts.length - (unit.lineStarts[unit.lineStarts.length - 1] === unit.length ? 1 : 0),
        functions: functions.length,
        damagedFunctions: functions.filter((fn) => fn.damaged).length,
      };
    });
  const sum = (pick: (file: (typeof perFile)[number]) => number): number =>
    perFile.reduce((total, file) => total + pick(file), 0);
  return {
    files: perFile.length,
    lines: sum((f) => f.lines),
    functions: sum((f) => f.functions),
    damagedFunctions: sum((f) => f.damagedFunctions),
    perFile,
    phases: { ...state.phases },
  };
}
