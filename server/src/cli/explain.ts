/**
 * `threadlint explain` and `threadlint rules`: what the rules say.
 */
import { RULE_INFOS } from '../rules/registry';
import type { RuleInfo } from '../service/api';
import { type OptionSpecs, oneOf, readArguments, UsageError } from './arguments';
import { ruleNamed } from './rule-names';
import { EXIT, type Terminal } from './terminal';

export const RULES_OPTIONS: OptionSpecs = { format: { type: 'string', short: 'f' } };

/** Prints the page of one rule. */
export function explain(args: readonly string[], terminal: Terminal): number {
  const [id, extra] = readArguments(args, {}).positionals;
  if (id === undefined) throw new UsageError('explain needs the id of a rule; `threadlint rules` lists them');
  if (extra !== undefined) throw new UsageError(`explain takes one rule, and \`${extra}\` is a second`);
  const rule = ruleNamed(id);
  const facts = [`Default: ${rule.severity}`, ...references(rule), `Online: ${rule.url}`];
  terminal.out(`${rule.docs.trim()}\n\n${facts.join('\n')}\n`);
  return EXIT.clean;
}

/** Lists all rules, a line each. */
export function rules(args: readonly string[], terminal: Terminal): number {
  const given = readArguments(args, RULES_OPTIONS);
  const [extra] = given.positionals;
  if (extra !== undefined)
    throw new UsageError(`rules takes no arguments; try \`threadlint explain ${extra}\``);
  if (oneOf('format', given.value('format') ?? 'text', ['text', 'json']) === 'json') {
    terminal.out(`${JSON.stringify(RULE_INFOS.map(summaryOf), null, 2)}\n`);
    return EXIT.clean;
  }
  const id = Math.max(...RULE_INFOS.map((rule) => rule.id.length));
  const lines = RULE_INFOS.map(
    (rule) => `${rule.id.padEnd(id)}  ${rule.severity.padEnd('information'.length)}  ${rule.title}\n`,
  );
  terminal.out(lines.join(''));
  return EXIT.clean;
}

function summaryOf({ id, severity, title, cwe, cert, misra, url }: RuleInfo) {
  return { id, severity, title, cwe, cert, misra, url };
}

function references({ cwe, cert, misra }: RuleInfo): string[] {
  const lines: [string, string[]][] = [
    ['CWE', cwe.map(String)],
    ['CERT', cert],
    ['MISRA', misra],
  ];
  return lines.filter(([, ids]) => ids.length > 0).map(([name, ids]) => `${name}: ${ids.join(', ')}`);
}
