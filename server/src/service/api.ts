/**
 * The service's public interface: what the language server and the command line build on.
 *
 * Invariants: no editor types, no process, no file system (callers read files and hand over their bytes).
 * Files are named by absolute paths with forward slashes. Lines and characters are zero-based; characters
 * count UTF-16 units, as LSP does.
 */
import type { ThreadEnd } from '../analysis/threads/thread-ends';
import type { IncludeFacts, Language, LossFacts, UnitFacts } from '../facts/facts';
import type { Confidence, Fix as RuleFix, Severity } from '../rules/finding';

export type { RuleInfo } from '../rules/rule';
export type { Confidence, Language, Severity, ThreadEnd };

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Location {
  file: string;
  range: Range;
}

export interface RelatedLocation extends Location {
  message: string;
}

export interface Finding {
  /** Rule id: the diagnostic code, the SARIF ruleId, the settings key. */
  rule: string;
  severity: Exclude<Severity, 'off'>;
  confidence: Confidence;
  message: string;
  location: Location;
  /** All steps of all flows in reading order. */
  related: RelatedLocation[];
  flows: { title: string; steps: RelatedLocation[] }[];
  /** Stable over unrelated edits: from the rule, the function and the message, not from line numbers. */
  fingerprint: string;
}

export interface TextEdit extends Location {
  newText: string;
}

export interface Fix extends Omit<RuleFix, 'edits'> {
  edits: TextEdit[];
}

export interface Settings {
  /** Severity by rule id; a rule that is not named has its default. */
  severities: Readonly<Record<string, Severity>>;
  /** When given, only these rules run. */
  only?: readonly string[];
  /** Also show findings of confidence `possible`. */
  showPossible?: boolean;
}

/** How one file is read, where its name and text do not say it all. */
export interface FileOptions {
  /** Macros as `-D` gives them: body by name. */
  defines?: Readonly<Record<string, string>>;
  /** Macros as `-U` takes them away; one that is also in `defines` is defined. */
  undefines?: readonly string[];
  /** Stands above what the file's name, its text and its includers say. */
  language?: Language;
}

/** Something that was not understood or was given up; never an error. */
export interface Note {
  file: string;
  message: string;
}

export interface Counts {
  lines: number;
  functions: number;
  /** Functions with parse errors: their facts may be incomplete. */
  damagedFunctions: number;
  /** Characters outside of functions, blanks left out, that were not understood. */
  unreadCharacters: number;
  /** Size of the facts as JSON. */
  factsBytes: number;
}

export interface FileStats extends Counts {
  file: string;
  language: Language;
}

/** Something of a file that was not understood, where it begins. */
export interface Loss extends Location {
  kind: LossFacts['kind'];
  /** A clause that says why. */
  reason: string;
  /** The function it stands in. */
  inside?: string;
}

export interface Stats extends Counts {
  files: number;
  perFile: FileStats[];
  /** Sorted by file and place; bounded for each file, which the last entry then says. */
  losses: Loss[];
  /** Milliseconds by phase: condition, parse, lower, link, summarise, rules. */
  phases: Record<string, number>;
}

/** A call that makes a thread, with what is seen of the thread's end. */
export interface ThreadReport extends Location {
  /** The function that holds the call, and the function called. */
  inside: string;
  call: string;
  /** The handle as the source writes it; empty where it is not followed. */
  handle: string;
  routines: (Location & { name: string })[];
  end: ThreadEnd;
  /** A clause that says how it comes to that end. */
  how: string;
  places: (RelatedLocation & { inside: string })[];
}

export interface CheckResult {
  /** Sorted by file, place, rule. */
  findings: Finding[];
  notes: Note[];
}

/** The subset of AbortSignal that the engine reads. */
export interface CancelSignal {
  readonly aborted: boolean;
}

export class Cancelled extends Error {}

/** What reading one file gives: plain data, made of the file alone, so that it can be made in another thread. */
export interface Reading {
  file: string;
  /** Hash and length of text and options. */
  version: string;
  options: FileOptions;
  /** What decoding said, or why the file was not read. */
  note?: string;
  /** Absent for a header that could be C or C++; its text is kept then. */
  decided?: Language;
  text?: string;
  includes: readonly IncludeFacts[];
  /** Absent where the file was not read or could not be. */
  unit?: UnitFacts;
  /** Why there are no facts. */
  failure?: string;
}

/** Reads files without a workspace. */
export type Reader = (file: string, content: Uint8Array | string, options?: FileOptions) => Reading;

export interface Workspace {
  configure(settings: Settings): void;
  /**
   * Reads one file: conditions, parses and lowers it at once; its tree is freed. A file given again replaces
   * itself. Returns false where content and options are the same as before.
   *
   * A header that could be C or C++ is read as C first; a check reads it again where only C++ includes it.
   */
  setFile(file: string, content: Uint8Array | string, options?: FileOptions): boolean;
  /** Reads a content as `setFile` does and forgets what it holds: the code that reads is ready afterwards. */
  rehearse(file: string, content: Uint8Array | string, options?: FileOptions): void;
  /** Takes what another thread has read. Returns false where that is what the workspace has already. */
  take(reading: Reading): boolean;
  /** Forgets a file; unknown ones are ignored. */
  removeFile(file: string): void;
  files(): string[];
  /**
   * Links, summarises and runs the rules over all files; lists the threads as well where `threads` asks for them.
   * Rejects with `Cancelled` where the signal aborts.
   */
  check(signal?: CancelSignal, asked?: { threads?: boolean }): Promise<CheckResult>;
  /**
   * The fixes for a finding of the last check. `textOf` gives a file's present text (the engine keeps none);
   * a finding whose place no longer holds what it held gets no fix.
   */
  fixes(finding: Finding, textOf: (file: string) => string | undefined): Fix[];
  stats(): Stats;
  /** The threads that the last check has seen, sorted by file and place; none where it was not asked for them. */
  threads(): ThreadReport[];
}

/** The bytes of the wasm files the engine runs on. */
export interface EngineBinaries {
  /** web-tree-sitter.wasm */
  runtime: Uint8Array;
  c: Uint8Array;
  cpp: Uint8Array;
}

export interface WorkspaceOptions {
  binaries: EngineBinaries;
  settings?: Settings;
  /** Milliseconds since any fixed time; for the phase times in stats only. */
  now?: () => number;
  /** Resolves when the event loop has had a turn; for hosts that know a quicker way than a timer. */
  turn?: () => Promise<void>;
}
