/**
 * Reading a command's arguments: `node:util` splits them, this says in one sentence what is wrong with them.
 */
import { parseArgs } from 'node:util';
import { didYouMean } from '../host/nearest';

/** A mistake in how the program was called; its message is one sentence for the user. */
export class UsageError extends Error {}

export interface OptionSpec {
  type: 'string' | 'boolean';
  /** A single letter. */
  short?: string;
  multiple?: boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface Arguments {
  positionals: string[];
  /** Every value given for a string option, in order; empty where it was not given. */
  values: (name: string) => string[];
  /** The last value given for a string option. */
  value: (name: string) => string | undefined;
  flag: (name: string) => boolean;
  /** All values in the order in which they were given, whatever their option. */
  inOrder: readonly { name: string; value: string }[];
}

/** Throws `UsageError` for an unknown option, a missing value, or a value where none belongs. */
export function readArguments(args: readonly string[], options: OptionSpecs): Arguments {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: { ...options },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  const inOrder: { name: string; value: string }[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const spec = Object.hasOwn(options, name) ? options[name] : undefined;
    if (spec === undefined) throw new UsageError(`unknown option ${rawName}${suggestion(name, options)}`);
    if (spec.type === 'boolean') {
      if (value !== undefined) throw new UsageError(`option ${rawName} takes no value`);
      flags.add(name);
      continue;
    }
    const missing = value === undefined || value === '' || (!inlineValue && /^--?\w/.test(value));
    if (missing) throw new UsageError(`option ${rawName} needs a value`);
    values.set(name, [...(values.get(name) ?? []), value]);
    inOrder.push({ name, value });
  }
  return {
    positionals,
    values: (name) => values.get(name) ?? [],
    value: (name) => values.get(name)?.at(-1),
    flag: (name) => flags.has(name),
    inOrder,
  };
}

/** The choice that was meant; throws `UsageError`, with the nearest choice, where it is none of them. */
export function oneOf<Choice extends string>(
  what: string,
  given: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  const near = didYouMean(given, choices);
  const hint = near === '' ? `; it must be one of ${choices.join(', ')}` : near;
  throw new UsageError(`unknown ${what} \`${given}\`${hint}`);
}

const MOST_JOBS = 64;

/** The value of `--jobs`; throws `UsageError` where it is no number of threads. */
export function jobsGiven(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const jobs = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (jobs >= 1 && jobs <= MOST_JOBS) return jobs;
  throw new UsageError(`--jobs takes a whole number from 1 to ${MOST_JOBS}, not \`${value}\``);
}

function suggestion(name: string, options: OptionSpecs): string {
  const near = didYouMean(name, Object.keys(options));
  return near.replace('`', '`--');
}
