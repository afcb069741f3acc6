/** Edits as somebody makes them while writing: small, mostly inside of one function, seldom wrong for long. */
import type { FixtureFile } from './fixtures';

type Random = (below: number) => number;
type Edit = (text: string, random: Random, others: readonly FixtureFile[]) => string;

const STATEMENTS = [
  'int extra = 0; (void)extra;',
  'if (errno) return 0;',
  'return;',
  'pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER; pthread_mutex_lock(&own);',
  'pthread_exit(0);',
  'for (int turn = 0; turn < 3; turn++) { }',
  'abort();',
];

const TOP_LEVEL = [
  '\n\n/* moved */\n\n',
  'static int added(void) { return 0; }\n',
  'int g_added;\n',
  '#define added_macro(x) pthread_mutex_lock(x)\n',
  'struct added { int a; };\n',
  'typedef struct added added_t;\n',
  '#include "common.h"\n',
  '__attribute__((noreturn)) void added_end(void);\n',
];

const some = <T>(list: readonly T[], random: Random): T | undefined => list[random(list.length)];
const put = (text: string, at: number, what: string): string => text.slice(0, at) + what + text.slice(at);

function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

/** A place behind an opening brace at the end of a line: nearly always where a body begins. */
function insideBody(text: string, random: Random): number | undefined {
  const bodies = [...text.matchAll(/\{\n/g)].map(({ index }) => index + 2);
  return some(bodies, random);
}

const wordsOf = (text: string): string[] => [...new Set(text.match(/\b[a-z_]\w{2,}\b/g) ?? [])];

function lines(text: string, change: (all: string[]) => void): string {
  const all = text.split('\n');
  change(all);
  return all.join('\n');
}

const EDITS: Readonly<Record<string, Edit>> = {
  statement(text, random) {
    const at = insideBody(text, random);
    return at === undefined ? text : put(text, at, `${some(STATEMENTS, random)}\n`);
  },
  blankLine: (text, random) => put(text, some(lineStarts(text), random) ?? 0, '\n'),
  topLevel: (text, random) => put(text, 0, some(TOP_LEVEL, random) ?? ''),
  atEnd: (text, random) => `${text}\n${some(TOP_LEVEL, random) ?? ''}`,
  lineGone: (text, random) => lines(text, (all) => all.splice(random(all.length), 1)),
  lineTwice: (text, random) =>
    lines(text, (all) => {
      const at = random(all.length);
      all.splice(at, 0, all[at] ?? '');
    }),
  linesTurned: (text, random) =>
    lines(text, (all) => {
      const at = random(Math.max(1, all.length - 1));
      all.splice(at, 2, all[at + 1] ?? '', all[at] ?? '');
    }),
  renamedHere(text, random) {
    const word = some(wordsOf(text), random);
    return word ? text.replace(new RegExp(`\\b${word}\\b`), `${word}_x`) : text;
  },
  renamedInFile(text, random) {
    const word = some(wordsOf(text), random);
    return word ? text.replaceAll(new RegExp(`\\b${word}\\b`, 'g'), `${word}_y`) : text;
  },
  otherName(text, random, others) {
    const word = some(wordsOf(text), random);
    const other = some(wordsOf(some(others, random)?.text ?? ''), random);
    return word && other ? text.replace(new RegExp(`\\b${word}\\b`), other) : text;
  },
  isStatic: (text) => text.replace(/^(?:int|void) /m, (found) => `static ${found}`),
  isNotStatic: (text) => text.replace(/^static /m, ''),
  otherType: (text, random) =>
    text.replace(/\bint\b/, some(['long', 'char *', 'struct added'], random) ?? 'int'),
  otherFile: (_text, random, others) => some(others, random)?.text ?? '',
  broken: (text, random) => text.slice(0, random(text.length)),
};

/** The files after one edit of one of them; `name` says which. */
export function edited(
  files: readonly FixtureFile[],
  random: Random,
): { file: string; text: string; name: string } {
  const at = files[random(files.length)] ?? { file: '/w/none.c', text: '' };
  const [name, edit] = some(Object.entries(EDITS), random) ?? ['none', (text: string) => text];
  return { file: at.file, text: edit(at.text, random, files), name: `${name} in ${at.file}` };
}
