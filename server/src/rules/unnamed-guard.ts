import { findUnnamedGuards, type UnnamedGuard } from '../analysis/locks/guard-uses';
import type { Fn } from '../program/program';
import { functionName } from '../program/spelling';
import { nameGuard } from './edits/name-guard';
import { lockName, taken as takenSteps } from './lock-steps';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'unnamed-guard',
  severity: 'error',
  title: 'A guard is a temporary and gives its lock back at the semicolon',
  cwe: [667],
  cert: ['CON51-CPP'],
  misra: [],
  docs: `A guard without a name is a temporary object: its destructor runs at the end of the statement, and what follows
runs without the lock. It looks right, compiles without a warning, and guards nothing.

## What it finds

A statement that makes a guard, or calls a function that returns one, and keeps nothing of it. That holds for the
guards of libraries and for any class whose constructor takes a lock and whose destructor gives it back.

\`std::unique_lock<std::mutex>(m);\` is even a declaration: of a new variable \`m\`, which has no lock at all.

## Incorrect

    std::lock_guard<std::mutex>{m};
    count++;

## Correct

    std::lock_guard<std::mutex> lock{m};
    count++;

## What silences it

A guard that is given to a call, returned, tested, stored or moved; one in an expression that does more
(\`Guard(m), count++\`); one behind which nothing comes in its function, or only a call that wakes others: then it
waits until nobody holds the lock.

## Known problems

A guard in a block of its own, \`{ Guard{m}; }\`, is reported, although somebody may only want to wait for the lock.
A guard that only tries to take its lock is not reported.
`,
} as const;

export const unnamedGuard = defineRule<UnnamedGuard>({
  meta,
  detect: findUnnamedGuards,

  report({ program }, { fn, node, taken, isMade, isTakenAgain }) {
    const names = taken.map((acquisition) => `\`${lockName(acquisition)}\``).join(' and ');
    const target = program.targets[fn.id]?.get(node);
    const maker = target?.kind === 'function' ? functionName(target.fn.facts) : 'the call';
    return {
      rule: meta.id,
      confidence: 'certain',
      place: placeOf(fn, node),
      message: isMade
        ? `The guard of ${names} has no name, so it ends at the semicolon: what follows runs without the lock.`
        : `The guard of ${names} that \`${maker}\` returns is dropped at the semicolon: what follows runs without the lock.`,
      flows: [
        {
          title: 'the life of the guard',
          steps: [
            ...taken.flatMap((acquisition) => takenSteps(acquisition, 'is taken here')),
            step(
              fn,
              node,
              `${names} ${taken.length > 1 ? 'are' : 'is'} given back at the end of this statement`,
            ),
          ],
        },
      ],
      data: { writtenAs: writtenAs(fn, node), isMade, isSafe: !isTakenAgain },
    };
  },

  fixes(finding, source) {
    const { data, place } = finding;
    // A guard that lives longer would meet what takes the lock again.
    if (data?.isSafe !== true) return [];
    const named = nameGuard(source, place, String(data.writtenAs), data.isMade === true);
    return named ? [{ title: `Name the guard \`${named.name}\``, preferred: true, edits: named.edits }] : [];
  },
});

/** The last part of the name that is called. */
function writtenAs(fn: Fn, index: number): string {
  const node = fn.facts.nodes[index];
  if (node?.op !== 'call') return '';
  const { callee } = node;
  return callee.k === 'name'
    ? callee.n.slice(callee.n.lastIndexOf(':') + 1)
    : callee.k === 'field'
      ? callee.f
      : '';
}
