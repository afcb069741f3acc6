/**
 * The engine's settings from the configuration file and the command line.
 */
import type { ProjectConfig } from '../host/config';
import type { RuleInfo, Settings, Severity } from '../service/api';

/** Where both speak, the command line wins. */
export function engineSettings(
  config: ProjectConfig | undefined,
  only: readonly RuleInfo[],
  showPossible: boolean,
): Settings {
  const severities: Record<string, Severity> = { ...config?.severities };
  for (const { id, severity } of only) {
    // A rule asked for by name is wanted, also one that is off by default.
    if ((severities[id] ?? severity) === 'off') severities[id] = 'warning';
  }
  return { severities, showPossible, ...(only.length > 0 && { only: only.map(({ id }) => id) }) };
}
