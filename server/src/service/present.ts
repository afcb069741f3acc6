/** Rule findings in offsets to findings in lines, with severities, suppressions and fingerprints. */
import type { UnitFacts } from '../facts/facts';
import type { Place, RuleFinding, Severity } from '../rules/finding';
import { lineAt } from '../syntax/lines';
import type { Finding, Location, Position, Settings } from './api';
import { hash } from './hash';

export interface Presented {
  finding: Finding;
  /** What the rule said, for its fixes. */
  origin: RuleFinding;
}

export interface PresentOptions {
  units: ReadonlyMap<string, UnitFacts>;
  settings: Settings;
  defaults: ReadonlyMap<string, Severity>;
}

/** Sorted by file, place and rule; equal for equal facts whatever the history. */
export function present(found: readonly RuleFinding[], options: PresentOptions): Presented[] {
  const shown: Presented[] = [];
  for (const origin of found) {
    const standard = origin.severity ?? options.defaults.get(origin.rule) ?? 'warning';
    const severity = options.settings.severities[origin.rule] ?? standard;
    if (severity === 'off') continue;
    if (origin.confidence === 'possible' && !options.settings.showPossible) continue;
    const unit = options.units.get(origin.place.file);
    if (!unit || isSuppressed(unit, origin)) continue;
    const flows = origin.flows.map(({ title, steps }) => ({
      title,
      steps: steps.map((step) => ({ ...locate(options.units, step), message: step.message })),
    }));
    shown.push({
      origin,
      finding: {
        rule: origin.rule,
        severity,
        confidence: origin.confidence,
        message: origin.message,
        location: locate(options.units, origin.place),
        related: flows.flatMap((flow) => flow.steps),
        flows,
        fingerprint: '',
      },
    });
  }
  shown.sort((a, b) => compare(a.finding, b.finding));
  fingerprints(shown, options.units);
  return shown;
}

function compare(a: Finding, b: Finding): number {
  const [p, q] = [a.location.range.start, b.location.range.start];
  return (
    order(a.location.file, b.location.file) ||
    p.line - q.line ||
    p.character - q.character ||
    order(a.rule, b.rule) ||
    order(a.message, b.message)
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function locate(units: ReadonlyMap<string, UnitFacts>, place: Place): Location {
  const unit = units.get(place.file);
  const starts = unit?.lineStarts ?? [0];
  return {
    file: place.file,
    range: { start: positionAt(starts, place.start), end: positionAt(starts, place.end) },
  };
}

/** Zero-based line and UTF-16 character of an offset. */
export function positionAt(starts: readonly number[], offset: number): Position {
  const line = lineAt(starts, offset);
  return { line, character: offset - (starts[line] ?? 0) };
}

function isSuppressed(unit: UnitFacts, finding: RuleFinding): boolean {
  const { line } = positionAt(unit.lineStarts, finding.place.start);
  return unit.suppressions.some(
    (s) =>
      (s.line === line || s.line === line - 1) && (s.rules.length === 0 || s.rules.includes(finding.rule)),
  );
}

/** From the rule, the enclosing function and the message: an edit elsewhere in the file does not change it. */
function fingerprints(shown: readonly Presented[], units: ReadonlyMap<string, UnitFacts>): void {
  const seen = new Map<string, number>();
  for (const { finding, origin } of shown) {
    const { file, start } = origin.place;
    const around = units.get(file)?.functions.find((fn) => fn.span[0] <= start && start < fn.span[1]);
    const base = [
      file.slice(file.lastIndexOf('/') + 1),
      origin.rule,
      around?.name ?? '',
      origin.message,
    ].join('\n');
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    finding.fingerprint = hash(`${base}\n${count}`);
  }
}
