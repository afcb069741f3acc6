/**
 * The one thing editors' globs have and `.gitignore` has not: alternatives in braces.
 */

/** `{a,b}/*.c` as `a/*.c` and `b/*.c`; braces may nest. A brace that is never closed is an ordinary character. */
export function expandBraces(glob: string): string[] {
  const open = glob.indexOf('{');
  if (open < 0) return [glob];
  const commas: number[] = [];
  let depth = 0;
  for (let at = open; at < glob.length; at++) {
    const character = glob[at];
    if (character === '{') depth++;
    else if (character === '}') depth--;
    else if (character === ',' && depth === 1) commas.push(at);
    if (depth > 0) continue;
    const bounds = [open, ...commas, at];
    const alternatives = bounds.slice(1).map((end, index) => glob.slice((bounds[index] ?? open) + 1, end));
    const head = glob.slice(0, open);
    const tails = expandBraces(glob.slice(at + 1));
    return alternatives.flatMap((each) =>
      expandBraces(each).flatMap((middle) => tails.map((tail) => head + middle + tail)),
    );
  }
  return [glob];
}
