/**
 * `-D` and `-U` on the command line.
 */
import type { ProjectConfig } from '../host/config';
import { isMacroName, type MacroSettings, NO_MACROS, overlaid, parseDefine } from '../host/flags';
import { type Arguments, type OptionSpecs, UsageError } from './arguments';

export const MACRO_OPTIONS: OptionSpecs = {
  define: { type: 'string', short: 'D', multiple: true },
  undefine: { type: 'string', short: 'U', multiple: true },
};

/** The macros of the configuration, and above them those of the command line, where the last one wins. */
export function macroSettings(given: Arguments, config: ProjectConfig | undefined): MacroSettings {
  return given.inOrder.reduce<MacroSettings>((macros, { name, value }) => {
    if (name === 'define') return overlaid(macros, { defines: defined(value), undefines: [] });
    return name === 'undefine' ? overlaid(macros, { defines: {}, undefines: [nameOf(value)] }) : macros;
  }, config ?? NO_MACROS);
}

function defined(text: string): Record<string, string> {
  const define = parseDefine(text);
  if (!define) throw new UsageError(`option -D needs NAME or NAME=VALUE, not \`${text}\``);
  return { [define.name]: define.value };
}

function nameOf(name: string): string {
  if (!isMacroName(name)) throw new UsageError(`option -U needs the name of a macro, not \`${name}\``);
  return name;
}
