/**
 * The client's settings, section `threadlint`.
 *
 * Invariant: what is wrong is left out and said in one sentence that names it; the rest holds.
 */
import { RULE_INFOS } from '../rules/registry';
import type { Severity } from '../service/api';

export const SECTION = 'threadlint';

export interface ServerSettings {
  severities: Record<string, Severity>;
  /** Globs relative to each workspace folder. */
  exclude: string[];
}

export const DEFAULTS: ServerSettings = { severities: {}, exclude: [] };

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
  const exclude = readExclude(value.exclude, problems);
  return { settings: { severities, exclude }, problems };
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

function readExclude(value: unknown, problems: string[]): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.push(
      `the setting "${SECTION}.exclude" must be an array of globs, not ${shown(value)}; nothing is excluded`,
    );
    return [];
  }
  const globs: string[] = [];
  for (const glob of value) {
    if (typeof glob === 'string' && glob !== '') globs.push(glob);
    else problems.push(`the setting "${SECTION}.exclude" holds ${shown(glob)}, which is not a glob`);
  }
  return globs;
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
