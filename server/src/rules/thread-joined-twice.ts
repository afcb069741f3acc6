import type { HandleReuse, HandleUse } from '../analysis/threads/thread-facts';
import { functionName, spell } from '../program/spelling';
import { removeStatement } from './edits/remove-statement';
import type { RuleFinding, Step } from './finding';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'thread-joined-twice',
  severity: 'warning',
  title: 'A thread is joined or detached that is joined or detached already, or joins itself',
  cwe: [675],
  cert: ['CON39-C'],
  misra: ['22.11'],
  docs: `Once a thread was joined, or has ended after it was detached, its handle means nothing, and the system may give
the same value to the next thread. A second join or detach is undefined: it crashes, waits for a stranger, or takes
another thread's result away.

## What it finds

- a second join or detach of one handle on a path, also where one of the two stands in a called function;
- a join or detach of a thread that was created detached, or whose routine always detaches itself;
- a thread that joins itself.

## Incorrect

    pthread_detach(tid);
    work();
    pthread_join(tid, NULL);

## Correct

    work();
    pthread_join(tid, NULL);

## What silences it

A handle that takes a new thread in between; a flag that says the thread was joined; a join that is tried again
because the first one failed; the next element of an array or list.

## Known problems

A second join in another function is only seen where the first one must have run before it on the same path.
`,
} as const;

export const threadJoinedTwice = defineRule<HandleReuse>({
  meta,
  detect({ threads }) {
    const seen = new Set<string>();
    return threads.reuses.filter(({ use }) => {
      const key = `${use.fn.id} ${use.node}`;
      return !seen.has(key) && seen.add(key);
    });
  },

  report(_, reuse) {
    const { use, before, place } = reuse;
    const handle = spell(use.fn.facts, reuse.handle);
    const steps = [
      ...(before ? usedSteps(before, reuse.kind === 'self' ? 'the thread is created here' : undefined) : []),
      ...usedSteps(use, reuse.kind === 'self' ? 'the thread waits for itself here' : undefined),
    ];
    return {
      rule: meta.id,
      confidence: place ? 'likely' : 'certain',
      place: placeOf(use.fn, use.node),
      message: wording(reuse, place?.label ?? handle),
      flows: [{ title: 'the thread and its handle', steps }],
      data: removalOf(reuse),
    };
  },

  fixes(finding, source) {
    const { remove, removeEnd, second } = finding.data ?? {};
    if (typeof remove !== 'number' || typeof removeEnd !== 'number') return [];
    const place = { file: source.file, start: remove, end: removeEnd };
    const edit = removeStatement(source.file, source.text, source.root, place);
    const title = second === true ? 'Remove this second one' : 'Remove the first one';
    return edit ? [{ title, preferred: false, edits: [edit] }] : [];
  },
});

/** Which of the two is one too many: the one that the other never goes without. */
function removalOf({ kind, use, before, place, covered }: HandleReuse): RuleFinding['data'] {
  if (kind !== 'again' || place || !before || before.fn !== use.fn || before.node === use.node) return {};
  const second = covered === 'by the first';
  const chosen = second ? use : before;
  const isJoin = chosen.how === 'joined' || chosen.how === 'detached';
  if (!covered || chosen.inner || !isJoin) return {};
  const { start, end } = placeOf(chosen.fn, chosen.node);
  return { remove: start, removeEnd: end, second };
}

function wording({ kind, use, before }: HandleReuse, handle: string): string {
  const name = `\`${handle}\``;
  if (kind === 'self') return `The thread ${name} joins itself: it waits for its own end, or gets an error.`;
  const again = use.how === 'joined' ? 'joined' : 'detached';
  switch (before?.how) {
    case 'made detached':
      return `${name} is ${again} here, but its thread is created detached: it may have ended, and its handle may already mean another thread.`;
    case 'detaches itself':
      return `${name} is ${again} here, but its thread detaches itself: it may have ended, and its handle may already mean another thread.`;
    case 'detached':
      return `${name} is ${again} here, but it was already detached on the way: its handle may already mean another thread.`;
    default:
      return before && before.fn === use.fn && before.node === use.node
        ? `${name} is ${again} again by the next turn of the loop: after the first join the handle means nothing.`
        : `${name} is ${again} here, but it was already joined on the way: after a join the handle means nothing.`;
  }
}

function usedSteps(use: HandleUse, message?: string): Step[] {
  const steps = [step(use.fn, use.node, message ?? said(use))];
  for (let inner = use.inner; inner; inner = inner.inner)
    steps.push(step(inner.fn, inner.node, `\`${functionName(inner.fn.facts)}\`: ${said(inner)}`));
  return steps;
}

function said({ how, inner }: HandleUse): string {
  switch (how) {
    case 'joined':
      return inner ? 'this call joins it' : 'it is joined here';
    case 'detached':
      return inner ? 'this call detaches it' : 'it is detached here';
    case 'made detached':
      return 'the thread is created detached here';
    case 'detaches itself':
      return 'the thread is created here, and its routine detaches it';
  }
}
