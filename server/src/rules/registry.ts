/** All rules. A new rule is its own file and one line here. */
import { lockOrder } from './lock-order';
import { phdrCallbackAllocates } from './phdr-callback-allocates';
import type { AnyRule, RuleInfo } from './rule';
import { threadNotJoined } from './thread-not-joined';

export const RULES: readonly AnyRule[] = [threadNotJoined, lockOrder, phdrCallbackAllocates];

/** What the outside needs to know of rules: settings, SARIF, documentation, `explain`. */
export const RULE_INFOS: readonly RuleInfo[] = RULES.map(({ meta }) => ({
  id: meta.id,
  severity: meta.severity,
  title: meta.title,
  docs: `# ${meta.id}\n\n${meta.title}.\n\n${meta.docs}`,
  cwe: [...meta.cwe],
  cert: [...meta.cert],
  misra: [...meta.misra],
  url: urlOf(meta.id),
}));

/** Where a rule's page is published. */
export function urlOf(id: string): string {
  return `https://github.com/threadlint/threadlint/blob/main/docs/rules/${id}.md`;
}
