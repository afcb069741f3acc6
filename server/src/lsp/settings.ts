/**
 * The client's settings, section `threadlint`.
 *
 * Invariant: what is wrong is left out and said in one sentence that names it; the rest holds.
 */
import { isMacroName, type MacroSettings, NO_MACROS } from '../host/flags';
import { RULE_INFOS } from '../rules/registry';
import type { Severity } from '../service/api';

export const SECTION = 'threadlint';

export interface ServerSettings extends MacroSettings {
  severities: Record<string, Severity>;
  /** Globs relative to each workspace folder. */
  exclude: string[];
}

export const DEFAULTS: ServerSettings = { severities: {}, exclude: [], ...NO_MACROS };

const LEVELS: readonly string[] = ['error', 'warning', 'information', 'off'] satisfies Severity[];

/** Reads whatever the client sent; undefined and null are "nothing set". */
export function readSettings(value: unknown): { settings: ServerSettings; problems: string[] } {
  const problems: string[] = [];
  if (value === undefined || value === null) return { settings: DEFAULTS, problems };
  if (!isRecord(value)) {
    problems.push(`the setting "${SECTION}" must be an object, not ${shown(value)}; the defaults are used`);
    return { settings: DEFAULTS, problems };
  }
  const severities = readSeverities(value.severity, problems);
  const exclude = readList('exclude', value.exclude, GLOBS, problems);
  const defines = readDefines(value.defines, problems);
  const undefines = readList('undefines', value.undefines, MACROS, problems);
  return { settings: { severities, exclude, defines, undefines }, problems };
}

function readSeverities(value: unknown, problems: string[]): Record<string, Severity> {
  const severities: Record<string, Severity> = {};
  if (value === undefined || value === null) return severities;
  if (!isRecord(value)) {
    problems.push(
      `the setting "${SECTION}.severity" must be an object of rules and levels, not ${shown(value)}; the defaults are used`,
    );
    return severities;
  }
  for (const [rule, level] of Object.entries(value)) {
    if (!RULE_INFOS.some(({ id }) => id === rule)) {
      problems.push(`the setting "${SECTION}.severity" names the unknown rule "${rule}"`);
    } else if (!isSeverity(level)) {
      problems.push(
        `the setting "${SECTION}.severity" gives ${rule} the level ${shown(level)}; it must be one of ${LEVELS.join(', ')}`,
      );
    } else {
      severities[rule] = level;
    }
  }
  return severities;
}

function readDefines(value: unknown, problems: string[]): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) {
    problems.push(
      `the setting "${SECTION}.defines" must be an object of macros and their bodies, not ${shown(value)}; nothing is defined`,
    );
    return {};
  }
  const defines = new Map<string, string>();
  for (const [name, body] of Object.entries(value)) {
    if (!isMacroName(name)) {
      problems.push(`the setting "${SECTION}.defines" names ${shown(name)}, which no macro can be called`);
    } else if (typeof body !== 'string') {
      problems.push(
        `the setting "${SECTION}.defines" gives ${name} the body ${shown(body)}, which is not a string`,
      );
    } else {
      defines.set(name, body);
    }
  }
  return Object.fromEntries(defines);
}

interface ListKind {
  of: string;
  one: string;
  without: string;
  accepts(item: string): boolean;
}

const GLOBS: ListKind = {
  of: 'globs',
  one: 'a glob',
  without: 'nothing is excluded',
  accepts: (item) => item !== '',
};
const MACROS: ListKind = {
  of: 'names of macros',
  one: 'the name of a macro',
  without: 'nothing is undefined',
  accepts: isMacroName,
};

function readList(name: string, value: unknown, kind: ListKind, problems: string[]): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.push(
      `the setting "${SECTION}.${name}" must be an array of ${kind.of}, not ${shown(value)}; ${kind.without}`,
    );
    return [];
  }
  const items: string[] = [];
  for (const item of value) {
    if (typeof item === 'string' && kind.accepts(item)) items.push(item);
    else problems.push(`the setting "${SECTION}.${name}" holds ${shown(item)}, which is not ${kind.one}`);
  }
  return items;
}

function isSeverity(value: unknown): value is Severity {
  return typeof value === 'string' && LEVELS.includes(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
