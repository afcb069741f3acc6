/**
 * Rules as the user names them.
 */
import { didYouMean } from '../host/nearest';
import { RULE_INFOS } from '../rules/registry';
import type { RuleInfo } from '../service/api';
import { UsageError } from './arguments';

/** The rule of that id; throws `UsageError`, with the nearest id, where there is none. */
export function ruleNamed(id: string): RuleInfo {
  const rule = RULE_INFOS.find((each) => each.id === id);
  if (rule !== undefined) return rule;
  const near = didYouMean(
    id,
    RULE_INFOS.map((each) => each.id),
  );
  const hint = near === '' ? '; `threadlint rules` lists them' : near;
  throw new UsageError(`unknown rule \`${id}\`${hint}`);
}

/** The rules of `--rule` options, each of which may be a list with commas. */
export function rulesNamed(lists: readonly string[]): RuleInfo[] {
  const ids = lists.flatMap((list) => list.split(',')).map((id) => id.trim());
  return [...new Set(ids.filter((id) => id !== ''))].map(ruleNamed);
}
