/**
 * Writes `server/src/models/glibc-safety.json` from the safety annotations of the GNU C Library manual.
 *
 *     node scripts/glibc-safety.mjs [TABLE.tsv]
 *
 * The table has a line for each function: its name, its MT, AS and AC classes, and the manual's file and line.
 * Kept is what a rule reads: the functions that are not async-signal-safe, why, and where the manual says so.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OUT = fileURLToPath(new URL('../server/src/models/glibc-safety.json', import.meta.url));
const TABLE = fileURLToPath(new URL('../test/data/glibc-safety.tsv', import.meta.url));
/** Reasons, in the order in which they tell a reader most. */
const REASONS = ['lock', 'heap', 'dlopen', 'corrupt', 'init', 'plugin', 'intl', 'race'];

/** `asunsafe ascuheap asulock` gives lock and heap; a function without a reason works on static data. */
function reasonsOf(classes) {
  const words = classes.split(' ').map((word) => word.replace(/^as[uc]u?/, ''));
  const known = REASONS.filter((reason) => words.includes(reason));
  return known.length > 0 ? known : ['race'];
}

const table = process.argv[2] ?? TABLE;
const groups = new Map();
for (const line of readFileSync(table, 'utf8').trim().split('\n').slice(1)) {
  const [name, , as, , source] = line.split('\t');
  if (!name || !as?.includes('asunsafe')) continue;
  const why = reasonsOf(as).join(' ');
  const group = groups.get(why) ?? {};
  groups.set(why, group);
  if (group[name]) throw new Error(`${name} stands in the table twice`);
  group[name] = source.replace(/^manual\//, '').replace('.texi', '');
}
const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
const file = {
  library: 'glibc, async-signal safety',
  source:
    'The GNU C Library Reference Manual, safety annotations: functions marked AS-Unsafe, by the reasons the manual gives; each with the chapter (manual/*.texi) and line that says so.',
  signalUnsafe: sorted(Object.fromEntries([...groups].map(([why, group]) => [why, sorted(group)]))),
};
writeFileSync(OUT, `${JSON.stringify(file, null, 2)}\n`);
