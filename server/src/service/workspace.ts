/** A workspace: facts by file, a check over all of them, and fixes for what it found. */
import { analyse } from '../analysis/analysis';
import type { Pause } from '../analysis/calls/pause';
import type { UnitFacts } from '../facts/facts';
import { BUNDLED } from '../models/library';
import { type History, newHistory } from '../program/history';
import { link } from '../program/link';
import type { TextEdit as RuleEdit, RuleFinding, Severity } from '../rules/finding';
import { RULES } from '../rules/registry';
import { condition } from '../syntax/condition';
import { lineStartsOf } from '../syntax/lines';
import { loadParsers, type Parsers } from '../syntax/parser';
import {
  Cancelled,
  type CancelSignal,
  type CheckResult,
  type FileOptions,
  type Finding,
  type Fix,
  type Note,
  type Reading,
  type Settings,
  type Stats,
  type ThreadReport,
  type Workspace,
  type WorkspaceOptions,
} from './api';
import { cppHeaders, type Source } from './headers';
import { type Presented, positionAt, present } from './present';
import { factsOf, readingOf, versionOf } from './reading';
import { statsOf } from './stats';
import { threadReports } from './threads';

interface State {
  parsers: Parsers;
  settings: Settings;
  now: () => number;
  turn: () => Promise<void>;
  files: Map<string, Held>;
  units: Map<string, UnitFacts>;
  notes: Map<string, string>;
  phases: Record<string, number>;
  /** What checks remember for the next one; absent while one is under way. */
  history: History | undefined;
  /** What the last check showed, and the versions of the files it was made from. */
  last: { shown: readonly Presented[]; versions: ReadonlyMap<string, string>; threads: ThreadReport[] };
}

/** What is remembered of a file beside its facts. */
interface Held {
  /** Hash and length of text and options. */
  version: string;
  options: FileOptions;
  source: Source;
  /** What decoding said. */
  note?: string;
  /** Of headers that may have to be read again in the other language; of no other file. */
  text?: string;
}

const DEFAULTS: ReadonlyMap<string, Severity> = new Map(RULES.map(({ meta }) => [meta.id, meta.severity]));

/** Makes an empty workspace. Rejects when the wasm binaries cannot be loaded. */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const state: State = {
    parsers: await loadParsers(options.binaries),
    settings: options.settings ?? { severities: {} },
    now: options.now ?? (() => 0),
    turn: options.turn ?? (() => new Promise((resolve) => setTimeout(resolve, 0))),
    files: new Map(),
    units: new Map(),
    notes: new Map(),
    phases: { condition: 0, parse: 0, lower: 0, link: 0, summarise: 0, rules: 0 },
    history: newHistory(),
    last: { shown: [], versions: new Map(), threads: [] },
  };
  return {
    configure(settings) {
      state.settings = settings;
    },
    setFile: (file, content, given = {}) => setFile(state, file, content, given),
    take: (reading) => take(state, reading),
    rehearse(file, content, given = {}) {
      readingOf(state.parsers, file, content, given, { now: state.now, phases: {} });
    },
    removeFile(file) {
      state.units.delete(file);
      state.files.delete(file);
      state.notes.delete(file);
    },
    files: () => [...state.files.keys()].sort(),
    check: (signal, asked) => check(state, signal, asked?.threads === true),
    fixes: (finding, textOf) => fixes(state, finding, textOf),
    stats: () => stats(state),
    threads: () => state.last.threads,
  };
}

function setFile(state: State, file: string, content: Uint8Array | string, options: FileOptions): boolean {
  const known = state.files.get(file)?.version;
  const reading = readingOf(state.parsers, file, content, options, state, known);
  return reading !== undefined && take(state, reading);
}

function take(state: State, reading: Reading): boolean {
  const { file, version, options, note, decided, text, includes, unit, failure } = reading;
  if (state.files.get(file)?.version === version) return false;
  state.files.set(file, {
    version,
    options,
    source: { file, includes, ...(decided ? { decided } : {}) },
    ...(note === undefined ? {} : { note }),
    ...(text === undefined ? {} : { text }),
  });
  install(state, file, unit, failure ?? note);
  return true;
}

/** Replaces a file's facts and note. */
function install(state: State, file: string, unit: UnitFacts | undefined, note: string | undefined): void {
  if (unit) state.units.set(file, unit);
  else state.units.delete(file);
  if (note === undefined) state.notes.delete(file);
  else state.notes.set(file, note);
}

/** Reads headers again whose includers want them in the other language, until none is left. */
async function settleHeaders(state: State, pause: Pause): Promise<void> {
  for (let wrong = misread(state); wrong.length > 0; wrong = misread(state)) {
    for (const { source } of wrong) {
      // What is held may have changed in a pause.
      const held = state.files.get(source.file);
      const unit = state.units.get(source.file);
      if (held?.text === undefined || !unit) continue;
      const other = unit.language === 'c' ? 'cpp' : 'c';
      const again = factsOf(state.parsers, source.file, held.text, other, held.options, state);
      install(state, source.file, again.unit, again.failure ?? held.note);
      await pause();
    }
  }
}

function misread(state: State): Held[] {
  const sources = new Map([...state.files].map(([file, { source }]) => [file, source]));
  const cpp = cppHeaders(sources);
  return [...state.files.values()].filter(({ text, source: { file } }) => {
    const unit = state.units.get(file);
    return text !== undefined && unit !== undefined && (unit.language === 'cpp') !== cpp.has(file);
  });
}

/** Longer pieces of work would be felt as a stutter in the editor. */
const SLICE_MILLISECONDS = 10;

/** Yields to the event loop when a slice of time is used up, and throws where the check was cancelled. */
function pauseFor(state: State, signal: CancelSignal | undefined): Pause {
  let since = state.now();
  return async () => {
    if (state.now() - since < SLICE_MILLISECONDS) return;
    await state.turn();
    since = state.now();
    if (signal?.aborted) throw new Cancelled('the check was cancelled');
  };
}

/** Of two checks at once, one remembers nothing: linking for the other changes what was linked for the first. */
async function check(
  state: State,
  signal: CancelSignal | undefined,
  listThreads: boolean,
): Promise<CheckResult> {
  const history = state.history ?? newHistory();
  state.history = undefined;
  try {
    return await checkWith(state, history, signal, listThreads);
  } finally {
    state.history = history;
  }
}

async function checkWith(
  state: State,
  history: History,
  signal: CancelSignal | undefined,
  listThreads: boolean,
): Promise<CheckResult> {
  const pause = pauseFor(state, signal);
  await settleHeaders(state, pause);
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
  const versions = new Map([...state.files].map(([file, { version }]) => [file, version]));
  const program = await timed('link', () => link([...units.values()], BUNDLED, history));
  const analysis = await timed('summarise', () => analyse(program, pause));
  const { only, severities } = state.settings;
  const rules = RULES.filter(
    ({ meta }) => (!only || only.includes(meta.id)) && (severities[meta.id] ?? meta.severity) !== 'off',
  );
  const found: RuleFinding[] = await timed('rules', () => rules.flatMap((rule) => rule.run(analysis)));
  const shown = present(found, { units, settings: state.settings, defaults: DEFAULTS });
  state.last = { shown, versions, threads: listThreads ? threadReports(analysis) : [] };
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
  const held = state.files.get(file);
  const unit = state.units.get(file);
  if (!origin || !rule || text === undefined || !held || !unit) return [];
  if (!isCurrent(state, file, versionOf(text, held.options))) return [];
  const { language } = unit;
  const { defines, undefines } = held.options;
  const conditioned = condition(text, { language, defines, undefines });
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
  return state.last.versions.get(file) === version && state.files.get(file)?.version === version;
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
  const unread = [...state.notes].filter(([file]) => !state.units.has(file));
  return statsOf(state.units.values(), new Map(unread), state.phases);
}
