import type { Analysis } from '../analysis/analysis';
import { isGuards } from '../analysis/locks/lock-balance';
import type { Acquisition, LockEvent, LockLeak } from '../analysis/locks/lock-facts';
import { isGivenBackInTurns } from '../analysis/locks/lock-turns';
import { dependenciesOf, keyOf, rootOf } from '../analysis/paths/access-path';
import type { Expr } from '../facts/expr';
import type { PlaceClass } from '../program/identity';
import type { Fn } from '../program/program';
import { functionName, spell } from '../program/spelling';
import { insertBeforeExit } from './edits/before-exit';
import { jumpToCleanup } from './edits/jump-to-cleanup';
import type { Fix, RuleFinding, Step } from './finding';
import { isFlag, lockName, taken } from './lock-steps';
import { defineRule, type FixSource, placeOf, step } from './rule';

const meta = {
  id: 'missing-unlock',
  severity: 'warning',
  title: 'A lock is still held on some exit of the function while other exits release it',
  cwe: [667],
  cert: ['CON01-C'],
  misra: ['22.16'],
  docs: `A lock that an early \`return\` forgets is held for ever: the next thread that wants it hangs, often much later and
somewhere else.

## What it finds

- a lock that the function takes, itself or by a call, and that one end of the function holds while another
  end has given it back;
- a lock that a thread's routine still holds when the thread ends;
- a lock that an exception thrown in the function leaves held, where the function's other ends give it back;
- a lock that no end of the function gives back, and no caller either, up to where threads begin.

The finding stands at the exit.

## Incorrect

    int put(struct queue *q, void *item)
    {
        pthread_mutex_lock(&q->lock);
        if (q->closed)
            return -1;
        append(q, item);
        pthread_mutex_unlock(&q->lock);
        return 0;
    }

## Correct

    int put(struct queue *q, void *item)
    {
        pthread_mutex_lock(&q->lock);
        if (q->closed) {
            pthread_mutex_unlock(&q->lock);
            return -1;
        }
        append(q, item);
        pthread_mutex_unlock(&q->lock);
        return 0;
    }

## What silences it

A function that keeps the lock by design: all its ends hold it, it holds it on success only (and nothing in the
workspace that calls it shows otherwise), a flag parameter or a flag it leaves says so, or a caller gives the lock
back. Paths that exclude each other because of an unchanged
condition; calls that do not return.

Two loops of which one takes the locks of many objects and the other gives them back.

## Known problems

Two conditions of which one decides whether the lock is taken and the other whether it is given back are believed to
agree, or to belong to two calls of the function.
`,
} as const;

export const missingUnlock = defineRule<LockLeak>({
  meta,
  detect(analysis) {
    const { events } = analysis.locks;
    const handsOver = new Set<Fn>();
    const givenBack = new Set<string>();
    for (const one of events) {
      for (const fn of one?.completes ?? []) handsOver.add(fn);
      for (const key of one?.givesBack ?? []) givenBack.add(key);
    }
    return analysis.program.fns.flatMap((fn) => {
      if (fn.facts.kind === 'macro' || handsOver.has(fn)) return [];
      const leaks = events[fn.id]?.leaks ?? [];
      return leaks.filter(
        (leak) => isForgotten(analysis, fn, leak, givenBack) && !isTestedForRelease(analysis, leak),
      );
    });
  },

  report(analysis, leak) {
    const { acquisition, exit, released } = leak;
    const { fn } = acquisition;
    const name = lockName(acquisition);
    return {
      rule: meta.id,
      confidence: released.length > 0 ? 'certain' : 'likely',
      place: placeOf(fn, exit),
      message: wording(analysis, leak, name),
      flows: [{ title: `${name} is not released`, steps: story(leak, name) }],
      data: fixData(analysis, leak),
    };
  },

  fixes: (finding, source) => [...unlockFix(finding, source), ...jumpFix(finding, source)],
});

/** Without an end that gives the lock back, keeping it may be what the function is for. */
function isForgotten(analysis: Analysis, fn: Fn, leak: LockLeak, givenBack: ReadonlySet<string>): boolean {
  if (isFlag(analysis, leak.acquisition) && !givenBack.has(leak.acquisition.cls?.key ?? '')) return false;
  if (leak.told && !analysis.roots.isRoutine(fn)) return isNeverTaken(analysis, fn, leak);
  if (leak.released.length > 0 || analysis.roots.isRoutine(fn)) return true;
  const { cls, place } = leak.acquisition;
  const root = rootOf(place);
  // A lock that the workspace only declares belongs to code that is not seen, and so may its release.
  if (root.k === 'name' && analysis.program.globalNamed(fn, root.n)?.facts.extern) return false;
  if (!cls || fn.facts.name === 'main') return false;
  return (cls.single && !givenBack.has(cls.key)) || isForNobody(analysis, fn, leak, cls);
}

/** Nothing above gives it back. What only takes a lock is half of a critical section, whoever wants the other half. */
function isForNobody(
  { balance, program }: Analysis,
  fn: Fn,
  { acquisition }: LockLeak,
  cls: PlaceClass,
): boolean {
  if (acquisition.doubts > 0 || isOnlyTaking(fn, acquisition)) return false;
  // A guard gives back what it has taken, and a second loop what a first one has: where that is is not always seen.
  if (isGuards(program, acquisition) || (!cls.single && isInLoop(fn, acquisition))) return false;
  for (let inner = acquisition.inner; inner; inner = inner.inner)
    if (inner.cls && balance.isLeftHeld(inner.fn, inner.cls)) return false;
  return balance.isLeftHeld(fn, cls) && !balance.mayEnd(acquisition);
}

function isInLoop({ facts: { loops } }: Fn, { node }: Acquisition): boolean {
  return loops.some(({ first, last }) => first <= node && node <= last);
}

/** Nothing is done, and nothing read, with the lock held. */
function isOnlyTaking({ facts }: Fn, { node }: Acquisition): boolean {
  return facts.nodes.every((one, at) => {
    if (at === node) return true;
    if (one.op === 'assign') return at < node || (one.to.k === 'var' && isPlain(one.from));
    return one.op === 'return' ? !one.value || isPlain(one.value) : one.op !== 'call';
  });
}

/** Made without looking into memory. */
function isPlain(e: Expr): boolean {
  return e.k === 'num' || e.k === 'var' || e.k === 'result' || e.k === 'name' || e.k === 'this';
}

/**
 * Some function gives such a lock back where it finds a flag that this end leaves, or is called by nobody who is
 * seen, as a handler is: the flag says that the lock is held.
 */
function isTestedForRelease(
  { program, locks, graph }: Analysis,
  { acquisition, flags = [] }: LockLeak,
): boolean {
  const { cls } = acquisition;
  const names = flags.map(flagName);
  if (names.length === 0 || !cls) return names.length > 0;
  return locks.summaries.some((summary, id) => {
    const isMeant = (event: LockEvent): boolean => event.cls?.key === cls.key;
    const outcomes = summary?.outcomes ?? [];
    // What always gives it back for its callers only makes sure that it is held.
    if (outcomes.length > 0 && outcomes.every(({ releases }) => releases.some(isMeant)))
      return (graph.callers[id] ?? []).length === 0;
    if (!outcomes.some(({ releases, unsure }) => releases.some(isMeant) || unsure.some(isMeant)))
      return false;
    return program.fns[id]?.facts.nodes.some(
      (node) => node.op === 'branch' && names.some((name) => dependenciesOf(node.cond).has(name)),
    );
  });
}

/** The dependency of whatever is tested of this field or variable. */
function flagName(flag: Expr): string {
  return flag.k === 'field' ? `.${flag.f}` : flag.k === 'name' ? `n:${flag.n}` : keyOf(flag);
}

/**
 * The result may say that the lock is held. Where callers are seen, one of them would give it back; where none is,
 * such a function ends with the lock, and gives it back on the ways that fail before.
 */
function isNeverTaken({ graph }: Analysis, fn: Fn, { exit, released, told }: LockLeak): boolean {
  if (graph.addressTaken.has(fn) || fn.facts.name === 'main') return false;
  if ((graph.callers[fn.id] ?? []).length > 0) return true;
  // An object that comes back locked is what such a function is asked for, and `true` is success to everybody.
  if (told === 'truth') return false;
  return released.every((other) => placeOf(fn, other).start > placeOf(fn, exit).start);
}

function wording(analysis: Analysis, { acquisition, released, thrown }: LockLeak, name: string): string {
  const { fn } = acquisition;
  if (thrown)
    return `\`${name}\` is still held when an exception leaves \`${functionName(fn.facts)}\` here, while its other exits release it: the next thread that wants it hangs.`;
  if (released.length > 0)
    return `\`${name}\` is still held when \`${functionName(fn.facts)}\` ends here, while its other exits release it: the next thread that wants it hangs.`;
  if (analysis.roots.isRoutine(fn))
    return `\`${name}\` is still held when the thread of \`${functionName(fn.facts)}\` ends here: the next thread that wants it hangs.`;
  return `\`${name}\` is still held when \`${functionName(fn.facts)}\` ends here, and nothing in the workspace releases it behind that: the next thread that wants it hangs.`;
}

function story({ acquisition, exit, by }: LockLeak, name: string): Step[] {
  const { fn } = acquisition;
  const steps = [...taken(acquisition, 'is taken here'), step(fn, exit, `\`${name}\` is still held here`)];
  if (by) steps.push(step(by.fn, by.node, 'another path releases it here'));
  return steps;
}

/** How this lock is given back: as another exit does it, else as the library says. */
function fixData(
  analysis: Analysis,
  { acquisition, by, always }: LockLeak,
): Record<string, string | number | boolean> {
  const { fn, node, inner, releaseText } = acquisition;
  // What is given back on some of the ways to this end must not be given back again.
  if (!always) return {};
  if (by) {
    // It may be held several times.
    if (isGivenBackInTurns(fn.facts, acquisition, by.node)) return {};
    const { start, end } = placeOf(by.fn, by.node);
    // The head of a section that a macro makes does both, and one that ends a block is no statement.
    if (start === placeOf(fn, node).start || isHalf(analysis, by)) return {};
    return { releaseStart: start, releaseEnd: end };
  }
  const call = fn.facts.nodes[node];
  const argument = call?.op === 'call' ? call.args[0] : undefined;
  if (inner || !releaseText || !argument) return {};
  return { statement: `${releaseText.replace('{}', spell(fn.facts, argument))};` };
}

/** A macro that opens or closes a block was used there. */
function isHalf({ program }: Analysis, { fn, node }: LockEvent): boolean {
  const target = program.targets[fn.id]?.get(node);
  return target?.kind === 'function' && target.fn.facts.macro?.half === true;
}

/** A call as a statement is written, from its name to the bracket that closes it. */
const CALL = /^[A-Za-z_][\w.:>-]*\s*\([\s\S]*\)$/;

function statementOf({ data }: RuleFinding, { text }: FixSource): string | undefined {
  if (typeof data?.statement === 'string') return data.statement.includes('…') ? undefined : data.statement;
  const { releaseStart, releaseEnd } = data ?? {};
  if (typeof releaseStart !== 'number' || typeof releaseEnd !== 'number') return undefined;
  const written = text.slice(releaseStart, releaseEnd).replace(/;\s*$/, '');
  // What a macro or the end of a scope does is written nowhere as a statement.
  return CALL.test(written) && !written.startsWith('return') ? `${written};` : undefined;
}

function unlockFix(finding: RuleFinding, source: FixSource): Fix[] {
  const statement = statementOf(finding, source);
  const { file, text, root } = source;
  // A macro that leaves the function does so under a condition of its own.
  const isExit = /^(return\b|throw\b|[}])/.test(text.slice(finding.place.start));
  if (!statement || !isExit) return [];
  const edits = insertBeforeExit({
    file,
    text,
    root,
    exitStart: finding.place.start,
    exitEnd: finding.place.end,
    statement,
    valueFirst: 'reads',
  });
  return edits ? [{ title: `Insert \`${statement}\` before this exit`, preferred: true, edits }] : [];
}

/** Where the function has a label from which the lock is given back, going there is how its author does it. */
function jumpFix(finding: RuleFinding, source: FixSource): Fix[] {
  const statement = statementOf(finding, source);
  if (!statement) return [];
  const jump = jumpToCleanup({
    ...source,
    exitStart: finding.place.start,
    exitEnd: finding.place.end,
    statement,
  });
  return jump ? [{ title: `Go to \`${jump.label}\` instead`, preferred: false, edits: jump.edits }] : [];
}
