import { modelledCalls } from '../analysis/calls/modelled';
import { operandOf } from '../analysis/paths/operand';
import type { Expr } from '../facts/expr';
import type { CallNode, Fn, Program } from '../program/program';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'thread-async-cancel',
  severity: 'warning',
  title: 'A thread can be ended at any instruction, whatever it holds',
  cwe: [705],
  cert: ['POS47-C', 'POS44-C'],
  misra: [],
  docs: `A thread that is cancelled asynchronously stops at whatever instruction it has reached: inside \`malloc\`, with a
mutex locked, with a structure half written. Nothing can be cleaned up, and the next thread that needs what it held
waits for ever. A signal that no handler takes is worse: its action ends not the thread but the whole process.

## What it finds

- the asynchronous cancel type being set;
- a terminating signal sent to a thread, where nothing in the workspace installs a handler for that signal.

## Incorrect

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);

    pthread_kill(tid, SIGKILL);     /* kills the process */

## Correct

    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);   /* the default */

    atomic_store(&stop, 1);
    pthread_join(tid, NULL);

## What silences it

The deferred type; signal 0; a signal for which a handler is installed, which interrupts a system call; a signal that
a thread sends to itself.

## Known problems

A cancel type or a signal that is only known at run time is not reported.
`,
} as const;

interface Witness {
  fn: Fn;
  node: number;
  /** The signal sent; none where the cancel type is set. */
  signal?: string;
}

export const threadAsyncCancel = defineRule<Witness>({
  meta,
  detect({ program }) {
    const found: Witness[] = [];
    for (const { fn, node, call, target } of modelledCalls(program)) {
      const { cancels, signals } = target.model;
      if (cancels && nameOf(operandOf(cancels.how, call.args)) === cancels.asynchronous)
        found.push({ fn, node });
      if (!signals) continue;
      const signal = nameOf(operandOf(signals.signal, call.args));
      if (!signal || !signals.terminating.includes(signal) || isItself(program, fn, call, signals.thread))
        continue;
      if (!isHandled(program, signal)) found.push({ fn, node, signal });
    }
    return found;
  },

  report(_, { fn, node, signal }) {
    return {
      rule: meta.id,
      confidence: signal ? 'likely' : 'certain',
      place: placeOf(fn, node),
      message: signal
        ? `\`${signal}\` does not end this thread: nothing in the workspace handles it, so it ends the whole process.`
        : 'From here on the thread can be cancelled at any instruction: locks it holds stay locked, and what it was writing stays half written.',
      flows: [
        {
          title: signal ? 'the signal' : 'the cancel type',
          steps: [
            step(
              fn,
              node,
              signal ? `\`${signal}\` is sent to a thread` : 'the asynchronous cancel type is set',
            ),
          ],
        },
      ],
    };
  },
});

function nameOf(e: Expr | undefined): string | undefined {
  if (e?.k === 'cast') return nameOf(e.e);
  return e?.k === 'name' ? e.n : undefined;
}

function isItself(program: Program, fn: Fn, call: CallNode, operand: string): boolean {
  const thread = operandOf(operand, call.args);
  const maker = thread?.k === 'result' ? program.targets[fn.id]?.get(thread.n) : undefined;
  return maker?.kind === 'model' && maker.model.thread?.op === 'self';
}

/** A call that keeps a handler is given the signal, or some table of signals holds it. */
function isHandled(program: Program, signal: string): boolean {
  const isListed = (e: Expr | undefined): boolean => {
    const names = e?.k === 'init' ? e.items.map((item) => nameOf(item.e)) : [];
    return names.includes(signal) && !names.includes(undefined);
  };
  if (program.units.some(({ globals }) => globals.some(({ init }) => isListed(init)))) return true;
  return program.fns.some(
    (fn) =>
      fn.facts.variables.some(({ init }) => isListed(init)) ||
      fn.facts.nodes.some((node) => node.op === 'assign' && isListed(node.from)) ||
      [...(program.targets[fn.id] ?? [])].some(([node, target]) => {
        const call = fn.facts.nodes[node];
        if (call?.op !== 'call' || !call.args.some((arg) => nameOf(arg) === signal)) return false;
        if (target.kind === 'model')
          return target.model.keeps?.some((kept) => kept.for === 'signal') ?? false;
        // A function that is given the signal may well install a handler for it.
        return true;
      }),
  );
}
