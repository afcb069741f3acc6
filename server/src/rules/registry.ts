// TEMPORARY list; the rules' own files take over.
import type { RuleInfo } from '../service/api';

export const RULE_INFOS: readonly RuleInfo[] = ['thread-not-joined', 'lock-order', 'phdr-callback-allocates'].map((id) => ({
  id, severity: 'warning', title: id, docs: `# ${id}\n`, cwe: [772], cert: ['CON04-C'], misra: [],
  url: `https://github.com/threadlint/threadlint/blob/main/docs/rules/${id}.md`,
}));
