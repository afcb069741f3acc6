/**
 * Annotated fixtures: C and C++ files, or folders of them, that say in comments what must be found where.
 *
 * `// FOUND rule text`: a finding of the rule stands on this line, and its message contains the text.
 * `// SEE rule text`: some finding of the rule has a related location on this line whose message contains it.
 * `// FIX rule text`: the finding on this line offers a preferred fix whose title contains the text.
 * `// OFFER rule text`: it offers a fix, preferred or not, whose title contains the text.
 * `// MISSED rule why`: a bug that is not reported today. `// FALSE rule why`: a report that is wrong today.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { root } from './binaries';

const KINDS = ['FOUND', 'SEE', 'FIX', 'OFFER', 'MISSED', 'FALSE'] as const;
const OUTCOMES = ['found', 'silent', 'imprecise'] as const;
const SOURCES = new Set(['.c', '.h', '.cpp', '.hpp', '.cc', '.cxx']);
/** Folders beside the rules' that belong to other tests. */
const NOT_RULES = new Set(['syntax']);

export interface Annotation {
  kind: (typeof KINDS)[number];
  rule: string;
  text: string;
  file: string;
  /** Zero-based. */
  line: number;
}

export interface FixtureFile {
  /** Absolute, with forward slashes, below `/fixtures`. */
  file: string;
  text: string;
}

export interface Fixture {
  /** `thread-not-joined/found-two-files`. */
  name: string;
  rule: string;
  outcome: (typeof OUTCOMES)[number];
  files: FixtureFile[];
  annotations: Annotation[];
}

/** All fixtures, sorted by name. Throws, naming the file, where one is not what its place says. */
export function loadFixtures(): Fixture[] {
  const base = join(root, 'test/fixtures');
  return readdirSync(base)
    .filter((rule) => !NOT_RULES.has(rule) && statSync(join(base, rule)).isDirectory())
    .sort()
    .flatMap((rule) =>
      readdirSync(join(base, rule))
        .sort()
        .map((entry) => loadFixture(join(base, rule, entry), rule, entry)),
    );
}

function loadFixture(path: string, rule: string, entry: string): Fixture {
  const name = `${rule}/${entry}`;
  const outcome = OUTCOMES.find((one) => entry.startsWith(`${one}-`));
  if (!outcome) throw new Error(`${name}: the name must begin with one of ${OUTCOMES.join('-, ')}-`);
  const paths = filesIn(path);
  const files = paths.map((one) => {
    if (!SOURCES.has(extname(one))) throw new Error(`${name}: ${basename(one)} is no C or C++ file`);
    const short = paths.length === 1 && one === path ? name : `${name}/${relative(path, one)}`;
    return { file: `/fixtures/${short}`, text: readFileSync(one, 'utf8') };
  });
  return { name, rule, outcome, files, annotations: files.flatMap(readAnnotations) };
}

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((entry) => filesIn(join(path, entry)));
}

/** Reads the annotations at the ends of a file's lines. */
export function readAnnotations({ file, text }: FixtureFile): Annotation[] {
  const pattern = new RegExp(
    `// (${KINDS.join('|')}) ([a-z0-9-]+)((?:(?! // (?:${KINDS.join('|')}) ).)*)`,
    'g',
  );
  return text.split(/\r?\n/).flatMap((content, line) =>
    [...content.matchAll(pattern)].flatMap(([, word, rule = '', rest = '']) => {
      const kind = KINDS.find((one) => one === word);
      return kind ? [{ kind, rule, text: rest.trim(), file, line }] : [];
    }),
  );
}
