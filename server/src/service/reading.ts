/** Reading one file: from its bytes to facts, or to a note why there are none. Made of nothing but what it is given. */
import type { Language, UnitFacts } from '../facts/facts';
import { makeUnitFacts } from '../facts/unit';
import { languageShown } from '../syntax/language';
import { loadParsers, type Parsers } from '../syntax/parser';
import type { FileOptions, Reader, Reading, WorkspaceOptions } from './api';
import { decode, isBinary, MAX_LENGTH } from './decode';
import { hash } from './hash';

/** Milliseconds by phase are added to `phases`. */
export interface Clock {
  now: () => number;
  phases: Record<string, number>;
}

/** Starts a reader. Rejects when the wasm binaries cannot be loaded. */
export async function createReader({ binaries, now }: WorkspaceOptions): Promise<Reader> {
  const parsers = await loadParsers(binaries);
  const clock = { now: now ?? (() => 0), phases: {} };
  return (file, content, options = {}) => {
    const reading = readingOf(parsers, file, content, options, clock);
    if (!reading) throw new Error('a file of no known version is always read');
    return reading;
  };
}

/** Reads a file. Never throws on input. A text of the version `known` is not read again. */
export function readingOf(
  parsers: Parsers,
  file: string,
  content: Uint8Array | string,
  options: FileOptions,
  clock: Clock,
  known?: string,
): Reading | undefined {
  const { text, note } = decode(content);
  const version = versionOf(text, options);
  if (version === known) return undefined;
  const plain = { file, version, options, ...(note === undefined ? {} : { note }) };
  const unread = { ...plain, decided: 'c' as const, includes: [] };
  if (isBinary(text)) return { ...unread, note: 'a binary file: not read' };
  if (text.length > MAX_LENGTH)
    return { ...unread, note: `larger than ${MAX_LENGTH / 1024 / 1024} MiB: not read` };
  const decided = options.language ?? languageShown(file, text);
  const { unit, failure } = factsOf(parsers, file, text, decided ?? 'c', options, clock);
  const reading: Reading = {
    ...plain,
    includes: unit?.includes ?? [],
    ...(decided ? { decided } : { text }),
    ...(unit ? { unit } : {}),
    ...(failure === undefined ? {} : { failure }),
  };
  return reading;
}

/** What tells one text with its options from another. */
export function versionOf(text: string, { defines = {}, undefines = [], language }: FileOptions): string {
  const macros = Object.entries(defines).sort(([a], [b]) => (a < b ? -1 : 1));
  const options = hash(JSON.stringify([macros, [...undefines].sort(), language]));
  return `${text.length} ${hash(text)} ${options}`;
}

/** A text's facts, and why there are none, or none of a part that a user would miss. */
export function factsOf(
  parsers: Parsers,
  file: string,
  text: string,
  language: Language,
  { defines, undefines }: FileOptions,
  { now, phases }: Clock,
): { unit?: UnitFacts; failure?: string } {
  let since = now();
  const onPhase = (phase: string): void => {
    const at = now();
    phases[phase] = (phases[phase] ?? 0) + at - since;
    since = at;
  };
  try {
    const unit = makeUnitFacts(parsers, file, text, { language, defines, undefines, onPhase });
    const failure = unit.losses.find(({ kind }) => kind === 'file')?.reason;
    return { unit, ...(failure === undefined ? {} : { failure }) };
  } catch (error) {
    // Analysis must not fail on input: a fault in reading costs this file's facts and is said.
    const reason = error instanceof Error ? error.message : String(error);
    return { failure: `could not be read by the engine: ${reason}` };
  }
}
