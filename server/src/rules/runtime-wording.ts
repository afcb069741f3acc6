/** How rules on the runtime's hidden locks say what a library function does, and show the calls that lead there. */
import type { Analysis } from '../analysis/analysis';
import { doubtsOf } from '../analysis/calls/chain-doubts';
import { type ChainStep, endOf } from '../analysis/calls/reach';
import { type Hazard, runtimeLocksAt } from '../analysis/runtime/hazards';
import type { RuntimeLock, UnsafeReason } from '../models/schema';
import type { Fn } from '../program/program';
import { calleeName, functionName } from '../program/spelling';
import { lineAt } from '../syntax/lines';
import type { Confidence, Step } from './finding';
import { placeOf, step } from './rule';

export { doubtsOf };

/** The runtime's locks as a reader knows them. */
export const LOCK_NAMES: Readonly<Record<RuntimeLock, string>> = {
  loader: "the dynamic loader's lock",
  allocator: "the allocator's lock",
  stdio: "a stream's lock",
  exit: 'the lock of process exit',
  atexit: 'the lock of the exit handlers',
  environment: "the environment's lock",
  locale: "the locale's lock",
  timezone: "the time zone's lock",
  syslog: "the system log's lock",
  nss: "the name service's lock",
  random: "the random number generator's lock",
};

/** Reasons from the one that tells most to the one that tells least. */
const REASON_TEXTS: readonly (readonly [UnsafeReason, string])[] = [
  ['heap', 'allocates or frees memory'],
  ['lock', 'takes a lock of the C library'],
  ['dlopen', "takes the dynamic loader's lock"],
  ['init', 'initialises itself at its first use'],
  ['corrupt', 'changes shared data in several steps'],
  ['plugin', 'runs code that others have registered'],
  ['intl', 'translates messages'],
  ['race', 'works on static data'],
];

/** What makes a call unsafe: "allocates or frees memory", "takes the time zone's lock". */
export function hazardText(analysis: Analysis, hazard: Hazard): string {
  const { fn, node, why, takesLock } = hazard;
  if (takesLock !== undefined) return takesLock ? `takes the lock \`${takesLock}\`` : 'takes a lock';
  const [lock] = runtimeLocksAt(analysis.program, fn, node);
  if (lock === 'exit') return 'runs the exit handlers and flushes all streams';
  if (lock) return `takes ${LOCK_NAMES[lock]}`;
  const target = analysis.program.targets[fn.id]?.get(node);
  const allocates = target?.kind === 'model' ? target.model.allocates : undefined;
  if (allocates) return allocates === 'frees' ? 'frees memory' : 'allocates memory';
  return REASON_TEXTS.find(([reason]) => why.includes(reason))?.[1] ?? 'works on static data';
}

/** The first function below a call that a reader sees in its line: the callee itself, or the library's. */
export function calledName<T>(chain: ChainStep<T>, end: string): string {
  return chain.next ? functionName(chain.next.fn.facts) : calleeName(end);
}

/** One step for each call of the chain; `says` tells what the last one does. */
export function chainSteps<T>(chain: ChainStep<T>, says: string): Step[] {
  const steps: Step[] = [];
  for (let at: ChainStep<T> | undefined = chain; at; at = at.next) {
    const { fn, node, next, through } = at;
    const how = through ? 'may call, through a pointer,' : 'calls';
    steps.push(
      step(fn, node, next ? `\`${functionName(fn.facts)}\` ${how} \`${functionName(next.fn.facts)}\`` : says),
    );
  }
  return steps;
}

/** Below this many conditions a chain is likely to be taken as a whole; the number comes from real code. */
const MAX_DOUBTS = 2;

export function chainConfidence(chain: ChainStep<Hazard>): Confidence {
  if (endOf(chain).end?.seldom) return 'possible';
  return doubtsOf(chain) > MAX_DOUBTS ? 'possible' : 'likely';
}

/** Calls of one function that stand on one line, and those on later lines that call just the same. */
export interface CallGroup {
  chains: ChainStep<Hazard>[];
  /** Later calls of the same functions, for which one finding stands. */
  again: ChainStep<Hazard>[];
}

/** One finding a line, and one for all lines of a function that call the same. */
export function groupCalls(fn: Fn, chains: readonly ChainStep<Hazard>[]): CallGroup[] {
  const byLine = new Map<number, ChainStep<Hazard>[]>();
  for (const chain of chains) {
    const line = lineAt(fn.unit.lineStarts, placeOf(fn, chain.node).start);
    byLine.set(line, [...(byLine.get(line) ?? []), chain]);
  }
  const groups = new Map<string, CallGroup>();
  for (const [, line] of [...byLine].sort(([a], [b]) => a - b)) {
    const key = [...new Set(line.map((chain) => calledName(chain, endOf(chain).end?.callee ?? '')))]
      .sort()
      .join();
    const known = groups.get(key);
    if (known) known.again.push(...line);
    else groups.set(key, { chains: line, again: [] });
  }
  return [...groups.values()];
}

/** `printf` takes a stream's lock; `log_line` reaches `malloc`, which allocates or frees memory. */
export function groupText(analysis: Analysis, { chains }: CallGroup): string {
  const texts = chains.map((chain) => {
    const end = endOf(chain).end;
    if (!end) return '';
    const says = hazardText(analysis, end);
    return chain.next
      ? `\`${functionName(chain.next.fn.facts)}\` reaches \`${calleeName(end.callee)}\`, which ${says}`
      : `\`${calleeName(end.callee)}\` ${says}`;
  });
  return [...new Set(texts)].join(', and ');
}
