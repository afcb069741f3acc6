/** Workspaces over files that exist only in a test, and edits applied to them. */
import type { CheckResult, Finding, Fix, Position, Settings, Workspace } from '../../server/src/service/api';
import { createWorkspace } from '../../server/src/service/workspace';
import { readBinaries } from './binaries';
import type { FixtureFile } from './fixtures';

/** A checked workspace that holds exactly these files. */
export async function checked(
  files: readonly FixtureFile[],
  settings: Settings = { severities: {} },
): Promise<{ workspace: Workspace; result: CheckResult }> {
  const workspace = await createWorkspace({ binaries: readBinaries(), settings });
  for (const { file, text } of files) workspace.setFile(file, text);
  return { workspace, result: await workspace.check() };
}

/** `file:line rule` with the line as an editor counts it; what two lists of findings are compared by. */
export function placeOf(finding: Pick<Finding, 'rule' | 'location'>): string {
  return `${finding.location.file}:${finding.location.range.start.line + 1} ${finding.rule}`;
}

/** The files after a fix. Throws where two of its edits overlap or one lies outside its file. */
export function fixed(files: readonly FixtureFile[], fix: Fix): FixtureFile[] {
  return files.map(({ file, text }) => {
    const edits = fix.edits
      .filter((edit) => edit.file === file)
      .map((edit) => ({
        start: offsetOf(text, edit.range.start),
        end: offsetOf(text, edit.range.end),
        newText: edit.newText,
      }))
      .sort((a, b) => a.start - b.start || a.end - b.end);
    let result = '';
    let done = 0;
    for (const { start, end, newText } of edits) {
      if (start < done || end < start) throw new Error(`${fix.title}: edits overlap in ${file}`);
      result += text.slice(done, start) + newText;
      done = end;
    }
    return { file, text: result + text.slice(done) };
  });
}

function offsetOf(text: string, { line, character }: Position): number {
  let start = 0;
  for (let count = 0; count < line; count++) {
    const next = text.indexOf('\n', start);
    if (next < 0) throw new Error(`line ${line + 1} is behind the end`);
    start = next + 1;
  }
  if (start + character > text.length) throw new Error(`line ${line + 1} has no character ${character}`);
  return start + character;
}
