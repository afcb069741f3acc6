/** Single stages of the engine, run on texts of a test. */
import { type Analysis, analyse } from '../../server/src/analysis/analysis';
import type { FunctionFacts, UnitFacts } from '../../server/src/facts/facts';
import { makeUnitFacts } from '../../server/src/facts/unit';
import { BUNDLED } from '../../server/src/models/library';
import { link } from '../../server/src/program/link';
import type { Program, Target } from '../../server/src/program/program';
import { languageOf } from '../../server/src/syntax/language';
import { loadParsers, type Parsers } from '../../server/src/syntax/parser';
import { readBinaries } from './binaries';

/** Texts by file name; a name without a slash stands in `/w`. */
export type Files = Readonly<Record<string, string>>;

let loaded: Promise<Parsers> | undefined;

/** The same parsers for all tests of a process. */
export function parsersOnce(): Promise<Parsers> {
  loaded ??= loadParsers(readBinaries());
  return loaded;
}

/** Facts of one file. */
export async function unitOf(name: string, text: string): Promise<UnitFacts> {
  const file = name.startsWith('/') ? name : `/w/${name}`;
  return makeUnitFacts(await parsersOnce(), file, text, { language: languageOf(file, text) });
}

/** The linked program of these files. */
export async function programOf(files: Files): Promise<Program> {
  const units = await Promise.all(Object.entries(files).map(([name, text]) => unitOf(name, text)));
  return link(units, BUNDLED);
}

/** All that the rules read, for these files. */
export async function analysisOf(files: Files): Promise<Analysis> {
  return analyse(await programOf(files));
}

/** The only function of that name. Throws where there is none or several. */
export function functionOf(unit: UnitFacts, name: string): FunctionFacts {
  const found = unit.functions.filter((fn) => fn.name === name);
  const [only] = found;
  if (!only || found.length > 1)
    throw new Error(
      `${unit.file} has ${found.length} functions named ${name}: ${unit.functions.map((f) => f.name)}`,
    );
  return only;
}

/**
 * What the calls in a function reach, in source order: `b.c:helper` for a function of the workspace,
 * `model pthread_join`, `unknown frob`.
 */
export function targetsOf(program: Program, file: string, name: string): string[] {
  const found = program.fns.filter((fn) => fn.facts.name === name && isFile(fn.unit, file));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${file} has ${found.length} functions named ${name}`);
  return [...(program.targets[only.id]?.values() ?? [])].map(describeTarget);
}

export function isFile(unit: UnitFacts, name: string): boolean {
  return unit.file === (name.startsWith('/') ? name : `/w/${name}`);
}

function describeTarget(target: Target): string {
  if (target.kind !== 'function') return `${target.kind} ${target.name}`;
  return `${target.fn.unit.file.replace(/^\/w\//, '')}:${target.fn.facts.name}`;
}
