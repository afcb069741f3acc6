/** All rules. A new rule is its own file and one line here. */
import { allocatorHookReentry } from './allocator-hook-reentry';
import { atforkIncomplete } from './atfork-incomplete';
import { blockingUnderLock } from './blocking-under-lock';
import { busyWait } from './busy-wait';
import { callbackUnderLock } from './callback-under-lock';
import { condNeverSignalled } from './cond-never-signalled';
import { condTwoMutexes } from './cond-two-mutexes';
import { condWaitHoldingLock } from './cond-wait-holding-lock';
import { condWaitNotInLoop } from './cond-wait-not-in-loop';
import { condWaitWithoutLock } from './cond-wait-without-lock';
import { doubleLock } from './double-lock';
import { emptyGuard } from './empty-guard';
import { forkChildUnsafeCall } from './fork-child-unsafe-call';
import { forkInThreadedProgram } from './fork-in-threaded-program';
import { forkSharedOutput } from './fork-shared-output';
import { forkUnderLock } from './fork-under-lock';
import { joinUnderLock } from './join-under-lock';
import { lockLifetime } from './lock-lifetime';
import { lockOrder } from './lock-order';
import { lockOrderInstances } from './lock-order-instances';
import { lockResultIgnored } from './lock-result-ignored';
import { missingUnlock } from './missing-unlock';
import { phdrCallbackAllocates } from './phdr-callback-allocates';
import { phdrCallbackLocks } from './phdr-callback-locks';
import type { AnyRule, RuleInfo } from './rule';
import { runtimeLockOrder } from './runtime-lock-order';
import { rwlockUpgrade } from './rwlock-upgrade';
import { signalUnsafeCall } from './signal-unsafe-call';
import { sigprocmaskInThreads } from './sigprocmask-in-threads';
import { threadArgumentLifetime } from './thread-argument-lifetime';
import { threadAsyncCancel } from './thread-async-cancel';
import { threadJoinedTwice } from './thread-joined-twice';
import { threadNeverExits } from './thread-never-exits';
import { threadNotJoined } from './thread-not-joined';
import { unlockNotHeld } from './unlock-not-held';
import { unlockOrder } from './unlock-order';
import { unnamedGuard } from './unnamed-guard';

export const RULES: readonly AnyRule[] = [
  threadNotJoined,
  threadJoinedTwice,
  threadNeverExits,
  threadArgumentLifetime,
  threadAsyncCancel,
  joinUnderLock,
  lockOrder,
  lockOrderInstances,
  doubleLock,
  missingUnlock,
  unlockNotHeld,
  rwlockUpgrade,
  unlockOrder,
  lockLifetime,
  blockingUnderLock,
  callbackUnderLock,
  busyWait,
  lockResultIgnored,
  condWaitNotInLoop,
  condWaitWithoutLock,
  condWaitHoldingLock,
  condTwoMutexes,
  condNeverSignalled,
  phdrCallbackAllocates,
  phdrCallbackLocks,
  runtimeLockOrder,
  allocatorHookReentry,
  forkInThreadedProgram,
  forkChildUnsafeCall,
  forkUnderLock,
  atforkIncomplete,
  forkSharedOutput,
  signalUnsafeCall,
  sigprocmaskInThreads,
  unnamedGuard,
  emptyGuard,
];

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
