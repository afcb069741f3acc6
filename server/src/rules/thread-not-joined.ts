import { rootOf } from '../analysis/paths/access-path';
import type { Creation, Leak, LeakKind } from '../analysis/threads/thread-facts';
import type { Fn, Program } from '../program/program';
import { functionName, spell } from '../program/spelling';
import type { Flow } from './finding';
import { objectRepairData, objectRepairs } from './object-repairs';
import { defineRule, placeOf, step } from './rule';
import { repairData, repairs } from './thread-repairs';

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
- an array of handles of which a loop joins fewer than another has filled, or that is left behind half filled;
- a handle in a field or global that nothing in the workspace joins;
- a join that only runs under a flag which the thread's own routine clears;
- in C++, a \`std::thread\` that goes out of scope, is assigned another thread, or stands in a member, while it is
  neither joined nor detached. There it costs more than memory: the destructor terminates the program.

## Incorrect

    int serve(int requests)
    {
        pthread_t tid;
        for (int i = 0; i < requests; i++)
            if (pthread_create(&tid, NULL, job, NULL) != 0)
                return -1;
        return 0;
    }

    int load(const std::string &path)
    {
        std::thread reader(read_all, path);
        if (!is_valid(path))
            return -1;                     // the end of reader terminates the program
        reader.join();
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
function or file, through a copy of the handle, a list or an array, and a routine that never returns and is started
once. In C++, a \`std::thread\` that is moved or given to code that may join it, and every \`std::jthread\`.
\`threadlint threads\` lists for every thread what becomes of it.

## Known problems

A handle that is given to code outside of the workspace is taken to be joined there, and so is a member of a class
of which a method is defined there. The elements of a container are not told apart, and paths that exceptions take
are not followed. An attribute whose detach
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
      if (endsWithProcess(analysis.program, leak) || isForUser(leak)) continue;
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
    const moved = creation.object && leak.holder?.k === 'var' ? leak.holder : undefined;
    const handle = spell(fn.facts, moved ?? creation.handle);
    return {
      rule: meta.id,
      confidence: leak.kind === 'stored' || leak.kind === 'guarded' ? 'likely' : 'certain',
      place: placeOf(fn, node),
      message: wording(leak, handle),
      flows: [story(leak, others, handle)],
      data: creation.object
        ? objectRepairData(analysis, leak, others)
        : repairData(analysis, leak, others, handle),
    };
  },

  fixes(finding, source) {
    return finding.data?.object === undefined ? repairs(finding, source) : objectRepairs(finding, source);
  },
});

/** A macro that pastes the name of its variable declares it for its user, who may join the thread. */
function isForUser({ creation: { fn, handle } }: Leak): boolean {
  const root = rootOf(handle);
  const name = root.k === 'var' ? fn.facts.variables[root.v]?.name : undefined;
  return fn.facts.kind === 'macro' && name?.includes('$') === true;
}

/**
 * Returning from `main` ends the process, so only a thread that no path joins is worth a word there, and only
 * where `main` does not wait in another way before it returns.
 */
function endsWithProcess(program: Program, leak: Leak): boolean {
  const { fn } = leak.at;
  // The objects of `main` end before the process does.
  if (leak.creation.object && !leak.creation.object.heap) return false;
  if (leak.kind !== 'exit' || fn.facts.name !== 'main') return false;
  if (!leak.never) return true;
  return waitsBehind(program, fn, leak.creation.node);
}

/** Waits for other threads. */
const FOR_THREADS: ReadonlySet<string> = new Set(['barrier', 'semaphore', 'thread', 'event']);

/** Calls of calls in which a wait is looked for. */
const MAX_CALLS = 3;

/** Behind this node the function, or what it calls, may wait for others. */
function waitsBehind(program: Program, fn: Fn, after: number, calls = 0): boolean {
  return [...(program.targets[fn.id] ?? [])].some(([node, target]) => {
    if (node <= after) return false;
    if (target.kind === 'function')
      return calls < MAX_CALLS && waitsBehind(program, target.fn, -1, calls + 1);
    if (target.kind !== 'model') return false;
    const { blocks, condition } = target.model;
    // Deeper down nearly everything reads or writes something.
    return condition?.op === 'wait' || (blocks !== undefined && (calls === 0 || FOR_THREADS.has(blocks.on)));
  });
}

function wording(leak: Leak, handle: string): string {
  const name = leak.creation.fn.facts.name;
  const routines = leak.creation.routines.map((routine) => `\`${functionName(routine.facts)}\``);
  const held = handle.includes('…') ? 'its handle' : `its handle \`${handle}\``;
  const runs = routines.length > 0 ? ` running ${routines.join(' or ')}` : '';
  if (leak.creation.object) return wordingOfObject(leak, handle, runs);
  switch (leak.kind) {
    case 'overwritten':
      return `\`${handle}\` takes the handle of the next thread before the thread${runs} it holds is joined or detached: that one can never be joined, and its stack is leaked.`;
    case 'scope':
      return `The thread${runs} is neither joined nor detached when ${held} goes out of scope: its stack is leaked when it ends.`;
    case 'exit':
      return leak.never
        ? `The thread${runs} is never joined or detached, and ${held} is lost when \`${name}\` returns: its stack is leaked when it ends.`
        : `The thread${runs} is neither joined nor detached on a path that returns from \`${name}\`: ${held} is lost there, and its stack is leaked when it ends.`;
    case 'stored':
      return `The thread${runs} is never joined or detached: nothing in the workspace joins \`${leak.place?.label ?? handle}\`, so its stack is leaked when it ends.`;
    case 'guarded':
      return `The thread${runs} is joined only while \`${leak.guard?.flag.label}\` is set, and the thread clears that flag itself: once it has ended on its own, nobody joins it.`;
  }
}

/** The end of the object while its thread can still be joined ends the program. */
function wordingOfObject({ creation, kind, never, place }: Leak, handle: string, runs: string): string {
  const { type = '', heap, container } = creation.object ?? {};
  const name = handle.includes('…') || handle === '' ? `a \`${type}\`` : `the \`${type}\` \`${handle}\``;
  const object = container ? `a \`${type}\` of \`${containerOf(handle)}\`` : name;
  const fn = creation.fn.facts.name;
  if (heap && kind !== 'stored')
    return `The thread${runs} is neither joined nor detached when \`${functionName(creation.fn.facts)}\` loses ${object}: nobody can join it any more.`;
  switch (kind) {
    case 'overwritten':
      return `${capital(object)} is given another thread while the one${runs} it holds is neither joined nor detached: that terminates the program.`;
    case 'scope':
      return `The thread${runs} is neither joined nor detached when ${object} goes out of scope: that terminates the program.`;
    case 'stored':
      return `The thread${runs} is never joined or detached: nothing in the workspace joins \`${place?.label ?? handle}\`, and the end of a \`${type}\` that can still be joined terminates the program.`;
    default:
      return never
        ? `The thread${runs} is never joined or detached: that terminates the program when ${object} ends with \`${fn}\`.`
        : `The thread${runs} is neither joined nor detached on a path that returns from \`${fn}\`: the end of ${object} terminates the program there.`;
  }
}

/** `threads` of `threads[…]`. */
function containerOf(handle: string): string {
  return handle.replace(/\[[^\]]*\]$/, '');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function story(leak: Leak, others: readonly Leak[], handle: string): Flow {
  const { creation, guard } = leak;
  const steps = [
    step(creation.fn, creation.node, `the thread is created here, its handle goes to \`${handle}\``),
  ];
  for (let inner = creation.inner; inner; inner = inner.inner)
    steps.push(step(inner.fn, inner.node, `\`${functionName(inner.fn.facts)}\` creates it here`));
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
      step(
        guard.clear.fn,
        guard.clear.node,
        `\`${functionName(guard.clear.fn.facts)}\` clears the flag itself`,
      ),
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
        `\`${functionName(routine.facts)}\` runs in the thread${creation.object ? '' : ' and does not detach it'}`,
      ),
    );
  return { title: 'the thread and its handle', steps };
}
