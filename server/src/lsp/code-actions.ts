/**
 * The engine's fixes as quick fixes of the editor.
 */
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
  type Range,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { Finding, Fix, TextEdit as FixEdit } from '../service/api';
import { type FileReport, isDiagnosticData } from './diagnostics';
import type { FileName } from './pull';

/** A finding with its diagnostic as the client knows it. */
interface Target {
  finding: Finding;
  diagnostic: Diagnostic;
}

export interface FixSources {
  fixes(finding: Finding): Promise<Fix[]>;
  describe(file: string): FileName;
  documentChanges: boolean;
}

/** The quick fixes for what is found at a place of a file. */
export async function codeActions(
  report: FileReport,
  { context, range }: CodeActionParams,
  sources: FixSources,
): Promise<CodeAction[]> {
  if (context.only !== undefined && !context.only.some(includesQuickFix)) return [];
  const actions: CodeAction[] = [];
  for (const { finding, diagnostic } of targetsOf(report, range, context.diagnostics)) {
    for (const fix of await sources.fixes(finding)) {
      actions.push({
        title: fix.title,
        kind: CodeActionKind.QuickFix,
        diagnostics: [diagnostic],
        isPreferred: fix.preferred,
        edit: workspaceEdit(fix.edits, sources),
      });
    }
  }
  return actions;
}

/** Kinds are hierarchical and the empty one means all. */
function includesQuickFix(kind: string): boolean {
  return kind === '' || kind === CodeActionKind.QuickFix;
}

/** The findings that the client asks about; where it names no diagnostics, those that touch the range. */
function targetsOf(report: FileReport, range: Range, named: readonly Diagnostic[]): Target[] {
  const known = report.findings.flatMap((finding, index) => {
    const diagnostic = report.diagnostics[index];
    return diagnostic === undefined ? [] : [{ finding, diagnostic }];
  });
  const own = named.filter(({ source }) => source === 'threadlint');
  if (own.length === 0) return known.filter(({ diagnostic }) => touches(diagnostic.range, range));
  const targets: Target[] = [];
  for (const diagnostic of own) {
    const same = known.filter(({ finding }) => isSameFinding(finding, diagnostic));
    // A fingerprint can be shared by twins in one function; the place then decides.
    const target = same.find(({ diagnostic: { range } }) => isSameRange(range, diagnostic.range)) ?? same[0];
    if (target && !targets.some(({ finding }) => finding === target.finding)) {
      targets.push({ finding: target.finding, diagnostic });
    }
  }
  return targets;
}

function isSameFinding(finding: Finding, diagnostic: Diagnostic): boolean {
  const { data } = diagnostic;
  if (isDiagnosticData(data)) return data.rule === finding.rule && data.fingerprint === finding.fingerprint;
  return diagnostic.code === finding.rule && isSameRange(finding.location.range, diagnostic.range);
}

/** One edit of all files; versions keep it from being applied to a text that has moved on. */
export function workspaceEdit(
  edits: readonly FixEdit[],
  { describe, documentChanges }: Pick<FixSources, 'describe' | 'documentChanges'>,
): WorkspaceEdit {
  const byFile = new Map<string, TextEdit[]>();
  for (const { file, range, newText } of edits) {
    byFile.set(file, [...(byFile.get(file) ?? []), { range, newText }]);
  }
  if (documentChanges) {
    return {
      documentChanges: [...byFile].map(([file, own]) => ({ textDocument: describe(file), edits: own })),
    };
  }
  return { changes: Object.fromEntries([...byFile].map(([file, own]) => [describe(file).uri, own])) };
}

function touches(a: Range, b: Range): boolean {
  return !isBefore(a.end, b.start) && !isBefore(b.end, a.start);
}

function isBefore(a: Range['start'], b: Range['start']): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

function isSameRange(a: Range, b: Range): boolean {
  return (
    a.start.line === b.start.line &&
    a.start.character === b.start.character &&
    a.end.line === b.end.line &&
    a.end.character === b.end.character
  );
}
