import type { Analysis } from '../analysis/analysis';
import type { Creation, Leak, LeakKind } from '../analysis/thread-facts';
import type { ThreadModel } from '../models/schema';
import { spell } from '../program/spelling';
import { insertAfterSuccess } from './edits/after-success';
import { insertBeforeExit } from './edits/before-exit';
import type { Fix, Flow, RuleFinding } from './finding';
import { defineRule, type FixSource, placeOf, step } from './rule';

const meta = {
  id: 'thread-not-joined',
  severity: 'warning',
  title: 'A joinable thread is on some path neither joined, detached nor handed on',
  cwe: [772],
  cert: ['CON04-C'],
  misra: [],
  docs: `A joinable thread that ends keeps its stack (8 MiB of address space by default on Linux) and its
bookkeeping until somebody joins or detaches it. A handle that is lost can never be given to \`pthread_join\`
again, so the memory is gone for good; a service that starts a thread per request runs out of it.

## What it finds

- a handle in a local variable that no path joins, detaches or hands on;
- a \`return\` between the creation and the join;
- a handle that the next turn of a loop overwrites;
- a handle in a field or global that nothing in the workspace joins;
- a join that only runs under a flag which the thread's own routine clears.

## Incorrect

    int serve(int requests)
    {
        pthread_t tid;
        for (int i = 0; i < requests; i++)
            if (pthread_create(&tid, NULL, job, NULL) != 0)
                return -1;
        return 0;
    }

## Correct

    int serve(int requests)
    {
        for (int i = 0; i < requests; i++) {
            pthread_t tid;
            if (pthread_create(&tid, NULL, job, NULL) != 0)
                return -1;
            pthread_detach(tid);
        }
        return 0;
    }

Also correct: a detached attribute, \`pthread_detach(pthread_self())\` in the routine, a join in another
function or file, and a routine that never returns and is started once.

## Known problems

A handle that is given to code outside of the workspace is taken to be joined there. An attribute whose detach
state is not visible silences the rule.
`,
} as const;

/** Which way of losing a handle tells the reader most, first. */
const ORDER: readonly LeakKind[] = ['overwritten', 'scope', 'exit', 'guarded', 'stored'];

/** One finding a creation: the most telling leak, with the other lost paths behind it. */
interface Witness {
  leak: Leak;
  others: Leak[];
}

export const threadNotJoined = defineRule<Witness>({
  meta,
  detect(analysis) {
    const byCreation = new Map<Creation, Leak[]>();
    for (const leak of analysis.threads.leaks) {
      if (endsWithProcess(leak)) continue;
      const list = byCreation.get(leak.creation);
      if (list) list.push(leak);
      else byCreation.set(leak.creation, [leak]);
    }
    return [...byCreation.values()].flatMap((leaks) => {
      const [leak, ...others] = [...leaks].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
      return leak ? [{ leak, others }] : [];
    });
  },

  report(analysis, { leak, others }) {
    const { creation } = leak;
    const { fn, node } = creation;
    const handle = spell(fn.facts, creation.handle);
    const exits = [leak, ...others].filter((l) => l.kind === 'exit');
    const exit = exits[0] && placeOf(exits[0].at.fn, exits[0].at.node);
    return {
      rule: meta.id,
      confidence: leak.kind === 'stored' || leak.kind === 'guarded' ? 'likely' : 'certain',
      place: placeOf(fn, node),
      message: wording(leak, handle),
      flows: [story(leak, others, handle)],
      data: {
        kind: leak.kind,
        never: leak.never,
        handle,
        ...textsOf(analysis, creation),
        ...(exit ? { exitStart: exit.start, exitEnd: exit.end, exits: exits.length } : {}),
      },
    };
  },

  fixes(finding, source) {
    return [...detachFix(finding, source), ...joinFix(finding, source)];
  },
});

/** Returning from \`main\` ends the process, so only a thread that no path joins is worth a word there. */
function endsWithProcess(leak: Leak): boolean {
  return leak.kind === 'exit' && leak.at.fn.facts.name === 'main' && !leak.never;
}

function wording(leak: Leak, handle: string): string {
  const name = leak.creation.fn.facts.name;
  const routines = leak.creation.routines.map((routine) => `\`${routine.facts.name}\``);
  const runs = routines.length > 0 ? ` running ${routines.join(' or ')}` : '';
  switch (leak.kind) {
    case 'overwritten':
      return `\`${handle}\` takes the handle of the next thread before the thread${runs} it holds is joined or detached: that one can never be joined, and its stack is leaked.`;
    case 'scope':
      return `The thread${runs} is neither joined nor detached when its handle \`${handle}\` goes out of scope: its stack is leaked when it ends.`;
    case 'exit':
      return leak.never
        ? `The thread${runs} is never joined or detached, and its handle \`${handle}\` is lost when \`${name}\` returns: its stack is leaked when it ends.`
        : `The thread${runs} is neither joined nor detached on a path that returns from \`${name}\`: its handle \`${handle}\` is lost there, and its stack is leaked when it ends.`;
    case 'stored':
      return `The thread${runs} is never joined or detached: nothing in the workspace joins \`${leak.place?.label ?? handle}\`, so its stack is leaked when it ends.`;
    case 'guarded':
      return `The thread${runs} is joined only while \`${leak.guard?.flag.label}\` is set, and the thread clears that flag itself: once it has ended on its own, nobody joins it.`;
  }
}

function story(leak: Leak, others: readonly Leak[], handle: string): Flow {
  const { creation, guard } = leak;
  const steps = [
    step(creation.fn, creation.node, `the thread is created here, its handle goes to \`${handle}\``),
  ];
  for (let inner = creation.inner; inner; inner = inner.inner)
    steps.push(step(inner.fn, inner.node, `\`${inner.fn.facts.name}\` creates it here`));
  if (guard) {
    steps.push(step(guard.test.fn, guard.test.node, `the join depends on \`${guard.flag.label}\``));
    steps.push(
      step(
        guard.join.fn,
        guard.join.node,
        guard.joins === 1 ? 'the only join' : `one of ${guard.joins} joins, all under the flag`,
      ),
    );
    steps.push(
      step(guard.clear.fn, guard.clear.node, `\`${guard.clear.fn.facts.name}\` clears the flag itself`),
    );
  }
  for (const lost of [leak, ...others]) {
    if (lost.kind === 'overwritten')
      steps.push(
        step(
          lost.at.fn,
          lost.at.node,
          `\`${handle}\` is overwritten here while its thread is neither joined nor detached`,
        ),
      );
    if (lost.kind === 'scope')
      steps.push(step(lost.at.fn, lost.at.node, `\`${handle}\` goes out of scope here`));
    if (lost.kind === 'exit')
      steps.push(step(lost.at.fn, lost.at.node, `this exit leaves the thread in \`${handle}\` behind`));
  }
  for (const routine of creation.routines)
    steps.push(
      step(
        routine,
        routine.facts.nameSpan,
        `\`${routine.facts.name}\` runs in the thread and does not detach it`,
      ),
    );
  return { title: 'the thread and its handle', steps };
}

/** How the creating call's library writes a join and a detach, and how it says success. */
function textsOf(analysis: Analysis, creation: Creation): Record<string, string | number> {
  let made = creation;
  while (made.inner) made = made.inner;
  const target = analysis.program.targets[made.fn.id]?.get(made.node);
  if (target?.kind !== 'model' || target.model.thread?.op !== 'create') return {};
  const { joinText, detachText } = target.model.thread as ThreadModel & { op: 'create' };
  return {
    ...(joinText ? { joinText } : {}),
    ...(detachText ? { detachText } : {}),
    ...(made === creation ? { success: target.model.success ?? 0 } : {}),
  };
}

function text(finding: RuleFinding, key: string): string | undefined {
  const value = finding.data?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** Where some path joins the thread, detaching it would make that join wrong. */
function detachFix(finding: RuleFinding, source: FixSource): Fix[] {
  const { data, place } = finding;
  const template = text(finding, 'detachText');
  const handle = text(finding, 'handle');
  if (!template || !handle || handle.includes('…') || data?.success === undefined || data.kind === 'guarded')
    return [];
  if (data.kind === 'exit' && data.never !== true) return [];
  const statement = `${template.replace('{}', handle)};`;
  const edits = insertAfterSuccess({
    file: source.file,
    text: source.text,
    root: source.root,
    callStart: place.start,
    callEnd: place.end,
    success: typeof data.success === 'string' ? { name: data.success } : 'zero',
    statement,
  });
  return edits ? [{ title: `Insert \`${statement}\` after the creation`, preferred: true, edits }] : [];
}

function joinFix(finding: RuleFinding, source: FixSource): Fix[] {
  const { data } = finding;
  const template = text(finding, 'joinText');
  const handle = text(finding, 'handle');
  // One join before one exit closes it; more lost exits would need more than one edit to be right.
  if (!template || !handle || handle.includes('…') || data?.kind !== 'exit' || data.exits !== 1) return [];
  const { exitStart, exitEnd } = data;
  if (typeof exitStart !== 'number' || typeof exitEnd !== 'number') return [];
  const statement = `${template.replace('{}', handle)};`;
  const edits = insertBeforeExit({
    file: source.file,
    text: source.text,
    root: source.root,
    exitStart,
    exitEnd,
    statement,
  });
  return edits
    ? [{ title: `Insert \`${statement}\` before this exit`, preferred: data.never !== true, edits }]
    : [];
}
