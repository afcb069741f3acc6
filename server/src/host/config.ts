/**
 * The project's configuration file, `threadlint.json` or `threadlint.jsonc`: severities by rule, globs to
 * leave out, and macros. It is data: nothing in it is executed.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
// The package's main entry loads its parts in a way that no bundler can follow.
import {
  findNodeAtLocation,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser/lib/esm/main.js';
import * as z from 'zod';
import { RULE_INFOS } from '../rules/registry';
import type { Severity } from '../service/api';
import { errorCode, reasonOf } from './errors';
import { isMacroName, type MacroSettings } from './flags';
import { didYouMean } from './nearest';
import { absolutePath } from './paths';

/** Names looked for in each folder, the first one wins. */
export const CONFIG_NAMES: readonly string[] = ['threadlint.json', 'threadlint.jsonc'];

export const SEVERITIES = ['error', 'warning', 'information', 'off'] as const satisfies readonly Severity[];

const macroName = z
  .string({ error: 'must be a string, the name of a macro' })
  .refine(isMacroName, { error: 'is not a name that a macro can have' });

/** Both JSON dialects may hold comments and trailing commas, since editors write them. */
export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  severity: z
    .record(z.string(), z.enum(SEVERITIES, { error: `must be one of ${SEVERITIES.join(', ')}` }), {
      error: 'must be an object that gives a level for each rule, like { "lock-order": "error" }',
    })
    .optional(),
  exclude: z
    .array(z.string({ error: 'must be a string, a glob' }), { error: 'must be a list of globs' })
    .optional(),
  defines: z
    .record(macroName, z.string({ error: "must be a string, the macro's body" }), {
      error: 'must be an object that gives a body for each macro, like { "WITH_THREADS": "1" }',
    })
    .optional(),
  undefines: z.array(macroName, { error: 'must be a list of names of macros' }).optional(),
});

export interface ProjectConfig extends MacroSettings {
  /** The file it was read from, absolute. */
  file: string;
  severities: Record<string, Severity>;
  /** Relative to the file's folder. */
  exclude: string[];
}

/** Either the configuration, or one sentence that names the file, the line and what is wrong there. */
export type ConfigResult = { config: ProjectConfig } | { problem: string };

/** The configuration file of the nearest folder upwards, absolute; undefined where there is none. */
export async function findConfig(from: string): Promise<string | undefined> {
  for (let folder = absolutePath(from); ; folder = dirname(folder)) {
    for (const name of CONFIG_NAMES) {
      if (await isFile(join(folder, name))) return absolutePath(join(folder, name));
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** Reads and validates one configuration file; never rejects. */
export async function readConfig(file: string): Promise<ConfigResult> {
  try {
    return parseConfig(await readFile(file, 'utf8'), file);
  } catch (error) {
    const what = errorCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${reasonOf(error)}`;
    return { problem: `the configuration file ${file} ${what}` };
  }
}

/** Validates a configuration's text; `file` is for messages and for the folder of its globs. */
export function parseConfig(text: string, file: string): ConfigResult {
  // A byte order mark is what some editors leave; it says nothing.
  const source = text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: true };
  const value: unknown = parse(source, errors, options);
  const [syntax] = errors;
  if (syntax !== undefined) {
    return problemAt(syntax.offset, `not valid JSON: ${spaced(printParseErrorCode(syntax.error))}`);
  }
  const result = configSchema.safeParse(value);
  if (result.success) {
    const { severity = {}, exclude = [], defines = {}, undefines = [] } = result.data;
    const known = RULE_INFOS.map((rule) => rule.id);
    const unknown = Object.keys(severity).find((id) => !known.includes(id));
    if (unknown === undefined) return { config: { file, severities: severity, exclude, defines, undefines } };
    return problemAt(
      offsetOf(['severity'], unknown),
      `unknown rule \`${unknown}\`${didYouMean(unknown, known)}`,
    );
  }
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).filter((part) => typeof part !== 'symbol');
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const keys = Object.keys(configSchema.shape);
    return problemAt(offsetOf(path, key), `unknown setting \`${key}\`${didYouMean(key, keys)}`);
  }
  if (path.length === 0) return problemAt(0, 'the file must hold one JSON object');
  // What is wrong with a key is said inside of the issue.
  const said = issue?.code === 'invalid_key' ? issue.issues[0] : issue;
  return problemAt(offsetOf(path), `\`${path.join('.')}\` ${said?.message}`);

  function problemAt(offset: number, what: string): { problem: string } {
    const before = source.slice(0, offset).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { problem: `${file}:${before.length}:${column}: ${what}` };
  }

  function offsetOf(path: (string | number)[], key?: string): number {
    const tree = parseTree(source, [], options);
    if (tree === undefined) return 0;
    const node = findNodeAtLocation(tree, path);
    if (key === undefined) return node?.offset ?? 0;
    return node?.children?.find((property) => property.children?.[0]?.value === key)?.offset ?? 0;
  }
}

/** `CommaExpected` as "comma expected". */
function spaced(camelCase: string): string {
  return camelCase.replace(/\B[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
